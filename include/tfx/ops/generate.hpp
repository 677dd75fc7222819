// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/integers.hpp>
#include <tfx/lanes/random.hpp>
#include <tfx/ops/reduce.hpp>

namespace tfx {

// Generators have no tensor input: what they give depends on the place alone, so every kernel that reads one makes it again
// and nothing is stored. `place` is the element's number in the whole tensor, and in a loop in the stack of all iterations.

namespace detail {
template <int Arity> struct generator {
  static constexpr op_kind kind = op_kind::generate;
  static constexpr int arity = Arity;
  static constexpr bool differentiable = true;
  static constexpr void backward(gradient_scope&) {}
};
}  // namespace detail

/// The number of the column, an integer.
struct column_index_op : detail::generator<0> {
  static constexpr std::string_view name = "column_index";
  static constexpr bool by_column = true;
  template <class V> static constexpr lanes::lane<V> generate(std::uint64_t column, const run_state&) {
    using I = lanes::traits<lanes::integer_of<V>>;
    using integer = lanes::scalar_of<lanes::integer_of<V>>;
    integer index[I::width] = {};
    for (int i = 0; i < I::width; ++i) index[i] = integer(i);
    return lanes::register_of<V>(lanes::lane<lanes::integer_of<V>>::wrap(I::add(I::load(index), I::splat(integer(column)))));
  }
};

/// 0 with probability `rate`, else 1 / (1 - rate). Inputs: site, rate. Keyed by seed, step, site and place, so that the
/// backward pass draws the same mask again.
struct dropout_mask_op : detail::generator<2> {
  static constexpr std::string_view name = "dropout_mask";
  static constexpr bool by_column = false;
  template <class V, class T> static constexpr lanes::lane<V> generate(std::uint64_t place, const run_state& run, T site, T rate) {
    using L = lanes::lane<V>;
    const L drawn = L::wrap(lanes::uniform<V>({run.seed, run.step, std::uint32_t(site)}, place));
    return select(drawn < L(rate), L(0), L(T(1) / (T(1) - rate)));
  }
};

constexpr handle column_index(builder& g, const dims& shape) { return {&g, g.emit<column_index_op>(shape, dtype::int32, 0)}; }

/// In a body the mask is a row of one generator stacked over all iterations of all loops around it.
constexpr handle dropout_mask(handle like, double rate) {
  builder& g = *like.graph;
  int loops[8] = {}, n = 0;
  dims s = like.shape();
  for (int r = g.region; r > 0 && n < 8; r = g.regions[r].parent) {
    if (g.regions[r].branch) continue;
    if (g.regions[r].bound == unbounded) {
      g.complain("dropout", at_path{}, ": a loop without a bound around it has no number of masks; give while_loop<N> one");
      return like;
    }
    loops[n++] = r;
    s = stacked(g.regions[r].bound, s);
  }
  handle v{&g, g.emit_at<dropout_mask_op>(0, s, dtype::real_type, 0, g.constant(++g.sites).id, g.constant(rate).id)};
  while (n > 0) {
    --n;
    v = slice_at(g, loops[n], v.id, n ? unstacked(v.shape()) : like.shape(), false);
  }
  return v;
}

}  // namespace tfx
