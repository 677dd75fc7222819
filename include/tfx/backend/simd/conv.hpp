// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/conv_axis.hpp>
#include <tfx/backend/simd/conv_weights.hpp>
#include <tfx/backend/simd/gathered_rows.hpp>
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
  conv_weights<T> weights;
  int window_height = 1, window_width = 1;  ///< of a pooling, which the epilogue does: it gets whole windows

  /// Lines of windows; a window is mostly one pixel.
  int lines() const { return a.rows / (columns.results / window_width); }

  /// All weights as they are packed for calls.
  void prepare(T* to) const {
    for (int panel = 0; panel < weights.groups * weights.panels(); ++panel, to += weights.packed_size()) {
      weights.pack_panel(panel, to);
    }
  }

  void run() const {
    if (a.rows <= 0 || a.cols <= 0) return;
    const int panels = weights.panels();
    grid_share share = share_grid(lines(), weights.groups * panels, a.part, a.parts);
    share.rows = {share.rows.from * window_height, share.rows.to * window_height};
    const int pixels = share.rows.size() * columns.results;
    const bool in_pieces = goes_in_pieces(pixels);
    const int most = panels_together(in_pieces ? pixels : 0);
    for (int panel = share.cols.from; panel < share.cols.to;) {
      const int count = lesser_of(lesser_of(most, panels - panel % panels), share.cols.to - panel);
      run_band({panel, panel + count}, share.rows, in_pieces, share.cols.to);
      panel += count;
    }
  }

 private:
  /// Few pixels use the weights so seldom that these come from afar: they are packed a piece at a time, all pixels go on
  /// with their sums, and the next piece is asked for meanwhile.
  bool goes_in_pieces(int pixels) const {
    return window_height == 1 && window_width == 1 && pixels * set.panel() <= conv_block_elements<T> &&
           weights.depth() >= 128;
  }

  /// Whole rows of results are good for an epilogue, and for their memory; but a block should have some lines (the
  /// border is computed along them), and the packed weights should stay in the second-level cache. `all` pixels where
  /// these are a block.
  int panels_together(int all_pixels) const {
    if (all_pixels > 0) return greater_of(conv_block_elements<T> / (all_pixels * set.panel()), 1);
    const int least = greater_of(lesser_of(rows.results, 4), window_height) * columns.results;
    const int pixels = cuts_lines() ? lesser_of(least, 4 * set.rows) : least;
    const int lines_together = conv_block_elements<T> / pixels;
    const std::int64_t column = std::int64_t(weights.taps) * weights.depth();
    const int padded = round_up(weights.cols(), set.panel());
    const bool all = column * padded <= 2 * conv_pack_elements<T>;
    const int weights_together = all ? padded : int(conv_pack_elements<T> / column);
    return greater_of(lesser_of(lines_together, weights_together) / set.panel(), 1);
  }

  /// Without borders and windows, a block need not have whole lines.
  bool cuts_lines() const { return window_height == 1 && window_width == 1 && !rows.pads() && !columns.pads(); }

  T* packed() const { return a.scratch + block_size<T>(window_height, columns.results); }

  /// Some panels of columns over a range of lines (rows of pixels), in blocks.
  void run_band(range panels, range share, bool in_pieces, int last_panel) const {
    const bool packs = weights.packs(share.size() * columns.results);
    for (int panel = panels.from; packs && !in_pieces && panel < panels.to; ++panel) {
      weights.pack_panel(panel, packed() + (panel - panels.from) * weights.packed_size());
    }
    const int group = panels.from / weights.panels();
    const range band = {weights.cols_of(panels.from).from, weights.cols_of(panels.to - 1).to};
    const int first_col = group * weights.cols() + band.from;
    const int stride = finish != nullptr ? round_up(band.size(), 16) : weights.result_channels;
    // What is pooled at once stays in the first-level cache, unless there are borders: those are computed along lines.
    const bool small = window_height > 1 && !rows.pads() && !columns.pads();
    const int most = small ? block_elements<T> : conv_block_elements<T>;
    const int pixels = greater_of(most / round_up(band.size(), 16), window_height);
    int height = greater_of(pixels / columns.results / window_height, 1) * window_height;
    // Whole images, whose borders are computed together, or nearly equal parts of one, or whole tiles of a line.
    const bool whole_images = height >= rows.results;
    const int parts = divide_up(rows.results, height);
    height = whole_images ? height - height % rows.results : round_up(divide_up(rows.results, parts), window_height);
    const int tile = set.rows * window_width, tiles = greater_of(pixels / tile, 1);
    const int width = height > 1 ? columns.results : lesser_of(tiles * tile, columns.results);
    const bool by_tap = sums_by_tap({{0, greater_of(height / rows.results, 1)}, {0, lesser_of(height, rows.results)}, {0, width}});
    for (int line = share.from; line < share.to;) {
      const int in_image = line % rows.results, image_end = line - in_image + rows.results;
      const bool whole = whole_images && in_image == 0;
      const int line_end = lesser_of(lesser_of(line + height, share.to), whole ? share.to : image_end);
      for (int left = 0; left < columns.results; left += width) {
        const range wide = {left, lesser_of(left + width, columns.results)};
        const int row = line * columns.results + left;
        T* const block = finish != nullptr ? a.scratch
                                           : destination + std::ptrdiff_t(row) * weights.result_channels + first_col;
        for (int panel = panels.from; panel < panels.to; ++panel) {
          const int in_band = panel - panels.from;
          const T* const w = packs && !in_pieces ? packed() + in_band * weights.packed_size() : nullptr;
          const panel_block now = {panel, {line, line_end}, wide, block + in_band * set.panel(), stride, w};
          if (in_pieces) sum_pieces(now, packs, last_panel);
          else if (by_tap) sum_taps(now);
          else sum_runs(now);
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

  /// A block of one panel of columns; its weights are packed, or are read as they lie.
  struct panel_block {
    int panel = 0;
    range lines, wide;
    T* c = nullptr;
    std::ptrdiff_t stride = 0;
    const T* packed = nullptr;
  };
  using piece = typename conv_weights<T>::piece;
  using matrix = typename conv_weights<T>::matrix;

  matrix weights_of(const panel_block& b, const piece& p) const {
    return b.packed != nullptr ? weights.packed_at(b.packed, p) : weights.where(p);
  }

  /// Results that read the same taps.
  __attribute__((noinline)) void sum_runs(const panel_block& b) const {
    for_boxes(b, [&](const pixel_box& box) {
      for_runs(columns, box.wide, [&](const axis_run& across) {
        for_runs(rows, box.tall, [&](const axis_run& down) {
          const piece p = {b.panel, down.taps.first * columns.taps + across.taps.first, {0, weights.depth()}};
          sum(b, box, down, across, p, weights_of(b, p), false, {});
        });
      });
    });
  }

  /// Tap by tap the results that read it, which go on with their sums.
  __attribute__((noinline)) void sum_taps(const panel_block& b) const {
    clear(b);
    for (int tap = 0; tap < weights.taps; ++tap) {
      const piece p = {b.panel, tap, {0, weights.depth()}};
      sum_readers(b, p, weights_of(b, p), {});
    }
  }

  __attribute__((noinline)) void sum_pieces(const panel_block& b, bool packs, int last_panel) const {
    clear(b);
    for (piece p = {b.panel, 0, {}}, next; weights.advance(p, b.panel + 1);) {
      const matrix w = packs ? weights.packed_once(p, packed()) : weights.where(p);
      next = p;
      sum_readers(b, p, w, weights.advance(next, last_panel) ? weights.ahead(next) : rows_ahead{});
    }
  }

  __attribute__((noinline)) void sum_readers(const panel_block& b, const piece& p, matrix w, rows_ahead ahead) const {
    for_boxes(b, [&](const pixel_box& box) {
      const axis_run down = rows.readers(p.tap / columns.taps, box.tall);
      const axis_run across = columns.readers(p.tap % columns.taps, box.wide);
      if (down.count <= 0 || across.count <= 0) return;
      sum(b, box, down, across, p, w, true, ahead);
      if (w.copy != nullptr) w = {w.copy, 0, set.panel()};
    });
  }

  void clear(const panel_block& b) const {
    const int pixels = b.lines.size() * b.wide.size(), count = weights.cols_of(b.panel).size();
    for (std::ptrdiff_t row = 0; row < pixels * b.stride; row += b.stride) {
      for (int j = 0; j < count; ++j) b.c[row + j] = T(0);
    }
  }

  /// Pixels of some images.
  struct pixel_box {
    range images, tall, wide;
    T* c = nullptr;  ///< of the first
  };

  /// Calls function(pixel_box) for lines of one image or of whole ones.
  template <class Function> void for_boxes(const panel_block& b, Function function) const {
    T* c = b.c;
    for (int at = b.lines.from; at < b.lines.to;) {
      const int image = at / rows.results, top = at - image * rows.results;
      const range tall = {top, lesser_of(rows.results, top + b.lines.to - at)};
      const int images = top == 0 ? greater_of((b.lines.to - at) / rows.results, 1) : 1;
      function(pixel_box{{image, image + images}, tall, b.wide, c});
      at += images * tall.size();
      c += std::ptrdiff_t(images * tall.size()) * columns.results * b.stride;
    }
  }

  /// Whether the tiles of a block take fewer steps tap by tap: to load and to store their sums takes as long as some.
  __attribute__((noinline)) bool sums_by_tap(const pixel_box& box) const {
    if (!rows.pads() && !columns.pads()) return false;
    constexpr int of_call = 6;
    std::int64_t runs = 0, taps = 0;
    const auto steps = [&](const axis_run& down, const axis_run& across) {
      const int tiles = divide_up(box.images.size() * down.count * across.count, set.rows);
      return std::int64_t(tiles) * (down.taps.count * across.taps.count * weights.depth() + of_call);
    };
    for_runs(columns, box.wide, [&](const axis_run& across) {
      for_runs(rows, box.tall, [&](const axis_run& down) { runs += steps(down, across); });
    });
    for (int tap = 0; tap < weights.taps; ++tap) {
      taps += steps(rows.readers(tap / columns.taps, box.tall), columns.readers(tap % columns.taps, box.wide));
    }
    return taps < runs;
  }

  /// Sums of a rectangle of pixels that read the same taps, from that of p on.
  __attribute__((noinline)) void sum(const panel_block& b, const pixel_box& box, const axis_run& down,
                                     const axis_run& across, const piece& p, const matrix& w, bool goes_on,
                                     rows_ahead ahead) const {
    const std::ptrdiff_t pixel = weights.source_channels, line = columns.source * pixel, picture = rows.source * line;
    const std::ptrdiff_t c_line = columns.results * b.stride;
    const int group = b.panel / weights.panels();
    tile_call<T> call;
    call.a = source + box.images.from * picture + down.taps.at * line + across.taps.at * pixel +
             group * weights.depth() + p.rows.from;
    call.b = w.data;
    call.c = box.c + (down.start - box.tall.from) * c_line + (across.start - box.wide.from) * b.stride;
    call.b_step = w.row;
    call.a_step = 1;
    call.cols = weights.cols_of(b.panel).size();
    call.a_outer = rows.tap_advance() * line;
    call.b_outer = rows.tap_step() * columns.taps * w.tap;
    call.a_inner = columns.tap_advance() * pixel;
    call.b_inner = columns.tap_step() * w.tap;
    call.outer = down.taps.count;
    call.inner = across.taps.count;
    call.depth = p.rows.size();
    call.copy = w.copy;
    call.copy_row = set.panel();
    call.resume = goes_on;
    if (call.a_inner == call.depth && call.b_inner == call.depth * w.row) {
      call.depth *= call.inner;  // neighbouring taps lie behind each other in the source and in the weights
      call.inner = 1;
    }
    run_gathered(set, call,
                 {{box.images.size(), picture, box.tall.size() * c_line},
                  {down.count, rows.advance() * line, down.step * c_line},
                  {across.count, columns.advance() * pixel, across.step * b.stride}},
                 ahead);
  }
};

namespace detail {

/// Elements for a block and for the packed weights: all columns as far as the limit goes, at least one panel.
template <class T> constexpr std::size_t conv_scratch(const conv_shape& s, int depth, int padded_cols) {
  const std::int64_t column = std::int64_t(s.kernel_height) * s.kernel_width * depth, panel = widest_panel<T>;
  const std::int64_t all = column * padded_cols;
  const std::int64_t most = column * panel > 2 * conv_pack_elements<T> ? column * panel : 2 * conv_pack_elements<T>;
  return std::size_t(block_size<T>(s.window_height, s.out_width) + (all < most ? all : most));
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

  static constexpr bool follows_lengths(const conv2d_geometry& g) { return !conv_shape(g).depthwise() && !conv_shape(g).many_groups(); }

  /// What tiles should fit: the pixels that read the first tap.
  static constexpr int tile_rows(const conv_shape& s) {
    const conv_axis y = rows(s), x = columns(s);
    return s.images * y.readers(0, {0, y.results}).count * x.readers(0, {0, x.results}).count;
  }

  template <class Launch> static constexpr const void* tiles() {
    constexpr conv_shape s{conv2d_geometry(Launch::geo)};
    if constexpr (s.depthwise() || s.many_groups()) {
      constexpr int step = depth(s) == 1 ? depthwise_step(rows(s), columns(s)) : 0;
      constexpr int run = step > 0 ? columns(s).results : columns(s).longest_run();
      return choose_depthwise_table<T, Transposed, !s.depthwise(), run, step ? s.kernel_height : 0,
                                    step ? s.kernel_width : 0, step>();
    } else {
      return choose_table<T, tile_rows(s), cols(s), tiling::gathered>();
    }
  }

  /// Columns in whole panels.
  static constexpr int padded_cols(const conv_shape& s) {
    return padded_cols_of<T>(tile_rows(s), cols(s), tiling::gathered);
  }

  static constexpr std::size_t scratch(const conv2d_geometry& g, int, int) { return scratch_of(conv_shape(g)); }
  static constexpr std::size_t scratch_of(const conv_shape& s) {
    if (s.depthwise()) return std::size_t(depthwise_block_elements<T>);
    if (s.many_groups()) return grouped_blocks::of<Transposed>(s, grouped_block_elements<T>).scratch();
    return detail::conv_scratch<T>(s, depth(s), padded_cols(s));
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
    return std::size_t(s.groups * taps) * std::size_t(depth(s)) * std::size_t(padded_cols(s));
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
            {set, static_cast<const T*>(a.operand[1]), a.prepared, s.kernel_height * s.kernel_width,
             depth(s) * s.groups, cols(s) * s.groups, s.groups, Transposed},
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
