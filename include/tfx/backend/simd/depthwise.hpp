// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/conv_axis.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/tile.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// A block of results of a depthwise convolution, which all read the same taps:
///
///     y[line][pixel][c] = sum_(row, column) x[line * x_line + row * x_row + pixel * ...][c] * w[row][column][c]
///
/// Strides are in elements and may be negative.
template <class T> struct depthwise_call {
  const T* x = nullptr;
  const T* w = nullptr;
  T* y = nullptr;
  std::ptrdiff_t x_line = 0, x_pixel = 0, y_line = 0, y_pixel = 0;  ///< from one result to the next
  std::ptrdiff_t x_row = 0, x_column = 0, w_row = 0, w_column = 0;  ///< from one tap to the next
  std::ptrdiff_t x_ahead = 0, y_ahead = 0;                          ///< to the next block
  std::ptrdiff_t x_plane = 0, w_plane = 0;                          ///< to the next channel of a group
  int rows = 0, columns = 0, depth = 1;                             ///< taps, and channels of a group
  int channels = 0;
};

/// Which taps of one axis read the source and not padding: tap t of result p, if p * stride + first + t * dilation is
/// from 0 to source - 1.
struct tap_reach {
  int stride = 1, first = 0, dilation = 1, source = 0;

  TFX_INLINE bool has(int result, int tap) const {
    return unsigned(result * stride + first + tap * dilation) < unsigned(source);
  }
};

/// Goes on with sums of w over some lines of one image; where a tap reads padding, it is left out:
///
///     w[row][column][c] += sum_(line, pixel) x[line * x_line + row * x_row + pixel * ...][c] * y[line][pixel][c]
///
/// or with x[...] of a single channel.
template <class T> struct depthwise_weights_call {
  const T* x = nullptr;  ///< of the first tap for the result (0, 0), perhaps in front of the image
  const T* y = nullptr;
  T* w = nullptr;
  std::ptrdiff_t x_line = 0, x_pixel = 0, x_row = 0, x_column = 0;
  std::ptrdiff_t y_line = 0, y_pixel = 0, w_row = 0, w_column = 0;
  range lines;                      ///< of results
  range whole_lines, whole_pixels;  ///< where no tap reads padding
  tap_reach rows, columns;
  int pixels = 0, channels = 0;
};

template <class T> using depthwise_function = void (*)(const depthwise_call<T>&);
template <class T> using depthwise_weights_function = void (*)(const depthwise_weights_call<T>&);

/// What one instruction set offers for a depthwise convolution, or for its transpose.
template <class T> struct depthwise_set {
  depthwise_function<T> windows = nullptr;  ///< lines x pixels of results, for windows of window_rows x window_columns
  depthwise_function<T> block = nullptr;    ///< the same for any window
  depthwise_function<T> strip = nullptr;    ///< one line of `pixels`
  depthwise_function<T> single = nullptr;   ///< one pixel
  int lines = 1, pixels = 1;
  int window_rows = 0, window_columns = 0;
};

/// What it offers for the gradient of the weights.
template <class T> struct depthwise_weights_set {
  depthwise_weights_function<T> taps[2][2] = {};  ///< of one row or `rows`, of one column or `columns`
  int rows = 1, columns = 1;
};

/// What a launch has in place of tiles.
template <class T> struct depthwise_kernels {
  void (*run)(const call<T>& a, const depthwise_kernels& kernels, T* destination, finish_function<T> finish) = nullptr;
  depthwise_set<T> gather;
  depthwise_weights_set<T> weights;
};

/// The longest line of a block that fits runs of results: as few as possible are computed twice.
constexpr int depthwise_pixels(int run, int most) {
  if (run <= most) return run;
  int best = most;
  for (int candidate = most - 1; candidate * 2 > most; --candidate) {
    if (divide_up(run, candidate) * candidate * 100 < divide_up(run, best) * best * 97) best = candidate;
  }
  return best;
}

/// How far apart results are, in taps, where windows overlap and their weights are few enough for registers; else 0.
constexpr int depthwise_step(const conv_axis& rows, const conv_axis& columns) {
  const int taps = rows.taps * columns.taps;
  const bool near = rows.dilation == 1 && columns.dilation == 1 && rows.stride == columns.stride;
  if (!near || rows.taps > 3 || columns.taps > 3 || taps < 2 || rows.stride > (rows.transposed ? 1 : 2)) return 0;
  return rows.stride;
}

