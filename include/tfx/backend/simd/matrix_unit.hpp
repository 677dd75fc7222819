// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <tfx/backend/simd/tile_set.hpp>
#include <tfx/core/config.hpp>

#if defined(TFX_SIMD_HAS_MATRIX_UNIT)
#include <cpuid.h>
#endif

/// The matrix unit of x86 (AMX). Its instructions are written out, since only some compilers have names for them.
namespace tfx::backend::inline TFX_SIMD_BUILD {

template <class E> struct matrix_unit_product;

#if defined(TFX_SIMD_HAS_MATRIX_UNIT)

namespace detail {
inline bool ask_for_matrix_unit() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned of_bfloat16 = 1u << 22, registers = 1u << 24, of_bytes = 1u << 25, all = of_bfloat16 | registers | of_bytes;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & all) != all) return false;
  // arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)
  long answer = 158;
  asm volatile("syscall" : "+a"(answer) : "D"(0x1023l), "S"(18l) : "rcx", "r11", "memory");
  return answer == 0;
}
}  // namespace detail

/// Whether processor and operating system have one for bfloat16 and for bytes. The system is asked once, for all threads: it
/// may refuse, and products are then made with vectors.
inline bool has_matrix_unit() {
  static const bool has = detail::ask_for_matrix_unit();
  return has;
}

/// Its registers hold 16 lines of 16 words. A word is two or four terms of a sum. Between construction and destruction they are
/// this thread's.
class matrix_unit {
 public:
  static constexpr int lines = 16, words = 16, register_words = lines * words;
  template <class E> static constexpr int terms = 4 / int(sizeof(E));   ///< of a word

  matrix_unit() {
    struct alignas(64) {
      std::uint8_t palette = 1, start = 0, none[14] = {};
      std::uint16_t line_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
      std::uint8_t lines[16] = {16, 16, 16, 16, 16, 16, 16, 16};
    } all_full;
    asm volatile("ldtilecfg %0" : : "m"(all_full));
  }
  ~matrix_unit() { asm volatile("tilerelease"); }
  matrix_unit(const matrix_unit&) = delete;
  matrix_unit& operator=(const matrix_unit&) = delete;

  template <int Register> static TFX_INLINE void zero() { asm volatile("tilezero %%tmm%c0" : : "i"(Register)); }
  template <int Register> static TFX_INLINE void load(const void* from, std::ptrdiff_t line_bytes = 4 * words) {
    asm volatile("tileloadd (%1,%2,1), %%tmm%c0" : : "i"(Register), "r"(from), "r"(line_bytes) : "memory");
  }
  template <int Register> static TFX_INLINE void store(void* to, std::ptrdiff_t line_bytes) {
    asm volatile("tilestored %%tmm%c0, (%1,%2,1)" : : "i"(Register), "r"(to), "r"(line_bytes) : "memory");
  }
  /// Adds the products of the terms in the lines of `Left` and in those below each other in `Right`, as `summing` says.
  template <class E, int Sum, int Left, int Right> static TFX_INLINE void add() {
    if constexpr (sizeof(E) == 2) asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sum), "i"(Left), "i"(Right));
    else asm volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(Sum), "i"(Left), "i"(Right));
  }
};

/// What it offers for products of two operands of type E.
template <class T, class E> inline constexpr tile_set<T> matrix_unit_set = [] {
  tile_set<T> set;
  set.unit = &matrix_unit_product<E>::functions;
  set.present = &has_matrix_unit;
  set.left.bytes = set.right.bytes = int(sizeof(E));
  set.left.tiles_read = set.right.tiles_read = false;
  set.rows = 2 * matrix_unit::lines;
  set.few_rows = matrix_unit::lines;
  set.vectors = set.rest_vectors = 2;
  set.lanes = matrix_unit::words;
  return set;
}();
template <class T, class E> constexpr const tile_set<T>* in_matrix_unit() { return &matrix_unit_set<T, E>; }

#else

template <class T, class E> constexpr const tile_set<T>* in_matrix_unit() { return nullptr; }

#endif

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
