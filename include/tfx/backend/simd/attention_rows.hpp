// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/panel.hpp>
#include <tfx/backend/simd/tile.hpp>
#include <tfx/geometry/attention.hpp>
#include <tfx/lanes/partial.hpp>
#include <tfx/lanes/reduce_order.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// How a row is reduced.
struct lane_sum {
  template <class L> static constexpr L identity() { return L(0); }
  static constexpr auto combine(auto a, auto b) { return a + b; }
};
struct lane_maximum {
  template <class L> static constexpr L identity() { return L(-__builtin_huge_val()); }
  static constexpr auto combine(auto a, auto b) { return max(a, b); }
};

/// What one part of an attention or of its gradient works with: blocks of `attention_geometry::block` queries of one
/// head, whose scores against all keys lie in scratch memory as padded rows, and the keys (and values) of that head
/// transposed into panels.
///
/// Products go through the register tiles, the work along the rows over vectors V.
template <class T, class V> struct attention_work {
  using at = attention_geometry;
  using L = lanes::lane<V>;
  using one = lanes::lane<T>;
  using vectors = lanes::partial<V>;
  static constexpr int width = lanes::traits<V>::width;
  static constexpr int group = reduce_order::strands / width;  ///< vectors that hold all strands of a sum

  const call<T>& a;
  const tile_set<T>& set;
  const attention_geometry g;
  const T* const q;
  const T* const k;
  const T* const values;
  const T scale;
  const T* const mask;

  explicit attention_work(const call<T>& from)
      : a(from),
        set(static_cast<const tile_table<T>*>(from.tiles)->set[instruction_set()]),
        g(*from.geo),
        q(operand(0) + g.query_offset),
        k(operand(1) + g.key_offset),
        values(operand(2) + g.value_offset),
        scale(*operand(3)),
        mask(g.masked ? operand(4) : nullptr) {}

  const T* operand(int i) const { return static_cast<const T*>(a.operand[i]); }

  static constexpr int padded_keys(const attention_geometry& g) { return round_up(g.keys, reduce_order::strands); }
  static constexpr int padded_size(const attention_geometry& g) { return round_up(g.size, 16); }
  static constexpr int panel_size(const attention_geometry& g) { return round_up(g.size, widest_panel<T>); }
  int pitch() const { return padded_keys(g); }
  int past_key(int first_query) const { return g.past_key(first_query); }

  const T* query_row(int n, int h, int i) const {
    return q + std::ptrdiff_t(n * g.queries + i) * g.query_stride + h * g.size;
  }
  const T* key_row(int n, int h, int j) const {
    return k + std::ptrdiff_t(n * g.keys + j) * g.key_stride + h * g.size;
  }
  const T* value_row(int n, int h, int j) const {
    return values + std::ptrdiff_t(n * g.keys + j) * g.value_stride + h * g.size;
  }

  // ---- products

  /// Rows of keys or values as the right-hand side of a product over their features: panel after panel of [size,
  /// panel].
  void pack_transposed(const T* rows, std::ptrdiff_t stride, T* to) const {
    const int panel = set.panel(), size = g.size;
    for (int j = 0; j < g.keys; j += panel, to += std::ptrdiff_t(size) * panel)
      set.transpose(rows + j * stride, stride, size, lesser_of(panel, g.keys - j), to, panel, panel);
  }
  /// to[i][j] = rows[i] . packed[j] for i < count and j < past.
  void times_packed(const T* rows, std::ptrdiff_t stride, int count, const T* packed, int past, T* to) const {
    tile_call<T> c;
    const int panel = set.panel();
    c.a = rows;
    c.a_row = stride;
    c.a_step = 1;
    c.b_step = panel;
    c.c_row = pitch();
    c.depth = g.size;
    for (int j = 0; j < past; j += panel) {
      c.b = packed + std::ptrdiff_t(j) * c.depth;
      c.c = to + j;
      c.cols = lesser_of(panel, past - j);
      run_panel(set, c, count);
    }
  }
  /// Rows of a matrix as the right-hand side of a product over the rows: panel after panel of [count, panel].
  void pack_features(const T* rows, std::ptrdiff_t stride, int count, T* to) const {
    const int panel = set.panel(), size = g.size;
    for (int col = 0; col < size; col += panel, to += std::ptrdiff_t(count) * panel)
      pack_rows(rows + col, stride, count, lesser_of(panel, size - col), to, panel);
  }
  /// One head's columns of a result from `pack_features`: c describes the left-hand side, the result, and the depth,
  /// of `packed_rows` rows the first ones.
  void times_features(tile_call<T> c, int count, const T* packed, int packed_rows) const {
    const int panel = set.panel(), size = g.size;
    c.b_step = panel;
    T* const to = c.c;
    for (int col = 0; col < size; col += panel) {
      c.b = packed + std::ptrdiff_t(col) * packed_rows;
      c.c = to + col;
      c.cols = lesser_of(panel, size - col);
      run_panel(set, c, count);
    }
  }

  // ---- along the rows

  template <class F> static TFX_INLINE T across(L* part) {
    for (int half = group / 2; half > 0; half /= 2)
      for (int i = 0; i < half; ++i) part[i] = F::combine(part[i], part[i + half]);
    return lanes::halved<F>(part[0]);
  }
  template <class F, class Get> static TFX_INLINE T reduce_block(int begin, int end, Get get) {
    L part[group];
    for (L& p : part) p = F::template identity<L>();
    for (int c = begin; c < end; c += reduce_order::strands)
      for (int i = 0; i < group; ++i) part[i] = F::combine(part[i], get(c + i * width));
    return across<F>(part);
  }
  /// get(c) is the vector of columns from c on; `past` is a multiple of the number of strands.
  template <class F, class Get> static TFX_INLINE T reduce(int past, Get get) {
    if (past <= reduce_order::block) return reduce_block<F>(0, past, get);
    one blocks[reduce_order::strands];
    for (one& b : blocks) b = F::template identity<one>();
    for (int begin = 0, i = 0; begin < past; begin += reduce_order::block, ++i) {
      one& b = blocks[i % reduce_order::strands];
      b = F::combine(b, one(reduce_block<F>(begin, lesser_of(begin + reduce_order::block, past), get)));
    }
    return reduce_order::halve<F>(blocks).v;
  }

  /// Asks for row i of queries, keys and values of the head after this one: beside the exponentials there is time.
  TFX_INLINE void ask_for_next(int n, int h, int i) const {
    const bool last = h + 1 == g.heads;
    const int next_n = last ? n + 1 : n, next_h = last ? 0 : h + 1;
    if (i < g.queries) ask_for(query_row(next_n, next_h, i));
    if (i >= g.keys) return;
    ask_for(key_row(next_n, next_h, i));
    ask_for(value_row(next_n, next_h, i));
  }
  TFX_INLINE void ask_for(const T* row) const {
    for (int c = 0; c < g.size; c += int(64 / sizeof(T))) __builtin_prefetch(row + c, 0, 2);
  }
  /// Products of the queries i .. i + count with the keys before `past` -> exp(score - maximum) up to a whole number of
  /// strands, and of each query the inverse sum. Rows go through one step after the other, so that the steps of one do
  /// not wait for those of another.
  void exponentials(T* rows, int n, int h, int i, int count, int past, T* inverse) const {
    const int end = round_up(past, reduce_order::strands);
    hide(rows, n, h, i, count, past, end);
    const L factor(scale);
    T most[at::block];
    for (int r = 0; r < count; ++r) {
      const T* const s = rows + r * pitch();
      most[r] = reduce<lane_maximum>(
          end, [&](int c) __attribute__((always_inline)) { return L::load(s + c) * factor; });
    }
    for (int r = 0; r < count; ++r) {
      T* const s = rows + r * pitch();
      ask_for_next(n, h, i + r);
      const L top(most[r] == T(-__builtin_huge_val()) ? T(0) : most[r]);
      const T sum = reduce<lane_sum>(
          end, [&](int c) __attribute__((always_inline)) {
            const L e = exp(L::load(s + c) * factor - top);
            e.put(s + c);
            return e;
          });
      inverse[r] = sum == T(0) ? T(0) : T(1) / sum;
    }
  }
  /// Keys that a query does not see: behind the last one, after it, masked.
  void hide(T* rows, int n, int h, int i, int count, int past, int end) const {
    const bool causal = g.causal != 0;
    if (past == end && !causal && mask == nullptr) return;
    for (int r = 0; r < count; ++r) {
      T* const s = rows + r * pitch();
      const int seen = causal ? lesser_of(i + r + 1, past) : past;
      for (int j = seen; j < end; ++j) s[j] = -__builtin_huge_val();
      if (mask == nullptr) continue;
      const T* const m = mask + std::ptrdiff_t(n) * g.mask_sequence + std::ptrdiff_t(h) * g.mask_head +
                         std::ptrdiff_t(i + r) * g.mask_query;
      for (int j = 0; j < seen; ++j) s[j] = m[j] == T(0) ? T(-__builtin_huge_val()) : s[j];
    }
  }
  /// Weights and their gradients -> the gradients of the products with the keys. `weights` are exponentials before.
  void score_gradients(T* weights, T* gradients, const T* inverse, int count, int past) const {
    const int end = round_up(past, reduce_order::strands);
    T mean[at::block];
    for (int r = 0; r < count; ++r) {
      T* const e = weights + r * pitch();
      T* const d = gradients + r * pitch();
      for (int j = past; j < end; ++j) d[j] = 0;
      const L inverses(inverse[r]);
      mean[r] = reduce<lane_sum>(
          end, [&](int c) __attribute__((always_inline)) {
            const L p = L::load(e + c) * inverses;
            p.put(e + c);
            return p * L::load(d + c);
          });
    }
    const L factor(scale);
    for (int r = 0; r < count; ++r) {
      const T* const e = weights + r * pitch();
      T* const d = gradients + r * pitch();
      const L means(mean[r]);
      for (int c = 0; c < end; c += width) (L::load(e + c) * (L::load(d + c) - means) * factor).put(d + c);
    }
  }
  static void multiply_row(T* x, T by, int n) {
    const L factor(by);
    for (int c = 0; c < n; c += width) {
      const int some = lesser_of(width, n - c);
      vectors::put(x + c, (L::wrap(vectors::load(x + c, some)) * factor).v, some);
    }
  }
};

/// Memory of one part, carved off piece by piece.
template <class T> struct scratch_pieces {
  T* next;

  T* take(int elements) {
    T* const piece = next;
    next += round_up(elements, 16);
    return piece;
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
