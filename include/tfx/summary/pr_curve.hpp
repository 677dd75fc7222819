// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <cstdint>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <tfx/summary/event_writer.hpp>

namespace tfx::summary {

/// Counts of a classifier of two classes at thresholds evenly from 0 to 1; a prediction at or above a threshold is positive. Six rows:
/// true positives, false positives, true negatives, false negatives, precision, recall; the last two are 0 where they divide by 0.
///
/// Source     TensorBoard's pr_curve summary
template <class Label, class T> std::vector<float> pr_counts(std::span<const Label> labels, std::span<const T> predictions, int thresholds) {
  const std::size_t n = std::size_t(thresholds);
  std::vector<double> positive(n + 1), negative(n + 1);   // predictions that reach threshold i and not the next; then sums from behind
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double p = predictions[i] > T(0) ? predictions[i] < T(1) ? double(predictions[i]) : 1.0 : 0.0;
    ++(labels[i] != Label(0) ? positive : negative)[std::size_t(p * double(thresholds - 1))];
  }
  for (std::size_t i = n; i-- > 0;) {
    positive[i] += positive[i + 1];
    negative[i] += negative[i + 1];
  }
  std::vector<float> rows(6 * n);
  for (std::size_t i = 0; i < n; ++i) {
    const double tp = positive[i], fp = negative[i], tn = negative[0] - fp, fn = positive[0] - tp;
    const double row[] = {tp, fp, tn, fn, tp + fp > 0 ? tp / (tp + fp) : 0, tp + fn > 0 ? tp / (tp + fn) : 0};
    for (std::size_t k = 0; k < 6; ++k) rows[k * n + i] = float(row[k]);
  }
  return rows;
}

/// A precision-recall curve from labels (true: the class is there) and predicted probabilities, in anything with data() and size().
///
///     summary::pr_curve(log, "boots", labels, probabilities, step);
template <class Labels, class Predictions> void pr_curve(event_writer& log, std::string_view tag, const Labels& labels, const Predictions& predictions, std::int64_t step, int thresholds = 201) {
  const std::span truth(std::data(labels), std::size(labels));
  const std::span said(std::data(predictions), std::size(predictions));
  if (truth.size() != said.size() || thresholds < 2)
    throw std::invalid_argument("tfx::summary::pr_curve: " + std::string(tag) + ": expected a prediction for each of " + std::to_string(truth.size()) + " labels and at least 2 thresholds, found " +
                                std::to_string(said.size()) + " and " + std::to_string(thresholds));
  if (!log.due(tag, step)) return;
  using Label = std::remove_cv_t<typename decltype(truth)::element_type>;
  using T = std::remove_cv_t<typename decltype(said)::element_type>;
  const std::vector<float> rows = pr_counts<Label, T>(truth, said, thresholds);
  std::string content;
  io::protobuf_writer(content).integer(2, thresholds);
  log.write([&](std::string& out, double time) {
    append_value(out, time, step, tag, {"pr_curves", content}, [&](io::protobuf_writer& tensor) { put_numbers<float>(tensor, {6, thresholds}, rows); });
  });
}

}  // namespace tfx::summary
