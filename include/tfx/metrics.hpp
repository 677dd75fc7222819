// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/mistake.hpp>

#include <tfx/metrics/accuracy.hpp>
#include <tfx/metrics/binary.hpp>
#include <tfx/metrics/confusion_matrix.hpp>
#include <tfx/metrics/curve.hpp>
#include <tfx/metrics/f_score.hpp>
#include <tfx/metrics/metric.hpp>
#include <tfx/metrics/regression.hpp>
