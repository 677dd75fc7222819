// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel/enter.hpp>
#include <tfx/backend/simd/attention_rows.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

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
  static constexpr bool follows_lengths(const geometry&) { return true; }
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

/// The gradients of queries, keys and values, as attention_gradient_op defines them; or, in one matrix, all three as columns side
/// by side.
///
/// Operands   those of the attention, and dy
/// Parts      heads: the gradients of keys and values are chains over all queries
template <class T, class V, bool InMatrix = false> struct simd_attention_gradient {
  static constexpr bool follows_lengths(const geometry&) { return true; }
  using at = attention_geometry;
  using work = attention_work<T, V>;

  template <class Launch> static constexpr const void* tiles() { return attention_tiles<T>::template choose<Launch>(); }

  static constexpr std::size_t scratch(const attention_geometry& g, int, int) {
    const int keys = work::padded_keys(g), size = work::padded_size(g), panels = work::panel_size(g);
    return std::size_t(2 * at::block * keys + 2 * g.size * keys + (2 * at::block + g.keys) * panels + (g.queries + 2 * g.keys) * size + 160);
  }

  static constexpr int useful_parts(const attention_geometry& g, int rows, int cols) {
    const std::int64_t parts = 5 * (std::int64_t(rows) * cols / (InMatrix ? 3 : 1)) * g.keys / 65536;
    return parts < 1 ? 1 : parts > 1024 ? 1024 : int(parts);
  }

  static TFX_PART void run(const call<T>& a) { run<7>(a); }
  template <unsigned Wanted> static TFX_PART void run(const call<T>& a) {
    if (a.rows <= 0 || a.cols <= 0) return;
    const one_part job(a, Wanted);
    const attention_geometry& g = job.g;
    const range share = share_of(a.rows / g.queries * g.heads, a.part, a.parts);
    for (int unit = share.from; unit < share.to; ++unit) job.head(unit / g.heads, unit % g.heads);
  }

 private:
  /// Where a result goes: into memory itself, or into a block that the kernel behind it gets.
  struct result {
    T* to = nullptr;
    std::ptrdiff_t stride = 0;

    result from(int row) const { return {to + row * stride, stride}; }
  };

  struct one_part {
    const call<T>& a;
    const work w;
    const attention_geometry& g;
    const int size, features;
    const bool queries, keys, values;  ///< which gradients are made
    T *weights, *scores;
    T *keys_across, *values_across;            ///< of this head, as `pack_transposed` leaves them
    T *keys_along, *queries_along, *dy_along;  ///< of this head, and of one block, as `pack_features` leaves them
    T* block[3];                               ///< results for a kernel

    one_part(const call<T>& from, unsigned wanted)
        : a(from), w(from), g(w.g), size(g.size), features(g.heads * g.size), queries(wanted & 1), keys(wanted & 2), values(wanted & 4) {
      scratch_pieces<T> memory{a.scratch};
      weights = memory.take(at::block * w.pitch());
      scores = memory.take(at::block * w.pitch());
      keys_across = memory.take(size * w.pitch());
      values_across = memory.take(size * w.pitch());
      keys_along = memory.take(g.keys * work::panel_size(g));
      queries_along = memory.take(at::block * work::panel_size(g));
      dy_along = memory.take(at::block * work::panel_size(g));
      for (int k = 0; k < 3; ++k) block[k] = memory.take((k == 0 ? g.queries : g.keys) * work::padded_size(g));
    }

    bool hands(int k) const { return InMatrix ? a.kernel != nullptr : a.hands(k); }
    /// The k-th gradient of a head, from its first position on.
    result place(int k, int n, int h) const {
      if (hands(k)) return {block[k], work::padded_size(g)};
      const std::ptrdiff_t row = std::ptrdiff_t(n) * (k == 0 ? g.queries : g.keys);
      if constexpr (InMatrix) return {a.destination() + row * a.cols + k * features + h * size, a.cols};
      else return {a.stored(k) + row * features + h * size, features};
    }
    void hand_over_head(int n, int h) const {
      if (a.kernel == nullptr) return;
      if constexpr (InMatrix) {
        for (int k = 0; k < 3; ++k) hand_over<T>(a, n * g.queries, g.queries, k * features + h * size, size, block[k], work::padded_size(g));
      } else {
        hand_over<T>(a, n * g.queries, g.queries, h * size, size, block, work::padded_size(g));
      }
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
      const result dq = queries ? place(0, n, h) : result{}, dk = keys ? place(1, n, h) : result{}, dv = values ? place(2, n, h) : result{};
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
        if (queries) query_gradients(count, past, dq.from(i));
        if (keys) w.pack_features(q, g.query_stride, count, queries_along);
        if (values) w.pack_features(d, features, count, dy_along);
        if (keys) add_transposed(scores, past, begun, queries_along, count, dk);
        if (values) add_transposed(weights, past, begun, dy_along, count, dv);
        begun = past;
      }
      if (keys) clear(dk, begun);
      if (values) clear(dv, begun);
      hand_over_head(n, h);
    }
    /// Keys that no query sees.
    void clear(const result& r, int begun) const {
      for (int j = begun; j < g.keys; ++j)
        for (int c = 0; c < size; ++c) r.to[j * r.stride + c] = 0;
    }

    void query_gradients(int count, int past, const result& dq) const {
      tile_call<T> c;
      c.a = scores;
      c.a_row = w.pitch();
      c.a_step = 1;
      c.depth = past;
      c.c = dq.to;
      c.c_row = dq.stride;
      w.times_features(c, count, keys_along, g.keys);
    }
  };
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
