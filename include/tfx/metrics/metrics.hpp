// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/softmax.hpp>

namespace tfx::metric {

namespace detail {
constexpr var<shape<>> share_of(handle hit) {
  return {reshape(tfx::detail::mean_axes(hit, tfx::detail::all_axes(hit.shape())), dims{})};
}
/// 0 where a row has a NaN, else 1: nothing is the largest of such a row, wherever `argmax` points.
constexpr handle is_ordered(handle y) {
  const handle largest = max_axes(stop_gradient(y), 1u << (y.shape().rank - 1));
  return tfx::detail::map_node<equal_op>(largest, largest);
}
}  // namespace detail

/// Share of rows whose largest output is the label's class. A row with a NaN is not right.
struct accuracy {
  static constexpr std::string_view name = "accuracy";
  template <class L, class T, class S, class U> constexpr var<shape<>> operator()(var<L, T> y, var<S, U> labels) const {
    const handle picked = argmax(y).h;
    const handle truth = is_floating(dtype_of<U>) ? argmax(labels).h : reshape(labels.h, picked.shape());
    handle right = tfx::detail::map_node<equal_op>(picked, truth);
    right = where(reshape(detail::is_ordered(y.h), picked.shape()), right, 0);
    if (is_floating(dtype_of<U>)) right = where(reshape(detail::is_ordered(labels.h), picked.shape()), right, 0);
    return detail::share_of(right);
  }
};
/// Share of rows whose label is among the `K` largest outputs. Outputs equal to the label's do not push it out. A row with a
/// NaN, or with a label that is no class, is not right.
template <int K> struct top_k_accuracy {
  static constexpr std::string_view name = "top_k_accuracy";
  template <class L, class T, class S, class U> constexpr var<shape<>> operator()(var<L, T> y, var<S, U> labels) const {
    constexpr unsigned last = 1u << (L::value.rank - 1);
    const handle own_column = one_hot<L::value.cols()>(labels).h;
    const handle own = max_axes(where(own_column, y.h, -__builtin_huge_val()), last);
    const handle larger = sum_axes(tfx::detail::map_node<greater_op>(y.h, own), last);
    const handle hit = tfx::detail::map_node<less_op>(larger, y.h.graph->constant(K));
    const handle counts = where(sum_axes(own_column, last), detail::is_ordered(y.h), 0);   // a label that is no class has no column
    return detail::share_of(where(reshape(counts, hit.shape()), hit, 0));
  }
};
/// Share of logits on the right side of 0 for labels 0 and 1. A NaN is not right.
struct binary_accuracy {
  static constexpr std::string_view name = "binary_accuracy";
  template <class L, class T, class S, class U> constexpr var<shape<>> operator()(var<L, T> y, var<S, U> labels) const {
    const handle positive = tfx::detail::map_node<greater_op>(y.h, y.h.graph->constant(0));
    const handle hit = tfx::detail::map_node<equal_op>(positive, reshape(labels.h, L::value));
    return detail::share_of(where(tfx::detail::map_node<equal_op>(y.h, y.h), hit, 0));
  }
};
/// Mean of the outputs.
struct mean {
  static constexpr std::string_view name = "mean";
  template <class L, class T, class S, class U> constexpr var<shape<>> operator()(var<L, T> y, var<S, U>) const { return tfx::mean(y); }
};

}  // namespace tfx::metric
