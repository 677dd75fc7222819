// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <tfx/core/element.hpp>
#include <tfx/lanes/stored.hpp>

namespace tfx {

namespace detail {
/// Calls use.operator()<As>() for what is known at run time only.
template <class Use> TFX_HD constexpr auto with_form(lies_as lies, Use use) {
  switch (lies) {
    case lies_as::boolean: return use.template operator()<lies_as::boolean>();
    case lies_as::bfloat16: return use.template operator()<lies_as::bfloat16>();
    case lies_as::float16: return use.template operator()<lies_as::float16>();
    case lies_as::int8: return use.template operator()<lies_as::int8>();
    case lies_as::uint8: return use.template operator()<lies_as::uint8>();
    case lies_as::int16: return use.template operator()<lies_as::int16>();
    case lies_as::uint16: return use.template operator()<lies_as::uint16>();
    default: return use.template operator()<lies_as::word>();
  }
}
}  // namespace detail

/// One element of a program's memory as a word, and back.
template <class T> T load_stored(const void* at, lies_as lies) {
  return detail::with_form(lies, [=]<lies_as As>() { return lanes::stored<As, T>::load(at, 1); });
}
template <class T> void put_stored(void* at, T word, lies_as lies) {
  detail::with_form(lies, [=]<lies_as As>() { lanes::stored<As, T>::put(at, word, 1); });
}

/// An operand of any form, whose elements are read as words.
template <class T> struct stored_operand {
  const void* from = nullptr;
  lies_as lies = lies_as::word;

  const T* at(std::ptrdiff_t i) const { return further(static_cast<const T*>(from), i, lies); }
  T operator[](std::ptrdiff_t i) const { return load_stored<T>(at(i), lies); }
  stored_operand operator+(std::ptrdiff_t i) const { return {at(i), lies}; }
};

}  // namespace tfx
