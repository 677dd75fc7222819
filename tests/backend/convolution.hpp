// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>

#include "guarded.hpp"

namespace tfx::test {

/// One std::fma chain per result. The loops stand in the order that the chains are specified in.
template <class T> struct convolution_by_definition {
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

/// Operands of a convolution of some images, and the results by definition.
template <class T> struct convolution_case {
  guarded<T> x, w, dy, y, dx, dw;

  convolution_case(const geometry& g, int images)
      : x(std::size_t(images * g.v[1] * g.v[2] * g.v[3])), w(std::size_t(g.v[7] * g.v[8] * g.v[3] / g.v[15] * g.v[6])),
        dy(std::size_t(images * g.v[4] * g.v[5] * g.v[6])), y(dy.size()), dx(x.size()), dw(w.size()) {
    x.fill(3);
    w.fill(5);
    dy.fill(11);
    const convolution_by_definition<T> truth = {g.v, images, x, w, dy};
    truth.forward(y);
    truth.to_x(dx);
    truth.to_w(dw);
  }
};

}  // namespace tfx::test
