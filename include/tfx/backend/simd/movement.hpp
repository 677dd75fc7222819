// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/copy_tile.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/core/config.hpp>
#include <tfx/core/view.hpp>
#include <tfx/geometry/movement.hpp>

/// Producers that only move elements: a tile of the result at a time is copied to the first-level cache, by lines of the
/// source wherever it has any, and handed over.
namespace tfx::backend::inline TFX_SIMD_BUILD {

/// A moved operand against the loops of a result, merged as far as it allows.
struct movement {
  loop_nest nest;
  view from;
  int lined_up = -1;   ///< a loop outside of the two innermost ones along which the operand is contiguous: tiles reach along it
};

/// `cols`: of the result as a matrix; its rows and columns stay apart if it is handed over by rows.
constexpr movement make_movement(loop_nest nest, view from, int cols, bool by_rows) {
  if (nest.size(nest.loops - 1) != cols) {   // a bounded vector is a column
    nest.push(1);
    if (from.guarded) from.high[nest.loops - 1] = 1;
  }
  movement m{nest, from};
  merge_loops(m.nest, &m.from, 1, by_rows ? 1u << (nest.loops - 2) : 0);
  const int in = m.nest.loops - 1;
  const int step = m.from.stride[in];
  if (!m.from.guarded && m.nest.extent[in] > 1 && step != 0 && step != 1 && step != -1)
    for (int l = 0; l < in - 1; ++l)
      if (m.from.stride[l] == 1 && m.nest.extent[l] > 1) m.lined_up = l;
  return m;
}

/// What a launch has of it: for results that are handed over by rows, and for those that are written where they belong.
struct movement_forms {
  movement by_rows, at_once;
};

namespace detail {

/// What `range` has in common with an operand's guard along a loop, from the range's beginning on.
constexpr range guarded_part(const view& v, int l, range of) {
  const range in = common(of, {v.low[l], v.high[l]});
  return in.size() > 0 ? range{in.from - of.from, in.to - of.from} : range{0, 0};
}

}  // namespace detail

/// Moves the tiles of a launch. The epilogue receives blocks of rows; without one, tiles are written where they belong.
template <class T> struct moving {
  static constexpr int tile_elements = 4096;   ///< with what the epilogue reads and writes it stays in the first-level cache
  static constexpr int line_elements = tile_elements / 2;    ///< of lines: their reading overlaps with what the epilogue writes
  static constexpr int deep_elements = 2 * tile_elements, deep_lines = 32;   ///< of tiles that reach along a third loop: two lines of a cache each
  static constexpr int block_elements = 16 * tile_elements;   ///< of what the epilogue reads where it lies

  const movement& m;
  const call<T>& a;
  const T* from;
  T outside;   ///< beyond a guard
  T* destination;
  finish_function<T> finish;

  const int in = m.nest.loops - 1, out = in - 1;
  const int cols = out < 0 ? a.rows * a.cols : m.nest.extent[in];
  /// Rows that are present, of loops up to `out`; the outermost loop follows the batch.
  const int rows = int(std::int64_t(a.rows) * a.cols / cols);

  /// Lines need no copy: the epilogue reads them where they lie.
  const bool in_place = finish != nullptr && m.lined_up < 0 && m.from.stride[in] == 1 && cols >= shortest_line;

  /// Few short rows lie behind each other in what is written: a tile has those of several iterations of the loop around them.
  const bool stacks = finish != nullptr && !in_place && !m.from.guarded && m.lined_up < 0 && out >= 1 && 2 * extent(out) * cols <= line_elements;
  const int deep_loop = stacks ? out - 1 : m.lined_up;   ///< the third one of a tile, or -1

  struct tile {
    int deep, rows, cols;   ///< extents
  };

  int extent(int l) const { return l > 0 ? m.nest.extent[l] : rows / rows_in(0); }
  int rows_in(int l) const {   // one iteration of loop l has so many rows
    int n = 1;
    for (int i = l + 1; i <= out; ++i) n *= m.nest.extent[i];
    return n;
  }

  tile choose_tile() const {
    tile t{1, out < 0 ? 1 : extent(out), cols};
    const bool across = m.lined_up >= 0 || (!in_place && out >= 0 && m.from.stride[out] == 1);
    const int most = in_place ? block_elements : m.lined_up >= 0 ? deep_elements : across ? tile_elements : line_elements;
    const int most_cols = across && t.rows > 1 ? 256 : lesser_of(most, tile_elements);
    if (t.cols > most_cols) t.cols = most_cols;
    if (deep_loop >= 0) t.deep = lesser_of(extent(deep_loop), stacks ? most / (t.rows * t.cols) : deep_lines);
    const int most_rows = most / (t.cols * t.deep);
    if (t.rows > most_rows) t.rows = most_rows < 1 ? 1 : most_rows > 16 ? most_rows / 16 * 16 : most_rows;
    return t;
  }

  void run() const {
    if (rows <= 0 || cols <= 0) return;
    const tile most = choose_tile();
    if (in_place && m.from.guarded) detail::fill_line(a.scratch, most.cols, outside);   // a line of what is outside
    const int last = out < 0 ? 1 : extent(out), lines = deep_loop < 0 ? 1 : extent(deep_loop);
    int outer = 1;
    for (int l = 0; l < out; ++l)
      if (l != deep_loop) outer *= extent(l);
    const int across = divide_up(cols, most.cols), down = divide_up(last, most.rows), deep = divide_up(lines, most.deep);
    const range mine = share_of(outer * deep * down * across, a.part, a.parts);
    for (int i = mine.from; i < mine.to; ++i) {
      int rest = i;
      const auto next = [&](int n) {
        const int at = rest % n;
        rest /= n;
        return at;
      };
      const range c = piece(next(across), most.cols, cols), r = piece(next(down), most.rows, last),
                  s = piece(next(deep), most.deep, lines);
      int row = 0;
      std::ptrdiff_t at = m.from.offset;
      bool inside = true;
      for (int l = out - 1; l >= 0; --l) {
        const int place = l == deep_loop ? s.from : next(extent(l));
        row += place * rows_in(l);
        at += std::ptrdiff_t(place) * m.from.stride[l];
        inside = inside && (!m.from.guarded || (place >= m.from.low[l] && place < m.from.high[l]));
      }
      move(from + at, row, s.size(), r, c, inside);
    }
  }

 private:
  static range piece(int number, int most, int all) { return {number * most, lesser_of(all, (number + 1) * most)}; }

  void move(const T* at, int row, int lines, range r, range c, bool inside) const {
    if (in_place) return hand_over_lines(at, row, r, c, inside);
    const std::ptrdiff_t line_rows = deep_loop < 0 ? 0 : rows_in(deep_loop);
    T* const to = finish != nullptr ? a.scratch : destination + std::ptrdiff_t(row + r.from) * cols + c.from;
    const std::ptrdiff_t pitch = finish != nullptr ? c.size() : cols;
    const std::ptrdiff_t line_pitch = finish != nullptr ? pitch * r.size() : line_rows * cols;
    copy(at, lines, r, c, inside, to, pitch, line_pitch);
    if (finish == nullptr) return;
    if (stacks) return finish(a, row, lines * r.size(), c.from, c.size(), to, pitch);
    for (int i = 0; i < lines; ++i)
      finish(a, int(row + i * line_rows) + r.from, r.size(), c.from, c.size(), to + i * line_pitch, pitch);
  }
  /// The part of a tile within the guard where it lies, and around it the line that repeats what is outside.
  void hand_over_lines(const T* at, int row, range r, range c, bool inside) const {
    const view& v = m.from;
    const std::ptrdiff_t down = out < 0 ? 0 : v.stride[out];
    const auto give = [&](range of, range cols_of, const T* block, std::ptrdiff_t stride) {
      if (of.size() > 0 && cols_of.size() > 0) finish(a, row + of.from, of.size(), cols_of.from, cols_of.size(), block, stride);
    };
    if (!v.guarded) return give(r, c, at + r.from * down + c.from, down);
    const range rows_inside = !inside ? range{r.to, r.to} : out < 0 ? r : common(r, {v.low[out], v.high[out]});
    const range cols_inside = common(c, {v.low[in], v.high[in]});
    if (rows_inside.size() <= 0 || cols_inside.size() <= 0) return give(r, c, a.scratch, 0);
    give({r.from, rows_inside.from}, c, a.scratch, 0);
    give(rows_inside, {c.from, cols_inside.from}, a.scratch, 0);
    give(rows_inside, cols_inside, at + rows_inside.from * down + cols_inside.from, down);
    give(rows_inside, {cols_inside.to, c.to}, a.scratch, 0);
    give({rows_inside.to, r.to}, c, a.scratch, 0);
  }
  void copy(const T* at, int lines, range r, range c, bool inside, T* to, std::ptrdiff_t pitch, std::ptrdiff_t line_pitch) const {
    const view& v = m.from;
    const std::ptrdiff_t down = out < 0 ? 0 : v.stride[out], along = v.stride[in];
    at += r.from * down + c.from * along;
    if (m.lined_up >= 0) {
      for (int i = 0; i < r.size(); ++i) detail::copy_tile(at + i * down, 1, along, lines, c.size(), to + i * pitch, line_pitch);
      return;
    }
    if (!v.guarded) {
      for (int i = 0; i < lines; ++i)
        detail::copy_tile(at + (stacks ? i * v.stride[deep_loop] : 0), down, along, r.size(), c.size(), to + i * line_pitch, pitch);
      return;
    }
    const range rows_inside = !inside ? range{} : out < 0 ? range{0, r.size()} : detail::guarded_part(v, out, r);
    const range cols_inside = detail::guarded_part(v, in, c);
    for (int i = 0; i < r.size(); ++i) {
      T* const line = to + i * pitch;
      if (i < rows_inside.from || i >= rows_inside.to || cols_inside.size() == 0) {
        detail::fill_line(line, c.size(), outside);
        continue;
      }
      detail::fill_line(line, cols_inside.from, outside);
      detail::fill_line(line + cols_inside.to, c.size() - cols_inside.to, outside);
    }
    if (cols_inside.size() > 0)
      detail::copy_tile(at + rows_inside.from * down + cols_inside.from * along, down, along, rows_inside.size(), cols_inside.size(),
                        to + rows_inside.from * pitch + cols_inside.from, pitch);
  }
};

/// Views of one operand: permuted, cut, turned round, spread, padded with operand 1.
template <class T> struct simd_view {
  static constexpr std::size_t scratch(const geometry&, int, int) { return std::size_t(moving<T>::deep_elements); }
  [[gnu::noinline]] static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    const movement_forms& f = *static_cast<const movement_forms*>(a.tiles);
    run(a, finish != nullptr ? f.by_rows : f.at_once, destination, finish);
  }
  [[gnu::noinline]] static void run(const call<T>& a, const movement& m, T* destination, finish_function<T> finish) {
    const T outside = m.from.guarded ? *static_cast<const T*>(a.operand[1]) : T(0);
    moving<T>{m, a, static_cast<const T*>(a.operand[0]), outside, destination, finish}.run();
  }
};
/// `Operation` says how the operand lies; of extents that follow the lengths of a run, when it runs.
template <class T, class Operation> struct simd_view_of : simd_view<T> {
  static constexpr bool follows_lengths(const geometry&) { return true; }
  static constexpr movement form_of(const geometry& g, int cols, bool by_rows) { return make_movement(Operation::nest(g), Operation::operand(g), cols, by_rows); }
  template <class Launch> static constexpr movement_forms forms = {form_of(Launch::geo, Launch::cols, true), form_of(Launch::geo, Launch::cols, false)};
  template <class Launch> static constexpr const void* tiles() {
    if constexpr (Launch::varying.any()) return nullptr;
    else return &forms<Launch>;
  }
  static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    if (a.tiles != nullptr) return simd_view<T>::run(a, destination, finish);
    simd_view<T>::run(a, form_of(*a.geo, a.cols, finish != nullptr), destination, finish);
  }
};

