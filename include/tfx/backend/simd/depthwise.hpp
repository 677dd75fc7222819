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
  std::ptrdiff_t x_plane = 0, w_plane = 0;                          ///< to the next channel of a group
  int rows = 0, columns = 0, depth = 1;                             ///< taps, and channels of a group
  int channels = 0;
};

/// Which bits of a number are in a range.
constexpr unsigned bits_of(range r) {
  const auto below = [](int bit) { return bit <= 0 ? 0u : bit >= 32 ? ~0u : (1u << bit) - 1; };
  return below(r.to) & ~below(r.from);
}

/// One axis of a block of results for neighbouring taps, whose pixels of the source are neighbours too: forward, tap i of
/// result p reads source pixel p * step + i; transposed, that at (p + i) / step. A transpose counts results and the source
/// from behind, for its taps ascend that way.
struct window_axis {
  int result = 0, source = 0, sign = 1;  ///< the first result, and the first pixel that any of them reads
  unsigned reads = 0, gives = 0;         ///< which pixels are not padding, and which results are wanted

  /// Block `index` of `size` results of a range.
  window_axis(const conv_axis& axis, range part, int size, int index) {
    if (axis.transposed) {
      result = round_up(part.to - 1 + axis.pad, axis.stride) - axis.pad - index * size;
      source = (result + axis.pad) / axis.stride;
      sign = -1;
      reads = bits_of({source + 1 - axis.source, source + 1});
      gives = bits_of({result + 1 - part.to, result + 1 - part.from});
    } else {
      result = part.from + index * size;
      source = result * axis.stride - axis.pad;
      reads = bits_of({-source, axis.source - source});
      gives = bits_of({0, part.to - result});
    }
  }
  static int blocks(const conv_axis& axis, range part, int size) {
    const int before = axis.transposed ? round_up(part.to - 1 + axis.pad, axis.stride) - axis.pad + 1 - part.to : 0;
    return divide_up(before + part.size(), size);
  }
};

/// A block of results in windows of neighbouring pixels.
template <class T> struct window_call {
  const T* x = nullptr;  ///< the first pixel that any result reads, perhaps padding
  const T* w = nullptr;
  T* y = nullptr;
  std::ptrdiff_t x_row = 0, x_column = 0, w_row = 0, w_column = 0, y_line = 0, y_pixel = 0;
  std::ptrdiff_t x_ahead = 0, y_ahead = 0;  ///< to the next block
  unsigned rows = 0, columns = 0;           ///< of the source that are not padding
  unsigned lines = 0, pixels = 0;           ///< of results that are wanted
  int channels = 0;
};

template <class T> using depthwise_function = void (*)(const depthwise_call<T>&);
template <class T> using window_function = void (*)(const window_call<T>&);

/// What one instruction set offers for a depthwise convolution, or for its transpose.
template <class T> struct depthwise_set {
  window_function<T> windows = nullptr;    ///< lines x pixels of results of a small window, borders and all
  depthwise_function<T> block = nullptr;   ///< lines x pixels that read the same taps, for any window
  depthwise_function<T> strip = nullptr;   ///< one line of `pixels`
  depthwise_function<T> single = nullptr;  ///< one pixel
  int lines = 1, pixels = 1;
};

/// The longest line of a block, a multiple of `unit`, that fits runs of results: as few as possible are computed twice,
/// or in vain.
constexpr int depthwise_pixels(int run, int most, int unit = 1) {
  if (run <= most) return round_up(run, unit);
  int best = most;
  for (int candidate = most - unit; candidate * 2 > most; candidate -= unit) {
    if (divide_up(run, candidate) * candidate * 100 < divide_up(run, best) * best * 97) best = candidate;
  }
  return best;
}

/// How far apart results are, in taps, where windows overlap and their weights are few enough for registers; else 0.
constexpr int depthwise_step(const conv_axis& rows, const conv_axis& columns) {
  const int taps = rows.taps * columns.taps;
  const bool near = rows.dilation == 1 && columns.dilation == 1 && rows.stride == columns.stride;
  if (!near || rows.taps > 3 || columns.taps > 3 || taps < 2 || rows.stride > 2) return 0;
  return rows.stride;
}

/// A block of results for an epilogue has at most this many elements.
template <class T> inline constexpr int depthwise_block_elements = 2 * block_elements<T>;

/// The driver of a gather: cuts the results into blocks; where there is none for windows, first into rectangles that read
/// the same taps.
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
  __attribute__((noinline)) void image_lines(const T* image, range tall, range wide, range some, T* to,
                                             int stride) const {
    if (set.windows != nullptr && depth == 1) windows(image, tall, wide, some, to, stride);
    else rectangles(image, tall, wide, some, to, stride);
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
      image_lines(source + image * rows.source * columns.source * pixel, tall, wide, some, to, stride);
      to += std::ptrdiff_t(tall.size()) * wide.size() * stride;
      line += tall.size();
    }
  }

  void windows(const T* image, range tall, range wide, range some, T* to, int stride) const {
    const std::ptrdiff_t line = columns.source * pixel, to_line = std::ptrdiff_t(wide.size()) * stride;
    const int down = window_axis::blocks(rows, tall, set.lines), across = window_axis::blocks(columns, wide, set.pixels);
    const int ahead = asks_ahead() ? set.pixels : 0;
    window_call<T> call;
    call.w = weights + some.from;
    call.w_row = columns.taps * tap;
    call.w_column = tap;
    call.channels = some.size();
    for (int i = 0; i < down; ++i) {
      const window_axis y(rows, tall, set.lines, i);
      call.rows = y.reads;
      call.lines = y.gives;
      call.x_row = y.sign * line;
      call.y_line = y.sign * to_line;
      for (int j = 0; j < across; ++j) {
        const window_axis x(columns, wide, set.pixels, j);
        call.columns = x.reads;
        call.pixels = x.gives;
        call.x_column = x.sign * pixel;
        call.y_pixel = std::ptrdiff_t(x.sign) * stride;
        call.x_ahead = (columns.transposed ? ahead / columns.stride : ahead * columns.stride) * call.x_column;
        call.y_ahead = ahead * call.y_pixel;
        call.x = image + y.source * line + x.source * pixel + some.from;
        call.y = to + (y.result - tall.from) * to_line + std::ptrdiff_t(x.result - wide.from) * stride;
        set.windows(call);
      }
    }
  }

  void rectangles(const T* image, range tall, range wide, range some, T* to, int stride) const {
    const std::ptrdiff_t line = columns.source * pixel, to_line = std::ptrdiff_t(wide.size()) * stride;
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

  void rectangle(depthwise_call<T> call, int lines, int pixels) const {
    if (pixels < set.pixels && lines > pixels) {
      exchange(call.x_line, call.x_pixel);
      exchange(call.y_line, call.y_pixel);
      exchange(lines, pixels);
    }
    const int step = pixels < set.pixels ? 1 : set.pixels, together = step == 1 ? 1 : set.lines;
    for (int line = 0; line < lines;) {
      const int height = line + together <= lines ? together : 1;
      const depthwise_function<T> function = step == 1 ? set.single : height == together ? set.block : set.strip;
      for (int from = 0; from < pixels; from += step) {
        const int start = lesser_of(from, pixels - step);  // the last one gives some results again
        depthwise_call<T> now = call;
        now.x += line * call.x_line + start * call.x_pixel;
        now.y += line * call.y_line + start * call.y_pixel;
        function(now);
      }
      line += height;
    }
  }

  template <class N> static void exchange(N& a, N& b) {
    const N was = a;
    a = b;
    b = was;
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
