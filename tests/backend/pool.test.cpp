// SPDX-License-Identifier: Apache-2.0
// labels: native
#include <cmath>
#include <limits>

#include "fused.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

/// The textbook loops.
template <class T> struct by_definition {
  pool2d_geometry g;
  int images;
  guarded<T>&x, &dy;

  std::size_t at_x(int n, int h, int w, int c) const { return std::size_t(((n * g.height + h) * g.width + w) * g.channels + c); }
  std::size_t at_y(int n, int h, int w, int c) const { return std::size_t(((n * g.out_height + h) * g.out_width + w) * g.channels + c); }

  /// Calls window(n, oh, ow, c) for all results, in ascending order.
  template <class F> void results(F f) const {
    for (int n = 0; n < images; ++n) {
      for (int oh = 0; oh < g.out_height; ++oh) {
        for (int ow = 0; ow < g.out_width; ++ow) {
          for (int c = 0; c < g.channels; ++c) f(n, oh, ow, c);
        }
      }
    }
  }
  template <class F> void window(int oh, int ow, F f) const {
    for (int kh = 0; kh < g.kernel_height; ++kh) {
      for (int kw = 0; kw < g.kernel_width; ++kw) {
        const int h = oh * g.stride_height - g.pad_top + kh * g.dilation_height, w = ow * g.stride_width - g.pad_left + kw * g.dilation_width;
        if (h >= 0 && h < g.height && w >= 0 && w < g.width) f(h, w);
      }
    }
  }

  void max(guarded<T>& y, guarded<T>& place) const {
    results([&](int n, int oh, int ow, int c) {
      T most = -std::numeric_limits<T>::infinity();
      window(oh, ow, [&](int h, int w) { most = std::fmax(most, x[at_x(n, h, w, c)]); });
      y[at_y(n, oh, ow, c)] = most;
      int at = -1;
      window(oh, ow, [&](int h, int w) {
        if (at < 0 && x[at_x(n, h, w, c)] == most)
          at = (h - oh * g.stride_height + g.pad_top) / g.dilation_height * g.kernel_width + (w - ow * g.stride_width + g.pad_left) / g.dilation_width;
      });
      place[at_y(n, oh, ow, c)] = T(at);
    });
  }
  void mean(guarded<T>& y) const {
    results([&](int n, int oh, int ow, int c) {
      T sum = 0;
      int count = 0;
      window(oh, ow, [&](int h, int w) {
        sum += x[at_x(n, h, w, c)];
        ++count;
      });
      y[at_y(n, oh, ow, c)] = sum / T(count);
    });
  }
  void max_gradient(guarded<T>& dx) const {
    for (std::size_t i = 0; i < dx.size(); ++i) dx[i] = 0;
    results([&](int n, int oh, int ow, int c) {
      std::size_t best = 0;
      T most = -std::numeric_limits<T>::infinity();
      window(oh, ow, [&](int h, int w) {
        if (x[at_x(n, h, w, c)] > most) {
          best = at_x(n, h, w, c);
          most = x[best];
        }
      });
      dx[best] += dy[at_y(n, oh, ow, c)];
    });
  }
  void mean_gradient(guarded<T>& dx) const {
    for (std::size_t i = 0; i < dx.size(); ++i) dx[i] = 0;
    results([&](int n, int oh, int ow, int c) {
      int count = 0;
      window(oh, ow, [&](int, int) { ++count; });
      window(oh, ow, [&](int h, int w) { dx[at_x(n, h, w, c)] += dy[at_y(n, oh, ow, c)] / T(count); });
    });
  }
};

