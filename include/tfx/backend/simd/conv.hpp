// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/conv_axis.hpp>
#include <tfx/backend/simd/grouped.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/tile.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Blocks of a convolution live in the second-level cache: some lines of pixels by many columns.
template <class T> inline constexpr int conv_block_elements = int(96 * 1024 / sizeof(T));
/// So many packed weights at a time, unless one panel has more, or all of them are not more than twice as many.
template <class T> inline constexpr int conv_pack_elements = int(256 * 1024 / sizeof(T));

/// Elements of a block: at least a line of windows, one panel wide.
template <class T> constexpr int block_size(int window_height, int results) {
  const int line = window_height > 1 ? window_height * results * widest_panel<T> : 0;
  return greater_of(conv_block_elements<T>, line);
}

/// A convolution or its transpose as a gather: every result pixel is a row of a tile, every tap a matrix [depth, cols].
///
/// There is no im2col and no halo. The pixels are cut into rectangles that read the same taps (one inside, a few along
/// the border), so padding is skipped, and the source pixels of a tile's rows are a fixed distance apart.
template <class T> struct conv_gather {
  const call<T>& a;
  const tile_set<T>& set;
  T* destination = nullptr;
  finish_function<T> finish = nullptr;
  conv_axis rows, columns;
  const T* source = nullptr;
  const T* weights = nullptr;
  int source_channels = 0, result_channels = 0, groups = 1;
  bool transposed = false;  ///< weights are [result channels, source channels] instead of the other way round
  int window_height = 1, window_width = 1;  ///< of a pooling, which the epilogue does: it gets whole windows

  int depth() const { return source_channels / groups; }
  int cols() const { return result_channels / groups; }
  /// Lines of windows; a window is mostly one pixel.
  int lines() const { return a.rows / (columns.results / window_width); }

  /// All weights as they are packed for calls.
  void prepare(T* to) const {
    const std::ptrdiff_t size = std::ptrdiff_t(rows.taps) * columns.taps * depth() * round_up(cols(), set.panel());
    for (int group = 0; group < groups; ++group) pack_band(group, {0, cols()}, to + group * size);
  }

  void run() const {
    if (a.rows <= 0 || a.cols <= 0) return;
    const int panels = divide_up(cols(), set.panel());
    grid_share share = share_grid(lines(), groups * panels, a.part, a.parts);
    share.rows = {share.rows.from * window_height, share.rows.to * window_height};
    const int most = panels_together();
    for (int panel = share.cols.from; panel < share.cols.to;) {
      const int group = panel / panels, first = panel % panels;
      const int count = lesser_of(lesser_of(most, panels - first), share.cols.to - panel);
      const range band = {first * set.panel(), lesser_of((first + count) * set.panel(), cols())};
      run_band(group, band, share.rows);
      panel += count;
    }
  }

 private:
  /// Where the weights of one band of columns lie: tap t at `data + t * tap`, its rows `row` apart, panels `panel`
  /// apart.
  struct band_weights {
    const T* data = nullptr;
    std::ptrdiff_t tap = 0, row = 0, panel = 0;
  };

  /// Whole rows of results are good for an epilogue, and for their memory; but a block should have some lines (the
  /// border is computed along them), and the packed weights should stay in the second-level cache.
  int panels_together() const {
    const int least = greater_of(lesser_of(rows.results, 4), window_height) * columns.results;
    const int pixels = cuts_lines() ? lesser_of(least, 4 * set.rows) : least;
    const int lines_together = conv_block_elements<T> / pixels;
    const std::int64_t column = std::int64_t(rows.taps) * columns.taps * depth();
    const int padded = round_up(cols(), set.panel());
    const bool all = column * padded <= 2 * conv_pack_elements<T>;
    const int weights_together = all ? padded : int(conv_pack_elements<T> / column);
    return greater_of(lesser_of(lines_together, weights_together) / set.panel(), 1);
  }

  /// Without borders and windows, a block need not have whole lines.
  bool cuts_lines() const { return window_height == 1 && window_width == 1 && !rows.pads() && !columns.pads(); }

  /// Weights of a panel that lie side by side are read as they are, and so are those that few pixels use: a copy costs
  /// as much as the sums of three pixels.
  bool packs(range band, int pixels) const {
    if (transposed || (set.pads && band.size() % set.panel() != 0)) return true;
    return result_channels > set.panel() && pixels >= 32;
  }

  /// Elements of one tap's matrix.
  std::ptrdiff_t matrix() const { return std::ptrdiff_t(source_channels) * result_channels / groups; }

  void pack_band(int group, range band, T* to) const {
    const int taps = rows.taps * columns.taps, panel = set.panel();
    const std::ptrdiff_t size = std::ptrdiff_t(depth()) * panel;
    for (int col = band.from; col < band.to; col += panel) {
      const int count = lesser_of(panel, band.to - col);
      for (int tap = 0; tap < taps; ++tap, to += size) {
        const T* const from = weights + tap * matrix();
        if (transposed) {
          const T* const first = from + std::ptrdiff_t(col) * source_channels + group * depth();
          set.transpose(first, source_channels, depth(), count, to, panel, panel);
        } else {
          set.pack(from + group * cols() + col, result_channels, depth(), count, to, panel);
        }
      }
    }
  }

  band_weights weights_of(int group, range band, int pixels) const {
    const int taps = rows.taps * columns.taps, panel = set.panel();
    const std::ptrdiff_t size = std::ptrdiff_t(depth()) * panel;
    const T* const data = weights + group * cols() + band.from;
    if (a.prepared != nullptr) {
      const std::ptrdiff_t first = std::ptrdiff_t(group) * divide_up(cols(), panel) + band.from / panel;
      return {a.prepared + first * taps * size, size, panel, taps * size};
    }
    if (!packs(band, pixels)) return {data, matrix(), result_channels, panel};
    T* const packed = a.scratch + block_size<T>(window_height, columns.results);
    pack_band(group, band, packed);
    return {packed, size, panel, taps * size};
  }

  /// A band of result columns over a range of lines (rows of pixels), in blocks.
  void run_band(int group, range band, range share) const {
    const band_weights w = weights_of(group, band, share.size() * columns.results);
    const int first_col = group * cols() + band.from;
    const int stride = finish != nullptr ? round_up(band.size(), 16) : result_channels;
    // What is pooled at once stays in the first-level cache, unless there are borders: those are computed along lines.
    const bool small = window_height > 1 && !rows.pads() && !columns.pads();
    const int most = small ? block_elements<T> : conv_block_elements<T>;
    const int pixels = greater_of(most / round_up(band.size(), 16), window_height);
    int height = greater_of(pixels / columns.results / window_height, 1) * window_height;
    // Whole images, whose borders are computed together, or nearly equal parts of one, or whole tiles of a line.
    const bool whole_images = height >= rows.results;
    const int parts = divide_up(rows.results, height);
    height = whole_images ? height - height % rows.results : round_up(divide_up(rows.results, parts), window_height);
    const int piece = set.rows * window_width, pieces = greater_of(pixels / piece, 1);
    const int width = height > 1 ? columns.results : lesser_of(pieces * piece, columns.results);
    for (int line = share.from; line < share.to;) {
      const int in_image = line % rows.results, image_end = line - in_image + rows.results;
      const bool whole = whole_images && in_image == 0;
      const int line_end = lesser_of(lesser_of(line + height, share.to), whole ? share.to : image_end);
      for (int left = 0; left < columns.results; left += width) {
        const range wide = {left, lesser_of(left + width, columns.results)};
        const int row = line * columns.results + left;
        T* const block =
            finish != nullptr ? a.scratch : destination + std::ptrdiff_t(row) * result_channels + first_col;
        for (int col = band.from, panel = 0; col < band.to; col += set.panel(), ++panel) {
          const int count = lesser_of(set.panel(), band.to - col);
          const tap_weights taps = {w.data + panel * w.panel, w.tap, w.row};
          T* c = block + panel * set.panel();
          for (int at = line; at < line_end;) {
            const int image = at / rows.results, top = at - image * rows.results;
            const range tall = {top, lesser_of(rows.results, top + line_end - at)};
            const int images = top == 0 ? greater_of((line_end - at) / rows.results, 1) : 1;
            rectangles({image, image + images}, group, tall, wide, taps, c, stride, count);
            at += images * tall.size();
            c += std::ptrdiff_t(images * tall.size()) * columns.results * stride;
          }
        }
        if (finish != nullptr) {
          const int windows = (line_end - line) / window_height - 1, in_line = columns.results / window_width;
          finish(a, window_height > 1 || window_width > 1 ? line / window_height * in_line : row,
                 windows * in_line + wide.size() / window_width, first_col, band.size(), block, stride);
        }
      }
      line = line_end;
    }
  }

  /// The weights of one panel: tap t at `data + t * tap`, its rows `row` apart.
  struct tap_weights {
    const T* data = nullptr;
    std::ptrdiff_t tap = 0, row = 0;
  };

  /// One direction in which results read the same taps of places a fixed distance apart.
  struct direction {
    int count = 1;
    std::ptrdiff_t a = 0, c = 0;
  };

  /// Pixels [tall) x [wide) of some images, c being the first of them.
  __attribute__((noinline)) void rectangles(range images, int group, range tall, range wide, const tap_weights& w, T* c,
                                            int stride, int count) const {
    const std::ptrdiff_t pixel = source_channels, line = columns.source * pixel, picture = rows.source * line;
    const std::ptrdiff_t c_line = std::ptrdiff_t(columns.results) * stride;
    const T* const first = source + images.from * picture + group * depth();
    for_runs(columns, wide, [&](const axis_run& across) {
      for_runs(rows, tall, [&](const axis_run& down) {
        const axis_taps& y = down.taps;
        const axis_taps& x = across.taps;
        tile_call<T> call;
        call.a = first + y.at * line + x.at * pixel;
        call.b = w.data + (y.first * columns.taps + x.first) * w.tap;
        call.c = c + (down.start - tall.from) * c_line + std::ptrdiff_t(across.start - wide.from) * stride;
        call.b_step = w.row;
        call.a_step = 1;
        call.cols = count;
        call.a_outer = rows.tap_advance() * line;
        call.b_outer = rows.tap_step() * columns.taps * w.tap;
        call.a_inner = columns.tap_advance() * pixel;
        call.b_inner = columns.tap_step() * w.tap;
        call.outer = y.count;
        call.inner = x.count;
        call.depth = depth();
        if (call.a_inner == depth() && call.b_inner == depth() * w.row) {
          call.depth *= call.inner;  // neighbouring taps lie behind each other in the source and in the weights
          call.inner = 1;
        }
        // The longest direction makes the rows of the tiles.
        direction d[3] = {{images.size(), picture, rows.results * c_line},
                          {down.count, rows.advance() * line, down.step * c_line},
                          {across.count, columns.advance() * pixel, std::ptrdiff_t(across.step) * stride}};
        for (int k = 1; k >= 0; --k) {
          if (d[k].count <= d[2].count || d[2].count >= set.rows) continue;
          const direction longer = d[k];
          d[k] = d[2];
          d[2] = longer;
        }
        call.a_row = d[2].a;
        call.c_row = d[2].c;
        tile_call<T> tiles = call;
        for (int i = 0; i < d[0].count; ++i) {
          for (int j = 0; j < d[1].count; ++j) {
            tiles.a = call.a + i * d[0].a + j * d[1].a;
            tiles.c = call.c + i * d[0].c + j * d[1].c;
            run_panel(set, tiles, d[2].count);
          }
        }
      });
    });
  }
};

