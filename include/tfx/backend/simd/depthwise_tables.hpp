// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/simd/depthwise.hpp>
#include <tfx/backend/simd/depthwise_to_w.hpp>
#include <tfx/backend/simd/tile.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

namespace detail {

/// Of grouped convolutions: grouped.hpp.
template <class T, bool Transposed>
void run_grouped(const call<T>& a, const depthwise_kernels<T>& kernels, T* destination, finish_function<T> finish);
template <class T> void run_grouped_to_w(const call<T>& a, const depthwise_kernels<T>& kernels, T* destination,
                                         finish_function<T> finish);

template <class T, bool Transposed>
void run_depthwise(const call<T>& a, const depthwise_kernels<T>& kernels, T* destination, finish_function<T> finish) {
  const conv_shape s{conv2d_geometry(*a.geo)};
  const depthwise_gather<T> gather = {a,
                                      kernels.gather,
                                      destination,
                                      finish,
                                      Transposed ? s.rows_to_input() : s.rows(),
                                      Transposed ? s.columns_to_input() : s.columns(),
                                      static_cast<const T*>(a.operand[0]),
                                      static_cast<const T*>(a.operand[1]),
                                      s.channels};
  gather.run();
}

template <class T> void run_depthwise_to_w(const call<T>& a, const depthwise_kernels<T>& kernels, T* destination,
                                           finish_function<T> finish) {
  const conv_shape s{conv2d_geometry(*a.geo)};
  const depthwise_to_w<T> gradient = {a, kernels.weights, s, destination, finish};
  gradient.run();
}

template <class T, bool Transposed, bool Grouped> constexpr auto gather_driver() {
  if constexpr (Grouped) return &run_grouped<T, Transposed>;
  else return &run_depthwise<T, Transposed>;
}
template <class T, bool Grouped> constexpr auto to_w_driver() {
  if constexpr (Grouped) return &run_grouped_to_w<T>;
  else return &run_depthwise_to_w<T>;
}

template <class T> T portable_fma(T a, T b, T c) {
  if constexpr (sizeof(T) == 4) return __builtin_fmaf(a, b, c);
  else return __builtin_fma(a, b, c);
}

/// Any instruction set: one result.
template <class T> void portable_depthwise(const depthwise_call<T>& call) {
  for (int c = 0; c < call.channels; ++c) {
    T sum = T(0);
    for (int row = 0; row < call.rows; ++row) {
      for (int column = 0; column < call.columns; ++column) {
        const T* const x = call.x + row * call.x_row + column * call.x_column + c;
        const T* const w = call.w + row * call.w_row + column * call.w_column + c;
        for (int k = 0; k < call.depth; ++k) sum = portable_fma(x[k * call.x_plane], w[k * call.w_plane], sum);
      }
    }
    call.y[c] = sum;
  }
}

/// Any instruction set: one tap.
template <class T, bool Single> void portable_depthwise_weights(const depthwise_weights_call<T>& call) {
  for (int line = call.lines.from; line < call.lines.to; ++line) {
    for (int pixel = 0; pixel < call.pixels; ++pixel) {
      if (!call.rows.has(line, 0) || !call.columns.has(pixel, 0)) continue;
      const T* const x = call.x + line * call.x_line + pixel * call.x_pixel;
      const T* const y = call.y + line * call.y_line + pixel * call.y_pixel;
      for (int c = 0; c < call.channels; ++c) call.w[c] = portable_fma(x[Single ? 0 : c], y[c], call.w[c]);
    }
  }
}

}  // namespace detail

#define TFX_KERNELS <tfx/backend/simd/depthwise.inl>
#include <tfx/backend/simd/in_each_set.inl>

