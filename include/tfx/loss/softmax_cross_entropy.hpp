// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/loss/binary_cross_entropy.hpp>
#include <tfx/ops/activation.hpp>
#include <tfx/ops/softmax.hpp>

namespace tfx::loss {

namespace detail {
/// weight * x, and 0 where a weight of 0 meets an infinity: what cannot happen counts as nothing, however unlikely it is.
struct weighted_op : elementwise<weighted_op> {
  static constexpr auto apply(auto weight, auto x) {
    using L = decltype(x);
    return select(weight == L(0) && abs(x) == L(__builtin_huge_val()), L(0), weight * x);
  }
  static constexpr auto derivative(auto weight, auto x, auto, auto dy) {
    const auto counts_not = where(weight == 0, abs(x) == __builtin_huge_val(), 0);
    return parts(where(counts_not, 0, dy * x), dy * weight);
  }
};
/// [batch, ...] of logits [batch, ..., C].
template <class L> struct rows_of {
  static constexpr dims value = [] {
    dims d = L::value;
    if (d.rank > 1) d.extent[--d.rank] = 0;
    return d.rank ? d : dims{1, {1}, false};
  }();
};
}  // namespace detail

/// Cross-entropy of the softmax of logits with class numbers, mean over the rows.
///
///     loss = mean_n( log sum_c exp(x_nc) - x_n,label(n) ) = mean_n( softplus(log sum_c' exp(x_nc') - x_n,label(n)) ),
///
/// where c' are the classes other than the label.
///
/// Shape      logits: [batch, ..., C], labels: [batch, ...] integers in [0, C)  ->  []; NaN if one of them is not
/// Options    label_smoothing s: the target is (1 - s) of the label's class and s / C of every class; ignore_class: rows with this
///            label, perhaps none of the classes, are not there
/// Gradient   (softmax(x) - one_hot(label)) / rows
/// Numerics   from logits, in the second form: a sum of differences of logits without cancellation, so that neither a common
///            offset nor a small loss costs digits; a logit of minus infinity (a masked class) counts as nothing, but makes
///            the loss infinite if it is the label's, or with label smoothing
struct softmax_cross_entropy {
  static constexpr std::string_view name = "softmax_cross_entropy";
  static constexpr int no_class = -2147483647 - 1;
  double label_smoothing = 0;
  int ignore_class = no_class;
  static constexpr bool class_numbers = true;
  template <class Logits> using target = var<to_shape<detail::rows_of<Logits>>, std::int32_t>;

  template <class L, class T, class S, class U> constexpr auto each(var<L, T> logits, var<S, U> labels) const {
    using Each = var<to_shape<detail::rows_of<L>>>;
    if constexpr (L::value.rank < 2 || is_floating(dtype_of<U>) || S::value.size() != Each::dim.size()) {
      logits.h.graph->complain(name, " expects logits [batch, ..., classes] and one class number each, got ", L::value, " and ",
                               is_floating(dtype_of<U>) ? "floating point " : "integers ", S::value);
      return Each{expand(logits.h.graph->constant(0), Each::dim)};
    } else {
      constexpr unsigned last = 1u << (L::value.rank - 1);
      const call_mark here(*logits.h.graph, name, {logits.h, labels.h}, {{"label_smoothing", label_smoothing}});
      tfx::detail::expect_logits(logits.h, name);
      const handle there = counted(logits, labels);
      const handle label = there.empty() ? reshape(labels.h, Each::dim) : where(there, reshape(labels.h, Each::dim), 0);
      const var<to_shape<detail::rows_of<L>>, U> own_class{label};
      const handle x = logits.h, hit = one_hot<L::value.cols()>(own_class).h;
      const handle own = sum_axes(where(hit, x, 0), last);   // not 0 * x, which is NaN for a masked class
      const auto others = tfx::detail::split_log_sum_exp(where(hit, -__builtin_huge_val(), x), last);
      handle loss = softplus((others.largest - own) + others.rest);
      if (label_smoothing > 0) loss = loss + label_smoothing * tfx::detail::mean_axes(own - x, last);
      loss = loss * tfx::detail::one_if_in_range(reshape(label, loss.shape()), L::value.cols());
      if (!there.empty()) loss = where(reshape(there, loss.shape()), loss, 0);
      return here.gives(Each{reshape(loss, Each::dim)});
    }
  }
  /// Which rows are there.
  template <class L, class T, class S, class U> constexpr handle counted(var<L, T> logits, var<S, U> labels) const {
    if constexpr (L::value.rank < 2 || is_floating(dtype_of<U>) || S::value.size() != detail::rows_of<L>::value.size()) return {};
    else if (ignore_class == no_class) return {};
    else return where(tfx::detail::map_node<equal_op>(reshape(labels.h, detail::rows_of<L>::value), logits.h.graph->constant(ignore_class)), 0, 1);
  }
  constexpr auto operator()(auto logits, auto labels, auto... weight) const { return mean_loss(*this, logits, labels, weight...); }
};

/// The same with a distribution per row in place of a class number (one-hot, smoothed, or of another network).
///
///     loss = mean_n( - sum_c p_nc * log_softmax(x_n)_c )
///
/// Shape      logits: [batch, ..., C], labels: the same  ->  []
/// Options    label_smoothing s: p becomes (1 - s) p + s / C
/// Gradient   of logits (softmax(x) sum_c p_c - p) / rows; of labels too
/// Numerics   as `log_softmax`; a class with probability 0 counts as nothing even if its logit is minus infinity
struct softmax_cross_entropy_dense {
  static constexpr std::string_view name = "softmax_cross_entropy_dense";
  double label_smoothing = 0;

  template <class L, class T, class U> constexpr handle each(var<L, T> logits, var<L, U> labels) const {
    constexpr unsigned last = 1u << (L::value.rank - 1);
    const call_mark here(*logits.h.graph, name, {logits.h, labels.h}, {{"label_smoothing", label_smoothing}});
    tfx::detail::expect_logits(logits.h, name);
    const handle x = logits.h;
    const handle p = detail::smoothed(labels.h, label_smoothing, L::value.cols());
    const handle log_q = tfx::detail::log_softmax_axes(x, last);
    return here.gives(-sum_axes(tfx::detail::map_node<detail::weighted_op>(p, log_q), last));
  }
  constexpr auto operator()(auto logits, auto labels, auto... weight) const { return mean_loss(*this, logits, labels, weight...); }
};

}  // namespace tfx::loss