namespace detail {

/// Elements for a block and for the packed weights: all columns as far as the limit goes, at least one panel.
template <class T> constexpr std::size_t conv_scratch(const conv_shape& s, int depth, int cols) {
  const std::int64_t column = std::int64_t(s.kernel_height) * s.kernel_width * depth;
  const std::int64_t panel = cols % widest_panel<T> == 0 ? widest_panel<T> : widest_panel<T> / 2;
  const std::int64_t all = column * ((cols + panel - 1) / panel * panel);
  const std::int64_t most = column * panel > 2 * conv_pack_elements<T> ? column * panel : 2 * conv_pack_elements<T>;
  return std::size_t(block_size<T>(s.window_height, s.out_width) + (all < most ? all : most));
}

/// What tiles should fit: the longest run of pixels that read the same taps.
constexpr int conv_tile_rows(const conv_axis& rows, const conv_axis& columns) {
  const int across = columns.longest_run();
  return across >= 8 ? across : greater_of(across, rows.longest_run());
}

constexpr int conv_useful_parts(const conv2d_geometry& g, int rows, int cols) {
  const conv_shape s(g);
  const std::int64_t taps = std::int64_t(g.kernel_height) * g.kernel_width * s.window_height * s.window_width;
  const std::int64_t parts = std::int64_t(rows) * cols * taps * g.channels / g.groups / 65536;
  return parts < 1 ? 1 : parts > 1024 ? 1024 : int(parts);
}

}  // namespace detail

