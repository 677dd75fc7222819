// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/softmax.hpp>

namespace tfx::loss {

namespace detail {
template <class L> struct rows_of {
  static constexpr dims value{1, {L::value.rank ? L::value.extent[0] : 1}, L::value.bounded};
};
}  // namespace detail

/// Cross-entropy of the softmax of logits with class numbers, mean over the batch.
///
///     loss = mean_n( log sum_c exp(x_nc) - x_n,label(n) )
///
/// Shape      logits: [batch, C], labels: [batch] integers in [0, C)  ->  []; NaN if one of them is not
/// Options    label_smoothing s: the target is (1 - s) of the label's class and s / C of every class
/// Gradient   (softmax(x) - one_hot(label)) / batch
/// Numerics   from logits, shifted by the maximum; a logit of minus infinity (a masked class) counts as nothing, but makes
///            the loss infinite if it is the label's, or with label smoothing
struct softmax_cross_entropy {
  static constexpr std::string_view name = "softmax_cross_entropy";
  double label_smoothing = 0;
  using label_type = std::int32_t;
  using label_shape = shape<>;   ///< of one label
  static constexpr bool class_numbers = true;
  template <class Logits> using target = var<to_shape<detail::rows_of<Logits>>, std::int32_t>;

  template <class L, class T, class S, class U> constexpr var<shape<>> operator()(var<L, T> logits, var<S, U> labels) const {
    if constexpr (L::value.rank != 2 || is_floating(dtype_of<U>) || S::value.size() != L::value.extent[0]) {
      logits.h.graph->complain(name, " expects logits [batch, classes] and one class number each, got ", L::value, " and ",
                               is_floating(dtype_of<U>) ? "floating point " : "integers ", S::value);
      return {logits.h.graph->constant(0)};
    } else {
      const handle x = logits.h, hit = one_hot<L::value.cols()>(labels).h;
      handle picked = sum_axes(where(hit, x, 0), 2u);   // not 0 * x, which is NaN for a masked class
      if (label_smoothing > 0) picked = (1 - label_smoothing) * picked + label_smoothing * tfx::detail::mean_axes(x, 2u);
      handle each = tfx::detail::log_sum_exp_axes(x, 2u) - picked;
      each = each * tfx::detail::one_if_in_range(reshape(labels.h, each.shape()), L::value.cols());
      return {reshape(tfx::detail::mean_axes(each, 3u), dims{})};
    }
  }
};

/// The same with a distribution per row in place of a class number (one-hot, smoothed, or of another network).
///
///     loss = mean_n( - sum_c p_nc * log_softmax(x_n)_c )
///
/// Shape      logits: [batch, ..., C], labels: the same  ->  []
/// Options    label_smoothing s: p becomes (1 - s) p + s / C
/// Gradient   of logits (softmax(x) sum_c p_c - p) / rows; of labels too
struct softmax_cross_entropy_dense {
  static constexpr std::string_view name = "softmax_cross_entropy_dense";
  double label_smoothing = 0;
  using label_type = float;
  static constexpr bool class_numbers = false;
  template <class Logits> using target = var<Logits, real>;

  template <class L, class T, class U> constexpr var<shape<>> operator()(var<L, T> logits, var<L, U> labels) const {
    constexpr unsigned last = 1u << (L::value.rank - 1);
    const handle x = logits.h;
    handle p = labels.h;
    if (label_smoothing > 0) p = (1 - label_smoothing) * p + label_smoothing / L::value.cols();
    const handle each = -sum_axes(p * (x - tfx::detail::log_sum_exp_axes(x, last)), last);
    return {reshape(tfx::detail::mean_axes(each, tfx::detail::all_axes(each.shape())), dims{})};
  }
};

}  // namespace tfx::loss
