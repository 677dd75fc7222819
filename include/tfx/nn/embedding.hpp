// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/gather.hpp>

namespace tfx::nn {

/// A row of a table for each integer: what a word means.
///
///     nn::embedding<20'000, 64>{}
///
/// Shape      tokens: I, integers in [0, Rows)  ->  y: [I..., Size]; NaN for a token out of range
/// Variables  weight [Rows, Size] (uniform in [-0.05, 0.05), as in Keras)
/// Errors     tokens that are not integers
/// Gradient   the rows of dy summed at their tokens
template <int Rows, int Size> struct embedding {
  static constexpr std::string_view name = "embedding";
  initializer weight_init = init::uniform{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> tokens) const {
    const layer_scope here(tokens, *this, {{"rows", Rows}, {"size", Size}});
    if constexpr (is_floating(dtype_of<T>) || S::value.rank == max_rank) {
      tokens.h.graph->complain("embedding<", Rows, ", ", Size, ">", at_path{}, " expects integer tokens, got ",
                               is_floating(dtype_of<T>) ? "floating point " : "", S::value);
      return tokens;
    } else {
      return here.gives(gather(param<shape<Rows, Size>>(tokens, "weight", weight_init, Rows, Size), tokens, line));
    }
  }
};

}  // namespace tfx::nn
