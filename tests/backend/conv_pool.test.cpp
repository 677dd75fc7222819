// SPDX-License-Identifier: Apache-2.0
#include "fused.hpp"

#include "convolution.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

/// A convolution and windows of Size x Size behind it; what they do not cover is left out.
template <int Images, int H, int W, int C, int O, int Kernel, int Size, int Stride = 1, int Pad = 0> struct layer {
  static constexpr int out_height = ((H + 2 * Pad - Kernel) / Stride + 1) / Size * Size;
  static constexpr int out_width = ((W + 2 * Pad - Kernel) / Stride + 1) / Size * Size;
  static constexpr conv2d_geometry geo = {
      {Images, H, W, C, out_height, out_width, Kernel, Kernel, Stride, Stride, Pad, Pad}, O, 1, Size, Size};
  static constexpr int windows = out_height / Size * (out_width / Size), rows = Images * windows, cols = O;
};

template <class Layer> struct to_w {
  static constexpr conv2d_geometry geo = Layer::geo;
  static constexpr int rows = geo.kernel_height * geo.kernel_width * geo.channels, cols = geo.out_channels;
};

template <class T, class Layer> void check(int images) {
  constexpr conv2d_geometry g = Layer::geo;
  convolution_case<T> c(g, images);
  for (std::size_t i = 0; i < c.w.size(); ++i) c.w[i] = T(int(c.w[i] * 2));  // many ties
  for (std::size_t i = 0; i < c.x.size(); ++i) c.x[i] = T(int(c.x[i] * 2));
  convolution_by_definition<T>{g, images, c.x, c.w, c.dy}.forward(c.y);
  const int rows = images * Layer::windows, size = g.window_height;
  guarded<T> max(std::size_t(rows * Layer::cols)), place(max.size());
  for (int r = 0; r < rows; ++r) {
    for (int o = 0; o < Layer::cols; ++o) {
      const std::size_t to = std::size_t(r * Layer::cols + o);
      const int in_line = g.out_width / size;
      for (int at = 0; at < size * size; ++at) {
        const int pixel = (r / in_line * size + at / size) * g.out_width + r % in_line * size + at % size;
        const T y = c.y[std::size_t(pixel * Layer::cols + o)];
        if (at > 0 && !(y > max[to])) continue;
        max[to] = y;
        place[to] = T(at);
      }
    }
  }
  const void* tiles = backend::simd_conv<T>::template tiles<Layer>();
  const std::vector<void*> operands = {c.x.data(), c.w.data()};
  guarded<T> dy(max.size());
  dy.fill(7);
  for (std::size_t i = 0; i < c.dy.size(); ++i) {
    const int o = int(i) % Layer::cols, pixel = int(i) / Layer::cols, in_line = g.out_width / size;
    const int line = pixel / g.out_width, column = pixel % g.out_width;
    const std::size_t from = std::size_t((line / size * in_line + column / size) * Layer::cols + o);
    c.dy[i] = place[from] == T(line % size * size + column % size) ? dy[from] : T(0);
  }
  convolution_by_definition<T>{g, images, c.x, c.w, c.dy}.to_w(c.dw);
  const void* to_w_tiles = backend::simd_conv_to_w<T>::template tiles<to_w<Layer>>();
  const std::vector<void*> to_w_operands = {c.x.data(), place.data(), dy.data()};
  for (const int parts : {1, 2, 3, 4, 7}) {
    CAPTURE(parts);
    for (const bool negates : {false, true}) {
      check_fused<T, conv_max_pool_to_w_op>(g, to_w_tiles, to_w<Layer>::rows, to_w<Layer>::rows, Layer::cols,
                                            to_w_operands, {&c.dw}, parts, negates, images);
      check_fused<T, conv_max_pool_op>(g, tiles, Layer::rows, rows, Layer::cols, operands, {&max}, parts, negates);
      check_fused<T, conv_max_pool_op, 2>(g, tiles, Layer::rows, rows, Layer::cols, operands, {&place}, parts, negates);
      check_fused<T, conv_max_pool_op, 3>(g, tiles, Layer::rows, rows, Layer::cols, operands, {&max, &place}, parts, negates);
    }
  }
}

template <class Layer> void check_layer() {
  check<float, Layer>(Layer::geo.images);
  check<double, Layer>(Layer::geo.images);
  if (Layer::geo.images > 1) check<float, Layer>(Layer::geo.images - 1);
}

}  // namespace

TEST_CASE("convolutions of few channels, pooled") {
  check_layer<layer<3, 28, 28, 1, 32, 3, 2>>();
  check_layer<layer<2, 15, 12, 3, 7, 5, 2>>();
  check_layer<layer<2, 9, 10, 2, 33, 3, 3>>();
}

TEST_CASE("convolutions of many channels, pooled") {
  check_layer<layer<3, 13, 13, 32, 64, 3, 2>>();
  check_layer<layer<2, 13, 11, 17, 70, 3, 2, 1, 1>>();
  check_layer<layer<2, 8, 8, 20, 130, 3, 8, 1, 1>>();
  check_layer<layer<2, 19, 18, 9, 40, 3, 2, 2, 1>>();
}

TEST_CASE("convolutions of one tap, pooled") { check_layer<layer<2, 12, 14, 16, 20, 1, 2>>(); }

TEST_CASE("lines of windows that are longer than a block") {
  check_layer<layer<1, 9, 450, 2, 40, 3, 2>>();
  check_layer<layer<1, 16, 120, 2, 100, 3, 7>>();
}
