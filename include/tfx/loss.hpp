// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/mistake.hpp>

#include <tfx/loss/losses.hpp>
#include <tfx/loss/penalty.hpp>
#include <tfx/loss/regression.hpp>
#include <tfx/loss/softmax_cross_entropy.hpp>
