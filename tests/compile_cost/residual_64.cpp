// SPDX-License-Identifier: Apache-2.0
// budget: seconds=24 megabytes=1900 compiler=g++-12
// 64 residual blocks of two dense layers each: twice the cost of 32.
#define BLOCKS 64
#include "residual.hpp"
