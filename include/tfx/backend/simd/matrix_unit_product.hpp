// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <tfx/backend/simd/gemm_blocks.hpp>
#include <tfx/backend/simd/matrix_unit_strips.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// What does all of a product in the matrix unit.
template <class T> struct matrix_unit_functions {
  void (*multiply)(const matmul_blocks<T>& p, int index, range rows, range cols);
  void (*prepare)(const matmul_blocks<T>& p, T* to);
};

#if defined(TFX_SIMD_HAS_MATRIX_UNIT)

/// Products of two operands of bfloat16 in pairs (`summing`), or of bytes, in the matrix unit.
///
/// Order      bands of columns, whose strips of B are packed and stay in the second-level cache; in them rows of A that do
///            too; in those blocks of the result, and tiles of two strips by two over the whole depth
/// Blocks     as of `simd_matmul`
template <class E> struct matrix_unit_product {
  using strips = matrix_unit_strips<E>;
  static constexpr int tile = 2 * matrix_unit::lines;

  /// Columns, and rows, that are packed at a time.
  static constexpr int band(int depth, int cols) { return held(1 << 18, depth, cols); }
  static constexpr int height(int depth, int rows) { return held(1 << 17, depth, rows); }
  static constexpr std::size_t scratch(int depth, int rows, int cols) {
    return std::size_t((band(depth, cols) + height(depth, rows)) / matrix_unit::lines * strips::size(depth)) + std::size_t(block_elements<float>);
  }
  static constexpr std::size_t prepared(int depth, int cols) { return std::size_t(round_up(cols, tile) / matrix_unit::lines * strips::size(depth)); }

  static void prepare(const matmul_blocks<float>& p, float* to) { right(p, 0, 0).pack(p.a.cols, to); }

  static void multiply(const matmul_blocks<float>& p, int index, range rows, range cols) {
    const int band = matrix_unit_product::band(p.g.depth, cols.size()), height = matrix_unit_product::height(p.g.depth, rows.size());
    const std::ptrdiff_t strip = strips::size(p.depth);
    float* const packed_left = p.a.scratch;
    float* const packed_right = packed_left + height / matrix_unit::lines * strip;
    const bool one_block = rows.size() <= height;
    const matrix_unit unit;
    for (int col = cols.from; col < cols.to; col += band) {
      const range wide = {col, lesser_of(col + band, cols.to)};
      if (p.a.prepared == nullptr) right(p, index, col).pack(wide.size(), packed_right);
      const float* const b = p.a.prepared != nullptr ? p.a.prepared + col / matrix_unit::lines * strip : packed_right;
      for (int row = rows.from; row < rows.to; row += height) {
        const range tall = {row, lesser_of(row + height, rows.to)};
        if (!one_block || col == cols.from) left(p, index, row).pack(tall.size(), packed_left);
        multiply_packed(p, index, tall, wide, packed_left, b, packed_right + band / matrix_unit::lines * strip);
      }
    }
  }
  static constexpr matrix_unit_functions<float> functions = {&multiply, &prepare};

 private:
  static constexpr int held(int words, int depth, int lines) {
    const int fit = words / greater_of(strips::steps(depth), 1) / matrix_unit::words / tile * tile;
    return lesser_of(greater_of(fit, tile), round_up(lines, tile));
  }
  static strips left(const matmul_blocks<float>& p, int index, int row) {
    return {static_cast<const E*>(p.a.operand[0]) + std::ptrdiff_t(index) * p.g.left_step + row * p.a_row, p.a_row, p.a_step, p.depth, true};
  }
  static strips right(const matmul_blocks<float>& p, int index, int col) {
    const std::ptrdiff_t line = p.b_transposed ? p.b_row : 1;
    return {static_cast<const E*>(p.a.operand[1]) + std::ptrdiff_t(index) * p.g.right_step + col * line, line, p.b_transposed ? 1 : p.b_row, p.depth, false};
  }

  /// A tile of the result: strips of both operands, and how much of it there is.
  struct sums {
    const float *left, *right;
    std::ptrdiff_t strip;
    int steps;
    float* to;
    std::ptrdiff_t row;
    int rows, cols;
  };

  static void multiply_packed(const matmul_blocks<float>& p, int index, range rows, range cols, const float* left, const float* right, float* block) {
    const bool blocks = p.finish != nullptr;
    const int width = blocks ? lesser_of(6 * tile, round_up(cols.size(), tile)) : cols.size();
    const int height = blocks ? block_elements<float> / width / tile * tile : rows.size();
    const std::ptrdiff_t strip = strips::size(p.depth);
    for (int col = cols.from; col < cols.to; col += width) {
      for (int row = rows.from; row < rows.to; row += height) {
        const range wide = {col, lesser_of(col + width, cols.to)}, tall = {row, lesser_of(row + height, rows.to)};
        const int first = index * p.tall + row;
        const std::ptrdiff_t stride = blocks ? round_up(wide.size(), 16) : p.a.cols;
        float* const to = blocks ? block : p.destination + std::ptrdiff_t(first) * p.a.cols + col;
        for (int down = row; down < tall.to; down += tile) {
          for (int at = col; at < wide.to; at += tile) {
            sum_tile({left + (down - rows.from) / matrix_unit::lines * strip, right + (at - cols.from) / matrix_unit::lines * strip, strip, strips::steps(p.depth),
                      to + (down - row) * stride + (at - col), stride, tall.to - down, blocks ? int(stride) - (at - col) : wide.to - at});
          }
        }
        if (blocks) p.finish(p.a, first, tall.size(), col, wide.size(), block, stride);
      }
    }
  }

  static void sum_tile(const sums& s) {
    const bool two_left = s.rows > matrix_unit::lines, two_right = s.cols > matrix_unit::lines;
    bool fits = true;
    for (int i = 0; i <= int(two_left); ++i)
      for (int j = 0; j <= int(two_right); ++j) fits = fits && strips::fits(s.left + i * s.strip, s.right + j * s.strip);
    if (!fits) sum_in_vectors(s);
    else if (two_left && two_right) sum_in_unit<true, true>(s);
    else if (two_left) sum_in_unit<true, false>(s);
    else if (two_right) sum_in_unit<false, true>(s);
    else sum_in_unit<false, false>(s);
  }

  template <bool TwoLeft, bool TwoRight> static void sum_in_unit(const sums& s) {
    using unit = matrix_unit;
    unit::zero<0>();
    if constexpr (TwoRight) unit::zero<1>();
    if constexpr (TwoLeft) unit::zero<2>();
    if constexpr (TwoLeft && TwoRight) unit::zero<3>();
    // Results that are far away are asked for meanwhile.
    for (int i = 0; i < lesser_of(s.rows, tile); ++i)
      for (int j = 0; j <= int(TwoRight); ++j) __builtin_prefetch(s.to + i * s.row + j * matrix_unit::lines, 1);
    const float *a = s.left + strips::head, *b = s.right + strips::head;
    for (int step = s.steps; step > 0; --step, a += unit::register_words, b += unit::register_words) {
      unit::load<4>(a);
      unit::load<6>(b);
      unit::add<E, 0, 4, 6>();
      if constexpr (TwoRight) {
        unit::load<7>(b + s.strip);
        unit::add<E, 1, 4, 7>();
      }
      if constexpr (TwoLeft) {
        unit::load<5>(a + s.strip);
        unit::add<E, 2, 5, 6>();
      }
      if constexpr (TwoLeft && TwoRight) unit::add<E, 3, 5, 7>();
    }
    store<0>(s, 0, 0);
    if constexpr (TwoRight) store<1>(s, 0, 1);
    if constexpr (TwoLeft) store<2>(s, 1, 0);
    if constexpr (TwoLeft && TwoRight) store<3>(s, 1, 1);
  }
  template <int Register> static TFX_INLINE void store(const sums& s, int down, int across) {
    constexpr int lines = matrix_unit::lines;
    float* const to = s.to + down * lines * s.row + across * lines;
    const int rows = s.rows - down * lines, cols = s.cols - across * lines;
    if (rows >= lines && cols >= lines) return matrix_unit::store<Register>(to, s.row * std::ptrdiff_t(sizeof(float)));
    alignas(64) float part[matrix_unit::register_words];
    matrix_unit::store<Register>(part, lines * sizeof(float));
    store_part(part, to, s.row, lesser_of(rows, lines), lesser_of(cols, lines));
  }
  TFX_COLD static void store_part(const float* part, float* to, std::ptrdiff_t row, int rows, int cols) {
    for (int i = 0; i < rows; ++i) __builtin_memcpy(to + i * row, part + i * matrix_unit::lines, sizeof(float) * std::size_t(cols));
  }

  /// Of elements so small that the unit would lose denormals.
  TFX_COLD static void sum_in_vectors(const sums& s) {
    if constexpr (sizeof(E) == 2) {
      constexpr int lines = matrix_unit::lines;
      for (int down = 0; down < lesser_of(s.rows, tile); down += lines)
        for (int across = 0; across < lesser_of(s.cols, tile); across += lines) {
          alignas(64) float part[matrix_unit::register_words];
          sum_strips(s.left + down / lines * s.strip + strips::head, s.right + across / lines * s.strip + strips::head, s.steps, part);
          store_part(part, s.to + down * s.row + across, s.row, lesser_of(s.rows - down, lines), lesser_of(s.cols - across, lines));
        }
    }
  }
  TFX_AVX512 static void sum_strips(const float* left, const float* right, int steps, float* to) {
    using set = avx512::lanes<float>;
    using vector = set::vector;
    using words = set::words;
    for (int row = 0; row < matrix_unit::lines; ++row) {
      vector total{};
      for (int step = 0; step < steps; ++step) {
        vector even{}, odd{};
        for (int w = 0; w < matrix_unit::words; ++w) {
          const words a = words(set::splat(left[step * matrix_unit::register_words + row * matrix_unit::words + w]));
          const words b = words(set::load(right + step * matrix_unit::register_words + w * matrix_unit::lines));
          even = set::fma(vector(a << 16), vector(b << 16), even);
          odd = set::fma(vector(a & int(0xffff0000u)), vector(b & int(0xffff0000u)), odd);
        }
        total = total + (even + odd);
      }
      set::store(to + row * matrix_unit::lines, total);
    }
  }
};

constexpr std::size_t matrix_unit_scratch(bool of_bytes, int depth, int rows, int cols) {
  return of_bytes ? matrix_unit_product<std::int8_t>::scratch(depth, rows, cols) : matrix_unit_product<bfloat16>::scratch(depth, rows, cols);
}
constexpr std::size_t prepared_in_matrix_unit(bool of_bytes, int depth, int cols) {
  return of_bytes ? matrix_unit_product<std::int8_t>::prepared(depth, cols) : matrix_unit_product<bfloat16>::prepared(depth, cols);
}

#else

constexpr std::size_t matrix_unit_scratch(bool, int, int, int) { return 0; }
constexpr std::size_t prepared_in_matrix_unit(bool, int, int) { return 0; }

#endif

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
