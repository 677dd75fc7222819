// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <tfx/core/dtype.hpp>
#include <tfx/lanes/narrow.hpp>
#include <tfx/lanes/partial.hpp>

/// Elements that lie in memory in another form than in a register, where each is a word: a number, or the bits of an integer
/// of the size of a number. Loads are exact, and so is storing what is representable: rounding is an operation of its own. So
/// a value is the same whether it lies in memory between two operations or stays in a register.
namespace tfx::lanes {

namespace detail {

template <lies_as As, class T> struct element;
template <class T> struct element<lies_as::word, T> { using type = T; };
template <class T> struct element<lies_as::boolean, T> { using type = std::uint8_t; };
template <class T> struct element<lies_as::bfloat16, T> { using type = bfloat16; };
template <class T> struct element<lies_as::float16, T> { using type = float16; };
template <class T> struct element<lies_as::float32, T> { using type = float; };
template <class T> struct element<lies_as::int8, T> { using type = std::int8_t; };
template <class T> struct element<lies_as::uint8, T> { using type = std::uint8_t; };
template <class T> struct element<lies_as::int16, T> { using type = std::int16_t; };
template <class T> struct element<lies_as::uint16, T> { using type = std::uint16_t; };
template <class T> struct element<lies_as::int32, T> { using type = std::int32_t; };
template <class T> struct element<lies_as::uint32, T> { using type = std::uint32_t; };
template <class T> struct element<lies_as::int64, T> { using type = std::int64_t; };
template <class T> struct element<lies_as::uint64, T> { using type = std::uint64_t; };

}  // namespace detail

/// The type of an element in memory.
template <lies_as As, class T> using element_of = typename detail::element<As, T>::type;

/// The integer of a word, as signed as `Element`, for one in memory: the nearest that there is.
template <class Integer, class Element> TFX_HD constexpr Integer integer_of_element(Element x) {
  if constexpr (sizeof(Element) > sizeof(Integer)) {
    using same = std::conditional_t<std::is_signed_v<Element>, Integer, std::make_unsigned_t<Integer>>;
    constexpr Element least = std::numeric_limits<same>::min(), most = std::numeric_limits<same>::max();
    return Integer(same(x < least ? least : x > most ? most : x));
  } else {
    return Integer(x);
  }
}
/// An element for the integer of a word: its low bits, or all of them with the sign or zeros above.
template <class Element, class Integer> TFX_HD constexpr Element element_of_integer(Integer x) {
  using same = std::conditional_t<std::is_signed_v<Element>, Integer, std::make_unsigned_t<Integer>>;
  return Element(same(x));
}

/// The first n integers in memory, as lanes I of words. A backend with instructions for it specialises it.
template <class Element, class I> struct integers_at {
  using integer = scalar_of<I>;
  static constexpr int width = traits<I>::width;

  static TFX_INLINE I load(const void* at, int n) {
    if constexpr (width == 1) {
      return one(at, 0);
    } else {
      integer t[width] = {};
      for (int i = 0; i < n; ++i) t[i] = one(at, i);
      return traits<I>::load(t);
    }
  }
  static TFX_INLINE void put(void* at, I x, int n) {
    if constexpr (width == 1) {
      put_one(at, 0, x);
    } else {
      integer t[width];
      traits<I>::put(t, x);
      for (int i = 0; i < n; ++i) put_one(at, i, t[i]);
    }
  }

 private:
  static TFX_INLINE integer one(const void* at, int i) {
    Element e;
    __builtin_memcpy(&e, static_cast<const char*>(at) + std::ptrdiff_t(i) * std::ptrdiff_t(sizeof e), sizeof e);
    return integer_of_element<integer>(e);
  }
  static TFX_INLINE void put_one(void* at, int i, integer x) {
    const Element e = element_of_integer<Element>(x);
    __builtin_memcpy(static_cast<char*>(at) + std::ptrdiff_t(i) * std::ptrdiff_t(sizeof e), &e, sizeof e);
  }
};

/// Loads and stores of the first n elements, 1 <= n <= width: nothing beyond them is read or written, other lanes are 0.
template <lies_as As, class V> struct stored {
  using T = scalar_of<V>;
  using element = element_of<As, T>;

  static TFX_INLINE V load(const void* at, int n) {
    if constexpr (is_word) {
      return load_words(at, n);
    } else if constexpr (As == lies_as::float32 && L::width == 1) {
      return T(stored<As, float>::load(at, n));
    } else {
      const integers x = integers_at<in_memory, integers>::load(at, n);
      if constexpr (As == lies_as::boolean) return L::from_bits(I::bit_and(I::neg(x), L::bits(L::splat(T(1)))));
      else if constexpr (std::is_integral_v<element>) return L::from_bits(x);
      else return widened<element, V>(x);
    }
  }
  static TFX_INLINE void put(void* at, V x, int n) {
    if constexpr (is_word) put_words(at, x, n);
    else if constexpr (As == lies_as::float32 && L::width == 1) stored<As, float>::put(at, float(x), n);
    else integers_at<in_memory, integers>::put(at, integers_for(x), n);
  }
  /// One element in all lanes.
  static TFX_INLINE V splat(const void* at) { return L::splat(stored<As, T>::load(at, 1)); }

 private:
  using L = traits<V>;
  using integers = integer_of<V>;
  using I = traits<integers>;
  static constexpr bool is_word = As == lies_as::word || sizeof(element) == sizeof(T);
  using in_memory = std::conditional_t<std::is_integral_v<element>, element, std::conditional_t<sizeof(element) == 2, std::uint16_t, std::uint32_t>>;

  static TFX_INLINE V load_words(const void* at, int n) {
    if constexpr (L::width > 1) {
      return partial<V>::load(static_cast<const T*>(at), n);
    } else {
      T x;
      __builtin_memcpy(&x, at, sizeof x);
      return x;
    }
  }
  static TFX_INLINE void put_words(void* at, V x, int n) {
    if constexpr (L::width > 1) partial<V>::put(static_cast<T*>(at), x, n);
    else __builtin_memcpy(at, &x, sizeof x);
  }
  static TFX_INLINE integers integers_for(V x) {
    if constexpr (As == lies_as::boolean) return L::bits(L::select(L::ne(x, L::splat(T(0))), L::from_bits(I::splat(1)), L::splat(T(0))));
    else if constexpr (std::is_integral_v<element>) return L::bits(x);
    else if constexpr (detail::narrow_format<element, V>::same_range) return I::shr(L::bits(x), detail::narrow_format<element, V>::apart);
    else return narrowed<element>(x);
  }
};

}  // namespace tfx::lanes
