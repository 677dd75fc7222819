// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <tfx/core/dtype.hpp>

namespace tfx::io {

/// Element types as files name them, and how numbers of one become numbers of another.
namespace detail {
static_assert(std::endian::native == std::endian::little,
              "tfx: weights are read and written on little-endian machines");

constexpr std::string_view safetensors_dtype(dtype type) {
  switch (type) {
    case dtype::float32: return "F32";
    case dtype::float64: return "F64";
    case dtype::bfloat16: return "BF16";
    case dtype::float16: return "F16";
    case dtype::int8: return "I8";
    case dtype::int16: return "I16";
    case dtype::int32: return "I32";
    case dtype::int64: return "I64";
    case dtype::uint8: return "U8";
    case dtype::uint16: return "U16";
    case dtype::uint32: return "U32";
    case dtype::uint64: return "U64";
    case dtype::boolean: return "BOOL";
    case dtype::complex64: return "C64";
    case dtype::complex128: case dtype::complex_type: case dtype::real_type: break;
  }
  return {};
}

/// The order in which the reference implementation writes types: wider ones first, so that all arrays are aligned.
constexpr int place_of(dtype type) {
  switch (type) {
    case dtype::uint64: return 0;
    case dtype::int64: return 1;
    case dtype::float64: return 2;
    case dtype::complex64: return 3;
    case dtype::float32: return 4;
    case dtype::uint32: return 5;
    case dtype::int32: return 6;
    case dtype::bfloat16: return 7;
    case dtype::float16: return 8;
    case dtype::uint16: return 9;
    case dtype::int16: return 10;
    case dtype::int8: return 11;
    case dtype::uint8: return 12;
    case dtype::boolean: return 13;
    case dtype::complex128: case dtype::complex_type: case dtype::real_type: break;
  }
  return 14;
}

/// How numbers stored under `stored` become numbers of type `wanted`, if they can.
enum class conversion { none, same, f32_to_f64, f64_to_f32, f16, bf16 };

inline conversion conversion_between(std::string_view stored, dtype wanted, bool convert) {
  if (stored == safetensors_dtype(wanted)) return conversion::same;
  const bool as_word = wanted == dtype::float32 || wanted == dtype::float64;
  if (stored == "F16" && as_word) return conversion::f16;
  if (stored == "BF16" && as_word) return conversion::bf16;
  if (!convert) return conversion::none;
  if (stored == "F32" && wanted == dtype::float64) return conversion::f32_to_f64;
  if (stored == "F64" && wanted == dtype::float32) return conversion::f64_to_f32;
  return conversion::none;
}

template <class Stored, class To, class Function>
void convert_each(const std::byte* from, std::size_t count, void* out, std::size_t first, Function function) {
  for (std::size_t i = 0; i < count; ++i) {
    Stored value;
    std::memcpy(&value, from + i * sizeof value, sizeof value);
    static_cast<To*>(out)[first + i] = static_cast<To>(function(value));
  }
}

/// `count` stored numbers, written to out[first] and following.
inline void convert_some(conversion how, const std::byte* from, std::size_t count, dtype wanted, void* out,
                         std::size_t first) {
  const auto as_is = [](auto value) { return value; };
  const bool wide = wanted == dtype::float64;
  switch (how) {
    case conversion::f32_to_f64: convert_each<float, double>(from, count, out, first, as_is); break;
    case conversion::f64_to_f32: convert_each<double, float>(from, count, out, first, as_is); break;
    case conversion::f16:
      if (wide) convert_each<float16, double>(from, count, out, first, as_is);
      else convert_each<float16, float>(from, count, out, first, as_is);
      break;
    case conversion::bf16:
      if (wide) convert_each<bfloat16, double>(from, count, out, first, as_is);
      else convert_each<bfloat16, float>(from, count, out, first, as_is);
      break;
    case conversion::none:
    case conversion::same: break;
  }
}
}  // namespace detail

}  // namespace tfx::io
