// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

namespace tfx::io {

namespace detail {

/// For eight bytes at a time: row k is the remainder of a byte that k bytes follow.
struct crc32c_tables {
  std::uint32_t row[8][256] = {};
  constexpr crc32c_tables() {
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = c >> 1 ^ (c & 1 ? 0x82f63b78u : 0u);
      row[0][i] = c;
    }
    for (int k = 1; k < 8; ++k)
      for (int i = 0; i < 256; ++i) row[k][i] = row[k - 1][i] >> 8 ^ row[0][row[k - 1][i] & 255];
  }
};
inline constexpr crc32c_tables crc32c_table{};

inline std::uint32_t crc32c_by_table(std::uint32_t c, const unsigned char* at, std::size_t size) {
  const auto& row = crc32c_table.row;
  for (; size >= 8; size -= 8, at += 8) {
    c ^= std::uint32_t(at[0]) | std::uint32_t(at[1]) << 8 | std::uint32_t(at[2]) << 16 | std::uint32_t(at[3]) << 24;
    c = row[7][c & 255] ^ row[6][c >> 8 & 255] ^ row[5][c >> 16 & 255] ^ row[4][c >> 24] ^ row[3][at[4]] ^ row[2][at[5]] ^ row[1][at[6]] ^ row[0][at[7]];
  }
  for (; size; --size) c = c >> 8 ^ row[0][(c ^ *at++) & 255];
  return c;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) inline std::uint32_t crc32c_by_instruction(std::uint32_t c, const unsigned char* at, std::size_t size) {
  std::uint64_t wide = c;
  for (; size >= 8; size -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    wide = __builtin_ia32_crc32di(wide, word);
  }
  c = std::uint32_t(wide);
  for (; size; --size) c = __builtin_ia32_crc32qi(c, *at++);
  return c;
}
inline bool has_crc32c_instruction() { return __builtin_cpu_supports("sse4.2"); }
#elif defined(__ARM_FEATURE_CRC32)
inline std::uint32_t crc32c_by_instruction(std::uint32_t c, const unsigned char* at, std::size_t size) {
  for (; size >= 8; size -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    c = __crc32cd(c, word);
  }
  for (; size; --size) c = __crc32cb(c, *at++);
  return c;
}
inline bool has_crc32c_instruction() { return true; }
#else
inline std::uint32_t crc32c_by_instruction(std::uint32_t c, const unsigned char* at, std::size_t size) { return crc32c_by_table(c, at, size); }
inline bool has_crc32c_instruction() { return false; }
#endif

}  // namespace detail

/// The cyclic redundancy check of Castagnoli's polynomial, by the processor's instruction where there is one. `before` is that of the
/// bytes before these.
///
/// Source     Castagnoli, Braeuer, Herrmann 1993; RFC 3720, appendix B.4
inline std::uint32_t crc32c(const void* data, std::size_t size, std::uint32_t before = 0) {
  const auto* at = static_cast<const unsigned char*>(data);
  return ~(detail::has_crc32c_instruction() ? detail::crc32c_by_instruction(~before, at, size) : detail::crc32c_by_table(~before, at, size));
}

/// The same as it stands in TFRecord files, where what is checked may itself end with such a number.
inline std::uint32_t masked_crc32c(const void* data, std::size_t size) {
  const std::uint32_t c = crc32c(data, size);
  return (c >> 15 | c << 17) + 0xa282ead8u;
}

}  // namespace tfx::io
