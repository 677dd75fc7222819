// SPDX-License-Identifier: Apache-2.0
// budget: lines=64500 specialisations=30000 compiler=g++-12
// What every program pays for the header.
#include <tfx/tfx.hpp>
