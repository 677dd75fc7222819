// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/lines.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/tile.hpp>
#include <tfx/geometry/matmul.hpp>
#include <tfx/lanes/stored.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Product of matrices, whose terms are added in the order that its geometry says.
///
///     y[b][m][n] = sum_k A[b][m][k] * B[b][k][n]
///
/// Order      bands of columns, of which B is packed if it must be; in them blocks of rows; in those pieces of long
///            chains, panels of columns, and tiles of rows
/// Blocks     with an epilogue, `stride` is a multiple of 16 and all of rows * stride may be read
template <class T> struct simd_matmul {
  template <class Launch> static constexpr const void* tiles() {
    constexpr matmul_geometry g = Launch::geo;
    constexpr int rows = height(g, Launch::rows);
    constexpr operand_types types = types_of<Launch>();
    constexpr line_kind lines = lines_of(g, rows, types);
    if constexpr (lines == line_kind::left_rows) {
      return &lines_table_of<T, lines, g.cols, rows>;
    } else if constexpr (lines != line_kind::none) {
      return &lines_table_of<T, lines, rows, g.cols>;
    } else if constexpr (rows == Launch::rows && small(g, rows, types)) {
      return &small_table_of<T, rows, g.depth, g.cols, g.left_transposed != 0>;
    } else if constexpr (of_bytes(g)) {
      static_assert(sizeof(T) == 4 && types.left == lies_as::int8 && types.right == lies_as::int8);
      return choose_byte_table<T, rows, g.cols, use(g, Launch::rows, types), operands(g, Launch::rows, types)>();
    } else {
      using left = tfx::lanes::element_of<types.left, T>;
      using right = tfx::lanes::element_of<types.right, T>;
      return choose_table<T, rows, g.cols, use(g, Launch::rows, types), operands(g, Launch::rows, types), g.order, left,
                          std::conditional_t<widens_in_tiles(g, rows, types), in_place<right>, right>>();
    }
  }

  /// What is packed of A and B where it must be, and blocks of the result, no larger than the result, for an epilogue.
  static constexpr std::size_t scratch(const matmul_geometry& g, int rows, int cols, operand_types types = {}) {
    const int tall = height(g, rows), depth = round_up(g.depth, 16);
    const int panel = widest_panel_of<T>(tall, g.cols, use(g, rows, types), g.order);
    const bool transposes = g.right_transposed != 0, packs = packs_right(g, tall, types);
    const int held = left_held(g, tall, types);
    const bool one_block = tall <= rows_in_cache(g, tall) && held == 0;
    const bool packs_last = packs || (tiles_pad && cols % panel != 0);
    const int band = packs && !one_block ? lesser_of(widest_band(g), round_up(cols, panel)) : packs_last ? panel : 0;
    const int pack = depth * (band + held);
    const std::int64_t result = std::int64_t(height(g, rows)) * round_up(cols, 16);
    const int block = result < block_elements<T> ? int(result) : block_elements<T>;
    const bool twice = transposes || lines_of(g, tall, types) == line_kind::left_rows;
    return std::size_t(pack) + std::size_t(twice ? 2 * block_elements<T> : block);
  }

  /// How many parts are worth their fork and join.
  static constexpr int useful_parts(const matmul_geometry& g, int rows, int cols) {
    const int panel = widest_panel_of<T>(height(g, rows), g.cols, use(g, rows, {}), g.order);
    const std::int64_t units = std::int64_t(rows) * divide_up(cols, panel);
    const std::int64_t work = std::int64_t(rows) * cols * g.depth / 65536;
    const std::int64_t parts = work < units ? work : units;
    return parts < 1 ? 1 : parts > 1024 ? 1024 : int(parts);
  }

  /// Elements of a constant B packed ahead of time: where it is transposed or narrow, or where the rows of a panel lie
  /// a page or more apart.
  static constexpr std::size_t prepared(const matmul_geometry& g, int rows, int cols, operand_types types = {}) {
    const int tall = height(g, rows);
    const bool one_b = tall == rows || g.right_step == 0, bounded = g.depth_is_batch != 0;
    const bool far_apart = g.cols * int(sizeof(T)) >= 4096, in_tiles = widens_in_tiles(g, tall, types);
    const line_kind lines = lines_of(g, tall, types);
    if (lines == line_kind::left_rows || lines == line_kind::right_rows) return 0;
    if (!one_b || bounded || in_tiles || (tall == rows && small(g, rows, types))) return 0;
    if (g.right_transposed == 0 && !far_apart && types.right == lies_as::word) return 0;
    const int panel = widest_panel_of<T>(tall, g.cols, use(g, rows, types), g.order);
    return std::size_t(g.depth + of_bytes(g)) * std::size_t(round_up(cols, panel));
  }
  /// Packs B, panel by panel.
  static void prepare(const call<T>& a, T* to) {
    const tile_set<T>& set = static_cast<const tile_table<T>*>(a.tiles)->set[instruction_set()];
    const matmul_geometry g = *a.geo;
    const matrices p(a, g, set);
    pack_panels(p, set, a.operand[1], 0, {0, a.cols}, to);
  }

  static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    if (a.rows <= 0 || a.cols <= 0) return;
    const tile_set<T>& set = static_cast<const tile_table<T>*>(a.tiles)->set[instruction_set()];
    const matmul_geometry g = *a.geo;
    if (a.rows == set.whole_rows && a.parts == 1 && (g.depth_is_batch == 0 || a.contracted == g.depth)) {
      return multiply_whole(a, set, destination, finish);
    }
    matrices p(a, g, set);
    simd_lines<T> lines(a, g, set, destination, finish);
    if (lines.serves(p.rows)) return lines.run(p.count, p.rows);
    p.destination = destination;
    p.finish = finish;
    const partition parts = a.parts > 1 ? split(p, set, a.parts) : partition();
    if (a.part >= parts.batches * parts.rows * parts.panels) return;
    const int row_part = a.part / parts.panels % parts.rows, panel_part = a.part % parts.panels;
    const range batch = share_of(p.count, a.part / (parts.panels * parts.rows), parts.batches);
    const range rows = share_of(p.rows, row_part, parts.rows);
    const range panels = share_of(divide_up(a.cols, set.panel()), panel_part, parts.panels);
    const range cols = {panels.from * set.panel(), lesser_of(panels.to * set.panel(), a.cols)};
    if (rows.size() == 0 || cols.size() == 0) return;
    const bool across = a.prepared == nullptr && swaps(p, set, rows.size(), cols.size());
    for (int i = batch.from; i < batch.to; ++i) {
      if (across) {
        multiply_across(p, set, i, rows, cols);
      } else {
        multiply(p, set, i, rows, cols);
      }
    }
  }

 private:
  /// Rows of one product.
  static constexpr int height(const matmul_geometry& g, int rows) {
    return merged(g, rows) ? rows : lesser_of(g.rows, rows);
  }
  /// Broad tiles; but as many rows as registers hold where A is stored as columns, where rows of B collide and are not
  /// packed, so that B is read less often, or where few rows may become the columns of a tile (`swaps`).
  static constexpr tiling use(const matmul_geometry& g, int rows, operand_types types) {
    const int tall = height(g, rows);
    const bool stays = g.right_transposed == 0 && collide(g.cols, 256) && !packs_right(g, tall, types);
    const bool may_swap = g.right_transposed != 0 && tall < 256 && !narrow(types);
    if (tall <= 4) return tiling::wide;
    return g.left_transposed != 0 || stays || may_swap ? tiling::balanced : tiling::broad;
  }
  static constexpr layout operands(const matmul_geometry& g, int rows, operand_types types) {
    if (g.left_transposed && !g.right_transposed) return layout::columns;
    return packs_right(g, height(g, rows), types) || g.cols * int(sizeof(T)) <= 1024 ? layout::near_rows : layout::rows;
  }

  /// A product gets code of its own, with known strides, if its calls would cost as much as its sums, or if its tiles
  /// are of one vector, which run-time strides slow down. Fewer rows wait for B or for latency anyway.
  static constexpr bool small(const matmul_geometry& g, int rows, operand_types types) {
    const std::int64_t work = std::int64_t(rows) * g.cols * g.depth;
    return rows >= 5 && (work <= 32 * 32 * 32 || (g.cols <= 16 && work <= 64 * 64 * 64)) &&
           rows * round_up(g.cols, 16) <= block_elements<T> && g.right_transposed == 0 && !tiles_pad &&
           g.order == summing::chain && !narrow(types);
  }

  /// A batch over one B whose A matrices lie behind each other is one tall matrix.
  static constexpr bool merged(const matmul_geometry& g, int rows) {
    return rows > g.rows && g.right_step == 0 && g.left_transposed == 0 && g.left_step == g.rows * g.depth;
  }

  /// Rows so far apart that all of them fall into the same sets of the caches.
  static constexpr bool collide(int elements_apart, int rows) {
    return elements_apart % (4096 / int(sizeof(T))) == 0 && rows >= 256;
  }

  /// Its rows collide, or B is beyond the second-level cache, and there are rows enough of A to be worth packing it.
  static constexpr bool large(const matmul_geometry& g, int rows) {
    const std::int64_t bytes = std::int64_t(g.depth) * g.cols * std::int64_t(sizeof(T));
    const bool collides = g.right_transposed == 0 && collide(g.cols, g.depth);
    return g.depth >= 256 && ((rows >= 48 && collides) || (rows >= 192 && bytes > (1 << 20)));
  }

  static constexpr bool of_bytes(const matmul_geometry& g) { return g.order == summing::integers; }
  template <class Launch> static constexpr operand_types types_of() {
    if constexpr (requires { Launch::types; }) return Launch::types;
    else return {};
  }
  static constexpr line_kind lines_of(const matmul_geometry& g, int rows, operand_types types) {
    return narrow(types) ? line_kind::none : simd_lines<T>::kind(g, rows);
  }
  static constexpr bool narrow(operand_types types) { return types.left != lies_as::word || types.right != lies_as::word; }
  /// Few rows read B once, and widen it on the way: packing it would cost as much.
  static constexpr bool widens_in_tiles(const matmul_geometry& g, int rows, operand_types types) {
    return rows <= 4 && g.right_transposed == 0 && types.right == lies_as::bfloat16 && sizeof(T) == 4;
  }
  /// Whether all of B is packed, one band at a time.
  static constexpr bool packs_right(const matmul_geometry& g, int rows, operand_types types) {
    if (widens_in_tiles(g, rows, types)) return false;
    return g.right_transposed != 0 || types.right != lies_as::word || large(g, rows);
  }

  /// Columns of B, and rows of A, that stay in the second-level cache together.
  static constexpr int widest_band(const matmul_geometry& g) {
    constexpr int of_all_panels = 2 * widest_panel<T>;
    return greater_of(512 * 1024 / int(sizeof(T)) / greater_of(g.depth, 1) / of_all_panels, 1) * of_all_panels;
  }
  static constexpr int rows_in_cache(const matmul_geometry& g, int rows) {
    return 384 * 1024 / int(sizeof(T)) / greater_of(steps_together(g, rows, g.depth), 1);
  }
  /// Steps of a contraction that all tiles of a block make before the next ones, so that a panel of B stays near; all,
  /// where both operands are read in order.
  static constexpr int steps_together(const matmul_geometry& g, int rows, int depth) {
    const bool in_order = !g.left_transposed && !g.right_transposed && large(g, rows);
    return depth > 1024 && !in_order ? round_up(divide_up(depth, divide_up(depth, 512)), terms_in_pairs) : depth;
  }

  /// Whether the rows of a transposed A collide, and columns enough are computed for them to be worth packing.
  static constexpr bool packs_left(const matmul_geometry& g) {
    return g.left_transposed && !g.right_transposed && g.cols >= 64 && collide(g.rows, g.depth);
  }
  static constexpr int left_rows = 128;  ///< of A at a time
  /// Rows of A that are packed at a time: as columns, or because they are widened.
  static constexpr int left_held(const matmul_geometry& g, int rows, bool widens) {
    if (packs_left(g)) return left_rows;
    const int in_cache = 384 * 1024 / int(sizeof(T)) / greater_of(g.depth, 1);
    return widens ? round_up(lesser_of(rows, greater_of(in_cache, 32)), 16) : 0;
  }
  static constexpr int left_held(const matmul_geometry& g, int rows, operand_types types) {
    return left_held(g, rows, types.left != lies_as::word);
  }

  struct matrices {
    matrices(const call<T>& from, const matmul_geometry& of, const tile_set<T>& set) : a(from), g(of) {
      const bool one = a.rows <= g.rows || merged(g, a.rows);
      count = one ? 1 : divide_up(a.rows, g.rows);
      rows = one ? a.rows : g.rows;
      depth = g.depth_is_batch != 0 ? a.contracted : g.depth;
      words = divide_up(depth, set.terms);
      starts = set.start != nullptr ? 1 : 0;
      a_transposed = g.left_transposed != 0;
      b_transposed = g.right_transposed != 0;
      packs = a.prepared == nullptr && (b_transposed || !set.right.tiles_read || large(g, rows));
      held = left_held(g, rows, !set.left.tiles_read);
      left_columns = held > 0 && a_transposed;
      a_row = a_transposed ? 1 : g.depth;
      a_step = a_transposed ? g.rows : 1;
      b_row = b_transposed ? g.depth : g.cols;
    }

    const call<T>& a;
    const matmul_geometry& g;
    T* destination = nullptr;
    finish_function<T> finish = nullptr;
    int count = 1, rows = 0, depth = 0;
    int words = 0;   ///< of the depth
    int starts = 0;  ///< 1: before a panel's words there is the row that its sums start at
    bool a_transposed = false, b_transposed = false;
    bool packs = false;  ///< all of B, one band at a time
    int held = 0;               ///< rows of A that are packed at a time, if any
    bool left_columns = false;  ///< they become columns
    std::ptrdiff_t a_row = 0, a_step = 0, b_row = 0;
  };

  struct partition {
    int batches = 1, rows = 1, panels = 1;
  };

  /// The cheapest of the ways to cut the result into `parts`: matrices, rows, or panels of columns. Each part works for
  /// its sums and reads its share of A and of B. Rows that are written by several cores pass from one to the other,
  /// because prefetchers read on where a piece ends.
  TFX_COLD static partition split(const matrices& p, const tile_set<T>& set, int parts) {
    partition best;
    std::int64_t best_cost = -1;
    const int panels = divide_up(p.a.cols, set.panel());
    constexpr int bytes_per_cycle = 8;
    for (int batches = 1; batches <= parts; ++batches) {
      if (parts % batches != 0) continue;
      for (int rows = 1; rows <= parts / batches; ++rows) {
        if (parts / batches % rows != 0) continue;
        const partition now = {batches, rows, parts / batches / rows};
        const std::int64_t height = divide_up(p.rows, now.rows), width = divide_up(panels, now.panels) * set.panel();
        const int pack = p.packs ? set.rows : 0;
        const std::int64_t sums = (height + pack) * width * p.depth / (2 * set.panel() / set.vectors);
        const std::int64_t shared = now.panels > 1 ? 2 * std::int64_t(p.rows) * p.a.cols : 0;
        const std::int64_t moved = (height + width) * p.depth + shared;
        const std::int64_t cost =
            divide_up(p.count, now.batches) * (sums + moved * std::int64_t(sizeof(T)) / bytes_per_cycle);
        if (best_cost < 0 || cost < best_cost) {
          best = now;
          best_cost = cost;
        }
      }
    }
    return best;
  }

  static int in_tiles(const tile_set<T>& set, int most) {
    return most >= set.rows ? most / set.rows * set.rows : greater_of(most, 1);
  }
  /// Columns that are computed together: one panel where one block has all rows, else as many as stay in the cache;
  /// with an epilogue at most what a block holds of a tile's rows, or few columns where B should be read once.
  TFX_COLD static int band_of(const matrices& p, const tile_set<T>& set, range rows, range cols) {
    const int panel = set.panel(), all = round_up(cols.size(), panel);
    const bool one_block = rows.size() <= rows_in_cache(p.g, p.rows) && (p.held == 0 || rows.size() <= in_tiles(set, p.held));
    if (one_block && (p.packs || p.finish == nullptr)) return panel;
    const int most = p.packs || p.finish == nullptr ? lesser_of(widest_band(p.g), all) : all;
    if (p.finish == nullptr) return most;
    const std::int64_t bytes = std::int64_t(p.depth) * p.a.cols * std::int64_t(sizeof(T));
    const bool reads_once = bytes > (1 << 20) && !p.packs && p.held == 0;
    const int height = reads_once ? lesser_of(rows.size(), 16 * set.rows) : set.rows;
    return lesser_of(greater_of(block_elements<T> / height / panel * panel, panel), most);
  }

  /// Rows that are computed together: those that stay in the cache, or that a block holds.
  TFX_COLD static int height_of(const matrices& p, const tile_set<T>& set, int rows, int width) {
    const int height = lesser_of(rows, in_tiles(set, greater_of(rows_in_cache(p.g, p.rows), set.rows)));
    if (p.finish == nullptr) return height;
    return lesser_of(height, in_tiles(set, block_elements<T> / round_up(width, 16)));
  }

  static void multiply_whole(const call<T>& a, const tile_set<T>& set, T* destination, finish_function<T> finish) {
    const int stride = finish != nullptr ? round_up(a.cols, 16) : a.cols;
    T* const block = finish != nullptr ? a.scratch : destination;
    set.whole(static_cast<const T*>(a.operand[0]), static_cast<const T*>(a.operand[1]), block, stride);
    if (finish != nullptr) finish(a, 0, a.rows, 0, a.cols, block, stride);
  }

  /// Columns of B as panels; of rows, some at a time for all panels, so that they are read nearly in order.
  static void pack_panels(const matrices& p, const tile_set<T>& set, const void* right, std::ptrdiff_t first, range cols, T* to) {
    const int panel = set.panel();
    constexpr int rows = 8;
    for (int k = 0; k < p.depth; k += p.b_transposed ? p.depth : rows) {
      for (int at = cols.from; at < cols.to; at += panel) {
        const int count = lesser_of(panel, cols.to - at);
        T* const panel_at = to + (at - cols.from) * (p.starts + p.words) + (p.starts + k / set.terms) * panel;
        const T* const from = set.right.at(right, first + (p.b_transposed ? at * p.b_row : k * p.b_row + at));
        if (p.b_transposed) set.right.transpose(from, p.b_row, p.depth, count, panel_at, panel, panel);
        else set.right.pack(from, p.b_row, lesser_of(rows, p.depth - k), count, panel_at, panel);
      }
    }
    if (p.starts == 0) return;
    for (int at = cols.from; at < cols.to; at += panel) {
      T* const panel_at = to + (at - cols.from) * (p.starts + p.words);
      set.start(panel_at + panel, p.words, panel, panel_at);
    }
  }

  /// Whether what the epilogue writes lies beyond the second-level cache, and is worth asking for while a block is
  /// summed: in short chains the requests would compete with the operands.
  static bool asks_for_destination(const matrices& p) {
    const std::int64_t bytes = std::int64_t(p.a.rows) * p.a.cols * std::int64_t(sizeof(T));
    return p.finish != nullptr && p.destination != nullptr && p.depth >= 128 && bytes > (1 << 20);
  }

  static void multiply(const matrices& p, const tile_set<T>& set, int index, range rows, range cols) {
    const call<T>& a = p.a;
    const std::ptrdiff_t left_from = std::ptrdiff_t(index) * p.g.left_step, right_from = std::ptrdiff_t(index) * p.g.right_step;
    const int panel = set.panel();
    const int band = band_of(p, set, rows, cols);
    const int height = height_of(p, set, rows.size(), lesser_of(band, cols.size()));
    const int pack_depth = round_up(p.depth, 16);
    T* const packed_left = a.scratch;
    T* const packed = packed_left + p.held * pack_depth;
    const int packed_cols = p.packs ? band : set.pads && a.cols % panel != 0 ? panel : 0;
    T* const blocks = packed + packed_cols * pack_depth;
    const bool asks = asks_for_destination(p);
    tile_call<T> call;
    call.a_row = p.held == 0 ? p.a_row : p.left_columns ? 1 : pack_depth;
    call.a_step = p.held == 0 ? p.a_step : p.left_columns ? p.held : 1;
    // A is packed once, for all columns, unless B is packed too.
    const int cols_together = p.held > 0 && !p.packs ? round_up(cols.size(), band) : band;
    const int rows_together = p.held > 0 ? in_tiles(set, p.held) : rows.size();
    int holds = -1;
    for (int col = cols.from; col < cols.to; col += cols_together) {
      const int past_col = lesser_of(col + cols_together, cols.to);
      const int last = col + (past_col - col - 1) / panel * panel;
      const bool all_in_panels = p.packs || a.prepared != nullptr;
      const int packs_from = all_in_panels ? col : set.pads && past_col - last < panel ? last : past_col;
      if (a.prepared == nullptr && packs_from < past_col) pack_panels(p, set, a.operand[1], right_from, {packs_from, past_col}, packed);
      const T* const panels = a.prepared != nullptr ? a.prepared + packs_from * (p.starts + p.words) : packed;
      for (int row = rows.from; row < rows.to; row += rows_together) {
        const int past_row = lesser_of(row + rows_together, rows.to);
        if (p.held > 0 && holds != row) {
          const T* const from = set.left.at(a.operand[0], left_from + row * p.a_row);
          if (p.left_columns) set.left.pack(from, p.a_step, p.depth, past_row - row, packed_left, p.held);
          else set.left.pack_lines(from, p.a_row, past_row - row, p.depth, packed_left, pack_depth);
          holds = row;
        }
        for (int first_col = col; first_col < past_col; first_col += band) {
          const int width = lesser_of(band, past_col - first_col);
          for (int first = row; first < past_row; first += height) {
            const int count = lesser_of(height, past_row - first), result_row = index * p.rows + first;
            const int stride = p.finish != nullptr ? round_up(width, 16) : a.cols;
            T* const block =
                p.finish != nullptr ? blocks : p.destination + std::ptrdiff_t(result_row) * a.cols + first_col;
            call.c_row = stride;
            const int piece = count > set.rows ? steps_together(p.g, p.rows, p.words) : p.words;
            for (int k = 0; k == 0 || k < p.words; k += greater_of(piece, 1)) {
              const T* const left = p.held > 0 ? packed_left + (first - row) * call.a_row
                                               : static_cast<const T*>(a.operand[0]) + left_from + first * p.a_row;
              call.a = left + k * call.a_step;
              call.depth = lesser_of(piece, p.words - k);
              call.resume = k > 0;
              call.coming = nullptr;
              call.coming_row = 0;
              for (int at = first_col; at < first_col + width; at += panel) {
                call.b_step = at >= packs_from ? panel : p.b_row;
                if (at >= packs_from) {
                  const T* const in_panel = panels + (at - packs_from) * (p.starts + p.words);
                  call.b = in_panel + (p.starts + k) * panel;
                  call.start = p.starts != 0 && k == 0 ? in_panel : nullptr;
                } else {
                  call.b = set.right.at(a.operand[1], right_from + k * p.b_row + at);
                }
                call.c = block + (at - first_col);
                call.cols = lesser_of(panel, past_col - at);
                if (asks && k + piece >= p.words) {
                  call.coming = p.destination + std::ptrdiff_t(result_row) * a.cols + at;
                  call.coming_row = a.cols;
                }
                run_panel(set, call, count);
              }
            }
            if (p.finish != nullptr) p.finish(a, result_row, count, first_col, width, block, stride);
          }
        }
      }
    }
  }

  /// Whether a transposed B is better left as it is, its rows being the rows of the tiles, and A and the result
  /// transposed.
  static bool swaps(const matrices& p, const tile_set<T>& set, int rows, int cols) {
    if (!p.b_transposed || !set.left.tiles_read || !set.right.tiles_read) return false;
    // A transposed element costs about a quarter of a cycle, a vector of multiply-adds half of one.
    const auto sums = [&](int tall, int wide) {
      return std::int64_t(round_up(tall, set.rows)) * divide_up(wide, set.panel()) * set.vectors * p.depth * 2;
    };
    const std::int64_t plain = sums(rows, cols) + std::int64_t(cols) * p.depth;
    const std::int64_t pack = p.a_transposed ? 0 : std::int64_t(rows) * p.depth;
    return sums(cols, rows) + pack + std::int64_t(rows) * cols < plain;
  }

  /// The transposed product, panel by panel of A's rows, and its blocks transposed back.
  static void multiply_across(const matrices& p, const tile_set<T>& set, int index, range rows, range cols) {
    const call<T>& a = p.a;
    const T* left = static_cast<const T*>(a.operand[0]) + std::ptrdiff_t(index) * p.g.left_step;
    const T* right = static_cast<const T*>(a.operand[1]) + std::ptrdiff_t(index) * p.g.right_step;
    const int panel = set.panel();
    const int fits = block_elements<T> / greater_of(panel, 16);
    const int width = lesser_of(greater_of(fits / set.rows * set.rows / 16 * 16, 16), round_up(cols.size(), 16));
    T* const block = a.scratch;
    T* const sums = block + block_elements<T>;
    T* const packed = sums + block_elements<T>;
    tile_call<T> call;
    call.a_row = p.b_row;
    call.a_step = 1;
    call.c = sums;
    call.c_row = panel;
    call.depth = p.depth;
    for (int row = rows.from; row < rows.to; row += panel) {
      const int count = lesser_of(panel, rows.to - row);
      call.cols = count;
      call.b = packed;
      call.b_step = panel;
      if (!p.a_transposed) {
        set.transpose(left + row * p.a_row, p.a_row, p.depth, count, packed, panel, panel);
      } else if (count < panel) {
        set.pack(left + row, p.a_step, p.depth, count, packed, panel);
      } else {
        call.b = left + row;
        call.b_step = p.a_step;
      }
      const int result_row = index * p.rows + row;
      for (int col = cols.from; col < cols.to; col += width) {
        const int wide = lesser_of(width, cols.to - col);
        call.a = right + col * p.b_row;
        run_panel(set, call, wide);
        if (p.finish != nullptr) {
          set.transpose(sums, panel, count, wide, block, round_up(wide, 16), wide);
          p.finish(a, result_row, count, col, wide, block, round_up(wide, 16));
        } else {
          set.transpose(sums, panel, count, wide, p.destination + std::ptrdiff_t(result_row) * a.cols + col, a.cols,
                        wide);
        }
      }
    }
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
