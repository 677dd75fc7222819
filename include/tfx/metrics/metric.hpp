// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <utility>

#include <tfx/core/bundle.hpp>
#include <tfx/graph/var.hpp>

/// What a metric is: a mean over examples, or what counts say.
///
/// A mean gives one number of an output and its targets, as a loss does; batches weigh with their rows. What is no mean of
/// means has counts, which add up over batches in double:
///
///     struct precision {
///       static constexpr int counts = 2;
///       constexpr auto count(auto y, auto t) const { return outputs(...); }   // this batch's: so many numbers, in one value or several
///       static double finish(const double* c) { return c[1] > 0 ? c[0] / c[1] : 0; }
///     };
namespace tfx {

namespace metric {
/// Metrics of outputs, in their order, or of one output.
template <class... M> struct list {
  bundle<M...> of;
};
/// No metric, for an output that has none.
struct none {};
}  // namespace metric

template <class... M> constexpr metric::list<M...> metrics(M... m) { return {bundle<M...>(m...)}; }

template <class M, class Output, class Target> concept counting_metric = requires(const M& m, Output y, Target t, const double* c) {
  { M::counts } -> std::convertible_to<int>;
  { M::finish(c) } -> std::convertible_to<double>;
  m.count(y, t);
};
template <class M, class Output, class Target> concept mean_metric = requires(const M& m, Output y, Target t) {
  { m(y, t) } -> std::same_as<var<shape<>>>;
};
template <class M, class Output, class Target> concept metric_for = counting_metric<M, Output, Target> || mean_metric<M, Output, Target>;

namespace detail {
template <class X> inline constexpr bool is_metric_list = false;
template <class... M> inline constexpr bool is_metric_list<metric::list<M...>> = true;

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
