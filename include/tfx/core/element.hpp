// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <string_view>
#include <type_traits>

#include <tfx/core/config.hpp>
#include <tfx/core/convert.hpp>
#include <tfx/core/dtype.hpp>
#include <tfx/core/shape.hpp>

// What an element type means to a program: how its elements are computed with, how they lie in memory, and what two types
// make together. A program computes in words, numbers or integers of one size (4 bytes, or 8 in a program of double): a type
// says which values a node can have, never how they are computed.
namespace tfx {

constexpr std::string_view name_of(dtype t) {
  switch (t) {
    case dtype::real_type: return "real";
    case dtype::float32: return "float32";
    case dtype::float64: return "float64";
    case dtype::bfloat16: return "bfloat16";
    case dtype::float16: return "float16";
    case dtype::int8: return "int8";
    case dtype::int16: return "int16";
    case dtype::int32: return "int32";
    case dtype::int64: return "int64";
    case dtype::uint8: return "uint8";
    case dtype::uint16: return "uint16";
    case dtype::uint32: return "uint32";
    case dtype::uint64: return "uint64";
    case dtype::boolean: return "bool";
    case dtype::complex_type: return "complex";
    case dtype::complex64: return "complex64";
    case dtype::complex128: return "complex128";
  }
  return "?";
}

/// Is a register of this type the bits of an integer, and not a number? (A truth value is the number 0 or 1.)
constexpr bool is_whole(dtype t) { return t >= dtype::int32 && t <= dtype::uint64; }
constexpr bool is_unsigned(dtype t) { return t == dtype::uint8 || t == dtype::uint16 || t == dtype::uint32 || t == dtype::uint64; }
constexpr bool is_narrow_float(dtype t) { return t == dtype::bfloat16 || t == dtype::float16; }

/// Is a number one of the values of a type of integers, or of truth values?
constexpr bool has_number(dtype t, double number) {
  if (t == dtype::boolean) return number == 0 || number == 1;
  const int bits = 8 * size_of(t) - (is_unsigned(t) ? 0 : 1);
  const double past = double(std::uint64_t(1) << (bits - 1)) * 2;
  if (!(number < past && number >= (is_unsigned(t) ? 0 : -past))) return false;
  return number == (number < 0 ? double(std::int64_t(number)) : double(std::uint64_t(number)));
}

/// How elements of a type lie in a program's memory: as words, or in fewer bytes. Integers of 32 and 64 bits are words.
constexpr lies_as form_of(dtype t) {
  switch (t) {
    case dtype::boolean: return lies_as::boolean;
    case dtype::bfloat16: return lies_as::bfloat16;
    case dtype::float16: return lies_as::float16;
    case dtype::int8: return lies_as::int8;
    case dtype::uint8: return lies_as::uint8;
    case dtype::int16: return lies_as::int16;
    case dtype::uint16: return lies_as::uint16;
    default: return lies_as::word;
  }
}
constexpr bool lies_narrow(dtype t) { return form_of(t) != lies_as::word; }
/// The type of the same value as a word.
constexpr dtype widened(dtype t) { return !lies_narrow(t) ? t : is_whole(t) ? dtype::int32 : dtype::real_type; }

/// Bytes of an element, where that is no word.
constexpr int bytes_of(lies_as lies) {
  switch (lies) {
    case lies_as::boolean: case lies_as::int8: case lies_as::uint8: return 1;
    case lies_as::bfloat16: case lies_as::float16: case lies_as::int16: case lies_as::uint16: return 2;
    default: return 4;
  }
}
/// Words that so many elements take; a word has at least 4 bytes.
constexpr int words_for(int elements, lies_as lies) {
  if (lies == lies_as::word) return elements;
  const int in_a_word = 4 / bytes_of(lies);
  return elements / in_a_word + (elements % in_a_word != 0);
}
/// `elements` further on in memory of words T, which lie there as `lies` says.
template <class T> TFX_INLINE T* further(T* at, std::ptrdiff_t elements, lies_as lies) {
  using byte = std::conditional_t<std::is_const_v<T>, const char, char>;
  if (lies == lies_as::word) return at + elements;
  return reinterpret_cast<T*>(reinterpret_cast<byte*>(at) + elements * bytes_of(lies));
}

/// The integer whose bits a word T can be.
template <class T> using whole_word = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
/// A number as a word of a program that computes in T; as an integer it is whole.
template <class T> constexpr T word_of(double number, bool whole) {
  if (!whole) return T(number);
  const std::uint64_t bits = number < 0 ? std::uint64_t(std::int64_t(number)) : std::uint64_t(number);
  return std::bit_cast<T>(whole_word<T>(bits));
}
template <class T> constexpr whole_word<T> whole_of(T word) { return std::bit_cast<whole_word<T>>(word); }

template <class T> inline constexpr bool is_complex = dtype_of<T> >= dtype::complex_type && dtype_of<T> <= dtype::complex128;
/// What stands for a number in code beside tensors and traced values.
template <class X> inline constexpr bool is_number = std::is_arithmetic_v<X>;

/// The traced type of elements T: `float` and `double` are the program's own.
template <class T> struct as_traced {
  using type = std::conditional_t<std::is_floating_point_v<T>, real, T>;
};
/// The type of elements of traced type E that a program of T gives.
template <class T, class E> struct given_as {
  using type = std::conditional_t<std::is_same_v<E, real>, T, E>;
};
/// The extents of a tensor in a program's memory: the parts of complex numbers are an axis of their own, the last one.
constexpr dims held_shape(dims shape, dtype type) {
  if (type == dtype::complex_type) shape.extent[shape.rank++] = 2;
  return shape;
}
/// What an element of traced type E is in the memory of a program that computes in T.
template <class T, class E> struct held_as {
  static constexpr dtype type = dtype_of<E>;
  using type_of_word = std::conditional_t<!is_whole(type), T, std::conditional_t<is_unsigned(type), std::make_unsigned_t<whole_word<T>>, whole_word<T>>>;
  using element = std::conditional_t<lies_narrow(type), E, type_of_word>;
};
namespace detail {
template <class U> inline constexpr bool is_sized_integer = std::is_integral_v<U> && !std::is_same_v<U, bool>;
template <class U, class V> inline constexpr bool same_in_memory =
    std::is_same_v<U, V> || (is_sized_integer<U> && is_sized_integer<V> && sizeof(U) == sizeof(V) && std::is_signed_v<U> == std::is_signed_v<V>);
}  // namespace detail

/// An element as a word of a program that computes in T, and back. `E` may be `real`, which is T there.
template <class T, class E> constexpr T word_from(E x) {
  if constexpr (is_whole(dtype_of<E>)) return std::bit_cast<T>(whole_word<T>(x));
  else return T(x);
}
template <class E, class T> constexpr auto element_from(T word) {
  if constexpr (is_whole(dtype_of<E>)) return E(whole_of(word));
  else if constexpr (std::is_same_v<E, bool>) return word != 0;
  else if constexpr (is_narrow_float(dtype_of<E>)) return E(word);
  else return word;
}
/// Writes element i of traced type E in a program's memory.
template <class E, class T, class Number> void put_element(T* memory, int i, Number x) {
  using H = typename held_as<T, E>::element;
  const H element = converted<H>(x);
  __builtin_memcpy(reinterpret_cast<char*>(memory) + std::ptrdiff_t(i) * std::ptrdiff_t(sizeof element), &element, sizeof element);
}
/// Element i of traced type E in a program's memory, which is made of words in constant evaluation.
template <class E, class T> constexpr auto element_in(const T* memory, int i) {
  using H = typename held_as<T, E>::element;
  if constexpr (std::is_same_v<H, T>) {
    return memory[i];
  } else if constexpr (is_complex<E>) {
    return H(memory[2 * i], memory[2 * i + 1]);
  } else {
    if (std::is_constant_evaluated()) return element_from<E>(memory[i]);
    H x;
    __builtin_memcpy(&x, reinterpret_cast<const char*>(memory) + std::ptrdiff_t(i) * std::ptrdiff_t(sizeof x), sizeof x);
    return E(x);
  }
}

/// The element type of what two types make together, as JAX has it: of two integers one that holds all values of both, of
/// an integer and floating point the latter, of two kinds of floating point the program's own; with complex numbers complex.
constexpr dtype promote(dtype a, dtype b) {
  if (a == b || b == dtype::boolean || a == dtype::complex_type) return a;
  if (a == dtype::boolean || b == dtype::complex_type) return b;
  if (!is_whole(a) || !is_whole(b)) return is_whole(b) ? a : is_whole(a) ? b : dtype::real_type;
  const int left = size_of(a), right = size_of(b), size = left < right ? right : left;
  if (is_unsigned(a) == is_unsigned(b)) return left < right ? b : a;
  const dtype of_sign = is_unsigned(a) ? b : a;
  if (size_of(of_sign) > (is_unsigned(a) ? left : right)) return of_sign;
  return size == 1 ? dtype::int16 : size == 2 ? dtype::int32 : size == 4 ? dtype::int64 : dtype::real_type;
}

}  // namespace tfx
