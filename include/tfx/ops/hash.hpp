// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tfx/core/element.hpp>
#include <tfx/ops/operation.hpp>

namespace tfx {

namespace detail {

/// FarmHash's Fingerprint64 of texts of 1 to 32 bytes.
///
/// Source     FarmHash, farmhashna::Hash64
struct fingerprint {
  char text[32] = {};
  int size = 0;

  /// An integer in decimal.
  static constexpr fingerprint of(bool negative, std::uint64_t magnitude) {
    fingerprint f;
    char digit[20] = {};
    int n = 0;
    do {
      digit[n++] = char('0' + int(magnitude % 10));
      magnitude /= 10;
    } while (magnitude > 0);
    if (negative) f.text[f.size++] = '-';
    while (n > 0) f.text[f.size++] = digit[--n];
    return f;
  }
  constexpr std::uint64_t hash() const {
    const std::uint64_t length = std::uint64_t(size), factor = c + length * 2;
    if (size > 16) {
      const std::uint64_t p = word(0, 8) * b, q = word(8, 8), r = word(size - 8, 8) * factor, s = word(size - 16, 8) * c;
      return mixed(turned(p + q, 43) + turned(r, 30) + s, p + turned(q + c, 18) + r, factor);
    }
    if (size >= 8) {
      const std::uint64_t p = word(0, 8) + c, q = word(size - 8, 8);
      return mixed(turned(q, 37) * factor + p, (turned(p, 25) + q) * factor, factor);
    }
    if (size >= 4) return mixed(length + (word(0, 4) << 3), word(size - 4, 4), factor);
    const std::uint32_t y = std::uint32_t(word(0, 1) + (word(size >> 1, 1) << 8)), z = std::uint32_t(length + (word(size - 1, 1) << 2));
    const std::uint64_t x = y * c ^ z * a;
    return (x ^ (x >> 47)) * c;
  }

private:
  static constexpr std::uint64_t a = 0xc3a5c85c97cb3127u, b = 0xb492b66fbe98f273u, c = 0x9ae16a3b2f90404fu;
  constexpr std::uint64_t word(int at, int bytes) const {
    std::uint64_t w = 0;
    for (int i = bytes; i-- > 0;) w = w << 8 | std::uint64_t(static_cast<unsigned char>(text[at + i]));
    return w;
  }
  static constexpr std::uint64_t turned(std::uint64_t x, int by) { return x >> by | x << (64 - by); }
  static constexpr std::uint64_t mixed(std::uint64_t u, std::uint64_t v, std::uint64_t factor) {
    std::uint64_t x = (u ^ v) * factor;
    x ^= x >> 47;
    std::uint64_t y = (v ^ x) * factor;
    y ^= y >> 47;
    return y * factor;
  }
};

}  // namespace detail

/// The bin of each integer, of so many.
struct hash_op {
  static constexpr std::string_view name = "hash";
  static constexpr op_kind kind = op_kind::window;
  static constexpr int arity = 1;
  static constexpr bool differentiable = false;
  static constexpr void backward(gradient_scope&) {}
  template <class T> static TFX_INLINE constexpr T element(const geometry& g, const T* const* in, int row, int col, int cols, int) {
    const auto x = whole_of(in[0][row * cols + col]);
    using natural = std::make_unsigned_t<std::remove_const_t<decltype(x)>>;
    const bool negative = !g.v[1] && x < 0;
    const std::uint64_t magnitude = negative ? std::uint64_t(natural(0) - natural(x)) : std::uint64_t(natural(x));
    return std::bit_cast<T>(whole_word<T>(detail::fingerprint::of(negative, magnitude).hash() % std::uint64_t(g.v[0])));
  }
};

namespace detail {
constexpr handle hashed(handle x, int bins) {
  geometry g;
  g.v[0] = bins;
  g.v[1] = is_unsigned(x.type());
  return {x.graph, x.graph->emit<hash_op>(x.shape(), dtype::int32, g, x.id)};
}
}  // namespace detail
}  // namespace tfx
