// SPDX-License-Identifier: Apache-2.0
// The kernels of depthwise convolutions for one instruction set; depthwise.hpp includes this text once in the namespace
// of each, after its `lanes`.

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

/// The same for windows of Rows x Columns neighbouring pixels, from one result to the next Step pixels: every source
/// pixel is read once, for all results that it is part of. What the next block needs of lines that this one has not
/// read before comes from afar, along with the memory for its results.
template <class T, int Lines, int Pixels, int Rows, int Columns, int Step, bool Partial>
TFX_TARGET TFX_INLINE void sum_windows(const depthwise_call<T>& call, int channel) {
  using set = lanes<T>;
  using vector = typename set::vector;
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
  for (int row = 0; row < (Lines - 1) * Step + Rows; ++row, line += call.x_row) {
    const T* pixel = line;
#pragma GCC unroll 32
    for (int column = 0; column < (Pixels - 1) * Step + Columns; ++column, pixel += call.x_column) {
      const vector x = Partial ? set::load_part(pixel, present) : set::load(pixel);
      if (row >= Rows - Step) __builtin_prefetch(pixel + call.x_ahead);
#pragma GCC unroll 4
      for (int i = Rows - 1; i >= 0; --i) {
#pragma GCC unroll 4
        for (int j = Columns - 1; j >= 0; --j) {
          const int l = (row - i) / Step, p = (column - j) / Step;
          if (row < i || column < j || (row - i) % Step != 0 || (column - j) % Step != 0 || l >= Lines || p >= Pixels)
            continue;
          sum[l][p] = set::fma(x, weight[i][j], sum[l][p]);
        }
      }
    }
  }
  T* to = call.y + channel;
#pragma GCC unroll 4
  for (int l = 0; l < Lines; ++l, to += call.y_line) {
    T* pixel = to;
#pragma GCC unroll 16
    for (int p = 0; p < Pixels; ++p, pixel += call.y_pixel) {
      __builtin_prefetch(pixel + call.y_ahead, 1);
      if (Partial) {
        set::store_part(pixel, sum[l][p], present);
      } else {
        set::store(pixel, sum[l][p]);
      }
    }
  }
}

template <class T, int Lines, int Pixels, int Rows, int Columns, int Step>
TFX_TARGET void windows(const depthwise_call<T>& call) {
  int channel = 0;
  for (; channel + lanes<T>::count <= call.channels; channel += lanes<T>::count) {
    sum_windows<T, Lines, Pixels, Rows, Columns, Step, false>(call, channel);
  }
  if (channel < call.channels) sum_windows<T, Lines, Pixels, Rows, Columns, Step, true>(call, channel);
}

template <class T, bool Single, bool Partial>
TFX_TARGET TFX_INLINE typename lanes<T>::vector read(const T* from, typename lanes<T>::mask present) {
  if constexpr (Single) return lanes<T>::splat(*from);
  else return Partial ? lanes<T>::load_part(from, present) : lanes<T>::load(from);
}