/// Columns of matrices, side by side: an epilogue reads them where they lie.
template <class T, class Geometry> struct simd_concatenate {
  static constexpr bool follows_lengths(const geometry&) { return true; }
  template <class Launch> static constexpr const void* tiles() { return nullptr; }
  static constexpr std::size_t scratch(const geometry&, int, int) { return std::size_t(moving<T>::tile_elements); }

  [[gnu::noinline]] static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    const Geometry g = *a.geo;
    const bool by_rows = a.rows >= a.parts;
    const range mine = share_of(by_rows ? a.rows : a.cols, a.part, a.parts);
    const range rows = by_rows ? mine : range{0, a.rows}, cols = by_rows ? range{0, a.cols} : mine;
    // Short lines are copied, so that the epilogue gets whole rows.
    bool copies = finish == nullptr;
    for (int k = 0; k < a.geo->operands; ++k) copies = copies || (2 * g.width[k] < shortest_line && a.cols <= moving<T>::tile_elements / shortest_line);
    const bool joins = copies && finish != nullptr, pairs = copies && a.geo->operands == 2 && a.cols == 2 && cols.size() == 2;
    const int together = greater_of((joins ? moving<T>::tile_elements : moving<T>::block_elements) / greater_of(cols.size(), 1), 1);   // rows
    for (int row = rows.from; row < rows.to; row += together) {
      const int n = lesser_of(together, rows.to - row);
      T* const to = joins ? a.scratch : destination + std::ptrdiff_t(row) * a.cols;
      if (pairs) detail::interleave(static_cast<const T*>(a.operand[0]) + g.at(0, row, 0), g.stride_of(0), static_cast<const T*>(a.operand[1]) + g.at(1, row, 0), g.stride_of(1), n, to);
      else for (int k = 0, begin = 0; k < a.geo->operands; begin += g.width[k++]) {
        const range shared = common(cols, {begin, begin + g.width[k]});
        if (shared.size() <= 0) continue;
        const T* const from = static_cast<const T*>(a.operand[k]) + g.at(k, row, shared.from - begin);
        if (!copies) finish(a, row, n, shared.from, shared.size(), from, g.stride_of(k));
        else detail::copy_tile(from, g.stride_of(k), 1, n, shared.size(), to + (joins ? shared.from - cols.from : shared.from), joins ? cols.size() : a.cols);
      }
      if (joins) finish(a, row, n, cols.from, cols.size(), a.scratch, cols.size());
    }
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