/// A convolution as a gather, or the gradient with respect to its input, which is one too.
template <class T, bool Transposed> struct simd_gather {
  /// Channels of a group that are summed over, and that are results.
  static constexpr int depth(const conv_shape& s) { return (Transposed ? s.out_channels : s.channels) / s.groups; }
  static constexpr int cols(const conv_shape& s) { return (Transposed ? s.channels : s.out_channels) / s.groups; }
  static constexpr conv_axis rows(const conv_shape& s) { return Transposed ? s.rows_to_input() : s.rows(); }
  static constexpr conv_axis columns(const conv_shape& s) { return Transposed ? s.columns_to_input() : s.columns(); }

  template <class Launch> static constexpr const void* tiles() {
    constexpr conv_shape s{conv2d_geometry(Launch::geo)};
    if constexpr (s.depthwise() || s.many_groups()) {
      constexpr int step = depth(s) == 1 ? depthwise_step(rows(s), columns(s)) : 0;
      return choose_depthwise_table<T, Transposed, !s.depthwise(), columns(s).longest_run(), step ? s.kernel_height : 0,
                                    step ? s.kernel_width : 0, step>();
    } else {
      constexpr int run = greater_of(5, detail::conv_tile_rows(rows(s), columns(s)));
      return choose_table<T, run, cols(s), broad_or<T>(tiling::balanced, cols(s))>();
    }
  }

  static constexpr std::size_t scratch(const conv2d_geometry& g, int, int) { return scratch_of(conv_shape(g)); }
  static constexpr std::size_t scratch_of(const conv_shape& s) {
    if (s.depthwise()) return std::size_t(depthwise_block_elements<T>);
    if (s.many_groups()) return grouped_blocks::of<Transposed>(s, grouped_block_elements<T>).scratch();
    return detail::conv_scratch<T>(s, depth(s), cols(s));
  }

  /// How many parts are worth their fork and join.
  static constexpr int useful_parts(const conv2d_geometry& g, int rows, int cols) {
    return detail::conv_useful_parts(g, rows, cols);
  }

  static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    const tile_set<T>& set = static_cast<const tile_table<T>*>(a.tiles)->set[instruction_set()];
    if (set.depthwise != nullptr) return set.depthwise->run(a, *set.depthwise, destination, finish);
    gather_of(a, set, destination, finish).run();
  }

  /// Elements of constant weights packed ahead of time, where there may be several panels of them.
  static constexpr std::size_t prepared(const conv2d_geometry& g, int, int) {
    const conv_shape s(g);
    if (s.depthwise() || s.many_groups() || (!Transposed && cols(s) <= int(64 / sizeof(T)))) return 0;
    const int taps = s.kernel_height * s.kernel_width;
    return std::size_t(s.groups * taps) * std::size_t(depth(s)) * std::size_t(round_up(cols(s), widest_panel<T> / 2));
  }
  static void prepare(const call<T>& a, T* to) {
    gather_of(a, static_cast<const tile_table<T>*>(a.tiles)->set[instruction_set()], nullptr, nullptr).prepare(to);
  }

 private:
  static conv_gather<T> gather_of(const call<T>& a, const tile_set<T>& set, T* destination, finish_function<T> finish) {
    const conv_shape s{conv2d_geometry(*a.geo)};
    return {a,
            set,
            destination,
            finish,
            rows(s),
            columns(s),
            static_cast<const T*>(a.operand[0]),
            static_cast<const T*>(a.operand[1]),
            depth(s) * s.groups,
            cols(s) * s.groups,
            s.groups,
            Transposed,
            s.window_height,
            s.window_width};
  }
};

/// Two-dimensional convolution, channels last, one fused multiply-add chain per result; padding is skipped.
///
///     y[n][h][w][o] = sum_(i, j, c) x[n][h * stride - pad + i * dilation][...][c] * w[i][j][c][o]
///
/// Operands   x [n, H, W, C] and w [KH, KW, C / groups, O]
template <class T> struct simd_conv : simd_gather<T, false> {};

/// The gradient of a convolution with respect to its input: the same gather over the output's gradient.
///
/// Operands   dy [n, OH, OW, O] and w
/// Order      taps ascending, then output channels
template <class T> struct simd_conv_to_x : simd_gather<T, true> {};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
