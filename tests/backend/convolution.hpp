// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include "guarded.hpp"

namespace tfx::test {

/// One std::fma chain per result. The loops stand in the order that the chains are specified in.
template <class T> struct convolution_by_definition {
  conv2d_geometry g;
  int images;
  guarded<T>&x, &w, &dy;

  std::size_t at_x(int n, int h, int j, int c) const { return std::size_t(((n * g.height + h) * g.width + j) * g.channels + c); }
  std::size_t at_y(int n, int h, int j, int o) const { return std::size_t(((n * g.out_height + h) * g.out_width + j) * g.out_channels + o); }
  std::size_t at_w(int kh, int kw, int c, int o) const {
    return std::size_t(((kh * g.kernel_width + kw) * (g.channels / g.groups) + c) * g.out_channels + o);
  }

  /// Calls f(n, oh, ow, kh, kw, h, w) for every tap of every output pixel that is not padding.
  template <class F> void taps(F f) const {
    for (int n = 0; n < images; ++n) {
      for (int oh = 0; oh < g.out_height; ++oh) {
        for (int ow = 0; ow < g.out_width; ++ow) {
          for (int kh = 0; kh < g.kernel_height; ++kh) {
            for (int kw = 0; kw < g.kernel_width; ++kw) {
              const int h = oh * g.stride_height - g.pad_top + kh * g.dilation_height, j = ow * g.stride_width - g.pad_left + kw * g.dilation_width;
              if (h >= 0 && h < g.height && j >= 0 && j < g.width) f(n, oh, ow, kh, kw, h, j);
            }
          }
        }
      }
    }
  }

  void forward(guarded<T>& y) const {
    const int in = g.channels / g.groups, out = g.out_channels / g.groups;
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = 0;
    taps([&](int n, int oh, int ow, int kh, int kw, int h, int j) {
      for (int o = 0; o < g.out_channels; ++o) {
        T& sum = y[at_y(n, oh, ow, o)];
        for (int c = 0; c < in; ++c) sum = std::fma(x[at_x(n, h, j, o / out * in + c)], w[at_w(kh, kw, c, o)], sum);
      }
    });
  }

  void to_w(guarded<T>& dw) const {
    const int in = g.channels / g.groups, out = g.out_channels / g.groups;
    for (std::size_t i = 0; i < dw.size(); ++i) dw[i] = 0;
    taps([&](int n, int oh, int ow, int kh, int kw, int h, int j) {
      for (int o = 0; o < g.out_channels; ++o) {
        for (int c = 0; c < in; ++c) {
          T& sum = dw[at_w(kh, kw, c, o)];
          sum = std::fma(x[at_x(n, h, j, o / out * in + c)], dy[at_y(n, oh, ow, o)], sum);
        }
      }
    });
  }

  void to_x(guarded<T>& dx) const {
    const int in = g.channels / g.groups, out = g.out_channels / g.groups;
    for (std::size_t i = 0; i < dx.size(); ++i) dx[i] = 0;
    for (int kh = 0; kh < g.kernel_height; ++kh) {
      for (int kw = 0; kw < g.kernel_width; ++kw) {
        taps([&](int n, int oh, int ow, int i, int l, int h, int j) {
          if (i != kh || l != kw) return;
          for (int c = 0; c < g.channels; ++c) {
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

/// Operands of a convolution of some images, and the results by definition.
template <class T> struct convolution_case {
  guarded<T> x, w, dy, y, dx, dw;

  convolution_case(const conv2d_geometry& g, int images)
      : x(std::size_t(images * g.height * g.width * g.channels)), w(std::size_t(g.kernel_height * g.kernel_width * g.channels / g.groups * g.out_channels)),
        dy(std::size_t(images * g.out_height * g.out_width * g.out_channels)), y(dy.size()), dx(x.size()), dw(w.size()) {
    x.fill(3);
    w.fill(5);
    dy.fill(11);
    const convolution_by_definition<T> truth = {g, images, x, w, dy};
    truth.forward(y);
    truth.to_x(dx);
    truth.to_w(dw);
  }
};

}  // namespace tfx::test
