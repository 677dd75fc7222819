// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/mistake.hpp>

#include <tfx/loss/binary_cross_entropy.hpp>
#include <tfx/loss/ctc.hpp>
#include <tfx/loss/divergence.hpp>
#include <tfx/loss/focal.hpp>
#include <tfx/loss/hinge.hpp>
#include <tfx/loss/losses.hpp>
#include <tfx/loss/metric_learning.hpp>
#include <tfx/loss/overlap.hpp>
#include <tfx/loss/penalty.hpp>
#include <tfx/loss/regression.hpp>
#include <tfx/loss/softmax_cross_entropy.hpp>
