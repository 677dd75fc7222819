// SPDX-License-Identifier: Apache-2.0
// labels: native
#include <cmath>

#include <tfx/backend/simd/conv.hpp>
#include <tfx/backend/simd/conv_to_w.hpp>

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
  static constexpr geometry geo = {
      {Images, H, W, C, out_height, out_width, O, KH, KW, Stride, Stride, Pad, Pad, Dilation, Dilation, Groups}};
};

template <class Layer> struct forward {
  static constexpr geometry geo = Layer::geo;
  static constexpr int rows = geo.v[0] * geo.v[4] * geo.v[5], cols = geo.v[6];
};
template <class Layer> struct to_x {
  static constexpr geometry geo = Layer::geo;
  static constexpr int rows = geo.v[0] * geo.v[1] * geo.v[2], cols = geo.v[3];
};
template <class Layer> struct to_w {
  static constexpr geometry geo = Layer::geo;
  static constexpr int rows = geo.v[7] * geo.v[8] * geo.v[3] / geo.v[15], cols = geo.v[6];
};

/// One std::fma chain per result. The loops stand in the order that the chains are specified in.
template <class T> struct by_definition {
  const int* v;
  int images;
  guarded<T>&x, &w, &dy;

  std::size_t at_x(int n, int h, int j, int c) const { return std::size_t(((n * v[1] + h) * v[2] + j) * v[3] + c); }
  std::size_t at_y(int n, int h, int j, int o) const { return std::size_t(((n * v[4] + h) * v[5] + j) * v[6] + o); }
  std::size_t at_w(int kh, int kw, int c, int o) const {
    return std::size_t(((kh * v[8] + kw) * (v[3] / v[15]) + c) * v[6] + o);
  }

  /// Calls f(n, oh, ow, kh, kw, h, w) for every tap of every output pixel that is not padding.
  template <class F> void taps(F f) const {
    for (int n = 0; n < images; ++n) {
      for (int oh = 0; oh < v[4]; ++oh) {
        for (int ow = 0; ow < v[5]; ++ow) {
          for (int kh = 0; kh < v[7]; ++kh) {
            for (int kw = 0; kw < v[8]; ++kw) {
              const int h = oh * v[9] - v[11] + kh * v[13], j = ow * v[10] - v[12] + kw * v[14];
              if (h >= 0 && h < v[1] && j >= 0 && j < v[2]) f(n, oh, ow, kh, kw, h, j);
            }
          }
        }
      }
    }
  }

  void forward(guarded<T>& y) const {
    const int in = v[3] / v[15], out = v[6] / v[15];
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = 0;
    taps([&](int n, int oh, int ow, int kh, int kw, int h, int j) {
      for (int o = 0; o < v[6]; ++o) {
        T& sum = y[at_y(n, oh, ow, o)];
        for (int c = 0; c < in; ++c) sum = std::fma(x[at_x(n, h, j, o / out * in + c)], w[at_w(kh, kw, c, o)], sum);
      }
    });
  }

  void to_w(guarded<T>& dw) const {
    const int in = v[3] / v[15], out = v[6] / v[15];
    for (std::size_t i = 0; i < dw.size(); ++i) dw[i] = 0;
    taps([&](int n, int oh, int ow, int kh, int kw, int h, int j) {
      for (int o = 0; o < v[6]; ++o) {
        for (int c = 0; c < in; ++c) {
          T& sum = dw[at_w(kh, kw, c, o)];
          sum = std::fma(x[at_x(n, h, j, o / out * in + c)], dy[at_y(n, oh, ow, o)], sum);
        }
      }
    });
  }

  void to_x(guarded<T>& dx) const {
    const int in = v[3] / v[15], out = v[6] / v[15];
    for (std::size_t i = 0; i < dx.size(); ++i) dx[i] = 0;
    for (int kh = 0; kh < v[7]; ++kh) {
      for (int kw = 0; kw < v[8]; ++kw) {
        taps([&](int n, int oh, int ow, int i, int l, int h, int j) {
          if (i != kh || l != kw) return;
          for (int c = 0; c < v[3]; ++c) {
            T& sum = dx[at_x(n, h, j, c)];
            const int group = c / in;
            for (int o = group * out; o < (group + 1) * out; ++o) {
              sum = std::fma(dy[at_y(n, oh, ow, o)], w[at_w(kh, kw, c % in, o)], sum);
            }
          }
        });
      }
    }
  }
};

template <class T, class Layer> void check(int images) {
  constexpr geometry g = Layer::geo;
  for (int i = 0; i < 16; ++i) CAPTURE(g.v[i]);
  const std::size_t pixels = std::size_t(images * g.v[1] * g.v[2]), out_pixels = std::size_t(images * g.v[4] * g.v[5]);
  guarded<T> x(pixels * std::size_t(g.v[3])), dy(out_pixels * std::size_t(g.v[6]));
  guarded<T> w(std::size_t(to_w<Layer>::rows) * std::size_t(g.v[6]));
  x.fill(3);
  w.fill(5);
  dy.fill(11);
  const by_definition<T> truth = {g.v, images, x, w, dy};
  guarded<T> y(dy.size()), dx(x.size()), dw(w.size());
  truth.forward(y);
  truth.to_x(dx);
  truth.to_w(dw);
  for (const int parts : {1, 2, 3, 4, 7}) {
    CAPTURE(parts);
    CAPTURE("forward");
    check_producer<T, backend::simd_conv<T>>(g, backend::simd_conv<T>::template tiles<forward<Layer>>(),
                                             forward<Layer>::rows, images * g.v[4] * g.v[5], g.v[6], 0,
                                             {x.data(), w.data()}, y, parts);
    check_producer<T, backend::simd_conv_to_x<T>>(g, backend::simd_conv_to_x<T>::template tiles<to_x<Layer>>(),
                                                  to_x<Layer>::rows, images * g.v[1] * g.v[2], g.v[3], 0,
                                                  {dy.data(), w.data()}, dx, parts);
    check_producer<T, backend::simd_conv_to_w<T>>(g, backend::simd_conv_to_w<T>::template tiles<to_w<Layer>>(),
                                                  to_w<Layer>::rows, to_w<Layer>::rows, g.v[6], images,
                                                  {x.data(), dy.data()}, dw, parts);
  }
}

template <class Layer> void check_layer() {
  check<float, Layer>(Layer::geo.v[0]);
  check<double, Layer>(Layer::geo.v[0]);
  if (Layer::geo.v[0] > 1) check<float, Layer>(Layer::geo.v[0] - 1);
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
