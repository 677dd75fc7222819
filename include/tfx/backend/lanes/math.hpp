// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The elementary functions, each written once over the lane type: `tfx::lanes::math::exp(v)` for a scalar or a SIMD
/// batch, at run time or in the compiler, with the same bits. Always called by their qualified names (for a batch,
/// `exp(v)` would find the SIMD library's own function).

#include <tfx/backend/lanes/erf.hpp>
#include <tfx/backend/lanes/exponential.hpp>
#include <tfx/backend/lanes/logarithm.hpp>
#include <tfx/backend/lanes/power.hpp>
#include <tfx/backend/lanes/quantile.hpp>
#include <tfx/backend/lanes/rounding.hpp>
#include <tfx/backend/lanes/sigmoid.hpp>
#include <tfx/backend/lanes/trigonometric.hpp>
