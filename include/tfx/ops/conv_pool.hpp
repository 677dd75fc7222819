// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/graph.hpp>
#include <tfx/ops/pool.hpp>

namespace tfx {

/// A convolution of which only the maxima of windows are wanted, windows that do not overlap: the results of the
/// convolution are in no memory. Made from a finished graph, so it needs no derivative.
///
/// Geometry   that of the convolution, cut to what the windows cover, and the window
namespace detail {
struct conv_max_pooling : convolution {
  static constexpr bool differentiable = false, finds_maximum = true;
  static constexpr void backward(gradient_scope&) {}

  template <class T> static TFX_INLINE constexpr lanes::window_maximum<lanes::lane<T>> maximum(const int* v, const T* const* in,
                                                                                        int row, int col, int cols) {
    using w = window2d;
    lanes::window_maximum<lanes::lane<T>> most;
    const int high = v[w::window_height], wide = v[w::window_width], per_line = v[w::out_width] / wide;
    for (int at = 0; at < high * wide; ++at) {
      const int line = row / per_line * high + at / wide, column = row % per_line * wide + at % wide;
      most.see(lanes::lane<T>(conv_op::element(v, in, line * v[w::out_width] + column, col, cols, 0)), at, at == 0);
    }
    most.close();
    return most;
  }
};
}  // namespace detail

struct conv_max_pool_op : detail::conv_max_pooling {
  static constexpr std::string_view name = "conv2d_max_pool2d";
  static TFX_INLINE constexpr auto of(const auto& most) { return most.value; }
  template <class T> static TFX_INLINE constexpr T element(const int* v, const T* const* in, int row, int col, int cols,
                                                           int) {
    return maximum(v, in, row, col, cols).value.v;
  }
};
struct conv_max_pool_place_op : detail::conv_max_pooling {
  static constexpr std::string_view name = "conv2d_max_pool2d_place";
  using beside = conv_max_pool_op;
  static TFX_INLINE constexpr auto of(const auto& most) { return most.place; }
  template <class T> static TFX_INLINE constexpr T element(const int* v, const T* const* in, int row, int col, int cols,
                                                           int) {
    return maximum(v, in, row, col, cols).place.v;
  }
};

/// The gradient of a convolution's weights from x, the places of the maxima and their gradient: the gradient of the
/// convolution's result, mostly zeros, is in no memory either.
struct conv_max_pool_to_w_op : detail::convolution {
  static constexpr std::string_view name = "conv2d_max_pool2d_to_w";
  static constexpr int arity = 3;
  static constexpr bool differentiable = false;
  static constexpr void backward(gradient_scope&) {}
  template <class T> static TFX_INLINE constexpr T element(const int* v, const T* const* in, int row, int col, int,
                                                           int present, T total = T(0)) {
    using w = window2d;
    const int high = v[w::window_height], wide = v[w::window_width];
    return detail::weight_gradient(v, in[0], row, col, present, total, [&](int n, int oh, int ow) {
      const int window = (n * (v[w::out_height] / high) + oh / high) * (v[w::out_width] / wide) + ow / wide;
      const int at = window * v[w::out_channels] + col;
      return in[1][at] == T(oh % high * wide + ow % wide) ? in[2][at] : T(0);
    });
  }
};

namespace detail {

/// Joins convolutions with the poolings that alone read them, and leaves out, of those convolutions and of the gradients
/// of all, what no window covers.
struct pool_merger {
  builder& g;
  int n;
  list<char> other, live;   ///< per node: has it other readers than what may take part? is it needed?
  list<int> reader;         ///< per node: one of those that may

  constexpr explicit pool_merger(builder& b) : g(b), n(b.nodes.size()), other(n, 0), live(n, 0), reader(n, -1) {
    const list<int> number = live_numbers(g);
    for (int i = 0; i < n; ++i) live[i] = number[i] >= 0;
    for (int i = 0; i < n; ++i) {
      if (!live[i]) continue;
      const node& m = g.nodes[i];
      if (m.link >= 0) other[m.link] = 1;
      for (int k = 0; k < m.count; ++k) {
        const int a = g.input(i, k);
        if (!may_take_part(i, k) || (reader[a] >= 0 && !agree(reader[a], i))) other[a] = 1;
        reader[a] = i;
      }
    }
  }

