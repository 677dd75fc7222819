// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <tfx/backend/kernel.hpp>
#include <tfx/backend/simd/dispatch.hpp>
#include <tfx/core/element.hpp>

/// Results that are larger than any cache go past all of them: a store to a line that no cache has would first read it from
/// memory, a third of all that an elementwise kernel moves. Kernels know nothing of it: they write a tile in the first-level cache,
/// which is copied by stores that read nothing.
namespace tfx::backend::inline TFX_SIMD_BUILD {

namespace detail {

#if defined(__AVX512F__)
inline constexpr int past_bytes = 64;
#elif defined(__AVX__)
inline constexpr int past_bytes = 32;
#else
inline constexpr int past_bytes = 16;
#endif
using past_vector [[gnu::vector_size(past_bytes)]] = long long;

TFX_INLINE void store_past_caches(past_vector* to, const past_vector& x) {
#if defined(__clang__)
  __builtin_nontemporal_store(x, to);
#elif defined(__AVX512F__)
  __builtin_ia32_movntdq512(to, x);
#elif defined(__AVX__)
  __builtin_ia32_movntdq256(to, x);
#elif defined(__SSE2__)
  __builtin_ia32_movntdq(to, x);
#else
  *to = x;
#endif
}
TFX_INLINE void wait_for_stores() {
#if defined(__SSE2__)
  __builtin_ia32_sfence();
#endif
}

/// Whole lines past the caches, what is beside them as it comes.
inline void copy_past_caches(const char* from, char* to, std::size_t bytes) {
  constexpr std::size_t line = 64;
  const std::size_t beside = -reinterpret_cast<std::uintptr_t>(to) % line, head = beside < bytes ? beside : bytes;
  std::memcpy(to, from, head);
  std::size_t i = head;
  for (; i + line <= bytes; i += line) {
    past_vector x[line / past_bytes];
    std::memcpy(x, from + i, line);
    for (std::size_t k = 0; k < line / past_bytes; ++k) store_past_caches(reinterpret_cast<past_vector*>(to + i) + k, x[k]);
  }
  std::memcpy(to + i, from + i, bytes - i);
}

/// What is known of a kernel's operands, one entry each.
struct operands_past_caches {
  int operands, past;   ///< all; those that go past the caches
  const bool *is_past, *moves;
  const lies_as* lies;

  std::ptrdiff_t size(int k, std::size_t word) const { return lies[k] == lies_as::word ? std::ptrdiff_t(word) : bytes_of(lies[k]); }
};
inline constexpr int past_words = 4096;      ///< of the tiles together
/// Bytes: shorter lines are few whole lines of a cache. Those that are not in order are written to memory as slowly as they are read.
inline constexpr int shortest_past = 256, page_bytes = 4096;

/// Calls a kernel for tiles of a frame, whose results it copies. The tables are memory for what it is told of its operands.
template <class T>
[[gnu::noinline]] void run_past_caches(const frame<T>& f, tfx::tile_function<T> kernel, const operands_past_caches& of, bool whole_rows, T** at, std::ptrdiff_t* step) {
  alignas(64) T tile[past_words];
  const int room = past_words / of.past / 64 * 64;
  bool serves = true;
  for (int k = 0; k < of.operands; ++k) {
    if (!of.is_past[k]) continue;
    const std::ptrdiff_t size = of.size(k, sizeof(T)), line = f.cols * size, apart = f.step[k] * size;
    serves = serves && (f.rows == 1 || apart == line ? f.rows * line >= page_bytes : line >= page_bytes || (line >= shortest_past && apart <= page_bytes));
    for (int other = 0; other < of.operands; ++other)
      if (other != k && f.at[other] == f.at[k]) return kernel(f);   // what is read there is in a cache
  }
  if (!serves || (whole_rows && f.cols > room)) return kernel(f);
  frame<T> now = f;
  now.at = at;
  now.step = step;
  const int down = f.cols < room ? room / f.cols : 1;
  for (int r = 0; r < f.rows; r += now.rows) {
    now.rows = lesser_of(down, f.rows - r);
    for (int c = 0; c < f.cols; c += now.cols) {
      now.cols = lesser_of(room, f.cols - c);
      int tiles = 0;
      for (int k = 0; k < of.operands; ++k) {
        at[k] = further(f.at[k], r * f.step[k] + (of.moves[k] ? c : 0), of.lies[k]);
        step[k] = f.step[k];
        if (!of.is_past[k]) continue;
        if (f.rows == 1 && now.cols == room)   // the next piece begins with a line
          now.cols -= int(std::ptrdiff_t(reinterpret_cast<std::uintptr_t>(at[k]) % 64) / of.size(k, sizeof(T)));
        at[k] = tile + room * tiles++;
      }
      for (int k = 0; k < of.operands; ++k)
        if (of.is_past[k]) step[k] = now.cols;
      kernel(now);
      tiles = 0;
      for (int k = 0; k < of.operands; ++k) {
        if (!of.is_past[k]) continue;
        const int lines = f.step[k] == now.cols ? 1 : now.rows;
        const std::ptrdiff_t bytes = now.rows / lines * now.cols * of.size(k, sizeof(T));
        for (int i = 0; i < lines; ++i)
          copy_past_caches(reinterpret_cast<const char*>(tile + room * tiles) + i * bytes, reinterpret_cast<char*>(further(f.at[k], (r + i) * f.step[k] + c, of.lies[k])), std::size_t(bytes));
        ++tiles;
      }
    }
  }
  wait_for_stores();
}

}  // namespace detail

/// A kernel of `Facts` behind tiles of its results; null, if that can't be.
template <class T, class Facts> struct past_caches {
  static constexpr int count = Facts::n_operands;
  struct table {
    bool is_past[count ? count : 1] = {};
    int past = 0;
  };
  static constexpr table operands = [] {
    table t;
    for (int k = 0; k < count; ++k) t.is_past[k] = Facts::operands.stored[k] && Facts::operands.moves[k];
    for (int i = 0; i < Facts::count; ++i)
      for (int k = 0; k < instruction::sources(Facts::kinds[i], Facts::arities[i]); ++k)
        if (const int s = instruction::source_of(Facts::words[i], k); s < 0) t.is_past[~s] = false;
    for (const bool is : t.is_past) t.past += is;
    return t;
  }();
  static constexpr bool serves = Facts::kind != form::columns && operands.past > 0 && operands.past <= 8;

  template <tfx::tile_function<T> Kernel> static void run(const frame<T>& f) {
    T* at[count];
    std::ptrdiff_t step[count];
    detail::run_past_caches<T>(f, Kernel, {count, operands.past, operands.is_past, Facts::operands.moves, Facts::operands.lies}, Facts::kind == form::rows, at, step);
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
