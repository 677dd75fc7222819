// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace tfx {

/// The element type a traced value has before a program is given one: `float` or `double`, chosen by the program.
struct real {};

/// Element types. `real_type` stands for the program's own floating-point type; the gaps are kept for bf16, fp16, int8 and complex.
enum class dtype : std::uint8_t { real_type = 0, float32 = 1, float64 = 2, int32 = 8, int64 = 9, uint8 = 10, boolean = 16 };

template <class T> inline constexpr dtype dtype_of = dtype::real_type;
template <> inline constexpr dtype dtype_of<float> = dtype::float32;
template <> inline constexpr dtype dtype_of<double> = dtype::float64;
template <> inline constexpr dtype dtype_of<std::int32_t> = dtype::int32;
template <> inline constexpr dtype dtype_of<std::int64_t> = dtype::int64;
template <> inline constexpr dtype dtype_of<std::uint8_t> = dtype::uint8;
template <> inline constexpr dtype dtype_of<bool> = dtype::boolean;

constexpr int size_of(dtype t) {
  switch (t) {
    case dtype::real_type: return 0;
    case dtype::float32: case dtype::int32: return 4;
    case dtype::float64: case dtype::int64: return 8;
    case dtype::uint8: case dtype::boolean: return 1;
  }
  return 0;
}

constexpr std::string_view name_of(dtype t) {
  switch (t) {
    case dtype::real_type: return "real";
    case dtype::float32: return "float32";
    case dtype::float64: return "float64";
    case dtype::int32: return "int32";
    case dtype::int64: return "int64";
    case dtype::uint8: return "uint8";
    case dtype::boolean: return "bool";
  }
  return "?";
}

constexpr bool is_floating(dtype t) { return t == dtype::real_type || t == dtype::float32 || t == dtype::float64; }

}  // namespace tfx
