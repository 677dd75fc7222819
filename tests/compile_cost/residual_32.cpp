// SPDX-License-Identifier: Apache-2.0
// budget: seconds=9.5 megabytes=525 compiler=g++-12
// 32 residual blocks of two dense layers each: the training step. Cost grows with the number of blocks and no faster.
#define BLOCKS 32
#include "residual.hpp"
