// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <cmath>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <tfx/summary/event_writer.hpp>

namespace tfx::summary {

/// How many numbers lie where: for each bucket its left edge, its right edge, its count. Buckets are equally wide from the least
/// number to the greatest; the right edge belongs to the last bucket alone. Equal numbers all count in the last bucket, whose edges,
/// as all others, are that number. Of no numbers all is 0. Numbers that are not finite are left out.
///
/// Source     the buckets of TensorFlow's tf.summary.histogram
template <class T> std::vector<double> histogram_buckets(std::span<const T> numbers, int buckets = 30) {
  std::vector<double> out(std::size_t(buckets) * 3);
  double least = HUGE_VAL, greatest = -HUGE_VAL, n = 0;
  for (const T number : numbers) {
    const double x = double(number);
    if (!std::isfinite(x)) continue;
    least = x < least ? x : least;
    greatest = x > greatest ? x : greatest;
    ++n;
  }
  if (n == 0 || buckets == 0) return out;
  const double step = (greatest - least) / buckets;
  if (step == 0) {
    for (int k = 0; k < buckets; ++k) out[std::size_t(k) * 3] = out[std::size_t(k) * 3 + 1] = greatest;
    out.back() = n;
    return out;
  }
  for (int k = 0; k < buckets; ++k) {
    out[std::size_t(k) * 3] = least + k * step;
    out[std::size_t(k) * 3 + 1] = k + 1 == buckets ? greatest : least + (k + 1) * step;
  }
  for (const T number : numbers) {
    const double x = double(number);
    if (!std::isfinite(x)) continue;
    const int k = int((x - least) / step);
    ++out[std::size_t(k < buckets ? k : buckets - 1) * 3 + 2];
  }
  return out;
}

/// How numbers are distributed, for the pages Histograms and Distributions. Numbers of any type in anything with data() and size(); they
/// are copied, and counted in the writer's thread.
///
///     summary::histogram(log, "dense/weight", m.weights().variable("dense/weight"), step);
template <class Numbers> void histogram(event_writer& log, std::string_view tag, const Numbers& numbers, std::int64_t step, int buckets = 30) {
  if (!log.due(tag, step)) return;
  const std::span all(std::data(numbers), std::size(numbers));
  using T = std::remove_cv_t<typename decltype(all)::element_type>;
  log.write_later(all.size_bytes(), [tag = std::string(tag), copy = std::vector<T>(all.begin(), all.end()), step, buckets](std::string& out, double time) {
    const std::vector<double> rows = histogram_buckets(std::span<const T>(copy), buckets);
    append_value(out, time, step, tag, {"histograms"}, [&](io::protobuf_writer& tensor) { put_numbers<double>(tensor, {buckets, 3}, rows); });
  });
}

}  // namespace tfx::summary