/// Rows and columns of the taps whose sums are held in registers.
struct tap_block {
  int rows = 1, columns = 1;
};
constexpr tap_block choose_taps(int rows, int columns, int most) {
  const int wide = lesser_of(columns, most);
  return {lesser_of(rows, greater_of(most / wide, 1)), wide};
}

/// A block of results for an epilogue has at most this many elements.
template <class T> inline constexpr int depthwise_block_elements = 2 * block_elements<T>;

/// The driver of a gather: cuts the results into rectangles that read the same taps, and these into blocks.
template <class T> struct depthwise_gather {
  const call<T>& a;
  const depthwise_set<T>& set;
  T* destination = nullptr;
  finish_function<T> finish = nullptr;
  conv_axis rows, columns;
  const T* source = nullptr;
  const T* weights = nullptr;
  int channels = 0;
  std::ptrdiff_t pixel = channels, tap = channels;  ///< to the next pixel of the source, and tap of the weights
  int depth = 1;                                    ///< channels of a group: planes of the source and of the weights
  std::ptrdiff_t x_plane = 0, w_plane = 0;

  void run() const {
    if (a.rows <= 0 || channels <= 0) return;
    constexpr int unit = 16;  // channels of a part: no two write to one cache line
    const int lines = a.rows / columns.results;
    const grid_share share = share_grid(lines, divide_up(channels, unit), a.part, a.parts);
    const range all = {share.cols.from * unit, lesser_of(share.cols.to * unit, channels)};
    if (all.size() <= 0) return;
    if (finish == nullptr) {
      run_lines(share.rows, {0, columns.results}, all, destination + at(share.rows.from, 0, all.from), channels);
      return;
    }
    // What a block holds: two lines of some channels, or a part of one of fewer.
    constexpr int most = depthwise_block_elements<T>;
    const int bands = divide_up(all.size(), greater_of(most / (2 * columns.results) / unit * unit, unit));
    const int band = round_up(divide_up(all.size(), bands), unit);
    for (int channel = all.from; channel < all.to; channel += band) {
      const range some = {channel, lesser_of(channel + band, all.to)};
      const int stride = round_up(some.size(), unit), width = lesser_of(columns.results, most / stride);
      const int height = width < columns.results ? 1 : most / stride / width;
      for (int line = share.rows.from; line < share.rows.to; line += height) {
        const range tall = {line, lesser_of(line + height, share.rows.to)};
        for (int left = 0; left < columns.results; left += width) {
          const range wide = {left, lesser_of(left + width, columns.results)};
          run_lines(tall, wide, some, a.scratch, stride);
          finish(a, line * columns.results + left, (tall.size() - 1) * columns.results + wide.size(), some.from,
                 some.size(), a.scratch, stride);
        }
      }
    }
  }

  /// Results of one image.
  __attribute__((noinline)) void rectangles(const T* image, range tall, range wide, range some, T* to,
                                            int stride) const {
    const std::ptrdiff_t line = columns.source * pixel, to_line = std::ptrdiff_t(wide.size()) * stride;
    const int ahead = asks_ahead() ? set.pixels : 0;
    for_runs(columns, wide, [&](const axis_run& across) {
      for_runs(rows, tall, [&](const axis_run& down) {
        const axis_taps& y = down.taps;
        const axis_taps& x = across.taps;
        depthwise_call<T> call;
        call.x = image + some.from + y.at * line + x.at * pixel;
        call.w = weights + std::ptrdiff_t(y.first * columns.taps + x.first) * tap + some.from;
        call.y = to + (down.start - tall.from) * to_line + std::ptrdiff_t(across.start - wide.from) * stride;
        call.x_line = rows.advance() * line;
        call.x_pixel = columns.advance() * pixel;
        call.y_line = down.step * to_line;
        call.y_pixel = std::ptrdiff_t(across.step) * stride;
        call.x_row = rows.tap_advance() * line;
        call.x_column = columns.tap_advance() * pixel;
        call.w_row = rows.tap_step() * columns.taps * tap;
        call.w_column = columns.tap_step() * tap;
        call.x_ahead = ahead * call.x_pixel;
        call.y_ahead = ahead * call.y_pixel;
        call.x_plane = x_plane;
        call.w_plane = w_plane;
        call.depth = depth;
        call.rows = y.count;
        call.columns = x.count;
        call.channels = some.size();
        rectangle(call, down.count, across.count);
      });
    });
  }

 private:
  /// Is the next block wanted in the first-level cache? It has to stay there until this one is done for all channels;
  /// twice as much may be worth it for what comes from beyond the second-level cache.
  bool asks_ahead() const {
    const std::int64_t images = a.rows / (rows.results * columns.results);
    const std::int64_t pixels = images * rows.source * columns.source + a.rows;
    const int bytes = channels * int(sizeof(T));
    return bytes <= 512 || (bytes <= 1024 && pixels * bytes > (2 << 20));
  }

  std::ptrdiff_t at(int line, int column, int channel) const {
    return (std::ptrdiff_t(line) * columns.results + column) * channels + channel;
  }

  /// Lines of one image or of several.
  void run_lines(range lines, range wide, range some, T* to, int stride) const {
    for (int line = lines.from; line < lines.to;) {
      const int image = line / rows.results, top = line - image * rows.results;
      const range tall = {top, lesser_of(rows.results, top + lines.to - line)};
      rectangles(source + image * rows.source * columns.source * pixel, tall, wide, some, to, stride);
      to += std::ptrdiff_t(tall.size()) * wide.size() * stride;
      line += tall.size();
    }
  }

  void rectangle(depthwise_call<T> call, int lines, int pixels) const {
    depthwise_function<T> block = set.block;
    const bool whole = call.rows == set.window_rows && call.columns == set.window_columns && depth == 1;
    if (set.windows != nullptr && whole && lines >= set.lines && pixels >= set.pixels) {
      block = set.windows;
    } else if (pixels < set.pixels && lines > pixels) {
      exchange(call.x_line, call.x_pixel);
      exchange(call.y_line, call.y_pixel);
      exchange(lines, pixels);
    }
    const int step = pixels < set.pixels ? 1 : set.pixels, together = step == 1 ? 1 : set.lines;
    for (int line = 0; line < lines;) {
      const int height = line + together <= lines ? together : 1;
      const depthwise_function<T> function = step == 1 ? set.single : height == together ? block : set.strip;
      for (int from = 0; from < pixels; from += step) {
        const int start = lesser_of(from, pixels - step);  // the last one gives some results again
        depthwise_call<T> now = call;
        now.x += line * call.x_line + start * call.x_pixel;
        now.y += line * call.y_line + start * call.y_pixel;
        if (function == set.windows) {  // results go the way that taps go
          if (call.x_row < 0) turn(height, now.x, now.y, now.x_line, now.y_line);
          if (call.x_column < 0) turn(step, now.x, now.y, now.x_pixel, now.y_pixel);
        }
        function(now);
      }
      line += height;
    }
  }

  /// The same results from the last one to the first.
  static void turn(int count, const T*& x, T*& y, std::ptrdiff_t& x_step, std::ptrdiff_t& y_step) {
    x += (count - 1) * x_step;
    y += (count - 1) * y_step;
    x_step = -x_step;
    y_step = -y_step;
  }

  template <class N> static void exchange(N& a, N& b) {
    const N was = a;
    a = b;
    b = was;
  }
};

