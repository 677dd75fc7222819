// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/lanes/reduce_order.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/tile.hpp>
#include <tfx/geometry/attention.hpp>
#include <tfx/lanes/partial.hpp>

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

template <class T> struct attention_tiles {
  template <class Launch> static constexpr const void* choose() {
    constexpr attention_geometry g = Launch::geo;
    return choose_table<T, lesser_of(g.block, g.queries), g.size>();
  }
};

/// softmax(q k^T * scale) v, a block of queries at a time; attention_op says what each number is.
///
/// Operands   q, k, v, scale, (mask); result [sequences * queries, heads * size]
/// Parts      blocks of queries; a part transposes the keys of the heads it touches
template <class T, class V> struct simd_attention {
  using at = attention_geometry;
  using work = attention_work<T, V>;

  template <class Launch> static constexpr const void* tiles() { return attention_tiles<T>::template choose<Launch>(); }

  static constexpr std::size_t scratch(const attention_geometry& g, int, int) {
    const int keys = work::padded_keys(g);
    return std::size_t(at::block * keys + g.size * keys + g.keys * work::panel_size(g) +
                       at::block * work::padded_size(g) + 64);
  }

  static constexpr int useful_parts(const attention_geometry& g, int rows, int cols) {
    const std::int64_t parts = std::int64_t(rows) * cols * g.keys * 2 / 65536;
    return parts < 1 ? 1 : parts > 1024 ? 1024 : int(parts);
  }

  static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    if (a.rows <= 0 || a.cols <= 0) return;
    const work w(a);
    const attention_geometry& g = w.g;
    const int blocks = divide_up(g.queries, at::block), size = g.size;
    scratch_pieces<T> memory{a.scratch};
    T* const scores = memory.take(at::block * w.pitch());
    T* const keys = memory.take(size * w.pitch());
    T* const values = memory.take(g.keys * work::panel_size(g));
    T* const block = memory.take(at::block * work::padded_size(g));
    const range share = share_of(a.rows / g.queries * g.heads * blocks, a.part, a.parts);
    int packed = -1;
    for (int unit = share.from; unit < share.to; ++unit) {
      const int n = unit / blocks / g.heads, h = unit / blocks % g.heads, i = unit % blocks * at::block;
      const int count = lesser_of(at::block, g.queries - i), past = w.past_key(i);
      if (unit / blocks != packed) {
        w.pack_transposed(w.key_row(n, h, 0), g.key_stride, keys);
        w.pack_features(w.value_row(n, h, 0), g.value_stride, g.keys, values);
        packed = unit / blocks;
      }
      w.times_packed(w.query_row(n, h, i), g.query_stride, count, keys, past, scores);
      T inverse[at::block];
      w.exponentials(scores, n, h, i, count, past, inverse);
      const int row = n * g.queries + i, col = h * size;
      tile_call<T> c;
      c.a = scores;
      c.a_row = w.pitch();
      c.a_step = 1;
      c.depth = past;
      c.c = finish != nullptr ? block : destination + std::ptrdiff_t(row) * a.cols + col;
      c.c_row = finish != nullptr ? work::padded_size(g) : a.cols;
      w.times_features(c, count, values, g.keys);
      for (int r = 0; r < count; ++r) work::multiply_row(c.c + r * c.c_row, inverse[r], size);
      if (finish != nullptr) finish(a, row, count, col, size, block, c.c_row);
    }
  }
};

