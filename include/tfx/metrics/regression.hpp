// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/loss/regression.hpp>
#include <tfx/metrics/metric.hpp>
#include <tfx/ops/math.hpp>

namespace tfx::metric {

/// Losses are metrics as they are; these are called by this name too.
using loss::mean_absolute_error, loss::mean_squared_error;

/// Mean of the outputs.
struct mean {
  static constexpr std::string_view name = "mean";
  template <class L, class T, class S, class U> constexpr detail::number operator()(var<L, T> y, var<S, U>) const { return tfx::mean(y); }
};
/// Sum of the outputs, over all batches.
struct sum {
  static constexpr std::string_view name = "sum";
  static constexpr int counts = 1;
  constexpr auto count(auto y, auto, auto... weight) const { return detail::total(y.h, weight...); }
  static constexpr double finish(const double* c) { return c[0]; }
};

/// sqrt(mean((y - t)^2)) over everything, not a mean of the roots of batches.
struct root_mean_squared_error {
  static constexpr std::string_view name = "root_mean_squared_error";
  static constexpr int counts = 2;
  template <class L, class T, class U> constexpr auto count(var<L, T> y, var<L, U> t, auto... weight) const {
    const handle d = y.h - t.h;
    return outputs(detail::total(d * d, weight...), detail::amount(d, weight...));
  }
  static constexpr double finish(const double* c) { return sqrt(lanes::lane<double>(detail::share(c[0], c[1]))).v; }
};

/// Share of the variance of the targets that the outputs explain, the mean over the columns.
///
///     1 - sum (t - y)^2 / sum (t - mean(t))^2
///
/// Of a column that is always the same: 1 if it is met, else 0.
///
/// Shape      y, t: [batch, ..., Columns]
/// Numerics   from sums of squares: where targets are far from 0 for their spread, such as years, digits are lost; subtract a constant from
///            both
/// Source     scikit-learn; Keras: R2Score
template <int Columns = 1> struct r2_score {
  static constexpr std::string_view name = "r2_score";
  static constexpr int counts = 4 * Columns;
  template <class L, class T, class U, class... Weight> constexpr auto count(var<L, T> y, var<L, U> t, Weight... weight) const {
    using Counts = var<shape<Columns>>;
    if constexpr (L::value.cols() != Columns) {
      y.h.graph->complain(name, "<", Columns, "> expects outputs [batch, ..., ", Columns, "], got ", L::value);
      const Counts nothing{expand(y.h.graph->constant(0), Counts::dim)};
      return outputs(nothing, nothing, nothing, nothing);
    } else {
      const auto of_column = [&](handle each) {
        each = expand(each, L::value);
        ((each = each * tfx::detail::spread_over(untyped(weight), each.shape().rank)), ...);
        return Counts{reshape(sum_axes(each, detail::all_axes(L::value) >> 1), Counts::dim)};
      };
      const handle d = t.h - y.h;
      return outputs(of_column(y.h.graph->constant(1)), of_column(t.h), of_column(t.h * t.h), of_column(d * d));
    }
  }
  static constexpr double finish(const double* c) {
    double mean = 0;
    for (int k = 0; k < Columns; ++k) {
      const double n = c[k], sum = c[Columns + k], squares = c[2 * Columns + k], residual = c[3 * Columns + k];
      const double total = n > 0 ? squares - sum * sum / n : 0;
      mean += (total > 0 ? 1 - residual / total : residual > 0 ? 0 : 1) / Columns;
    }
    return mean;
  }
};

namespace detail {
/// Two vectors along the last axis of y and t, less their means, and sums over that axis.
struct paired_rows {
  handle a, b, mean_a, mean_b;
  unsigned last;
  constexpr paired_rows(handle y, handle t) : last(1u << (y.shape().rank - 1)) {
    mean_a = tfx::detail::mean_axes(y, last);
    mean_b = tfx::detail::mean_axes(t, last);
    a = y - mean_a;
    b = t - mean_b;
  }
  constexpr handle sum(handle x) const { return sum_axes(x, last); }
};
/// part / all, and 0 where that is 0 / 0.
constexpr handle share(handle part, handle all) { return where(map_node<equal_op>(all, all.graph->constant(0)), 0, part / all); }
}  // namespace detail

/// Cosine of the angle between outputs and targets along the last axis, mean over the rest; 0 for a vector of zeros.
struct cosine_similarity {
  static constexpr std::string_view name = "cosine_similarity";
  template <class L, class T, class U> constexpr handle each(var<L, T> y, var<L, U> t) const {
    constexpr unsigned last = 1u << (L::value.rank - 1);
    const handle squares = sum_axes(y.h * y.h, last), others = sum_axes(t.h * t.h, last);
    return detail::share(sum_axes(y.h * t.h, last), sqrt(squares) * sqrt(others));
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};
/// Pearson's correlation of outputs and targets along the last axis, mean over the rest; 0 where one of them is constant.
struct pearson_correlation {
  static constexpr std::string_view name = "pearson_correlation";
  template <class L, class T, class U> constexpr handle each(var<L, T> y, var<L, U> t) const {
    const detail::paired_rows r(y.h, t.h);
    return detail::share(r.sum(r.a * r.b), sqrt(r.sum(r.a * r.a)) * sqrt(r.sum(r.b * r.b)));
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};
/// How near outputs and targets along the last axis lie to the line y = t, mean over the rest; 0 where both are the same constant.
///
///     2 cov(y, t) / (var(y) + var(t) + (mean(y) - mean(t))^2)
///
/// Source     Lin 1989
struct concordance_correlation {
  static constexpr std::string_view name = "concordance_correlation";
  template <class L, class T, class U> constexpr handle each(var<L, T> y, var<L, U> t) const {
    const detail::paired_rows r(y.h, t.h);
    const handle apart = r.mean_a - r.mean_b;
    return detail::share(2 * r.sum(r.a * r.b), r.sum(r.a * r.a) + r.sum(r.b * r.b) + double(L::value.cols()) * (apart * apart));
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};

}  // namespace tfx::metric
