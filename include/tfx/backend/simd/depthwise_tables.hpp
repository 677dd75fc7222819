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

#if defined(TFX_SIMD_HAS_AVX512)
namespace avx512 {
#define TFX_TARGET TFX_AVX512
#include <tfx/backend/simd/depthwise.inl>
#undef TFX_TARGET
}  // namespace avx512
#endif

#if defined(TFX_SIMD_HAS_AVX2)
namespace avx2 {
#define TFX_TARGET TFX_AVX2
#include <tfx/backend/simd/depthwise.inl>
#undef TFX_TARGET
}  // namespace avx2
#endif

#if defined(TFX_SIMD_HAS_NEON)
namespace neon {
#define TFX_TARGET
#include <tfx/backend/simd/depthwise.inl>
#undef TFX_TARGET
}  // namespace neon
#endif

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
}  // namespace portable
#endif

/// `choose_depthwise_table`, `choose_depthwise_weights_table` and `choose_few_channels_table` make one table per
/// choice, whatever the launches that chose it; a Shape has the axes `down` and `across` of a convolution.
#if defined(TFX_SIMD_HAS_AVX512) && defined(TFX_SIMD_HAS_AVX2)
template <class T, bool Transposed, bool Grouped, int First, int Second, int Rows, int Columns, int Step>
inline constexpr tile_table<T> depthwise_table_of = {
    {{.depthwise = &avx512::depthwise_gather_kernels<T, Transposed, Grouped, First, Rows, Columns, Step>},
     {.depthwise = &avx2::depthwise_gather_kernels<T, Transposed, Grouped, Second, Rows, Columns, Step>},
     {.depthwise = &portable::depthwise_gather_kernels<T, Transposed, Grouped>}}};
template <class T, bool Transposed, bool Grouped, int Run, int Rows, int Columns, int Step>
constexpr const void* choose_depthwise_table() {
  return &depthwise_table_of<T, Transposed, Grouped, avx512::pixels_of(Run, Step, Transposed),
                             avx2::pixels_of(Run, Step, Transposed), Rows, Columns, Step>;
}
template <class T, bool Grouped, int First, int Second, int Columns>
inline constexpr tile_table<T> depthwise_weights_table_of = {
    {{.depthwise = &avx512::depthwise_to_w_kernels<T, Grouped, First, Columns>},
     {.depthwise = &avx2::depthwise_to_w_kernels<T, Grouped, Second, Columns>},
     {.depthwise = &portable::depthwise_to_w_kernels<T, Grouped>}}};
template <class T, bool Grouped, class Shape> constexpr const void* choose_depthwise_weights_table() {
  return &depthwise_weights_table_of<T, Grouped, avx512::taps_of<Shape>, avx2::taps_of<Shape>, Shape::across.taps>;
}
template <class T, int First, int Second, int Rows, int Columns> inline constexpr tile_table<T> few_channels_table_of = {
    {{.depthwise = &avx512::few_channels_kernels<T, First, Rows, Columns>},
     {.depthwise = &avx2::few_channels_kernels<T, Second, Rows, Columns>},
     {.depthwise = &portable::few_channels_kernels<T>}}};
template <class T, class Shape> constexpr const void* choose_few_channels_table() {
  return &few_channels_table_of<T, avx512::taps_of<Shape>, avx2::taps_of<Shape>, Shape::down.taps, Shape::across.taps>;
}
#elif defined(TFX_SIMD_HAS_PORTABLE)
template <class T, bool Transposed, bool Grouped> inline constexpr tile_table<T> depthwise_table_of = {
    {{.depthwise = &portable::depthwise_gather_kernels<T, Transposed, Grouped>}}};
template <class T, bool Transposed, bool Grouped, int, int, int, int> constexpr const void* choose_depthwise_table() {
  return &depthwise_table_of<T, Transposed, Grouped>;
}
template <class T, bool Grouped> inline constexpr tile_table<T> depthwise_weights_table_of = {
    {{.depthwise = &portable::depthwise_to_w_kernels<T, Grouped>}}};
template <class T, bool Grouped, class Shape> constexpr const void* choose_depthwise_weights_table() {
  return &depthwise_weights_table_of<T, Grouped>;
}
template <class T> inline constexpr tile_table<T> few_channels_table_of = {
    {{.depthwise = &portable::few_channels_kernels<T>}}};
template <class T, class Shape> constexpr const void* choose_few_channels_table() { return &few_channels_table_of<T>; }
#else
template <class T, bool Transposed, bool Grouped, int Pixels, int Rows, int Columns, int Step>
inline constexpr tile_table<T> depthwise_table_of = {
    {{.depthwise = &of_this_build::depthwise_gather_kernels<T, Transposed, Grouped, Pixels, Rows, Columns, Step>}}};
template <class T, bool Transposed, bool Grouped, int Run, int Rows, int Columns, int Step>
constexpr const void* choose_depthwise_table() {
  return &depthwise_table_of<T, Transposed, Grouped, of_this_build::pixels_of(Run, Step, Transposed), Rows, Columns, Step>;
}
template <class T, bool Grouped, int Taps, int Columns>
inline constexpr tile_table<T> depthwise_weights_table_of = {
    {{.depthwise = &of_this_build::depthwise_to_w_kernels<T, Grouped, Taps, Columns>}}};
template <class T, bool Grouped, class Shape> constexpr const void* choose_depthwise_weights_table() {
  return &depthwise_weights_table_of<T, Grouped, of_this_build::taps_of<Shape>, Shape::across.taps>;
}
template <class T, int Taps, int Rows, int Columns> inline constexpr tile_table<T> few_channels_table_of = {
    {{.depthwise = &of_this_build::few_channels_kernels<T, Taps, Rows, Columns>}}};
template <class T, class Shape> constexpr const void* choose_few_channels_table() {
  return &few_channels_table_of<T, of_this_build::taps_of<Shape>, Shape::down.taps, Shape::across.taps>;
}
#endif

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
