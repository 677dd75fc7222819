// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/conv_axis.hpp>
#include <tfx/backend/simd/few_channels.hpp>
#include <tfx/backend/simd/grouped.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/panel.hpp>
#include <tfx/backend/simd/tile.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// The gradient of a convolution with respect to its weights.
///
///     dw[i][j][c][o] = sum_(n, h, w) x[n][h * stride - pad + i * dilation][...][c] * dy[n][h][w][o]
///
/// Operands   x [n, H, W, C] and dy [n, OH, OW, O]; `contracted` is the number of images
/// Order      images, then output pixels in row-major order; padding is skipped
/// Windows    of a maximum behind the convolution: the operands are x, the places of the maxima and their gradient, and
///            `unpool` makes lines of dy in memory, `finish` with its rows being windows
template <class T> struct simd_conv_to_w {
  static constexpr bool follows_lengths(const conv2d_geometry& g) {
    const conv_shape s(g);
    return !s.depthwise() && !s.many_groups() && !few_channels_to_w<T>::fits(s);
  }
  template <class Launch> static constexpr const void* tiles() {
    constexpr conv_shape s{conv2d_geometry(Launch::geo)};
    if constexpr (s.depthwise() || s.many_groups()) {
      return choose_depthwise_weights_table<T, !s.depthwise(), axes<Launch>>();
    } else if constexpr (few_channels_to_w<T>::fits(s)) {
      return choose_few_channels_table<T, axes<Launch>>();
    } else {
      constexpr int rows = s.channels / s.groups, cols = s.out_channels / s.groups;
      return choose_table<T, rows, cols, broad_or<T>(tiling::dividing, cols)>();
    }
  }

  static constexpr std::size_t scratch(const conv2d_geometry& g, int, int) {
    const conv_shape s(g);
    if (s.depthwise()) return depthwise_sums(s) + depthwise_copies::of<T>(s).size;
    if (s.many_groups()) return grouped_sums::of(s, grouped_block_elements<T>).scratch(s);
    if (few_channels_to_w<T>::fits(s)) return few_channels_to_w<T>::scratch(s);
    const std::int64_t all = std::int64_t(s.kernel_height) * s.kernel_width * (s.channels / s.groups) * padded_cols(s);
    return packed_size(s) + std::size_t(all < block_size ? all : block_size);
  }

  /// What a chunk of any number of pixels needs.
  static constexpr std::size_t most_scratch(const conv2d_geometry& g, int rows, int cols, operand_types) {
    return scratch(g, rows, cols) + (tiles_pad ? std::size_t(most_pixels) * std::size_t(widest_panel<T>) : 0);
  }

  /// Sums that go from one call to the next.
  static constexpr std::size_t sums(const conv2d_geometry& g, int rows, int) {
    const conv_shape s(g);
    if (s.depthwise()) return depthwise_sums(s);
    if (s.many_groups()) return grouped_sums::of(s, grouped_block_elements<T>).size();
    if (few_channels_to_w<T>::fits(s)) return few_channels_to_w<T>::sums(s);
    return std::size_t(rows) * std::size_t(s.groups) * std::size_t(padded_cols(s) + widest_panel<T>);
  }

  /// How many parts are worth their fork and join.
  static constexpr int useful_parts(const conv2d_geometry& g, int rows, int cols) {
    const std::int64_t pixels = std::int64_t(g.images) * g.out_height * g.out_width;
    const std::int64_t parts = std::int64_t(rows) * cols * pixels / 65536;
    return parts < 1 ? 1 : parts > 1024 ? 1024 : int(parts);
  }

  static void run(const call<T>& a, T* destination, finish_function<T> finish, finish_function<T> unpool = nullptr) {
    if (a.rows <= 0 || a.cols <= 0) return;
    const conv_shape s{conv2d_geometry(*a.geo)};
    const tile_set<T>& set = static_cast<const tile_table<T>*>(a.tiles)->set[instruction_set()];
    if (few_channels_to_w<T>::fits(s)) {
      return few_channels_to_w<T>{a, *set.depthwise, s, destination, finish, unpool}.run();
    }
    if (set.depthwise != nullptr) return set.depthwise->run(a, *set.depthwise, destination, finish);
    const int cols = s.out_channels / s.groups;
    const int panels = divide_up(cols, set.panel()), stride = round_up(set.panel(), 16);
    const int height = set.rows;  // parts get whole tiles
    const grid_share share = share_grid(divide_up(a.rows, height), panels * s.groups, a.part, a.parts);
    const range rows = {share.rows.from * height, lesser_of(share.rows.to * height, a.rows)};
    if (rows.size() <= 0) return;
    // Both operands are read once for all sums that stay in the second-level cache.
    const int rows_together = lesser_of(greater_of(block_size / stride / height, 1) * height, rows.size());
    const int panels_together = greater_of(block_size / stride / rows_together, 1);
    for (int panel = share.cols.from; panel < share.cols.to;) {
      const int group = panel / panels, first = panel % panels;
      const int count = lesser_of(lesser_of(panels_together, panels - first), share.cols.to - panel);
      const range band = {first * set.panel(), lesser_of((first + count) * set.panel(), cols)};
      for (int row = rows.from; row < rows.to; row += rows_together) {
        const range part = {row, lesser_of(row + rows_together, rows.to)};
        const job now = {a, s, set, destination, finish, unpool, group, band, part, panel};
        now.compute();
        if (a.last) now.give();
      }
      panel += count;
    }
  }

 private:
  template <class Launch> struct axes {
    static constexpr conv_axis down = conv_shape{conv2d_geometry(Launch::geo)}.rows();
    static constexpr conv_axis across = conv_shape{conv2d_geometry(Launch::geo)}.columns();
  };

  /// Of the sums that are computed together: they stay in the second-level cache.
  static constexpr int block_size = 640 * 1024 / int(sizeof(T));

  /// The columns of a group as panels hold them, 16 or more apart.
  static constexpr int padded_cols(const conv_shape& s) {
#if defined(TFX_SIMD_HAS_NEON)
    constexpr int narrowest = int(32 / sizeof(T));
#else
    constexpr int narrowest = int(64 / sizeof(T));
#endif
    return divide_up(s.out_channels / s.groups, lesser_of(narrowest, 16)) * 16;
  }

  /// A panel of dy for a chunk of pixels, where it is not read as it lies.
  static constexpr std::size_t packed_size(const conv_shape& s) {
    const bool packs = tiles_pad && s.out_channels / s.groups % 16 != 0, unpools = s.window_height * s.window_width > 1;
    if (!packs && !unpools) return 0;
    const chunk all = chunk_of(s);
    return std::size_t(all.images * all.lines * all.columns) * std::size_t(widest_panel<T>);
  }

  /// How much of the contraction is done at a time, so that its part of the operands stays in the second-level cache:
  /// images, lines of one image, or a part of one line.
  struct chunk {
    int images = 1, lines = 1, columns = 1;
  };

  static constexpr int most_pixels = 768;
  static constexpr chunk chunk_of(const conv_shape& s) {
    const int window = s.window_height, most = window > 1 ? 192 : most_pixels;  // what is unpooled, in the first-level cache
    const int pixels = s.out_height * s.out_width, lines = most / s.out_width / window * window;
    if (pixels <= most) return {most / pixels, s.out_height, s.out_width};
    if (window > 1 || lines > 0) return {1, greater_of(lines, window), s.out_width};
    return {1, 1, most};
  }

  /// Some rows of some panels of columns.
  struct job {
    const call<T>& a;
    const conv_shape& s;
    const tile_set<T>& set;
    T* destination;
    finish_function<T> finish, unpool;
    int group = 0;
    range band, part;
    int panel = 0;  ///< the first of them, among all groups'

    std::ptrdiff_t x_line() const { return std::ptrdiff_t(s.width) * s.channels; }
    std::ptrdiff_t x_image() const { return s.height * x_line(); }
    std::ptrdiff_t y_line() const { return std::ptrdiff_t(s.out_width) * s.out_channels; }
    std::ptrdiff_t y_image() const { return s.out_height * y_line(); }

    /// Columns [col, col + count) of the group, row 0 of all at `sums`.
    struct panel_sums {
      int col = 0, count = 0;
      std::ptrdiff_t stride = 0;
      T* sums = nullptr;
    };

    bool in_place() const { return finish == nullptr && a.sums == nullptr; }

    /// Sums are kept from call to call, or are where the result is, or are in a block for the epilogue.
    panel_sums sums_of(int col) const {
      const int count = lesser_of(set.panel(), band.to - col), index = (col - band.from) / set.panel();
      if (in_place()) return {col, count, a.cols, destination + group * (s.out_channels / s.groups) + col};
      const std::ptrdiff_t full = round_up(set.panel(), 16), stride = round_up(count, 16);
      if (a.sums != nullptr) return {col, count, stride, a.sums + (panel + index) * a.rows * full};
      T* const block = a.scratch + packed_size(s);
      return {col, count, stride, block + index * part.size() * full - part.from * stride};
    }

    void give() const {
      if (in_place()) return;
      for (int col = band.from; col < band.to; col += set.panel()) {
        const panel_sums p = sums_of(col);
        const int first = group * (s.out_channels / s.groups) + col;
        backend::give(a, finish, destination, part, {first, first + p.count}, p.sums + part.from * p.stride, p.stride);
      }
    }

    static void clear(const panel_sums& p, range rows) {
      for (int row = rows.from; row < rows.to; ++row) {
        for (int j = 0; j < p.count; ++j) p.sums[row * p.stride + j] = T(0);
      }
    }

    /// Every chain is carried on in the sums, chunk by chunk.
    void compute() const {
      const chunk step = chunk_of(s);
      tile_call<T> call;
      call.resume = a.before > 0;
      call.a_step = std::ptrdiff_t(s.stride_width) * s.channels;
      call.a_inner = s.stride_height * x_line();
      call.a_outer = x_image();
      for (int image = 0; image < a.contracted; image += step.images) {
        call.outer = lesser_of(step.images, a.contracted - image);
        for (int line = 0; line < s.out_height; line += step.lines) {
          const range lines = {line, lesser_of(line + step.lines, s.out_height)};
          for (int left = 0; left < s.out_width; left += step.columns) {
            const range across = {left, lesser_of(left + step.columns, s.out_width)};
            for (int col = band.from; col < band.to; col += set.panel()) add(call, image, lines, across, sums_of(col));
            call.resume = true;
          }
        }
      }
    }

    /// Adds a chunk to the sums of a panel.
    void add(tile_call<T> call, int image, range lines, range across, const panel_sums& p) const {
      const T* const x = static_cast<const T*>(a.operand[0]) + image * x_image() + group * (s.channels / s.groups);
      const T* dy = static_cast<const T*>(a.operand[1]) + image * y_image() + lines.from * y_line() +
                    std::ptrdiff_t(across.from) * s.out_channels + group * (s.out_channels / s.groups) + p.col;
      call.cols = p.count;
      call.b_step = s.out_channels;
      call.b_inner = y_line();
      call.b_outer = y_image();
      if (unpool != nullptr || (set.pads && p.count < set.panel())) {
        T* const packed = a.scratch;
        // Several lines, or images, are whole and lie side by side.
        const int pixels = call.outer * lines.size() * across.size();
        if (unpool != nullptr) {
          const int window = s.window_height * s.window_width;
          const int first = (image * s.out_height + lines.from) * s.out_width / window;
          unpool(a, first, pixels / window, p.col, p.count, packed, set.panel());
        } else {
          pack_rows(dy, s.out_channels, pixels, p.count, packed, set.panel());
        }
        dy = packed;
        call.b_step = set.panel();
        call.b_inner = across.size() * call.b_step;
        call.b_outer = lines.size() * call.b_inner;
      }
      add_rows(call, x, dy, lines, across, p);
    }

    /// Every (i, j) has its own rectangle of pixels that do not touch padding.
    void add_rows(tile_call<T> call, const T* x, const T* dy, range lines, range wide, const panel_sums& p) const {
      const int channels = s.channels / s.groups;
      call.a_row = 1;
      call.c_row = p.stride;
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
          call.c = p.sums + row * p.stride;
          call.inner = down.size();
          call.depth = across.size();
          if (call.a_inner == call.depth * call.a_step && call.b_inner == call.depth * call.b_step) {
            call.depth *= call.inner;  // whole lines lie behind each other in both operands
            call.inner = 1;
          }
          run_panel(set, call, rows);
        } else if (!call.resume) {
          clear(p, {row, row + rows});
        }
        row += rows;
      }
    }
  };
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
