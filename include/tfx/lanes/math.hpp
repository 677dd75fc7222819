// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The elementary functions, each written once over the lane type: `tfx::lanes::math::exp(v)` for a scalar or a SIMD
/// batch, at run time or in the compiler, with the same bits. Always called by their qualified names (for a batch,
/// `exp(v)` would find the SIMD library's own function).

#include <tfx/lanes/erf.hpp>
#include <tfx/lanes/exponential.hpp>
#include <tfx/lanes/logarithm.hpp>
#include <tfx/lanes/power.hpp>
#include <tfx/lanes/quantile.hpp>
#include <tfx/lanes/rounding.hpp>
#include <tfx/lanes/sigmoid.hpp>
#include <tfx/lanes/trigonometric.hpp>
