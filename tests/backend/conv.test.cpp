// SPDX-License-Identifier: Apache-2.0
// labels: native
#include <tfx/backend/simd/conv.hpp>
#include <tfx/backend/simd/conv_to_w.hpp>

#include "convolution.hpp"
#include "producer.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

/// A convolution as its geometry lists it; the output extents follow from the rest.
template <int Images, int H, int W, int C, int O, int KH, int KW, int Stride = 1, int Pad = 0, int Dilation = 1,
          int Groups = 1>
struct layer {
  static constexpr int out_height = (H + 2 * Pad - (KH - 1) * Dilation - 1) / Stride + 1;
  static constexpr int out_width = (W + 2 * Pad - (KW - 1) * Dilation - 1) / Stride + 1;
  static constexpr conv2d_geometry geo = {
      {Images, H, W, C, out_height, out_width, KH, KW, Stride, Stride, Pad, Pad, Dilation, Dilation}, O, Groups};
};

template <class Layer> struct forward {
  static constexpr conv2d_geometry geo = Layer::geo;
  static constexpr int rows = geo.images * geo.out_height * geo.out_width, cols = geo.out_channels;
};
template <class Layer> struct to_x {
  static constexpr conv2d_geometry geo = Layer::geo;
  static constexpr int rows = geo.images * geo.height * geo.width, cols = geo.channels;
};
template <class Layer> struct to_w {
  static constexpr conv2d_geometry geo = Layer::geo;
  static constexpr int rows = geo.kernel_height * geo.kernel_width * geo.channels / geo.groups, cols = geo.out_channels;
};

/// With weights packed ahead of time.
template <class T, class Producer, class Launch>
void check_prepared(int rows, std::vector<void*> operands, guarded<T>& expected) {
  const conv2d_geometry g = Launch::geo;
  const geometry row = geometry::of(g);
  scratch_memory<T> scratch(Producer::scratch(g, Launch::rows, Launch::cols)), packed(Producer::prepared(g, Launch::rows, Launch::cols));
  if (Producer::prepared(g, Launch::rows, Launch::cols) == 0) return;
  call<T> a = call_of(row, Producer::template tiles<Launch>(), rows, Launch::cols, 0, operands, scratch, 3);
  Producer::prepare(a, packed.data());
  a.prepared = packed.data();
  guarded<T> result(expected.size());
  for (a.part = 0; a.part < a.parts; ++a.part) Producer::run(a, result.data(), nullptr);
  CHECK(result.same_bits(expected));
}

template <class T, class Layer> void check(int images) {
  constexpr conv2d_geometry g = Layer::geo;
  convolution_case<T> c(g, images);
  check_prepared<T, backend::simd_conv<T>, forward<Layer>>(images * g.out_height * g.out_width, {c.x.data(), c.w.data()}, c.y);
  check_prepared<T, backend::simd_conv_to_x<T>, to_x<Layer>>(images * g.height * g.width, {c.dy.data(), c.w.data()}, c.dx);
  for (const int parts : {1, 2, 3, 4, 7}) {
    CAPTURE(parts);
    CAPTURE("forward");
    check_producer<T, backend::simd_conv<T>>(g, backend::simd_conv<T>::template tiles<forward<Layer>>(),
                                             forward<Layer>::rows, images * g.out_height * g.out_width, g.out_channels, 0,
                                             {c.x.data(), c.w.data()}, c.y, parts);
    check_producer<T, backend::simd_conv_to_x<T>>(g, backend::simd_conv_to_x<T>::template tiles<to_x<Layer>>(),
                                                  to_x<Layer>::rows, images * g.height * g.width, g.channels, 0,
                                                  {c.dy.data(), c.w.data()}, c.dx, parts);
    check_producer<T, backend::simd_conv_to_w<T>>(g, backend::simd_conv_to_w<T>::template tiles<to_w<Layer>>(),
                                                  to_w<Layer>::rows, to_w<Layer>::rows, g.out_channels, images,
                                                  {c.x.data(), c.dy.data()}, c.dw, parts);
  }
}

