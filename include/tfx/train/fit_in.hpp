// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <tfx/graph/var.hpp>

namespace tfx {

/// What `fit_in` makes.
template <std::size_t Bytes> struct arena_limit {
  static_assert(Bytes > 0, "tfx::fit_in: 0 bytes hold nothing");
  /// Of the program that x is traced in.
  template <traced X> constexpr void operator()(X x) const { graph_of(x).arena_limit = static_cast<long long>(Bytes); }
};

/// A limit on the arena of training, in bytes: what the backward pass needs of the forward pass is kept as long as there
/// is room, and computed again where there is none, the least FLOPs that suffice. The bits are the same.
///
///     inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{}, fit_in<256_KiB>);
///     fit_in<256_KiB>(x);      // in a step of one's own
///
/// Bytes      elements of 4 bytes; the scratch memory of kernels, which depends on the backend, comes on top
/// Errors     a limit below the least that was found, which the sentence says
/// Numerics   unchanged
/// Cost       `explain` shows what is computed again and its FLOPs. Values made or read in a loop's body are kept.
///            Compile time: some more fusions and plans of the same graph
/// Source     after Chen et al. 2016, with the values chosen by bytes for FLOPs at the fullest moment
template <std::size_t Bytes> inline constexpr arena_limit<Bytes> fit_in{};

}  // namespace tfx
