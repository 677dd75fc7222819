// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdio>
#include <initializer_list>
#include <type_traits>
#include <utility>

#include <tfx/core/bundle.hpp>
#include <tfx/core/config.hpp>
#include <tfx/core/convert.hpp>
#include <tfx/core/fail.hpp>
#include <tfx/core/shape.hpp>

/// What an example is made of, and where a batch of them is written.
namespace tfx::data {

/// A column: the shape of one example, its type, and for class numbers how many classes there are (0: not known). Flat numbers
/// have `void` for a shape: as many make an example as the network says.
template <class Shape, class T = float, int Classes = 0> struct field {
  using shape_type = Shape;
  using value_type = T;
  static constexpr int classes = Classes;
};
/// A column that is stored as `Stored` and read as numbers, such as bytes that are read as 0 to 1. Inputs of integers read it as stored.
template <class Shape, class Stored> struct scaled_field : field<Shape, Stored> {};
/// A column of sequences of any length, for an input with a length, `input<64, up_to<200>, 32>`, and for targets that follow it. A
/// batch is as long as its longest sequence, and zeros follow the others. An example is as many numbers as its steps have.
template <class T = float> struct sequence : field<void, T> {};
/// The last column, where it is there: how much each example weighs.
struct weight : field<shape<>> {};

/// The columns of a source: the network's inputs, then what they are compared with, then weights if there are any.
template <class... Field> struct record {
  static constexpr int size = int(sizeof...(Field));
};

namespace detail {

[[noreturn]] TFX_COLD inline void fail_element(long long number) {
  char text[120];
  std::snprintf(text, sizeof text, "data: %lld is too large for the integers of this column", number);
  tfx::detail::fail(text);
}
[[noreturn]] TFX_COLD inline void fail_example(std::size_t given, std::size_t wanted) {
  char text[120];
  std::snprintf(text, sizeof text, "data: an example of %zu numbers is given %zu", wanted, given);
  tfx::detail::fail(text);
}

[[noreturn]] TFX_COLD inline void fail_sequence(std::size_t given, std::size_t most) {
  char text[120];
  std::snprintf(text, sizeof text, "data: a sequence of %zu numbers; the network's longest has %zu", given, most);
  tfx::detail::fail(text);
}
template <class Field> inline constexpr bool is_sequence = false;
template <class T> inline constexpr bool is_sequence<sequence<T>> = true;

/// What an element of a column is read as where no network says it.
template <class Field> struct read_as { using type = typename Field::value_type; };
template <class S, class Stored> struct read_as<scaled_field<S, Stored>> { using type = std::conditional_t<std::same_as<Stored, double>, double, float>; };

template <class T> concept integer = std::is_integral_v<T> && !std::same_as<T, bool>;
/// A number as an element of a column; an integer that the column cannot hold is an error.
template <class To, class From> constexpr To as_element(From x) {
  if constexpr (integer<To> && integer<From>) {
    if (!std::in_range<To>(x)) fail_element(static_cast<long long>(x));
  }
  return converted<To>(x);
}

}  // namespace detail

template <class T> struct rows;

/// Room for one example, to be assigned a number, numbers or a range of them; of a sequence, for the longest.
template <class T> struct place {
  T* data;
  std::size_t count;
  int* present;   ///< of a sequence, how many numbers it has

  constexpr place(const rows<T>& of, std::size_t i) : data(of.data + i * of.each), count(of.each), present(of.present ? of.present + i : nullptr) {}   // no braces of numbers are one

  template <class X> requires std::is_arithmetic_v<X> const place& operator=(X number) const {
    resize(1);
    *data = detail::as_element<T>(number);
    return *this;
  }
  template <class X> requires(!std::is_arithmetic_v<X>) const place& operator=(const X& numbers) const {
    std::size_t given = 0;
    for (const auto& x : numbers) {
      if (given < count) data[given] = detail::as_element<T>(x);
      ++given;
    }
    resize(given);
    return *this;
  }
  const place& operator=(std::initializer_list<double> numbers) const { return operator=<std::initializer_list<double>>(numbers); }

  /// That many numbers are written to it one by one.
  void resize(std::size_t n) const {
    if (present && n > count) detail::fail_sequence(n, count);
    if (!present && n != count) detail::fail_example(n, count);
    if (present) *present = int(n);
  }
  std::size_t size() const { return count; }
  T& operator[](std::size_t i) const { return data[i]; }
  T* begin() const { return data; }
  T* end() const { return data + count; }
};

/// Room for the examples of a batch in one column, of `each` numbers one after the other.
template <class T> struct rows {
  T* data = nullptr;
  std::size_t each = 1;
  int* present = nullptr;   ///< of sequences, the numbers of each
  constexpr place<T> operator[](std::size_t i) const { return {*this, i}; }
  rows from(std::size_t i) const { return {data + i * each, each, present ? present + i : nullptr}; }
};

/// Room for a batch: `auto [x, label] = batch;` are its columns.
template <class... T> struct batch_room {
  bundle<rows<T>...> column;
  int capacity = 0;   ///< examples that there is room for
  template <std::size_t I> constexpr const auto& get() const { return column.template get<I>(); }
};

}  // namespace tfx::data

template <class... T> struct std::tuple_size<tfx::data::batch_room<T...>> { static constexpr std::size_t value = sizeof...(T); };
template <std::size_t I, class... T> struct std::tuple_element<I, tfx::data::batch_room<T...>> {
  using type = const std::tuple_element_t<I, tfx::bundle<tfx::data::rows<T>...>>;
};