/// The gradients of queries, keys and values, as columns side by side, as attention_gradient_op defines them.
///
/// Operands   those of the attention, and dy
/// Parts      heads: the gradients of keys and values are chains over all queries
template <class T, class V> struct simd_attention_gradient {
  using at = attention_geometry;
  using work = attention_work<T, V>;

  template <class Launch> static constexpr const void* tiles() { return attention_tiles<T>::template choose<Launch>(); }

  static constexpr std::size_t scratch(const attention_geometry& g, int, int) {
    const int keys = work::padded_keys(g), size = work::padded_size(g), panels = work::panel_size(g);
    return std::size_t(2 * at::block * keys + 2 * g.size * keys + (2 * at::block + g.keys) * panels +
                       at::block * size + 2 * g.keys * size + 160);
  }

  static constexpr int useful_parts(const attention_geometry& g, int rows, int cols) {
    const std::int64_t parts = g.gradient_multiply_adds(std::int64_t(rows) * cols) / 65536;
    return parts < 1 ? 1 : parts > 1024 ? 1024 : int(parts);
  }

  static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    if (a.rows <= 0 || a.cols <= 0) return;
    const one_part job(a, destination, finish);
    const attention_geometry& g = job.g;
    const int positions = g.parts == at::of_keys_and_values ? g.keys : g.queries;
    const range share = share_of(a.rows / positions * g.heads, a.part, a.parts);
    for (int unit = share.from; unit < share.to; ++unit) job.head(unit / g.heads, unit % g.heads);
  }

 private:
  /// Where results go: into the destination itself, or into a block that the epilogue gets.
  struct result {
    T* to = nullptr;
    std::ptrdiff_t stride = 0;
  };

  struct one_part {
    const call<T>& a;
    T* const destination;
    const finish_function<T> finish;
    const work w;
    const attention_geometry& g;
    const int size, features;
    const bool queries, keys;  ///< which gradients are made
    T *weights, *scores;
    T *keys_across, *values_across;            ///< of this head, as `pack_transposed` leaves them
    T *keys_along, *queries_along, *dy_along;  ///< of this head, and of one block, as `pack_features` leaves them
    T *block, *key_block, *value_block;        ///< results for an epilogue

    one_part(const call<T>& from, T* to, finish_function<T> f)
        : a(from),
          destination(to),
          finish(f),
          w(from),
          g(w.g),
          size(g.size),
          features(g.heads * g.size),
          queries(g.parts != at::of_keys_and_values),
          keys(g.parts != at::of_queries) {
      scratch_pieces<T> memory{a.scratch};
      weights = memory.take(at::block * w.pitch());
      scores = memory.take(at::block * w.pitch());
      keys_across = memory.take(size * w.pitch());
      values_across = memory.take(size * w.pitch());
      keys_along = memory.take(g.keys * work::panel_size(g));
      queries_along = memory.take(at::block * work::panel_size(g));
      dy_along = memory.take(at::block * work::panel_size(g));
      block = memory.take(at::block * work::padded_size(g));
      key_block = memory.take(g.keys * work::padded_size(g));
      value_block = memory.take(g.keys * work::padded_size(g));
    }

    result place(T* memory, int row, int col) const {
      if (finish != nullptr) return {memory, work::padded_size(g)};
      return {destination + std::ptrdiff_t(row) * a.cols + col, a.cols};
    }
    void done(const result& r, int row, int count, int col) const {
      if (finish != nullptr) finish(a, row, count, col, size, r.to, r.stride);
    }

    /// Adds left^T times a packed block of `count` rows to the gradient of the keys or values before `past`; those from
    /// `fresh` on are begun.
    void add_transposed(const T* left, int past, int fresh, const T* packed, int count, const result& r) const {
      tile_call<T> c;
      c.a_row = 1;
      c.a_step = w.pitch();
      c.depth = count;
      c.c_row = r.stride;
      const int known = lesser_of(fresh, past);
      c.a = left;
      c.c = r.to;
      c.resume = true;
      if (known > 0) w.times_features(c, known, packed, count);
      c.a = left + known;
      c.c = r.to + known * r.stride;
      c.resume = false;
      if (known < past) w.times_features(c, past - known, packed, count);
    }

    void head(int n, int h) const {
      const T* const dy = w.operand(4 + g.masked) + std::ptrdiff_t(n) * g.queries * features + h * size;
      const int key_col = (queries ? features : 0) + h * size, first_row = n * g.keys;
      const result dk = keys ? place(key_block, first_row, key_col) : result{};
      const result dv = keys ? place(value_block, first_row, key_col + features) : result{};
      w.pack_transposed(w.key_row(n, h, 0), g.key_stride, keys_across);
      w.pack_transposed(w.value_row(n, h, 0), g.value_stride, values_across);
      if (queries) w.pack_features(w.key_row(n, h, 0), g.key_stride, g.keys, keys_along);
      int begun = 0;  // keys that have a gradient already
      for (int i = 0; i < g.queries; i += at::block) {
        const int count = lesser_of(at::block, g.queries - i), past = w.past_key(i);
        const T* const q = w.query_row(n, h, i);
        const T* const d = dy + std::ptrdiff_t(i) * features;
        w.times_packed(q, g.query_stride, count, keys_across, past, weights);
        w.times_packed(d, features, count, values_across, past, scores);
        T inverse[at::block];
        w.exponentials(weights, n, h, i, count, past, inverse);
        w.score_gradients(weights, scores, inverse, count, past);
        if (queries) query_gradients(n, h, i, count, past);
        if (!keys) continue;
        w.pack_features(q, g.query_stride, count, queries_along);
        w.pack_features(d, features, count, dy_along);
        add_transposed(scores, past, begun, queries_along, count, dk);
        add_transposed(weights, past, begun, dy_along, count, dv);
        begun = past;
      }
      if (!keys) return;
      for (int j = begun; j < g.keys; ++j)  // seen by no query
        for (int c = 0; c < size; ++c) dk.to[j * dk.stride + c] = dv.to[j * dv.stride + c] = 0;
      done(dk, first_row, g.keys, key_col);
      done(dv, first_row, g.keys, key_col + features);
    }

    void query_gradients(int n, int h, int i, int count, int past) const {
      const int row = n * g.queries + i, col = h * size;
      const result dq = place(block, row, col);
      tile_call<T> c;
      c.a = scores;
      c.a_row = w.pitch();
      c.a_step = 1;
      c.depth = past;
      c.c = dq.to;
      c.c_row = dq.stride;
      w.times_features(c, count, keys_along, g.keys);
      done(dq, row, count, col);
    }
  };
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