#if defined(TFX_SIMD_HAS_PORTABLE)
namespace portable {
template <class T, bool Transposed, bool Grouped> inline constexpr depthwise_kernels<T> depthwise_gather_kernels = {
    detail::gather_driver<T, Transposed, Grouped>(),
    {nullptr, &detail::portable_depthwise<T>, &detail::portable_depthwise<T>, &detail::portable_depthwise<T>},
    {}};
template <class T, bool Grouped> inline constexpr depthwise_kernels<T> depthwise_to_w_kernels = {
    detail::to_w_driver<T, Grouped>(),
    {},
    {{{&detail::portable_depthwise_weights<T, false>, &detail::portable_depthwise_weights<T, false>},
      {&detail::portable_depthwise_weights<T, false>, &detail::portable_depthwise_weights<T, false>}}}};
template <class T> inline constexpr depthwise_kernels<T> few_channels_kernels = {
    nullptr,
    {},
    {{{&detail::portable_depthwise_weights<T, true>, &detail::portable_depthwise_weights<T, true>},
      {&detail::portable_depthwise_weights<T, true>, &detail::portable_depthwise_weights<T, true>}}}};

struct depthwise {
  static constexpr int pixels(int, int, bool) { return 0; }
  template <class Shape> static constexpr int taps = 0;
  template <class T, bool Transposed, bool Grouped, int, int, int, int>
  static constexpr const depthwise_kernels<T>& gather() { return depthwise_gather_kernels<T, Transposed, Grouped>; }
  template <class T, bool Grouped, int, int>
  static constexpr const depthwise_kernels<T>& to_w() { return depthwise_to_w_kernels<T, Grouped>; }
  template <class T, int, int, int>
  static constexpr const depthwise_kernels<T>& few_channels() { return few_channels_kernels<T>; }
};
depthwise depthwise_of(kernels);
}  // namespace portable
#endif

namespace detail {

/// Depthwise convolutions of a set.
template <class Set> using depthwise_in = decltype(depthwise_of(Set()));

template <class T, bool Transposed, bool Grouped, int Rows, int Columns, int Step> struct depthwise_gathers {
  template <class Set, int Pixels> static constexpr tile_set<T> in() {
    return {.depthwise = &depthwise_in<Set>::template gather<T, Transposed, Grouped, Pixels, Rows, Columns, Step>()};
  }
};
template <class T, bool Grouped, int Columns> struct depthwise_weights {
  template <class Set, int Taps> static constexpr tile_set<T> in() {
    return {.depthwise = &depthwise_in<Set>::template to_w<T, Grouped, Taps, Columns>()};
  }
};
template <class T, int Rows, int Columns> struct few_channels {
  template <class Set, int Taps> static constexpr tile_set<T> in() {
    return {.depthwise = &depthwise_in<Set>::template few_channels<T, Taps, Rows, Columns>()};
  }
};

template <int Run, int Step, bool Transposed> struct run_of_pixels {
  template <class Set> static constexpr int choice = depthwise_in<Set>::pixels(Run, Step, Transposed);
};
template <class Shape> struct block_of_taps {
  template <class Set> static constexpr int choice = depthwise_in<Set>::template taps<Shape>;
};

}  // namespace detail

/// One table per choice, whatever the launches that chose it; a Shape has the axes `down` and `across` of a convolution.
template <class T, bool Transposed, bool Grouped, int Run, int Rows, int Columns, int Step>
constexpr const void* choose_depthwise_table() {
  using kernels = detail::depthwise_gathers<T, Transposed, Grouped, Rows, Columns, Step>;
  return detail::table_for<T, kernels, detail::run_of_pixels<Run, Step, Transposed>>(sets_of_build());
}
template <class T, bool Grouped, class Shape> constexpr const void* choose_depthwise_weights_table() {
  using kernels = detail::depthwise_weights<T, Grouped, Shape::across.taps>;
  return detail::table_for<T, kernels, detail::block_of_taps<Shape>>(sets_of_build());
}
template <class T, class Shape> constexpr const void* choose_few_channels_table() {
  using kernels = detail::few_channels<T, Shape::down.taps, Shape::across.taps>;
  return detail::table_for<T, kernels, detail::block_of_taps<Shape>>(sets_of_build());
}

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
