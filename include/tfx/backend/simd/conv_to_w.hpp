// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/conv_axis.hpp>
#include <tfx/backend/simd/grouped.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/tile.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// The gradient of a convolution with respect to its weights.
///
///     dw[i][j][c][o] = sum_(n, h, w) x[n][h * stride - pad + i * dilation][...][c] * dy[n][h][w][o]
///
/// Geometry   see conv_shape; operands x [n, H, W, C] and dy [n, OH, OW, O]; `contracted` is the number of images
/// Order      images, then output pixels in row-major order; padding is skipped
/// Windows    of a maximum behind the convolution: the operands are x, the places of the maxima and their gradient, and
///            `unpool` makes lines of dy in memory, `finish` with its rows being windows
template <class T> struct simd_conv_to_w {
  template <class Launch> static constexpr const void* tiles() {
    constexpr conv_shape s(Launch::geo.v);
    if constexpr (s.depthwise() || s.many_groups()) {
      return choose_depthwise_weights_table<T, !s.depthwise(), s.kernel_height, s.kernel_width>();
    } else {
      constexpr int rows = by_columns(s) ? s.kernel_height : s.channels / s.groups;
      return choose_table<T, rows, s.out_channels / s.groups, tiling::dividing>();
    }
  }

  static constexpr std::size_t scratch(const geometry& g, int, int) {
    const conv_shape s(g.v);
    if (s.depthwise()) return depthwise_sums(s);
    if (s.many_groups()) return grouped_sums::of(s, grouped_block_elements<T>).scratch(s);
    const bool packs = s.out_channels / s.groups % 16 != 0, unpools = s.window_height * s.window_width > 1;
    const chunk all = chunk_of(s);
    const int pixels = all.images * all.lines * all.columns, panel = unpools ? widest_panel<T> : widest_panel<T> / 2;
    return std::size_t(block_elements<T>) + (packs || unpools ? std::size_t(pixels) * std::size_t(panel) : 0);
  }

  /// Columns of the narrowest tile that the build has.
#if defined(TFX_SIMD_HAS_PORTABLE) || defined(TFX_SIMD_HAS_NEON)
  static constexpr int narrowest_panel = int(16 / sizeof(T));
#elif defined(TFX_SIMD_HAS_AVX2)
  static constexpr int narrowest_panel = int(32 / sizeof(T));
#else
  static constexpr int narrowest_panel = int(64 / sizeof(T));
#endif
  /// Sums that go from one call to the next.
  static constexpr std::size_t sums(const geometry& g, int rows, int) {
    const conv_shape s(g.v);
    if (s.depthwise()) return depthwise_sums(s);
    if (s.many_groups()) return grouped_sums::of(s, grouped_block_elements<T>).size();
    const int out = s.out_channels / s.groups, panels = divide_up(out, narrowest_panel);  // 16 columns apart
    return std::size_t(rows) * std::size_t(s.groups) * std::size_t(panels * 16 + widest_panel<T>);
  }

  /// How many parts are worth their fork and join.
  static constexpr int useful_parts(const geometry& g, int rows, int cols) {
    const std::int64_t pixels = std::int64_t(g.v[0]) * g.v[4] * g.v[5];
    const std::int64_t parts = std::int64_t(rows) * cols * pixels / 65536;
    return parts < 1 ? 1 : parts > 1024 ? 1024 : int(parts);
  }

  static void run(const call<T>& a, T* destination, finish_function<T> finish, finish_function<T> unpool = nullptr) {
    if (a.rows <= 0 || a.cols <= 0) return;
    const conv_shape s(a.geo);
    const tile_set<T>& set = static_cast<const tile_table<T>*>(a.tiles)->set[instruction_set()];
    if (set.depthwise != nullptr) return set.depthwise->run(a, *set.depthwise, destination, finish);
    const int cols = s.out_channels / s.groups;
    const int panels = divide_up(cols, set.panel());
    const bool columns = by_columns(s);
    // Parts get whole tiles: of rows, or of the kernel's height for some (j, c).
    const int height = columns ? 1 : set.rows;
    const int units = columns ? s.kernel_width * s.channels : divide_up(a.rows, height);
    const grid_share share = share_grid(units, panels * s.groups, a.part, a.parts);
    const range rows = {share.rows.from * height, lesser_of(share.rows.to * height, columns ? units : a.rows)};
    if (rows.size() <= 0) return;
    for (int panel = share.cols.from; panel < share.cols.to; ++panel) {
      const int group = panel / panels, col = panel % panels * set.panel();
      const int count = lesser_of(set.panel(), cols - col);
      const job now = {a, s, set, unpool, group, col, count, round_up(count, 16)};
      const int fits = columns ? units : greater_of(block_elements<T> / now.stride / height * height, 1);
      T* const sums = a.sums == nullptr ? nullptr : a.sums + std::ptrdiff_t(panel) * a.rows * round_up(set.panel(), 16);
      for (int row = rows.from; row < rows.to; row += fits) {
        const range part = {row, lesser_of(row + fits, rows.to)};
        T* const block = sums == nullptr ? a.scratch : columns ? sums : sums + std::ptrdiff_t(row) * now.stride;
        now.compute(part, block);
        if (!a.last) continue;
        if (!columns) now.give(part, block, destination, finish);
        for (int i = 0; columns && i < s.kernel_height; ++i) {
          const range taps = {i * units + part.from, i * units + part.to};
          now.give(taps, block + taps.from * now.stride, destination, finish);
        }
      }
    }
  }

 private:
  /// With fewer channels than the kernel is high, a tile's rows are the kernel's rows for one (j, c); else they are
  /// channels.
  static constexpr bool by_columns(const conv_shape& s) {
    const int rows = s.kernel_height * s.kernel_width * s.channels;
    return s.groups == 1 && s.channels < s.kernel_height && rows * widest_panel<T> <= block_elements<T>;
  }

  /// How much of the contraction is done at a time, so that its part of dy stays in the cache: images, lines of one
  /// image, or a part of one line.
  struct chunk {
    int images = 1, lines = 1, columns = 1;
  };

  static constexpr chunk chunk_of(const conv_shape& s) {
    const int window = s.window_height, most = window > 1 ? 192 : 384;  // what is unpooled, in the first-level cache
    const int pixels = s.out_height * s.out_width, lines = most / s.out_width / window * window;
    if (pixels <= most) return {most / pixels, s.out_height, s.out_width};
    if (window > 1 || lines > 0) return {1, greater_of(lines, window), s.out_width};
    return {1, 1, most};
  }

  /// One panel of columns.
  struct job {
    const call<T>& a;
    const conv_shape& s;
    const tile_set<T>& set;
    finish_function<T> unpool;
    int group = 0, col = 0, count = 0, stride = 0;

    std::ptrdiff_t x_line() const { return std::ptrdiff_t(s.width) * s.channels; }
    std::ptrdiff_t x_image() const { return s.height * x_line(); }
    std::ptrdiff_t y_line() const { return std::ptrdiff_t(s.out_width) * s.out_channels; }
    std::ptrdiff_t y_image() const { return s.out_height * y_line(); }

    void give(range rows, const T* block, T* destination, finish_function<T> finish) const {
      const int first = group * (s.out_channels / s.groups) + col;
      if (finish != nullptr) {
        finish(a, rows.from, rows.size(), first, count, block, stride);
        return;
      }
      for (int row = rows.from; row < rows.to; ++row, block += stride) {
        T* const to = destination + std::ptrdiff_t(row) * a.cols + first;
        for (int j = 0; j < count; ++j) to[j] = block[j];
      }
    }

    /// Every chain is carried on in the block, chunk by chunk. `part` is a range of rows, or of (j, c), which have a
    /// place for each row of the kernel.
    void compute(range part, T* block) const {
      const bool columns = by_columns(s);
      if (a.before == 0) {
        const int units = s.kernel_width * s.channels;
        for (int i = 0; i < (columns ? s.kernel_height : 1); ++i) {
          T* const to = block + (columns ? i * units + part.from : 0) * stride;
          for (int k = 0; k < part.size() * stride; ++k) to[k] = T(0);
        }
      }
      const bool packs = set.pads && count < set.panel();
      const chunk step = chunk_of(s);
      tile_call<T> call;
      call.cols = count;
      call.resume = true;
      call.a_step = std::ptrdiff_t(s.stride_width) * s.channels;
      call.a_inner = s.stride_height * x_line();
      call.a_outer = x_image();
      call.b_outer = y_image();
      for (int image = 0; image < a.contracted; image += step.images) {
        call.outer = lesser_of(step.images, a.contracted - image);
        const T* const x = static_cast<const T*>(a.operand[0]) + image * x_image() + group * (s.channels / s.groups);
        for (int line = 0; line < s.out_height; line += step.lines) {
          const range lines = {line, lesser_of(line + step.lines, s.out_height)};
          for (int left = 0; left < s.out_width; left += step.columns) {
            const range across = {left, lesser_of(left + step.columns, s.out_width)};
            const T* dy = static_cast<const T*>(a.operand[1]) + image * y_image() + line * y_line() +
                          std::ptrdiff_t(left) * s.out_channels + group * (s.out_channels / s.groups) + col;
            call.b_step = s.out_channels;
            call.b_inner = y_line();
            if (packs || unpool != nullptr) {
              T* const packed = a.scratch + block_elements<T>;
              // Several lines, or images, are whole and lie side by side.
              const int pixels = call.outer * lines.size() * across.size();
              if (unpool != nullptr) {
                const int window = s.window_height * s.window_width;
                const int first = (image * s.out_height + line) * s.out_width / window;
                unpool(a, first, pixels / window, col, count, packed, set.panel());
              } else {
                pack_rows(dy, s.out_channels, pixels, count, packed, set.panel());
              }
              dy = packed;
              call.b_step = set.panel();
              call.b_inner = across.size() * call.b_step;
              call.b_outer = lines.size() * call.b_inner;
            }
            if (columns) {
              rows_of_kernel(call, x, dy, lines, across, part, block);
            } else {
              rows_of_channels(call, x, dy, lines, across, part, block);
            }
          }
        }
      }
    }

    /// Every (i, j) has its own rectangle of pixels that do not touch padding.
    void rows_of_channels(tile_call<T> call, const T* x, const T* dy, range lines, range wide, range part,
                          T* block) const {
      const int channels = s.channels / s.groups;
      call.a_row = 1;
      call.c_row = stride;
      for (int row = part.from; row < part.to;) {
        const int tap = row / channels, channel = row - tap * channels;
        const int rows = lesser_of(channels - channel, part.to - row);
        const range down = common(s.rows().reached(tap / s.kernel_width), lines);
        const range across = common(s.columns().reached(tap % s.kernel_width), wide);
        if (down.size() > 0 && across.size() > 0) {
          const int top = down.from * s.stride_height - s.pad_top + tap / s.kernel_width * s.dilation_height;
          const int left = across.from * s.stride_width - s.pad_left + tap % s.kernel_width * s.dilation_width;
          call.a = x + top * x_line() + std::ptrdiff_t(left) * s.channels + channel;
          call.b = dy + (down.from - lines.from) * call.b_inner + (across.from - wide.from) * call.b_step;
          call.c = block + (row - part.from) * call.c_row;
          call.inner = down.size();
          call.depth = across.size();
          run_panel(set, call, rows);
        }
        row += rows;
      }
    }

    /// Lines of pixels that reach the same rows of the kernel; the source of row i is i lines further down.
    void rows_of_kernel(tile_call<T> call, const T* x, const T* dy, range lines, range wide, range part,
                        T* block) const {
      const conv_axis axis = s.rows();
      const int units = s.kernel_width * s.channels;
      call.a_row = s.dilation_height * x_line();
      call.c_row = std::ptrdiff_t(units) * stride;
      const int images = call.outer;
      call.outer = 1;
      for (int image = 0; image < images; ++image, x += call.a_outer, dy += call.b_outer) {
        for (int line = lines.from; line < lines.to;) {
          const axis_run down = axis.run_at(line, lines.to);
          for (int unit = part.from; unit < part.to && down.taps.count > 0; ++unit) {
            const int tap = unit / s.channels;
            const range across = common(s.columns().reached(tap), wide);
            if (across.size() <= 0) continue;
            const int left = across.from * s.stride_width - s.pad_left + tap * s.dilation_width;
            call.a = x + down.taps.at * x_line() + std::ptrdiff_t(left) * s.channels + unit % s.channels;
            call.b = dy + (line - lines.from) * call.b_inner + (across.from - wide.from) * call.b_step;
            call.c = block + down.taps.first * call.c_row + std::ptrdiff_t(unit) * stride;
            call.inner = down.count;
            call.depth = across.size();
            run_panel(set, call, down.taps.count);
          }
          line += down.count;
        }
      }
    }
  };
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