/// Elements of the sums for a gradient of weights.
constexpr std::size_t depthwise_sums(const conv_shape& s) {
  return std::size_t(s.kernel_height) * std::size_t(s.kernel_width) * std::size_t(round_up(s.channels, 16));
}

/// The gradient of the weights: a chain per tap and channel over all pixels, in their order.
template <class T> struct depthwise_to_w {
  const call<T>& a;
  const depthwise_weights_set<T>& set;
  const conv_shape& s;
  T* destination = nullptr;
  finish_function<T> finish = nullptr;

  void run() const {
    if (a.rows <= 0 || a.cols <= 0) return;
    constexpr int unit = 16;
    const int stride = round_up(s.channels, unit);
    const grid_share share = share_grid(s.kernel_height, stride / unit, a.part, a.parts);
    const range channels = {share.cols.from * unit, lesser_of(share.cols.to * unit, s.channels)};
    T* const sums = (a.sums == nullptr ? a.scratch : a.sums) + channels.from;
    const range taps = {share.rows.from * s.kernel_width, share.rows.to * s.kernel_width};
    if (taps.size() <= 0 || channels.size() <= 0) return;
    if (a.before == 0) {
      for (int tap = taps.from; tap < taps.to; ++tap) {
        for (int c = 0; c < channels.size(); ++c) sums[std::ptrdiff_t(tap) * stride + c] = T(0);
      }
    }
    add(share.rows, channels, sums, stride);
    if (!a.last) return;
    give(a, finish, destination, taps, channels, sums + std::ptrdiff_t(taps.from) * stride, stride);
  }

  /// Lines of results of one image, whose first pixels are x and y.
  void add_lines(const T* x, int x_pixel, const T* y, int y_pixel, range lines, range kernel_rows, int channels,
                 T* sums, int stride) const {
    depthwise_weights_call<T> call;
    call.x_pixel = std::ptrdiff_t(s.stride_width) * x_pixel;
    call.x_row = std::ptrdiff_t(s.dilation_height) * s.width * x_pixel;
    call.x_line = std::ptrdiff_t(s.stride_height) * s.width * x_pixel;
    call.x_column = std::ptrdiff_t(s.dilation_width) * x_pixel;
    call.y = y;
    call.y_pixel = y_pixel;
    call.y_line = std::ptrdiff_t(s.out_width) * y_pixel;
    call.w_row = std::ptrdiff_t(s.kernel_width) * stride;
    call.w_column = stride;
    call.lines = lines;
    call.pixels = s.out_width;
    call.channels = channels;
    for (int row = kernel_rows.from; row < kernel_rows.to;) {
      const bool tall = row + set.rows <= kernel_rows.to;
      const int height = tall ? set.rows : 1;
      const int top = row * s.dilation_height - s.pad_top;
      call.rows = {s.stride_height, top, s.dilation_height, s.height};
      call.whole_lines = whole(s.rows(), row, height);
      for (int column = 0; column < s.kernel_width;) {
        const bool wide = column + set.columns <= s.kernel_width;
        const int width = wide ? set.columns : 1;
        const int left = column * s.dilation_width - s.pad_left;
        call.columns = {s.stride_width, left, s.dilation_width, s.width};
        call.whole_pixels = whole(s.columns(), column, width);
        call.x = x + (std::ptrdiff_t(top) * s.width + left) * x_pixel;
        call.w = sums + row * call.w_row + column * call.w_column;
        set.taps[tall][wide](call);
        column += width;
      }
      row += height;
    }
  }

 private:
  void add(range kernel_rows, range channels, T* sums, int stride) const {
    const std::ptrdiff_t x_image = std::ptrdiff_t(s.height) * s.width * s.channels;
    const std::ptrdiff_t y_line = std::ptrdiff_t(s.out_width) * s.channels;
    const T* x = static_cast<const T*>(a.operand[0]) + channels.from;
    const T* y = static_cast<const T*>(a.operand[1]) + channels.from;
    // A block of dy that stays in the first-level cache, and pixels enough for a call.
    const int together = greater_of(int(block_elements<T> / y_line), divide_up(28, s.out_width));
    for (int image = 0; image < a.contracted; ++image, x += x_image, y += s.out_height * y_line) {
      for (int line = 0; line < s.out_height; line += together) {
        const range lines = {line, lesser_of(line + together, s.out_height)};
        add_lines(x, s.channels, y, s.channels, lines, kernel_rows, channels.size(), sums, stride);
      }
    }
  }

  /// The results that read all of some taps; none of them is where no result does.
  static range whole(const conv_axis& axis, int first, int count) {
    const range both = common(axis.reached(first), axis.reached(first + count - 1));
    return both.size() > 0 ? both : range{};
  }
};

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

}  // namespace detail

