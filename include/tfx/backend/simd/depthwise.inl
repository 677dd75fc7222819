// SPDX-License-Identifier: Apache-2.0
// Depthwise convolutions of one instruction set.

/// Lines x Pixels results of all channels, one vector of channels after the other, their sums in registers.
template <class T, int Lines, int Pixels, bool Partial>
TFX_TARGET TFX_INLINE void sum_pixels(const depthwise_call<T>& call, int channel) {
  using set = lanes<T>;
  using vector = typename set::vector;
  const typename set::mask present = set::first(call.channels - channel);
  vector sum[Lines][Pixels];
#pragma GCC unroll 4
  for (int l = 0; l < Lines; ++l) {
#pragma GCC unroll 16
    for (int p = 0; p < Pixels; ++p) sum[l][p] = vector{};
  }
  const T* x_tap = call.x + channel;
  const T* w_tap = call.w + channel;
  for (int row = 0; row < call.rows; ++row, x_tap += call.x_row, w_tap += call.w_row) {
    const T* x = x_tap;
    const T* w = w_tap;
    for (int column = 0; column < call.columns; ++column, x += call.x_column, w += call.w_column) {
      const T* plane = x;
      const T* w_plane = w;
      for (int k = 0; k < call.depth; ++k, plane += call.x_plane, w_plane += call.w_plane) {
        const vector weight = Partial ? set::load_part(w_plane, present) : set::load(w_plane);
        const T* line = plane;
#pragma GCC unroll 4
        for (int l = 0; l < Lines; ++l, line += call.x_line) {
          const T* pixel = line;
#pragma GCC unroll 16
          for (int p = 0; p < Pixels; ++p, pixel += call.x_pixel) {
            sum[l][p] = set::fma(Partial ? set::load_part(pixel, present) : set::load(pixel), weight, sum[l][p]);
          }
        }
      }
    }
  }
  T* line = call.y + channel;
#pragma GCC unroll 4
  for (int l = 0; l < Lines; ++l, line += call.y_line) {
    T* pixel = line;
#pragma GCC unroll 16
    for (int p = 0; p < Pixels; ++p, pixel += call.y_pixel) {
      if (Partial) {
        set::store_part(pixel, sum[l][p], present);
      } else {
        set::store(pixel, sum[l][p]);
      }
    }
  }
}

template <class T, int Lines, int Pixels> TFX_TARGET void pixels(const depthwise_call<T>& call) {
  int channel = 0;
  for (; channel + lanes<T>::count <= call.channels; channel += lanes<T>::count) {
    sum_pixels<T, Lines, Pixels, false>(call, channel);
  }
  if (channel < call.channels) sum_pixels<T, Lines, Pixels, true>(call, channel);
}

/// Lines x Pixels results of windows of Rows x Columns neighbouring pixels, from one result to the next Step pixels, or,
/// transposed, from one pixel to the next Step results: every source pixel is read once, for all results that it is part
/// of. What the next block needs comes from afar, along with the memory for its results.
template <class T, int Lines, int Pixels, int Rows, int Columns, int Step, bool Transposed, bool Partial>
TFX_TARGET TFX_INLINE void sum_windows(const window_call<T>& call, int channel) {
  using set = lanes<T>;
  using vector = typename set::vector;
  constexpr auto extent = [](int results, int taps) {
    return Transposed ? (results + taps - 2) / Step + 1 : (results - 1) * Step + taps;
  };
  constexpr int source_lines = extent(Lines, Rows), source_pixels = extent(Pixels, Columns);
  // The result of which a source pixel is a tap, or less than 0.
  constexpr auto result_of = [](int pixel, int tap) {
    if (Transposed) return pixel * Step - tap;
    return (pixel - tap) % Step == 0 ? (pixel - tap) / Step : -1;
  };
  const typename set::mask present = set::first(call.channels - channel);
  vector sum[Lines][Pixels], weight[Rows][Columns];
#pragma GCC unroll 4
  for (int l = 0; l < Lines; ++l) {
#pragma GCC unroll 16
    for (int p = 0; p < Pixels; ++p) sum[l][p] = vector{};
  }
#pragma GCC unroll 4
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < Columns; ++j) {
      const T* const w = call.w + channel + i * call.w_row + j * call.w_column;
      weight[i][j] = Partial ? set::load_part(w, present) : set::load(w);
    }
  }
  const T* line = call.x + channel;
