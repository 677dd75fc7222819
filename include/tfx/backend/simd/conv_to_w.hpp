// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/conv_axis.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/tile.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// The gradient of a convolution with respect to its weights.
///
///     dw[i][j][c][o] = sum_(n, h, w) x[n][h * stride - pad + i * dilation][...][c] * dy[n][h][w][o]
///
/// Geometry   see conv_shape; operands x [n, H, W, C] and dy [n, OH, OW, O]; `contracted` is the number of images
/// Order      images, then output pixels in row-major order; padding is skipped
template <class T> struct simd_conv_to_w {
  template <class Launch> static constexpr const void* tiles() {
    constexpr conv_shape s(Launch::geo.v);
    constexpr int together = by_lines(s) ? s.kernel_width * s.channels / s.groups : s.channels / s.groups;
    return choose_dividing_table<T, together, s.out_channels / s.groups>();
  }

  static constexpr std::size_t scratch(const geometry& g, int, int) {
    const conv_shape s(g.v);
    const bool packs = s.out_channels / s.groups % 16 != 0;
    const int pixels = chunk_of(s).lines * s.out_width;
    return std::size_t(block_elements<T>) + (packs ? std::size_t(pixels) * std::size_t(widest_panel<T> / 2) : 0);
  }

  /// How many parts are worth their fork and join.
  static constexpr int useful_parts(const geometry& g, int rows, int cols) {
    const std::int64_t pixels = std::int64_t(g.v[0]) * g.v[4] * g.v[5];
    const std::int64_t parts = std::int64_t(rows) * cols * pixels / 65536;
    return parts < 1 ? 1 : parts > 1024 ? 1024 : int(parts);
  }

  static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    if (a.rows <= 0 || a.cols <= 0) return;
    const conv_shape s(a.geo);
    const tile_set<T>& set = static_cast<const tile_table<T>*>(a.tiles)->set[instruction_set()];
    const int cols = s.out_channels / s.groups;
    const int panels = divide_up(cols, set.panel());
    // A tile row is a weight's row; whole tiles for every part.
    const int height = set.rows;
    const grid_share share = share_grid(divide_up(a.rows, height), panels * s.groups, a.part, a.parts);
    const range rows = {share.rows.from * height, lesser_of(share.rows.to * height, a.rows)};
    if (rows.size() <= 0) return;
    const job now = {a, s, set};
    for (int panel = share.cols.from; panel < share.cols.to; ++panel) {
      const int group = panel / panels, col = panel % panels * set.panel();
      const int count = lesser_of(set.panel(), cols - col);
      const int stride = finish != nullptr ? round_up(count, 16) : a.cols;
      const int fits = greater_of(block_elements<T> / stride / height * height, 1);
      for (int row = rows.from; row < rows.to; row += fits) {
        const range part = {row, lesser_of(row + fits, rows.to)};
        const int first_col = group * cols + col;
        T* const block = finish != nullptr ? a.scratch : destination + std::ptrdiff_t(row) * a.cols + first_col;
        now.block_of_rows(group, col, count, part, block, stride);
        if (finish != nullptr) finish(a, row, part.size(), first_col, count, block, stride);
      }
    }
  }

 private:
  /// With few channels a tile's rows are (j, c), which only holds along one line of pixels; with many they are channels.
  static constexpr bool by_lines(const conv_shape& s) {
    return s.groups == 1 && s.channels < 8 && s.dilation_width == 1 && s.kernel_width > 1;
  }

  /// How much of the contraction is done at a time, so that its part of dy stays in the cache: images, or lines of one image.
  struct chunk {
    int images = 1, lines = 1;
  };

  static constexpr chunk chunk_of(const conv_shape& s) {
    const int pixels = s.out_height * s.out_width;
    if (pixels > 256) return {1, greater_of(256 / s.out_width, 1)};
    return {greater_of(256 / pixels, 1), s.out_height};
  }

  struct job {
    const call<T>& a;
    const conv_shape& s;
    const tile_set<T>& set;

    std::ptrdiff_t x_line() const { return std::ptrdiff_t(s.width) * s.channels; }
    std::ptrdiff_t x_image() const { return s.height * x_line(); }
    std::ptrdiff_t y_line() const { return std::ptrdiff_t(s.out_width) * s.out_channels; }
    std::ptrdiff_t y_image() const { return s.out_height * y_line(); }

    /// Rows `part` of one panel; every chain is carried on through the block.
    void block_of_rows(int group, int col, int count, range part, T* block, int stride) const {
      for (int i = 0; i < part.size(); ++i) {
        for (int j = 0; j < count; ++j) block[std::ptrdiff_t(i) * stride + j] = T(0);
      }
      const bool packs = set.pads && count < set.panel();
      chunk step = chunk_of(s);
      if (packs) step.images = 1;
      tile_call<T> call;
      call.c_row = stride;
      call.cols = count;
      call.resume = true;
      for (int image = 0; image < a.contracted; image += step.images) {
        const int images = lesser_of(step.images, a.contracted - image);
        for (int line = 0; line < s.out_height; line += step.lines) {
          const range lines = {line, lesser_of(line + step.lines, s.out_height)};
          call.outer = images;
          call.a_outer = x_image();
          call.b_outer = y_image();
          const T* dy = static_cast<const T*>(a.operand[1]) + image * y_image() + line * y_line() +
                        group * (s.out_channels / s.groups) + col;
          call.b_step = s.out_channels;
          if (packs) {
            T* const packed = a.scratch + block_elements<T>;
            pack_rows(dy, s.out_channels, lines.size() * s.out_width, count, packed, set.panel());
            dy = packed;
            call.b_step = set.panel();
          }
          call.b_inner = s.out_width * call.b_step;
          if (by_lines(s)) {
            one_line_at_a_time(call, dy, image, lines, part, block);
          } else {
            one_tap_at_a_time(call, dy, image, lines, group, part, block);
          }
        }
      }
    }

    /// Every (i, j) has its own rectangle of pixels that do not touch padding.
    void one_tap_at_a_time(tile_call<T> call, const T* dy, int image, range lines, int group, range part, T* block) const {
      const int channels = s.channels / s.groups;
      const T* const x = static_cast<const T*>(a.operand[0]) + image * x_image() + group * channels;
      call.a_row = 1;
      call.a_step = std::ptrdiff_t(s.stride_width) * s.channels;
      call.a_inner = s.stride_height * x_line();
      for (int row = part.from; row < part.to;) {
        const int tap = row / channels, channel = row - tap * channels;
        const int rows = lesser_of(channels - channel, part.to - row);
        const range down = reached(s.rows(), tap / s.kernel_width, lines);
        const range across = reached(s.columns(), tap % s.kernel_width, {0, s.out_width});
        if (down.size() > 0 && across.size() > 0) {
          const int y = down.from * s.stride_height - s.pad_top + tap / s.kernel_width * s.dilation_height;
          const int left = across.from * s.stride_width - s.pad_left + tap % s.kernel_width * s.dilation_width;
          call.a = x + y * x_line() + std::ptrdiff_t(left) * s.channels + channel;
          call.b = dy + (down.from - lines.from) * call.b_inner + across.from * call.b_step;
          call.c = block + (row - part.from) * call.c_row;
          call.inner = down.size();
          call.depth = across.size();
          run_panel(set, call, rows);
        }
        row += rows;
      }
    }

    /// Rows (j, c) lie behind each other in x; along a line of pixels, those that touch padding at an end lack some of them.
    void one_line_at_a_time(tile_call<T> call, const T* dy, int image, range lines, range part, T* block) const {
      const conv_axis down = s.rows(), across = s.columns();
      const int line_rows = s.kernel_width * s.channels;
      const bool whole = across.run_at(0, s.out_width).count == s.out_width;
      call.a_row = 1;
      call.a_step = std::ptrdiff_t(s.stride_width) * s.channels;
      call.a_inner = s.stride_height * x_line();
      const int images = call.outer;
      call.outer = 1;
      for (int each = image; each < image + images; ++each, dy += call.b_outer) {
        const T* const x = static_cast<const T*>(a.operand[0]) + each * x_image();
        for (int i = part.from / line_rows; i * line_rows < part.to; ++i) {
          const range reach = reached(down, i, lines);
          const int step = whole ? reach.size() : 1;
          for (int line = reach.from; line < reach.to; line += step) {
            const T* const source = x + (line * s.stride_height - s.pad_top + i * s.dilation_height) * x_line();
            for (int at = 0; at < s.out_width;) {
              const axis_run run = across.run_at(at, s.out_width);
              const int first = i * line_rows + run.taps.first * s.channels;
              const range rows = {greater_of(first, part.from), lesser_of(first + run.taps.count * s.channels, part.to)};
              call.a = source + std::ptrdiff_t(run.taps.at) * s.channels + (rows.from - first);
              call.b = dy + (line - lines.from) * call.b_inner + at * call.b_step;
              call.c = block + (rows.from - part.from) * call.c_row;
              call.inner = step;
              call.depth = run.count;
              if (rows.size() > 0) run_panel(set, call, rows.size());
              at += run.count;
            }
          }
        }
      }
    }

    /// The positions in `within` for which a tap reads the source and not padding.
    static range reached(const conv_axis& axis, int tap, range within) {
      const int offset = axis.pad - tap * axis.dilation;
      const int from = offset > 0 ? divide_up(offset, axis.stride) : 0;
      const int last = axis.source - 1 + offset;
      const int to = last < 0 ? 0 : last / axis.stride + 1;
      return {greater_of(from, within.from), lesser_of(to, within.to)};
    }
  };
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
