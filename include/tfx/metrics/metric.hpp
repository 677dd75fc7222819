// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string_view>
#include <utility>

#include <tfx/core/bundle.hpp>
#include <tfx/loss/loss.hpp>

/// What a metric is: a mean over examples, or what counts say.
///
/// A mean gives one number of an output and its targets, as a loss does, and every loss is one; batches weigh with their rows. What
/// is no mean of means has counts, which add up over batches in double:
///
///     struct mean_rank {                                     // of the label, 1 for the largest output
///       static constexpr int counts = 2;
///       constexpr auto count(auto y, auto label) const {     // of this batch: so many numbers, in one value or several
///         auto own = sum<1>(where(one_hot<10>(label), y, 0), keep_dims);
///         auto rank = sum<1>(y >= own);
///         return outputs(sum(rank), sum(rank > 0));
///       }
///       double finish(const double* c) const { return c[0] / c[1]; }
///     };
///
/// With `count(y, t, weight)`, weights [batch], it can be `metric::weighted`.
namespace tfx {

namespace metric {
/// Metrics of outputs, in their order, or of one output.
template <class... M> struct list {
  bundle<M...> of;
};
/// No metric, for an output that has none.
struct none {};
/// A metric under another name: see `metric::named`.
template <class M> struct renamed {
  std::string_view label;
  M of;
};
}  // namespace metric

template <class... M> constexpr metric::list<M...> metrics(M... m) { return {bundle<M...>(m...)}; }

template <class M, class Output, class Target> concept counting_metric = requires(const M& m, Output y, Target t, const double* c) {
  { M::counts } -> std::convertible_to<int>;
  { m.finish(c) } -> std::convertible_to<double>;
  m.count(y, t);
};
template <class M, class Output, class Target> concept mean_metric = requires(const M& m, Output y, Target t) {
  { m(y, t) } -> std::same_as<var<shape<>>>;
};
template <class M, class Output, class Target> concept metric_for = counting_metric<M, Output, Target> || mean_metric<M, Output, Target>;

namespace metric::detail {

using number = var<shape<>>;
using tfx::detail::all_axes, tfx::detail::map_node;

/// The sum over all that is there of a batch, each weighted.
template <class... Weight> constexpr number total(handle each, Weight... weight) {
  each = as_type(each, dtype::real_type);
  ((each = each * tfx::detail::spread_over(untyped(weight), each.shape().rank)), ...);
  return {reshape(sum_axes(each, all_axes(each.shape())), dims{})};
}
/// How many there are, or their weight.
template <class... Weight> constexpr number amount(handle each, Weight... weight) {
  builder& g = *each.graph;
  const dims s = each.shape();
  if constexpr (sizeof...(Weight) > 0) return total(expand(g.constant(1), s), weight...);
  else return {tfx::detail::count_in(g, s, all_axes(s), false)};
}
constexpr double share(double part, double all) { return all > 0 ? part / all : 0; }

}  // namespace metric::detail

namespace metric {

/// A metric in which examples weigh as in the loss: their share, or mean, of the sum of weights. Without weights it is the metric
/// itself.
///
///     recipe(loss::softmax_cross_entropy{}, optim::adam{}, metric::accuracy{}, metric::named("weighted", metric::weighted(metric::accuracy{})))
template <class M> struct weighted_metric {
  M of;
  static constexpr int counts = [] {
    if constexpr (requires { M::counts; }) return int(M::counts);
    else return 2;
  }();
  template <class Y, class Target, class... Weight> constexpr auto count(Y y, Target t, Weight... weight) const {
    if constexpr (requires { M::counts; }) {
      return of.count(y, t, weight...);
    } else {
      const handle each = tfx::detail::losses_of_examples(of, y, t);
      return bundle<detail::number, detail::number>(detail::total(each, weight...), detail::amount(each, weight...));
    }
  }
  constexpr double finish(const double* c) const {
    if constexpr (requires { M::counts; }) return of.finish(c);
    else return detail::share(c[0], c[1]);
  }
};
template <class M> constexpr auto weighted(M m) { return weighted_metric<M>{m}; }

/// A metric under a name of one's own, for two of a kind.
///
///     recipe(loss, optimizer, metric::auc<>{}, metric::named("pr_auc", metric::auc<>{.curve = metric::pr}))
template <class M> constexpr auto named(std::string_view label, M m) { return renamed<M>{label, m}; }

}  // namespace metric

namespace detail {

template <class X> inline constexpr bool is_metric_list = false;
template <class... M> inline constexpr bool is_metric_list<metric::list<M...>> = true;
template <class X> inline constexpr bool takes_weights = false;
template <class M> inline constexpr bool takes_weights<metric::weighted_metric<M>> = true;

/// The metric itself, of one that has another name.
template <class M> constexpr const M& bare(const M& m) { return m; }
template <class M> constexpr const M& bare(const metric::renamed<M>& m) { return m.of; }
template <class M> constexpr std::string_view name_of_metric(const M&) { return label_of<M>; }
template <class M> constexpr std::string_view name_of_metric(const metric::weighted_metric<M>&) { return label_of<M>; }
template <class M> constexpr std::string_view name_of_metric(const metric::renamed<M>& m) { return m.label; }

/// Calls f(output, metric) for every metric of a recipe; `output` is a constant.
template <class... M, class F> constexpr void each_metric(const metric::list<M...>& by_output, F f) {
  const auto one = [&]<std::size_t K>(std::integral_constant<std::size_t, K> k, const auto& m) {
    using Metric = std::remove_cvref_t<decltype(m)>;
    if constexpr (is_metric_list<Metric>) [&]<class... Inside>(const metric::list<Inside...>& all) {
      [&]<std::size_t... I>(std::index_sequence<I...>) { (f(k, all.of.template get<I>()), ...); }(std::index_sequence_for<Inside...>{});
    }(m);
    else if constexpr (!std::same_as<Metric, metric::none>) f(k, m);
  };
  [&]<std::size_t... K>(std::index_sequence<K...>) { (one(std::integral_constant<std::size_t, K>{}, by_output.of.template get<K>()), ...); }(std::index_sequence_for<M...>{});
}
template <class... M> constexpr int outputs_watched(const metric::list<M...>&) { return int(sizeof...(M)); }
}  // namespace detail

}  // namespace tfx