#pragma GCC unroll 16
  for (int row = 0; row < source_lines; ++row, line += call.x_row) {
    if ((call.rows >> row & 1) == 0) continue;
    const T* pixel = line;
#pragma GCC unroll 32
    for (int column = 0; column < source_pixels; ++column, pixel += call.x_column) {
      if ((call.columns >> column & 1) == 0) continue;
      const vector x = Partial ? set::load_part(pixel, present) : set::load(pixel);
      if (Transposed || row >= Rows - Step) __builtin_prefetch(pixel + call.x_ahead);
#pragma GCC unroll 4
      for (int i = Rows - 1; i >= 0; --i) {
#pragma GCC unroll 4
        for (int j = Columns - 1; j >= 0; --j) {
          const int l = result_of(row, i), p = result_of(column, j);
          if (l < 0 || p < 0 || l >= Lines || p >= Pixels) continue;
          sum[l][p] = set::fma(x, weight[i][j], sum[l][p]);
        }
      }
    }
  }
  T* to = call.y + channel;
#pragma GCC unroll 4
  for (int l = 0; l < Lines; ++l, to += call.y_line) {
    if ((call.lines >> l & 1) == 0) continue;
    T* pixel = to;
#pragma GCC unroll 16
    for (int p = 0; p < Pixels; ++p, pixel += call.y_pixel) {
      if ((call.pixels >> p & 1) == 0) continue;
      __builtin_prefetch(pixel + call.y_ahead, 1);
      if (Partial) {
        set::store_part(pixel, sum[l][p], present);
      } else {
        set::store(pixel, sum[l][p]);
      }
    }
  }
}

template <class T, int Lines, int Pixels, int Rows, int Columns, int Step, bool Transposed>
TFX_TARGET void windows(const window_call<T>& call) {
  int channel = 0;
  for (; channel + lanes<T>::count <= call.channels; channel += lanes<T>::count) {
    sum_windows<T, Lines, Pixels, Rows, Columns, Step, Transposed, false>(call, channel);
  }
  if (channel < call.channels) sum_windows<T, Lines, Pixels, Rows, Columns, Step, Transposed, true>(call, channel);
}

template <class T, bool Single, bool Partial>
TFX_TARGET TFX_INLINE typename lanes<T>::vector read(const T* from, typename lanes<T>::mask present) {
  if constexpr (Single) return lanes<T>::splat(*from);
  else return Partial ? lanes<T>::load_part(from, present) : lanes<T>::load(from);
}

