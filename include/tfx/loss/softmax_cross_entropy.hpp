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
/// Shape      logits: [batch, C], labels: [batch] integers in [0, C)  ->  []
/// Gradient   (softmax(x) - one_hot(label)) / batch
/// Numerics   from logits, shifted by the maximum
struct softmax_cross_entropy {
  static constexpr std::string_view name = "softmax_cross_entropy";
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
      const handle each = tfx::detail::log_sum_exp_axes(x, 2u) - sum_axes(x * hit, 2u);
      return {reshape(tfx::detail::mean_axes(each, 3u), dims{})};
    }
  }
};

/// The same with a distribution per row in place of a class number (one-hot, smoothed, or of another network).
///
///     loss = mean_n( - sum_c p_nc * log_softmax(x_n)_c )
struct softmax_cross_entropy_dense {
  static constexpr std::string_view name = "softmax_cross_entropy_dense";
  using label_type = float;
  static constexpr bool class_numbers = false;
  template <class Logits> using target = var<Logits, real>;

  template <class L, class T, class U> constexpr var<shape<>> operator()(var<L, T> logits, var<L, U> labels) const {
    const handle x = logits.h;
    const handle each = -sum_axes(labels.h * (x - tfx::detail::log_sum_exp_axes(x, 1u << (L::value.rank - 1))), 1u << (L::value.rank - 1));
    return {reshape(tfx::detail::mean_axes(each, tfx::detail::all_axes(each.shape())), dims{})};
  }
};

}  // namespace tfx::loss
