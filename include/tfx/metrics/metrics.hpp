// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/softmax.hpp>

namespace tfx::metric {

/// Share of rows whose largest output is the label's class.
struct accuracy {
  static constexpr std::string_view name = "accuracy";
  template <class L, class T, class S, class U> constexpr var<shape<>> operator()(var<L, T> y, var<S, U> labels) const {
    const handle picked = argmax(y).h;
    const handle truth = is_floating(dtype_of<U>) ? argmax(labels).h : reshape(labels.h, picked.shape());
    const handle hit = tfx::detail::map_node<equal_op>(picked, truth);
    return {reshape(tfx::detail::mean_axes(hit, tfx::detail::all_axes(hit.shape())), dims{})};
  }
};
/// Share of rows whose label is among the `K` largest outputs. Outputs equal to the label's do not push it out.
template <int K> struct top_k_accuracy {
  static constexpr std::string_view name = "top_k_accuracy";
  template <class L, class T, class S, class U> constexpr var<shape<>> operator()(var<L, T> y, var<S, U> labels) const {
    constexpr unsigned last = 1u << (L::value.rank - 1);
    const handle own = sum_axes(where(one_hot<L::value.cols()>(labels).h, y.h, 0), last);
    const handle larger = sum_axes(tfx::detail::map_node<greater_op>(y.h, own), last);
    const handle hit = tfx::detail::map_node<less_op>(larger, y.h.graph->constant(K));
    return {reshape(tfx::detail::mean_axes(hit, tfx::detail::all_axes(hit.shape())), dims{})};
  }
};
/// Share of logits on the right side of 0 for labels 0 and 1.
struct binary_accuracy {
  static constexpr std::string_view name = "binary_accuracy";
  template <class L, class T, class S, class U> constexpr var<shape<>> operator()(var<L, T> y, var<S, U> labels) const {
    const handle hit = tfx::detail::map_node<equal_op>(tfx::detail::map_node<greater_op>(y.h, y.h.graph->constant(0)), reshape(labels.h, L::value));
    return {reshape(tfx::detail::mean_axes(hit, tfx::detail::all_axes(hit.shape())), dims{})};
  }
};
/// Mean of the outputs.
struct mean {
  static constexpr std::string_view name = "mean";
  template <class L, class T, class S, class U> constexpr var<shape<>> operator()(var<L, T> y, var<S, U>) const { return tfx::mean(y); }
};

}  // namespace tfx::metric
