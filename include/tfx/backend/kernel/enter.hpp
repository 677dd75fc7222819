// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel/frame.hpp>
#include <tfx/lanes/reduce_order.hpp>
#include <tfx/core/config.hpp>
#include <tfx/core/element.hpp>
#include <tfx/core/view.hpp>

// From a launch to the frames of its kernel: one function per element type, whatever the kernels are.
namespace tfx {

namespace detail {

/// Equal shares of [0, n), in multiples of `grain`.
struct share {
  int begin, end;
};
constexpr share share_of(int n, int part, int parts, int grain) {
  if (parts == 1) return {0, n};
  const int grains = (n + grain - 1) / grain;
  const int begin = int(std::int64_t(grains) * part / parts) * grain;
  const int end = int(std::int64_t(grains) * (part + 1) / parts) * grain;
  return {begin < n ? begin : n, end < n ? end : n};
}

/// Rows and columns of a launch, and what a producer has made of them.
template <class T> struct launch_part {
  int row, rows, col, cols;
  const T* const* blocks = nullptr;   ///< per result
  std::ptrdiff_t stride = 0;
};

/// Words of memory for rows that are made longer.
inline constexpr int folded_words = 1024;
/// From so many elements on copying them is little work.
inline constexpr int folded_from = 32 * folded_words;

/// `times` rows one behind the other.
template <class Element> void repeat_row(const Element* from, int cols, int times, Element* to) {
  for (int c = 0; c < cols; ++c) to[c] = from[c];
  for (int i = cols; i < times * cols; ++i) to[i] = to[i - cols];
}
/// Calls the kernel with some rows as one. An operand that is the same row again and again is copied as often.
template <class T> TFX_COLD void enter_folded(const call<T>& a, frame<T>& f, T** at, std::ptrdiff_t* step, int together) {
  T copies[folded_words];
  T* copy = copies;
  const int operands = a.layout->operands, rows = f.rows, cols = f.cols;
  for (int k = 0; k < operands; ++k) {
    const operand_step lies = a.step[k];
    step[k] *= together;
    if (lies.row != 0 || lies.column == 0) continue;
    if (lies.lies == lies_as::word) repeat_row(at[k], cols, together, copy);
    else repeat_row(reinterpret_cast<const char*>(at[k]), cols * bytes_of(lies.lies), together, reinterpret_cast<char*>(copy));
    at[k] = copy;
    copy += words_for(together * cols, lies.lies);
  }
  f.rows = rows / together;
  f.cols = together * cols;
  a.kernel(f);
  for (int k = 0; k < operands; ++k) at[k] = further(at[k], f.rows * step[k], a.step[k].lies);
  f.rows = 1;
  f.cols = rows % together * cols;
  if (f.cols > 0) a.kernel(f);
}
/// So many rows of a part are worth being one; 1: none.
template <class T> int rows_to_fold(const call<T>& a, const launch_part<T>& p) {
  if (!a.layout->folds || p.cols != a.cols || std::int64_t(p.rows) * p.cols < folded_from) return 1;
  int again = 0;
  for (int k = 0; k < a.layout->operands; ++k) again += a.step[k].row == 0 && a.step[k].column != 0;
  const int together = again > 0 ? folded_words / (again * p.cols) : 1;
  return together > 1 ? together : 1;
}

/// Calls the kernel for a part of its domain. The tables are memory for what it is told of its operands.
template <class T> [[gnu::noinline]] void enter_with(const call<T>& a, const launch_part<T>& p, T** at, std::ptrdiff_t* step) {
  const launch_layout& layout = *a.layout;
  bool flat = layout.kind == form::map && p.cols == a.cols;   // the part is one row to all operands
  for (int k = 0; k < layout.operands; ++k) {
    const operand_step lies = a.step[layout.inputs + k];
    at[k] = further(static_cast<T*>(a.operand[layout.inputs + k]), std::ptrdiff_t(p.row) * lies.row + std::ptrdiff_t(p.col) * lies.column, lies.lies);
    step[k] = lies.row;
    flat = flat && std::ptrdiff_t(lies.column) * a.cols == lies.row;
  }
  for (int k = 0; k < layout.results; ++k) {
    if (!a.hands(k)) continue;
    at[k] = const_cast<T*>(p.blocks[k]);
    step[k] = p.stride;
    flat = flat && p.stride == p.cols;
  }
  frame<T> f;
  f.at = at;
  f.step = step;
  f.rows = flat ? 1 : p.rows;
  f.cols = flat ? p.rows * p.cols : p.cols;
  f.run = a.run;
  f.kept = a.scratch;
  f.before = a.before;
  f.last = a.last;
  if (a.sums != nullptr) {
    f.sums = a.sums + p.col;
    f.pitch = padded_columns(a.cols);
  }
  if (const int together = flat ? 1 : rows_to_fold(a, p); together > 1) return enter_folded(a, f, at, step, together);
  a.kernel(f);
}
template <int Room, class T> [[gnu::noinline]] void enter_part_of(const call<T>& a, const launch_part<T>& p) {
  T* at[Room];
  std::ptrdiff_t step[Room];
  enter_with(a, p, at, step);
}
template <class T> void enter_part(const call<T>& a, const launch_part<T>& p) {
  if (a.layout->operands <= 24) enter_part_of<24>(a, p);
  else enter_part_of<max_operands>(a, p);
}

/// The loops around rows and columns, one iteration after the other. The addresses are those of operands at the first one.
template <class T> struct outer_walk {
  int loops;
  const int* extent;
  const int* stride;   ///< per operand, along each of them
  const operand_step* step;   ///< per operand
  int operands;
  int place[max_loops] = {};

  TFX_INLINE int iterations() const {
    int n = 1;
    for (int l = 0; l < loops; ++l) n *= extent[l];
    return n;
  }
  TFX_INLINE void start(int iteration, void** operand) {
    for (int l = loops - 1; l >= 0; iteration /= extent[l--]) place[l] = iteration % extent[l];
    for (int k = 0; k < operands; ++k) {
      std::ptrdiff_t elements = 0;
      for (int l = 0; l < loops; ++l) elements += std::ptrdiff_t(place[l]) * stride[k * loops + l];
      operand[k] = further(static_cast<T*>(operand[k]), elements, step[k].lies);
    }
  }
  /// One further along the innermost loop that is not at its end; those inside of it begin again.
  TFX_INLINE void next(void** operand) {
    int l = loops - 1;
    while (l > 0 && place[l] + 1 == extent[l]) --l;
    for (int k = 0; k < operands; ++k) {
      std::ptrdiff_t elements = stride[k * loops + l];
      for (int inner = l + 1; inner < loops; ++inner) elements -= std::ptrdiff_t(place[inner]) * stride[k * loops + inner];
      operand[k] = further(static_cast<T*>(operand[k]), elements, step[k].lies);
    }
    ++place[l];
    for (int inner = l + 1; inner < loops; ++inner) place[inner] = 0;
  }
};

}  // namespace detail

/// Runs this part of a launch without a producer. What is reduced is never divided.
template <class T> void enter(const call<T>& a) {
  const form kind = a.layout->kind;
  const bool by_columns = kind == form::columns || (kind == form::map && a.rows == 1);
  const detail::share s = detail::share_of(by_columns ? a.cols : a.rows, a.part, a.parts, by_columns ? reduce_order::strands : 1);
  if (s.begin == s.end && a.parts > 1) return;
  detail::enter_part<T>(a, by_columns ? detail::launch_part<T>{0, a.rows, s.begin, s.end - s.begin}
                                      : detail::launch_part<T>{s.begin, s.end - s.begin, 0, a.cols});
}

/// The same in a program some of whose launches have loops around rows and columns: the kernel is called once for each of
/// their iterations. Parts are shares of all rows, or of columns where rows are reduced.
template <class T> void enter_nest(const call<T>& a) {
  if (a.outer_loops == 0) return enter(a);
  const bool by_columns = a.layout->kind == form::columns;
  const int grain = by_columns ? reduce_order::strands : 1;
  const int pieces = by_columns ? (a.cols + grain - 1) / grain : a.rows;
  detail::outer_walk<T> walk{a.outer_loops, a.outer, a.outer_stride, a.step, a.layout->operands};
  const detail::share all = detail::share_of(walk.iterations() * pieces, a.part, a.parts, 1);
  if (all.begin >= all.end) return;
  void* operand[max_operands];
  for (int k = 0; k < walk.operands; ++k) operand[k] = a.operand[k];
  walk.start(all.begin / pieces, operand);
  call<T> now = a;
  now.operand = operand;
  for (int first = all.begin; first < all.end;) {
    const int begin = first % pieces, left = begin + all.end - first, end = left < pieces ? left : pieces;
    if (by_columns) {
      const int past = end * grain < a.cols ? end * grain : a.cols;
      detail::enter_part<T>(now, {0, a.rows, begin * grain, past - begin * grain});
    } else {
      detail::enter_part<T>(now, {begin, end - begin, 0, a.cols});
    }
    first += end - begin;
    walk.next(operand);
  }
}

/// Gives blocks of a producer's results to the kernel behind it: rows [row, row + rows), columns [col, col + cols), row i of the
/// k-th result at blocks[k] + i * stride.
template <class T> void hand_over(const call<T>& a, int row, int rows, int col, int cols, const T* const* blocks, std::ptrdiff_t stride) {
  detail::enter_part<T>(a, {row, rows, col, cols, blocks, stride});
}
template <class T> void hand_over(const call<T>& a, int row, int rows, int col, int cols, const T* block, std::ptrdiff_t stride) {
  detail::enter_part<T>(a, {row, rows, col, cols, &block, stride});
}

}  // namespace tfx
