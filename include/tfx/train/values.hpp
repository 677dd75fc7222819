// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

/// Loss and metrics as they are added up over batches.
namespace tfx::detail {

/// A number that is shown: a mean over examples, or what is made of counts.
struct value_info {
  int output = -1;                             ///< that it is of; -1: of all
  std::string_view name{};                     ///< without that of the output
  int first = 0, size = 1;                     ///< elements of what a run gives
  const void* metric = nullptr;                ///< of counts; and what is made of them
  double (*finish)(const void* metric, const double* counts) = nullptr;
};
template <class M> constexpr double finish_counts(const void* metric, const double* counts) { return static_cast<const M*>(metric)->finish(counts); }

/// Sums of what runs give, in double: means weigh with the rows of their batch, counts add up.
[[gnu::noinline]] inline void add_up(double* sum, std::span<const value_info> values, const double* given, int rows) {
  for (const value_info& v : values)
    for (int i = v.first; i < v.first + v.size; ++i) sum[i] += v.finish ? given[i] : given[i] * rows;
}
/// What a value is after so many rows.
inline double value_of(const value_info& v, const double* sum, double rows) { return v.finish ? v.finish(v.metric, sum + v.first) : sum[v.first] / rows; }

}  // namespace tfx::detail