namespace detail {

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
  for (int line = call.whole_lines.from; line < call.whole_lines.to; ++line) {
    if (line < call.lines.from || line >= call.lines.to) continue;
    for (int pixel = call.whole_pixels.from; pixel < call.whole_pixels.to; ++pixel) {
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
/// choice, whatever the launches that chose it.
#if defined(TFX_SIMD_HAS_AVX512) && defined(TFX_SIMD_HAS_AVX2)
template <class T, bool Transposed, bool Grouped, int First, int Second, int Rows, int Columns, int Step>
inline constexpr tile_table<T> depthwise_table_of = {
    {{.depthwise = &avx512::depthwise_gather_kernels<T, Transposed, Grouped, First, Rows, Columns, Step>},
     {.depthwise = &avx2::depthwise_gather_kernels<T, Transposed, Grouped, Second, Rows, Columns, Step>},
     {.depthwise = &portable::depthwise_gather_kernels<T, Transposed, Grouped>}}};
template <class T, bool Transposed, bool Grouped, int Run, int Rows, int Columns, int Step>
constexpr const void* choose_depthwise_table() {
  return &depthwise_table_of<T, Transposed, Grouped, avx512::pixels_of(Run), avx2::pixels_of(Run), Rows, Columns, Step>;
}
template <class T, bool Grouped, int First, int FirstColumns, int Second, int SecondColumns>
inline constexpr tile_table<T> depthwise_weights_table_of = {
    {{.depthwise = &avx512::depthwise_to_w_kernels<T, Grouped, First, FirstColumns>},
     {.depthwise = &avx2::depthwise_to_w_kernels<T, Grouped, Second, SecondColumns>},
     {.depthwise = &portable::depthwise_to_w_kernels<T, Grouped>}}};
template <class T, bool Grouped, int Rows, int Columns> constexpr const void* choose_depthwise_weights_table() {
  constexpr tap_block first = avx512::taps_of(Rows, Columns), second = avx2::taps_of(Rows, Columns);
  return &depthwise_weights_table_of<T, Grouped, first.rows, first.columns, second.rows, second.columns>;
}
template <class T, int Rows, int Columns> inline constexpr tile_table<T> few_channels_table_of = {
    {{.depthwise = avx512::few_channels_kernels_for<T, Rows, Columns>()},
     {.depthwise = avx2::few_channels_kernels_for<T, Rows, Columns>()},
     {.depthwise = &portable::few_channels_kernels<T>}}};
#elif defined(TFX_SIMD_HAS_PORTABLE)
template <class T, bool Transposed, bool Grouped> inline constexpr tile_table<T> depthwise_table_of = {
    {{.depthwise = &portable::depthwise_gather_kernels<T, Transposed, Grouped>}}};
template <class T, bool Transposed, bool Grouped, int, int, int, int> constexpr const void* choose_depthwise_table() {
  return &depthwise_table_of<T, Transposed, Grouped>;
}
template <class T, bool Grouped> inline constexpr tile_table<T> depthwise_weights_table_of = {
    {{.depthwise = &portable::depthwise_to_w_kernels<T, Grouped>}}};
template <class T, bool Grouped, int, int> constexpr const void* choose_depthwise_weights_table() {
  return &depthwise_weights_table_of<T, Grouped>;
}
template <class T, int, int> inline constexpr tile_table<T> few_channels_table_of = {
    {{.depthwise = &portable::few_channels_kernels<T>}}};
#else
template <class T, bool Transposed, bool Grouped, int Pixels, int Rows, int Columns, int Step>
inline constexpr tile_table<T> depthwise_table_of = {
    {{.depthwise = &of_this_build::depthwise_gather_kernels<T, Transposed, Grouped, Pixels, Rows, Columns, Step>}}};
template <class T, bool Transposed, bool Grouped, int Run, int Rows, int Columns, int Step>
constexpr const void* choose_depthwise_table() {
  return &depthwise_table_of<T, Transposed, Grouped, of_this_build::pixels_of(Run), Rows, Columns, Step>;
}
template <class T, bool Grouped, int Rows, int Columns> inline constexpr tile_table<T> depthwise_weights_table_of = {
    {{.depthwise = &of_this_build::depthwise_to_w_kernels<T, Grouped, Rows, Columns>}}};
template <class T, bool Grouped, int Rows, int Columns> constexpr const void* choose_depthwise_weights_table() {
  constexpr tap_block taps = of_this_build::taps_of(Rows, Columns);
  return &depthwise_weights_table_of<T, Grouped, taps.rows, taps.columns>;
}
template <class T, int Rows, int Columns> inline constexpr tile_table<T> few_channels_table_of = {
    {{.depthwise = of_this_build::few_channels_kernels_for<T, Rows, Columns>()}}};
#endif
template <class T, int Rows, int Columns> constexpr const void* choose_few_channels_table() {
  return &few_channels_table_of<T, Rows, Columns>;
}

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