/// Goes on with the sums of Rows x Columns taps over some lines of pixels; x may have a Single channel, for all of w.
/// Of neighbouring results some are taken together, and each of their source pixels is read once.
template <class T, int Rows, int Columns, int Pixels, int Step, bool Single, bool Partial>
TFX_TARGET TFX_INLINE void sum_taps(const depthwise_weights_call<T>& call, int channel) {
  using set = lanes<T>;
  using vector = typename set::vector;
  const typename set::mask present = set::first(call.channels - channel);
  vector sum[Rows][Columns];
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 32
    for (int j = 0; j < Columns; ++j) {
      sum[i][j] = read<T, false, Partial>(call.w + channel + i * call.w_row + j * call.w_column, present);
    }
  }
  // What the lines after these need comes from afar.
  const std::ptrdiff_t x_ahead = call.lines.size() * call.x_line, y_ahead = call.lines.size() * call.y_line;
  for (int line = call.lines.from; line < call.lines.to; ++line) {
    const unsigned rows = call.rows.taps(line, Rows);
    const T* x = call.x + (Single ? 0 : channel) + line * call.x_line;
    const T* y = call.y + channel + line * call.y_line;
    int pixel = 0;
    if constexpr (Pixels > 1) {
      constexpr int source_pixels = (Pixels - 1) * Step + Columns;
      for (; pixel + Pixels <= call.pixels; pixel += Pixels, x += Pixels * call.x_pixel) {
        const unsigned columns = call.columns.pixels(pixel);
        vector gradient[Pixels];
#pragma GCC unroll 8
        for (int p = 0; p < Pixels; ++p, y += call.y_pixel) {
          gradient[p] = read<T, false, Partial>(y, present);
          __builtin_prefetch(y + y_ahead, 0, 2);
        }
        const T* at = x;
#pragma GCC unroll 64
        for (int column = 0; column < source_pixels; ++column, at += call.x_column) {
          if ((columns >> column & 1) == 0) continue;
          const T* from = at;
#pragma GCC unroll 8
          for (int i = 0; i < Rows; ++i, from += call.x_row) {
            if ((rows >> i & 1) == 0) continue;
            const vector here = read<T, Single, Partial>(from, present);
            if (!Single && i >= Rows - Step && column < Pixels * Step) __builtin_prefetch(from + x_ahead, 0, 2);
#pragma GCC unroll 32
            for (int j = Columns - 1; j >= 0; --j) {
              const int p = (column - j) / Step;
              if (column < j || (column - j) % Step != 0 || p >= Pixels) continue;
              sum[i][j] = set::fma(here, gradient[p], sum[i][j]);
            }
          }
        }
      }
    }
    for (; pixel < call.pixels; ++pixel, x += call.x_pixel, y += call.y_pixel) {
      const unsigned columns = call.columns.taps(pixel, Columns);
      const vector gradient = read<T, false, Partial>(y, present);
      const T* row = x;
      if (rows == bits_of({0, Rows}) && columns == bits_of({0, Columns})) {
#pragma GCC unroll 8
        for (int i = 0; i < Rows; ++i, row += call.x_row) {
          const T* from = row;
#pragma GCC unroll 32
          for (int j = 0; j < Columns; ++j, from += call.x_column) {
            sum[i][j] = set::fma(read<T, Single, Partial>(from, present), gradient, sum[i][j]);
          }
        }
        continue;
      }
#pragma GCC unroll 8
      for (int i = 0; i < Rows; ++i, row += call.x_row) {
        if ((rows >> i & 1) == 0) continue;
        const T* from = row;
#pragma GCC unroll 32
        for (int j = 0; j < Columns; ++j, from += call.x_column) {
          if ((columns >> j & 1) == 0) continue;
          sum[i][j] = set::fma(read<T, Single, Partial>(from, present), gradient, sum[i][j]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 32
    for (int j = 0; j < Columns; ++j) {
      T* const w = call.w + channel + i * call.w_row + j * call.w_column;
      if (Partial) {
        set::store_part(w, sum[i][j], present);
      } else {
        set::store(w, sum[i][j]);
      }
    }
  }
}

template <class T, int Rows, int Columns, int Pixels, int Step, bool Single>
TFX_TARGET void taps(const depthwise_weights_call<T>& call) {
  int channel = 0;
  for (; channel + lanes<T>::count <= call.channels; channel += lanes<T>::count) {
    sum_taps<T, Rows, Columns, Pixels, Step, Single, false>(call, channel);
  }
  if (channel < call.channels) sum_taps<T, Rows, Columns, Pixels, Step, Single, true>(call, channel);
}

template <class T, bool Transposed, int Pixels, int Rows, int Columns, int Step>
constexpr depthwise_set<T> gather_set() {
  constexpr bool apart = Transposed && Step > 1;  // a transpose by single steps is a convolution from behind
  if constexpr (Step > 0) {
    return {&windows<T, 2, Pixels, Rows, Columns, Step, apart>, nullptr, nullptr, nullptr, 2, Pixels};
  } else {
    return {nullptr, &pixels<T, 2, Pixels>, &pixels<T, 1, Pixels>, &pixels<T, 1, 1>, 2, Pixels};
  }
}
template <class T, bool Transposed, bool Grouped, int Pixels, int Rows, int Columns, int Step>
inline constexpr depthwise_kernels<T> depthwise_gather_kernels = {
    detail::gather_driver<T, Transposed, Grouped>(), gather_set<T, Transposed, Pixels, Rows, Columns, Step>(), {}};
/// Blocks of a whole window; others only where these leave something over.
template <class T, bool Needed, int Rows, int Columns, int Pixels, int Step, bool Single>
constexpr depthwise_weights_function<T> taps_if() {
  if constexpr (Needed) return &taps<T, Rows, Columns, Pixels, Step, Single>;
  else return nullptr;
}
template <class T, int Taps, bool Single, bool MoreRows, bool MoreColumns>
inline constexpr depthwise_weights_set<T> weights_set = [] {
  constexpr tap_block all = decode_taps(Taps);
  // An element of a single channel is read along with its multiply-add.
  constexpr tap_block b = Single ? tap_block{all.rows, all.columns, 1, 0} : all;
  return depthwise_weights_set<T>{{{taps_if<T, MoreRows && MoreColumns, 1, 1, 1, 0, Single>(),
                                    taps_if<T, MoreRows, 1, b.columns, b.pixels, b.step, Single>()},
                                   {taps_if<T, MoreColumns, b.rows, 1, 1, 0, Single>(),
                                    taps_if<T, true, b.rows, b.columns, b.pixels, b.step, Single>()}},
                                  b.rows,
                                  b.columns};
}();
/// Parts may have single rows of a window.
template <class T, bool Grouped, int Taps, int Columns>
inline constexpr depthwise_kernels<T> depthwise_to_w_kernels = {
    detail::to_w_driver<T, Grouped>(), {}, weights_set<T, Taps, false, (decode_taps(Taps).rows > 1),
                                                       Columns % decode_taps(Taps).columns != 0>};
template <class T, int Taps, int Rows, int Columns> inline constexpr depthwise_kernels<T> few_channels_kernels = {
    nullptr, {}, weights_set<T, Taps, true, Rows % decode_taps(Taps).rows != 0,
                             Columns % decode_taps(Taps).columns != 0>};

/// What tables are made of.
struct depthwise {
  /// Pixels of a line of a block, of which there are two: a run of results, or, of windows, any results.
  static constexpr int pixels(int run, int step, bool transposed) {
    if (step > 1 && transposed) return depthwise_pixels(run, (tall_rows == 14 ? 10 : 6) / step * step, step);
    return depthwise_pixels(run, tall_rows == 14 ? 7 : 6);
  }
  /// The block of taps for a Shape.
  template <class Shape> static constexpr int taps =
      encode(choose_taps(Shape::down, Shape::across, tall_rows == 6 ? 16 : 32));

  template <class T, bool Transposed, bool Grouped, int Pixels, int Rows, int Columns, int Step>
  static constexpr const depthwise_kernels<T>& gather() {
    return depthwise_gather_kernels<T, Transposed, Grouped, Pixels, Rows, Columns, Step>;
  }
  template <class T, bool Grouped, int Taps, int Columns>
  static constexpr const depthwise_kernels<T>& to_w() { return depthwise_to_w_kernels<T, Grouped, Taps, Columns>; }
  template <class T, int Taps, int Rows, int Columns>
  static constexpr const depthwise_kernels<T>& few_channels() { return few_channels_kernels<T, Taps, Rows, Columns>; }
};
depthwise depthwise_of(kernels);
