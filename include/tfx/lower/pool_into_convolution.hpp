// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/graph.hpp>
#include <tfx/ops/conv_pool.hpp>

namespace tfx {

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

  constexpr bool pools(int i) const { return is<max_pool_op>(g.nodes[i]); }
  constexpr conv2d_geometry convolution_of(int i) const { return g.geometries[g.nodes[i].aux]; }
  constexpr pool2d_geometry pooling_of(int i) const { return g.geometries[g.nodes[i].aux]; }
  /// May node i read its k-th input as less than there is? A pooling may read a convolution so, and a convolution's
  /// gradients that of a pooling.
  constexpr bool may_take_part(int i, int k) const {
    const node &m = g.nodes[i], &a = g.nodes[g.input(i, k)];
    if (a.region != m.region) return false;
    if (is<max_pool_gradient_op>(a)) return (is<conv_to_x_op>(m) && k == 0) || (is<conv_to_w_op>(m) && k == 1);
    return is<conv_op>(a) && pools(i) && lie_apart(pooling_of(i)) && convolution_of(g.input(i, k)).groups == 1;
  }
  /// Windows without overlap, gaps and padding.
  static constexpr bool lie_apart(const pool2d_geometry& pool) {
    return pool.stride_height == pool.kernel_height && pool.stride_width == pool.kernel_width && !pads(pool) &&
           pool.out_height * pool.kernel_height <= pool.height && pool.out_width * pool.kernel_width <= pool.width;
  }
  constexpr bool agree(int i, int j) const { return !pools(i) || g.nodes[i].aux == g.nodes[j].aux; }

  /// Lines and columns of an input that windows without padding cover.
  static constexpr int covered(int out, int kernel, int step, int extent) {
    const int end = (out - 1) * step + kernel;
    return end < extent ? end : extent;
  }
  static constexpr int covered_height(const pool2d_geometry& pool) {
    return covered(pool.out_height, pool.kernel_height, pool.stride_height, pool.height);
  }
  static constexpr int covered_width(const pool2d_geometry& pool) {
    return covered(pool.out_width, pool.kernel_width, pool.stride_width, pool.width);
  }

  /// A convolution, or its gradient, of whose results only those count that a pooling covers.
  constexpr conv2d_geometry cut(int i, const pool2d_geometry& pool) const {
    conv2d_geometry conv = convolution_of(i);
    conv.out_height = covered_height(pool);
    conv.out_width = covered_width(pool);
    return conv;
  }
  constexpr conv2d_geometry with_window(int i, const pool2d_geometry& pool) const {
    conv2d_geometry conv = cut(i, pool);
    conv.window_height = pool.kernel_height;
    conv.window_width = pool.kernel_width;
    return conv;
  }
  /// Node i with other numbers; what it contracts stays.
  constexpr int changed(int i, const conv2d_geometry& numbers) const {
    geometry row = geometry::of(numbers);
    row.contracted = g.geometries[g.nodes[i].aux].contracted;
    row.contracts_batch = g.geometries[g.nodes[i].aux].contracts_batch;
    return g.row_of(row);
  }

  constexpr void merge() {
    for (int i = 0; i < n; ++i) {
      if (!live[i]) continue;
      node& m = g.nodes[i];
      if (pools(i) && is<conv_op>(g.nodes[g.input(i, 0)]) && !other[g.input(i, 0)]) {
        const node& conv = g.nodes[g.input(i, 0)];
        const int both = changed(g.input(i, 0), with_window(g.input(i, 0), pooling_of(i)));
        m.op = g.record<conv_max_pool_op>();
        m.first = conv.first;
        m.count = conv.count;
        m.path = conv.path;
        m.line = conv.line;
        m.aux = both;
      } else if (is<conv_to_x_op>(m) || is<conv_to_w_op>(m)) {
        const int from = g.input(i, is<conv_to_x_op>(m) ? 0 : 1);
        if (!is<max_pool_gradient_op>(g.nodes[from]) || g.nodes[from].region != m.region) continue;
        if (is<conv_to_w_op>(m) && lie_apart(pooling_of(from)) && convolution_of(i).groups == 1) {
          const int x = g.input(i, 0), place = g.input(from, 0), dy = g.input(from, 1);
          m.op = g.record<conv_max_pool_to_w_op>();
          m.first = g.edges.size();
          m.count = 3;
          m.aux = changed(i, with_window(i, pooling_of(from)));
          g.edges.push_back(x);
          g.edges.push_back(place);
          g.edges.push_back(dy);
          continue;
        }
        if (other[from] || pads(pooling_of(from))) continue;
        m.aux = changed(i, cut(i, pooling_of(from)));
      }
    }
    for (int i = 0; i < n; ++i) {
      node& m = g.nodes[i];
      if (!live[i] || !is<max_pool_gradient_op>(m) || other[i] || reader[i] < 0 || pads(pooling_of(i))) continue;
      pool2d_geometry less = pooling_of(i);
      less.height = m.shape.extent[1] = covered_height(less);
      less.width = m.shape.extent[2] = covered_width(less);
      m.aux = g.row_of(geometry::of(less));
    }
  }
  static constexpr bool pads(const pool2d_geometry& pool) { return pool.pad_top != 0 || pool.pad_left != 0; }
};

}  // namespace detail

/// Convolutions whose maxima alone are read become one operation with the pooling, and so do their gradients.
constexpr void pool_into_convolution(builder& g) {
  bool pools = false;
  for (int i = 0; i < g.nodes.size(); ++i) pools = pools || is<max_pool_op>(g.nodes[i]);
  if (pools) detail::pool_merger(g).merge();
}

}  // namespace tfx
