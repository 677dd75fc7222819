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

/// first + step * place, an integer. Inputs: both, integers.
struct progression_op : detail::generator<2> {
  static constexpr std::string_view name = "progression";
  static constexpr bool by_column = false;
  template <class V, class T> static constexpr lanes::lane<V> generate(std::uint64_t place, const run_state&, T first, T step) {
    using I = lanes::traits<lanes::integer_of<V>>;
    using integer = lanes::scalar_of<lanes::integer_of<V>>;
    using natural = std::make_unsigned_t<integer>;   // which wraps around
    integer number[I::width] = {};
    for (int i = 0; i < I::width; ++i) number[i] = integer(natural(whole_of(first)) + natural(whole_of(step)) * natural(place + std::uint64_t(i)));
    return lanes::register_of<V>(lanes::lane<lanes::integer_of<V>>::wrap(I::load(number)));
  }
};

// Random numbers are keyed by seed, step, site and place, so that the backward pass draws the same ones again. Inputs: the site,
// and a number.

/// 0 with probability `rate`, else 1 / (1 - rate).
struct dropout_mask_op : detail::generator<2> {
  static constexpr std::string_view name = "dropout_mask";
  static constexpr bool by_column = false;
  template <class V, class T> static constexpr lanes::lane<V> generate(std::uint64_t place, const run_state& run, T site, T rate) {
    using L = lanes::lane<V>;
    const L drawn = L::wrap(lanes::uniform<V>({run.seed, run.step, std::uint32_t(site)}, place));
    return select(drawn < L(rate), L(0), L(T(1) / (T(1) - rate)));
  }
};
/// Uniform on [0, width).
struct uniform_op : detail::generator<2> {
  static constexpr std::string_view name = "uniform";
  static constexpr bool by_column = false;
  template <class V, class T> static constexpr lanes::lane<V> generate(std::uint64_t place, const run_state& run, T site, T width) {
    using L = lanes::lane<V>;
    return L(width) * L::wrap(lanes::uniform<V>({run.seed, run.step, std::uint32_t(site)}, place));
  }
};
/// Normal about 0, with this deviation.
struct normal_op : detail::generator<2> {
  static constexpr std::string_view name = "normal";
  static constexpr bool by_column = false;
  template <class V, class T> static constexpr lanes::lane<V> generate(std::uint64_t place, const run_state& run, T site, T deviation) {
    using L = lanes::lane<V>;
    return L(deviation) * L::wrap(lanes::normal<V>({run.seed, run.step, std::uint32_t(site)}, place));
  }
};

/// `first` at place 0, and `step` more at each one behind it: the number of a row, of [rows, 1].
constexpr handle progression(builder& g, const dims& shape, int first = 0, int step = 1) {
  return {&g, g.emit_at<progression_op>(0, shape, dtype::int32, 0, g.constant(first, dtype::int32).id, g.constant(step, dtype::int32).id)};
}
constexpr handle column_index(builder& g, const dims& shape) {
  if (shape.rank == 1 && shape.bounded) return progression(g, shape);   // its elements are rows
  return {&g, g.emit<column_index_op>(shape, dtype::int32, 0)};
}

namespace detail {
/// Random numbers of a site of their own. In a body they are a row of one generator stacked over all iterations of all loops around it.
template <class F> constexpr handle drawn(builder& g, const dims& shape, double number, std::string_view called) {
  int loops[8] = {}, n = 0;
  dims s = shape;
  for (int r = g.region; r > 0 && n < 8; r = g.regions[r].parent) {
    if (g.regions[r].branch) continue;
    if (g.regions[r].bound == unbounded) {
      g.complain(called, at_path{}, ": a loop without a bound around it has no number of masks; give while_loop<N> one");
      return g.stand_in(shape, dtype::real_type);
    }
    loops[n++] = r;
    s = stacked(g.regions[r].bound, s);
  }
  handle v{&g, g.emit_at<F>(0, s, dtype::real_type, 0, g.constant(++g.sites).id, g.constant(number).id)};
  while (n > 0) {
    --n;
    v = slice_at(g, loops[n], v.id, n ? unstacked(v.shape()) : shape, false);
  }
  return v;
}
}  // namespace detail
constexpr handle dropout_mask(handle like, double rate) { return detail::drawn<dropout_mask_op>(*like.graph, like.shape(), rate, "dropout"); }

}  // namespace tfx
