// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tfx/core/bfloat16.hpp>
#include <tfx/core/float16.hpp>

namespace tfx {

/// The element type a traced value has before a program is given one: `float` or `double`, chosen by the program.
struct real {};
/// The element type of traced complex values: two parts, which are of the type `real`. No node of a graph has it.
struct complex_number {};

/// Element types. `real_type` stands for the program's own floating-point type, `complex_type` for pairs of it; the gaps are kept for others.
enum class dtype : std::uint8_t {
  real_type = 0, float32 = 1, float64 = 2, bfloat16 = 3, float16 = 4,
  complex_type = 5, complex64 = 6, complex128 = 7,
  int32 = 8, int64 = 9, uint8 = 10, int8 = 11, int16 = 12, uint16 = 13, uint32 = 14, uint64 = 15,
  boolean = 16
};

namespace detail {
template <class T, dtype Type> struct element_type {
  using type = T;
  static constexpr dtype value = Type;
};
/// The types of C++ and their names here, to be looked up from either side.
struct element_types
    : element_type<real, dtype::real_type>, element_type<float, dtype::float32>, element_type<double, dtype::float64>,
      element_type<bfloat16, dtype::bfloat16>, element_type<float16, dtype::float16>,
      element_type<std::int8_t, dtype::int8>, element_type<std::int16_t, dtype::int16>, element_type<std::int32_t, dtype::int32>,
      element_type<std::int64_t, dtype::int64>, element_type<std::uint8_t, dtype::uint8>, element_type<std::uint16_t, dtype::uint16>,
      element_type<std::uint32_t, dtype::uint32>, element_type<std::uint64_t, dtype::uint64>, element_type<bool, dtype::boolean>,
      element_type<complex_number, dtype::complex_type> {};

template <dtype Type, class T> element_type<T, Type> found_by_name(const element_type<T, Type>*);
template <class T, dtype Type> element_type<T, Type> found_by_type(const element_type<T, Type>*);
template <class T> element_type<T, dtype::real_type> found_by_type(const void*);   // no element type: that of the program
}  // namespace detail

template <class T> inline constexpr dtype dtype_of = decltype(detail::found_by_type<T>(static_cast<const detail::element_types*>(nullptr)))::value;
template <dtype Type> using cpp_type = typename decltype(detail::found_by_name<Type>(static_cast<const detail::element_types*>(nullptr)))::type;

constexpr int size_of(dtype t) {
  switch (t) {
    case dtype::real_type: case dtype::complex_type: return 0;
    case dtype::int8: case dtype::uint8: case dtype::boolean: return 1;
    case dtype::bfloat16: case dtype::float16: case dtype::int16: case dtype::uint16: return 2;
    case dtype::float32: case dtype::int32: case dtype::uint32: return 4;
    case dtype::float64: case dtype::int64: case dtype::uint64: case dtype::complex64: return 8;
    case dtype::complex128: return 16;
  }
  return 0;
}

constexpr bool is_floating(dtype t) {
  return t == dtype::real_type || t == dtype::float32 || t == dtype::float64 || t == dtype::bfloat16 || t == dtype::float16;
}

/// How an element lies in memory. In a register it is a word, as large as the program's floating-point type, and `word` is an
/// element that lies as it is computed with.
enum class lies_as : std::uint8_t {
  word, boolean, bfloat16, float16, float32, int8, uint8, int16, uint16, int32, uint32, int64, uint64
};

}  // namespace tfx
