// SPDX-License-Identifier: Apache-2.0
#pragma once

// hosted: heap memory

#include <cstddef>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <tfx/core/fail.hpp>
#include <tfx/core/shape.hpp>

namespace tfx {

namespace detail {
/// Mean and variance of each column, from one pass.
///
/// Source     Welford 1962
struct column_moments {
  std::vector<double> mean, squares;   ///< squares: of the distances from the mean
  std::vector<std::size_t> count;

  explicit column_moments(std::size_t columns) : mean(columns), squares(columns), count(columns) {}
  void add(std::size_t column, double x) {
    const double off = x - mean[column];
    mean[column] += off / double(++count[column]);
    squares[column] += off * (x - mean[column]);
  }
  double variance(std::size_t column) const { return count[column] ? squares[column] / double(count[column]) : 1; }
};
}  // namespace detail

/// Gives a layer `nn::normalization` the mean and the variance of data, of the population, channel by channel.
///
///     adapt(m, "normalization", rows);     m: a model; rows: examples, each a range of numbers
///
/// Errors     no such layer; an example that is not whole pixels of its channels; no examples
template <class Model, std::ranges::input_range Examples> void adapt(Model& model, std::string_view layer, Examples&& examples) {
  const std::string path(layer);
  std::size_t channels = 0;
  model.for_each_variable([&](std::string_view name, const dims& shape, const auto*) {
    if (name == path + "/mean") channels = std::size_t(shape.size());
  });
  if (channels == 0) detail::fail(("adapt: there is no normalization layer called " + path).c_str());
  detail::column_moments found(channels);
  for (const auto& example : examples) {
    std::size_t k = 0;
    for (const auto x : example) found.add(k++ % channels, double(x));
    if (k % channels != 0) detail::fail(("adapt: an example has " + std::to_string(k) + " numbers, " + path + " has " + std::to_string(channels) + " channels").c_str());
  }
  if (found.count[0] == 0) detail::fail("adapt: there are no examples");
  model.for_each_variable([&](std::string_view name, const dims&, auto* values) {
    using T = std::remove_pointer_t<decltype(values)>;
    for (std::size_t c = 0; c < channels; ++c) {
      if (name == path + "/mean") values[c] = T(found.mean[c]);
      if (name == path + "/variance") values[c] = T(found.variance(c));
    }
  });
}

}  // namespace tfx
