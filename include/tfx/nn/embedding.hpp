// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/step_mask.hpp>
#include <tfx/nn/in_parentheses.hpp>
#include <tfx/nn/layer.hpp>
#include <tfx/ops/gather.hpp>

namespace tfx::nn {

/// A row of a table for each integer: what a word means.
///
///     nn::embedding<20'000, 64>{}   nn::embedding<20'000, 64>{.mask_zero = true}
///
/// Shape      tokens: I, integers in [0, Rows)  ->  y: [I..., Size]; NaN for a token out of range
/// Variables  weight [Rows, Size] (uniform in [-0.05, 0.05), as in Keras)
/// Errors     tokens that are not integers
/// Mask       with `mask_zero`, of tokens [batch, steps]: a step whose token is 0 is not there for the layers that follow
/// Gradient   the rows of dy summed at their tokens
template <int Rows, int Size> struct embedding {
  static constexpr std::string_view name = "embedding";
  bool mask_zero = false;
  initializer weight_init = init::uniform{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> tokens) const {
    const layer_scope here(tokens, *this, {{"rows", Rows}, {"size", Size}});
    if constexpr (is_floating(dtype_of<T>) || S::value.rank == max_rank) {
      tokens.h.graph->complain("embedding<", Rows, ", ", Size, ">", at_path{}, " expects integer tokens, got ",
                               is_floating(dtype_of<T>) ? "floating point " : "", S::value);
      return tokens;
    } else {
      const auto y = gather(param<shape<Rows, Size>>(tokens, "weight", weight_init, Rows, Size), tokens, line);
      if constexpr (S::value.rank == 2)
        if (mask_zero) tfx::detail::set_step_mask(y.h, (tokens != 0).h);
      return here.gives(y);
    }
  }
};
template <> struct embedding<detail::no_size, 1> : detail::in_parentheses<embedding<detail::no_size, 1>> {
  static constexpr std::string_view name = "embedding";
  using detail::in_parentheses<embedding<detail::no_size, 1>>::in_parentheses;
};
embedding(int, int) -> embedding<detail::no_size, 1>;

}  // namespace tfx::nn
