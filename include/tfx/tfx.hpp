// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/mistake.hpp>

#include <tfx/core.hpp>
#include <tfx/loss.hpp>
#include <tfx/metrics.hpp>
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>
#include <tfx/optim.hpp>
#include <tfx/train.hpp>
