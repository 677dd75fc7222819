// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace tfx::testing {

/// A derivative from function values alone, and how far it can be trusted.
struct numeric_derivative {
  double value;
  double uncertainty;
};

/// Derivative of `f` with respect to `x[i]` by central differences, extrapolated to step zero.
///
///     d(h) = (f(x + h) - f(x - h)) / 2h = f'(x) + c2 h^2 + c4 h^4 + ...
///
/// Halves the step from `step * max(1, |x_i|)` and combines the differences so that the powers of h vanish one after
/// the other. Returns the combination that changed least from the ones it was made of: with too large a step the series
/// is cut short or a kink lies inside, with too small a step rounding takes over, and both show as a change.
///
/// Numerics   about 1e-11 for a smooth function of moderate size in float64
/// Cost       16 calls of f
/// Source     Ridders 1982
template <class Function>
  requires std::invocable<Function&, std::span<const double>>
numeric_derivative differentiate_numerically(Function&& f, std::span<double> x, std::size_t i, double step = 0x1p-5) {
  constexpr std::size_t levels = 8;
  std::array<std::array<double, levels>, levels> table{};
  numeric_derivative best{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()};
  const double center = x[i];
  double h = step * std::max(1.0, std::abs(center));
  for (std::size_t level = 0; level < levels; ++level, h /= 2) {
    const double above = center + h;
    const double below = center - h;
    x[i] = above;
    const double f_above = f(std::span<const double>(x));
    x[i] = below;
    const double f_below = f(std::span<const double>(x));
    x[i] = center;
    table[level][0] = (f_above - f_below) / (above - below);
    double power = 1;
    for (std::size_t order = 1; order <= level; ++order) {
      power *= 4;
      const double coarse = table[level - 1][order - 1];
      const double fine = table[level][order - 1];
      const double combined = (power * fine - coarse) / (power - 1);
      table[level][order] = combined;
      const double change = std::max(std::abs(combined - fine), std::abs(combined - coarse));
      if (change < best.uncertainty) best = {combined, change};
    }
  }
  return best;
}

/// Where a gradient differs most from the numeric one.
struct gradient_difference {
  double relative = 0;      ///< |given - numeric| / max(|numeric|, 1e-3 * the largest |numeric|); NaN is infinite
  std::size_t element = 0;  ///< the element that says so
  double given = 0;
  double numeric = 0;
  double uncertainty = 0;   ///< of `numeric`, absolute
};

/// Compares a gradient with central differences in float64, element by element.
///
/// An element that is small beside the others is measured against a thousandth of the largest, so that a zero among
/// ones is not held to a relative error; if all are zero the difference is absolute.
///
/// Example    CHECK(gradient_error(f, x, gradient).relative < 1e-8);
template <class Function>
  requires std::invocable<Function&, std::span<const double>>
gradient_difference gradient_error(Function&& f, std::span<const double> x, std::span<const double> gradient,
                                   double step = 0x1p-5) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (gradient.size() != x.size()) return {.relative = infinity};
  std::vector<double> moving(x.begin(), x.end());
  std::vector<numeric_derivative> numeric;
  numeric.reserve(x.size());
  double largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    numeric.push_back(differentiate_numerically(f, moving, i, step));
    largest = std::max(largest, std::abs(numeric[i].value));
  }
  gradient_difference worst;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double size = std::max(std::abs(numeric[i].value), 1e-3 * largest);
    const double difference = std::abs(gradient[i] - numeric[i].value);
    double relative = size > 0 ? difference / size : difference;
    if (!(relative <= infinity)) relative = infinity;
    if (relative > worst.relative || i == 0) {
      worst = {relative, i, gradient[i], numeric[i].value, numeric[i].uncertainty};
    }
  }
  return worst;
}

/// The largest relative error of a gradient: `gradient_error(...).relative`.
template <class Function>
  requires std::invocable<Function&, std::span<const double>>
double max_gradient_error(Function&& f, std::span<const double> x, std::span<const double> gradient,
                          double step = 0x1p-5) {
  return gradient_error(f, x, gradient, step).relative;
}

}  // namespace tfx::testing