/// Goes on with the sums of Rows x Columns taps over some lines of pixels; x may have a Single channel, for all of w.
/// Where neighbouring results read neighbouring pixels, and registers hold them, every pixel of a line is read once.
template <class T, int Rows, int Columns, bool Single, bool Partial>
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
  for (int line = call.lines.from; line < call.lines.to; ++line) {
    const T* x = call.x + (Single ? 0 : channel) + line * call.x_line;
    const T* y = call.y + channel + line * call.y_line;
    const bool whole = line >= call.whole_lines.from && line < call.whole_lines.to;
    bool reads[Rows];
#pragma GCC unroll 8
    for (int i = 0; i < Rows; ++i) reads[i] = call.rows.has(line, i);
    for (int pixel = 0; pixel < call.pixels;) {
      const bool inside = pixel >= call.whole_pixels.from && pixel < call.whole_pixels.to;
      int left = whole && inside ? call.whole_pixels.to - pixel : 0;
      pixel += left;
      if constexpr (2 * Rows * Columns < (tall_rows == 6 ? 16 : 32) && Columns > 1) {
        if (left >= Columns && call.x_column == call.x_pixel) {
          vector window[Rows][Columns];
#pragma GCC unroll 8
          for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 32
            for (int j = 0; j < Columns - 1; ++j) {
              window[i][j] = read<T, Single, Partial>(x + i * call.x_row + j * call.x_pixel, present);
            }
          }
          for (; left >= Columns; left -= Columns) {
#pragma GCC unroll 32
            for (int p = 0; p < Columns; ++p, x += call.x_pixel, y += call.y_pixel) {
              const vector gradient = read<T, false, Partial>(y, present);
              const T* next = x + (Columns - 1) * call.x_pixel;
#pragma GCC unroll 8
              for (int i = 0; i < Rows; ++i, next += call.x_row) {
                window[i][(p + Columns - 1) % Columns] = read<T, Single, Partial>(next, present);
#pragma GCC unroll 32
                for (int j = 0; j < Columns; ++j) {
                  sum[i][j] = set::fma(window[i][(p + j) % Columns], gradient, sum[i][j]);
                }
              }
            }
          }
        }
      }
      for (; left > 0; --left, x += call.x_pixel, y += call.y_pixel) {
        const vector gradient = read<T, false, Partial>(y, present);
        const T* row = x;
#pragma GCC unroll 8
        for (int i = 0; i < Rows; ++i, row += call.x_row) {
          const T* from = row;
#pragma GCC unroll 32
          for (int j = 0; j < Columns; ++j, from += call.x_column) {
            sum[i][j] = set::fma(read<T, Single, Partial>(from, present), gradient, sum[i][j]);
          }
        }
      }
      if (whole && inside) continue;
      const vector gradient = read<T, false, Partial>(y, present);
#pragma GCC unroll 32
      for (int j = 0; j < Columns; ++j) {
        if (!inside && !call.columns.has(pixel, j)) continue;
        const T* from = x + j * call.x_column;
#pragma GCC unroll 8
        for (int i = 0; i < Rows; ++i, from += call.x_row) {
          if (reads[i]) sum[i][j] = set::fma(read<T, Single, Partial>(from, present), gradient, sum[i][j]);
        }
      }
      ++pixel;
      x += call.x_pixel;
      y += call.y_pixel;
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

template <class T, int Rows, int Columns, bool Single = false>
TFX_TARGET void taps(const depthwise_weights_call<T>& call) {
  int channel = 0;
  for (; channel + lanes<T>::count <= call.channels; channel += lanes<T>::count) {
    sum_taps<T, Rows, Columns, Single, false>(call, channel);
  }
  if (channel < call.channels) sum_taps<T, Rows, Columns, Single, true>(call, channel);
}

/// Pixels of a line of a block, of which there are two, and taps whose sums registers hold.
constexpr int pixels_of(int run) { return depthwise_pixels(run, tall_rows == 14 ? 7 : 6); }
constexpr tap_block taps_of(int rows, int columns) { return choose_taps(rows, columns, tall_rows == 6 ? 12 : 25); }

template <class T, int Pixels, int Rows, int Columns, int Step>
constexpr depthwise_function<T> windows_of() {
  if constexpr (Step > 0) return &windows<T, 2, Pixels, Rows, Columns, Step>;
  else return nullptr;
}
template <class T, bool Transposed, bool Grouped, int Pixels, int Rows, int Columns, int Step>
inline constexpr depthwise_kernels<T> depthwise_gather_kernels = {
    detail::gather_driver<T, Transposed, Grouped>(),
    {windows_of<T, Pixels, Rows, Columns, Step>(), &pixels<T, 2, Pixels>, &pixels<T, 1, Pixels>, &pixels<T, 1, 1>, 2,
     Pixels, Rows, Columns},
    {}};
template <class T, bool Grouped, int Rows, int Columns> inline constexpr depthwise_kernels<T> depthwise_to_w_kernels = {
    detail::to_w_driver<T, Grouped>(),
    {},
    {{{&taps<T, 1, 1>, &taps<T, 1, Columns>}, {&taps<T, Rows, 1>, &taps<T, Rows, Columns>}}, Rows, Columns}};

/// Blocks of taps of a whole window; others only where these leave something over.
template <class T, bool Needed, int Rows, int Columns> constexpr depthwise_weights_function<T> single_taps() {
  if constexpr (Needed) return &taps<T, Rows, Columns, true>;
  else return nullptr;
}
template <class T, int Rows, int Columns, bool MoreRows, bool MoreColumns>
inline constexpr depthwise_kernels<T> few_channels_kernels = {
    nullptr,
    {},
    {{{single_taps<T, MoreRows && MoreColumns, 1, 1>(), single_taps<T, MoreRows, 1, Columns>()},
      {single_taps<T, MoreColumns, Rows, 1>(), single_taps<T, true, Rows, Columns>()}},
     Rows,
     Columns}};
template <class T, int KernelRows, int KernelColumns> constexpr const depthwise_kernels<T>* few_channels_kernels_for() {
  constexpr tap_block taps = taps_of(KernelRows, KernelColumns);
  return &few_channels_kernels<T, taps.rows, taps.columns, KernelRows % taps.rows != 0,
                               KernelColumns % taps.columns != 0>;
}