  constexpr bool pools(int i) const { return is<max_pool_op>(g.nodes[i]) || is<max_pool_place_op>(g.nodes[i]); }
  constexpr const int* geo(int i) const { return g.geometries[g.nodes[i].aux].v; }
  /// May node i read its k-th input as less than there is? A pooling may read a convolution so, and a convolution's
  /// gradients that of a pooling.
  constexpr bool may_take_part(int i, int k) const {
    using w = window2d;
    const node &m = g.nodes[i], &a = g.nodes[g.input(i, k)];
    if (a.region != m.region) return false;
    if (is<max_pool_gradient_op>(a)) return (is<conv_to_x_op>(m) && k == 0) || (is<conv_to_w_op>(m) && k == 1);
    return is<conv_op>(a) && pools(i) && lie_apart(geo(i)) && geo(g.input(i, k))[w::groups] == 1;
  }
  /// Windows without overlap, gaps and padding.
  static constexpr bool lie_apart(const int* v) {
    using w = window2d;
    return v[w::stride_height] == v[w::kernel_height] && v[w::stride_width] == v[w::kernel_width] &&
           v[w::pad_top] == 0 && v[w::pad_left] == 0 && v[w::out_height] * v[w::kernel_height] <= v[w::height] &&
           v[w::out_width] * v[w::kernel_width] <= v[w::width];
  }
  constexpr bool agree(int i, int j) const { return !pools(i) || g.nodes[i].aux == g.nodes[j].aux; }

  /// Lines and columns of an input that windows without padding cover.
  static constexpr int covered(const int* v, int out, int kernel, int step, int extent) {
    const int end = (v[out] - 1) * v[step] + v[kernel];
    return end < v[extent] ? end : v[extent];
  }
  constexpr void cover(geometry& to, int height_at, int width_at, const int* v) const {
    using w = window2d;
    to.v[height_at] = covered(v, w::out_height, w::kernel_height, w::stride_height, w::height);
    to.v[width_at] = covered(v, w::out_width, w::kernel_width, w::stride_width, w::width);
  }

  constexpr geometry with_window(geometry conv, const int* v) const {
    using w = window2d;
    cover(conv, w::out_height, w::out_width, v);
    conv.v[w::window_height] = v[w::kernel_height];
    conv.v[w::window_width] = v[w::kernel_width];
    return conv;
  }

  constexpr void merge() {
    using w = window2d;
    for (int i = 0; i < n; ++i) {
      if (!live[i]) continue;
      node& m = g.nodes[i];
      if (pools(i) && is<conv_op>(g.nodes[g.input(i, 0)]) && !other[g.input(i, 0)]) {
        const node& conv = g.nodes[g.input(i, 0)];
        const int* v = geo(i);
        const geometry both = with_window(g.geometries[conv.aux], v);
        m.op = is<max_pool_op>(m) ? g.record<conv_max_pool_op>() : g.record<conv_max_pool_place_op>();
        m.first = conv.first;
        m.count = conv.count;
        m.path = conv.path;
        m.line = conv.line;
        m.aux = g.row_of(both);
      } else if (is<conv_to_x_op>(m) || is<conv_to_w_op>(m)) {
        const int from = g.input(i, is<conv_to_x_op>(m) ? 0 : 1);
        if (!is<max_pool_gradient_op>(g.nodes[from]) || g.nodes[from].region != m.region) continue;
        if (is<conv_to_w_op>(m) && lie_apart(geo(from)) && geo(i)[w::groups] == 1) {
          const geometry both = with_window(g.geometries[m.aux], geo(from));
          const int x = g.input(i, 0), place = g.input(from, 0), dy = g.input(from, 1);
          m.op = g.record<conv_max_pool_to_w_op>();
          m.first = g.edges.size();
          m.count = 3;
          m.aux = g.row_of(both);
          g.edges.push_back(x);
          g.edges.push_back(place);
          g.edges.push_back(dy);
          continue;
        }
        if (other[from] || pads(geo(from))) continue;
        geometry less = g.geometries[m.aux];
        cover(less, w::out_height, w::out_width, geo(from));
        m.aux = g.row_of(less);
      }
    }
    for (int i = 0; i < n; ++i) {
      node& m = g.nodes[i];
      if (!live[i] || !is<max_pool_gradient_op>(m) || other[i] || reader[i] < 0 || pads(geo(i))) continue;
      geometry less = g.geometries[m.aux];
      cover(less, w::height, w::width, geo(i));
      m.shape.extent[1] = less.v[w::height];
      m.shape.extent[2] = less.v[w::width];
      m.aux = g.row_of(less);
    }
  }
  static constexpr bool pads(const int* v) { return v[window2d::pad_top] != 0 || v[window2d::pad_left] != 0; }
};

constexpr void merge_pools(builder& g) { pool_merger(g).merge(); }

}  // namespace detail

}  // namespace tfx