template <class Layer> void check_layer() {
  check<float, Layer>(Layer::geo.images);
  check<double, Layer>(Layer::geo.images);
  if (Layer::geo.images > 1) check<float, Layer>(Layer::geo.images - 1);
}

}  // namespace

TEST_CASE("convolutions of one channel") {
  check_layer<layer<3, 28, 28, 1, 32, 3, 3, 1, 1>>();
  check_layer<layer<2, 12, 15, 1, 6, 5, 5>>();
  check_layer<layer<2, 9, 9, 1, 10, 5, 5, 2, 2>>();
}

TEST_CASE("convolutions of three channels") {
  check_layer<layer<2, 10, 11, 3, 16, 3, 3, 1, 1>>();
  check_layer<layer<2, 17, 16, 3, 33, 7, 7, 2, 3>>();
  check_layer<layer<1, 9, 9, 3, 5, 3, 3, 1, 0>>();
}

TEST_CASE("convolutions of many channels") {
  check_layer<layer<2, 14, 14, 20, 40, 3, 3, 1, 1>>();
  check_layer<layer<2, 7, 7, 32, 48, 3, 3, 1, 1>>();
  check_layer<layer<2, 8, 9, 17, 9, 3, 2>>();
  check_layer<layer<1, 20, 24, 8, 70, 3, 3, 1, 1>>();
}

TEST_CASE("strided and dilated convolutions") {
  check_layer<layer<2, 14, 13, 10, 18, 3, 3, 2, 1>>();
  check_layer<layer<2, 11, 11, 9, 16, 1, 1, 2, 0>>();
  check_layer<layer<2, 13, 12, 8, 12, 3, 3, 1, 2, 2>>();
  check_layer<layer<1, 15, 16, 4, 12, 3, 3, 2, 2, 2>>();
  check_layer<layer<1, 19, 19, 3, 4, 3, 3, 3, 1, 2>>();
  check_layer<layer<2, 5, 5, 8, 8, 2, 2, 3, 0>>();
}

TEST_CASE("convolutions of one tap, of the whole image, and with more padding than image") {
  check_layer<layer<3, 6, 5, 24, 30, 1, 1>>();
  check_layer<layer<3, 4, 4, 10, 20, 4, 4>>();
  check_layer<layer<2, 3, 3, 8, 8, 5, 5, 1, 4>>();
}

TEST_CASE("grouped and depthwise convolutions") {
  check_layer<layer<2, 8, 8, 12, 16, 3, 3, 1, 1, 1, 4>>();
  check_layer<layer<2, 7, 9, 20, 20, 3, 3, 1, 1, 1, 20>>();
  check_layer<layer<2, 9, 9, 18, 18, 3, 3, 2, 1, 1, 18>>();
  check_layer<layer<1, 6, 6, 5, 10, 3, 3, 1, 1, 1, 5>>();
}

TEST_CASE("a line that is longer than a block") { check_layer<layer<1, 3, 900, 2, 34, 3, 3, 1, 1>>(); }
TEST_CASE("few pixels of many channels") {
  check_layer<layer<2, 5, 6, 140, 300, 3, 3, 1, 1>>();
  check_layer<layer<1, 7, 5, 290, 130, 3, 3, 2, 1>>();
  check_layer<layer<3, 3, 4, 261, 48, 1, 1>>();
  check_layer<layer<2, 4, 3, 130, 129, 2, 3, 1, 2, 2>>();
  check_layer<layer<1, 6, 5, 260, 280, 3, 3, 1, 1, 1, 2>>();
}

TEST_CASE("more pixels, and more sums of weights, than are computed together") {
  check_layer<layer<1, 30, 31, 6, 64, 3, 3, 1, 1>>();
  check_layer<layer<2, 4, 5, 600, 40, 3, 3, 1, 1>>();
}