template <class T> void check(const pool2d_geometry& g, int images) {
  CAPTURE(images);
  const int pixels = images * g.height * g.width, results = images * g.out_height * g.out_width, channels = g.channels;
  const int bound = g.images * g.height * g.width, bound_results = g.images * g.out_height * g.out_width;
  guarded<T> x(std::size_t(pixels * channels)), dy(std::size_t(results * channels));
  x.fill(3);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::floor(x[i] * 3);  // many ties
  dy.fill(5);
  const by_definition<T> truth = {g, images, x, dy};
  guarded<T> max(dy.size()), place(dy.size()), mean(dy.size()), max_gradient(x.size()), mean_gradient(x.size());
  truth.max(max, place);
  truth.mean(mean);
  truth.max_gradient(max_gradient);
  truth.mean_gradient(mean_gradient);
  for (const int parts : {1, 2, 3, 4, 7}) {
    CAPTURE(parts);
    for (const bool negates : {false, true}) {
      check_fused<T, max_pool_op>(g, nullptr, bound_results, results, channels, {x.data()}, {&max}, parts, negates);
      check_fused<T, max_pool_op, 2>(g, nullptr, bound_results, results, channels, {x.data()}, {&place}, parts, negates);
      check_fused<T, max_pool_op, 3>(g, nullptr, bound_results, results, channels, {x.data()}, {&max, &place}, parts, negates);
      check_fused<T, average_pool_op>(g, nullptr, bound_results, results, channels, {x.data()}, {&mean}, parts,
                                      negates);
      check_fused<T, max_pool_gradient_op>(g, nullptr, bound, pixels, channels, {place.data(), dy.data()},
                                           {&max_gradient}, parts, negates);
      check_fused<T, average_pool_gradient_op>(g, nullptr, bound, pixels, channels, {dy.data()}, {&mean_gradient},
                                               parts, negates);
    }
  }
}

void check_layer(int images, int height, int width, int channels, int kernel, int stride, int pad, int dilation = 1) {
  const int out_height = (height + 2 * pad - (kernel - 1) * dilation - 1) / stride + 1;
  const int out_width = (width + 2 * pad - (kernel - 1) * dilation - 1) / stride + 1;
  const pool2d_geometry g = {images, height, width, channels, out_height, out_width, kernel,  kernel,
                             stride, stride, pad,   pad,      dilation,   dilation};
  check<float>(g, images);
  check<double>(g, images);
  if (images > 1) check<float>(g, images - 1);
}

}  // namespace

TEST_CASE("pooling without overlap") {
  check_layer(3, 28, 28, 6, 2, 2, 0);
  check_layer(2, 10, 10, 16, 2, 2, 0);
  check_layer(2, 7, 9, 37, 2, 2, 0);
  check_layer(1, 7, 7, 64, 7, 7, 0);
}

TEST_CASE("pooling with overlap and padding") {
  check_layer(2, 13, 12, 20, 3, 2, 1);
  check_layer(2, 9, 9, 5, 3, 1, 1);
  check_layer(1, 16, 16, 33, 3, 2, 0);
}

TEST_CASE("pooling with gaps and with dilation") {
  check_layer(2, 11, 11, 3, 2, 3, 0);
  check_layer(1, 12, 13, 18, 3, 1, 2, 2);
}

TEST_CASE("pooling of lines and pixels that are longer than a block") {
  check_layer(1, 4, 500, 3, 2, 2, 0);
  check_layer(1, 4, 4, 7000, 2, 2, 0);
}

TEST_CASE("a NaN is the maximum") {
  const float none = std::numeric_limits<float>::quiet_NaN();
  for (int k = 0; k < 4; ++k) {
    float x[4] = {1, 2, 3, 4}, y = 0;
    x[k] = none;
    const geometry g = geometry::of(pool2d_geometry{1, 2, 2, 1, 1, 1, 2, 2, 2, 2});
    float at = 0;
    void* operands[] = {x, &y, &at};
    const launch_layout layout = {.inputs = 1, .destination = 1, .results = 2};
    call<float> a;
    a.operand = operands;
    a.layout = &layout;
    a.rows = a.cols = 1;
    a.geo = &g;
    producer_entry<backend::simd<>, float, max_pool_op, 3>::run(a);
    CHECK(std::isnan(y));
    CHECK(at == k);
  }
}
