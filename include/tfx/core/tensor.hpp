// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <tfx/core/element.hpp>
#include <tfx/core/mistake.hpp>
#include <tfx/core/put_shape.hpp>
#include <tfx/core/tensor_memory.hpp>
#include <tfx/core/tensor_view.hpp>

namespace tfx {

namespace detail {

/// What braces say: `Rows` rows, of N[r] numbers each, or of N[r] rows of M[r] numbers. One row that differs is a
/// mistake.
template <class S, int Rows, class N = std::integer_sequence<int>, class M = std::integer_sequence<int>> struct braces;
template <class S, int Rows, int... N, int... M>
struct braces<S, Rows, std::integer_sequence<int, N...>, std::integer_sequence<int, M...>> {
  static constexpr int middle[sizeof...(N) + 1] = {N..., 0}, inner[sizeof...(M) + 1] = {M..., 0};
  static constexpr bool has_middle = sizeof...(N) > 0, has_inner = sizeof...(M) > 0;
  static constexpr int wrong_row = [] {
    for (int r = 0; r < Rows; ++r) {
      if (has_middle && middle[r] != S::value.extent[1]) return r;
      if (has_inner && inner[r] != S::value.extent[2]) return r;
    }
    return -1;
  }();
  static constexpr bool right = Rows == S::value.extent[0] && wrong_row < 0;

  static constexpr message value() {
    message m;
    m.put("tensor ");
    put_shape(m, S::value);
    if (Rows != S::value.extent[0]) {
      m.put(" is given ");
      m.put(Rows);
      m.put(has_middle ? " row" : " number");
      if (Rows != 1) m.put('s');
    } else {
      m.put(": row ");
      m.put(wrong_row);
      m.put(" is given as ");
      put_shape(
          m, has_inner ? dims{2, {middle[wrong_row], inner[wrong_row]}, false} : dims{1, {middle[wrong_row]}, false});
    }
    return m;
  }
};

template <class T, std::size_t N> constexpr T* put_all(T* to, const T (&from)[N]) {
  for (const T& x : from) *to++ = x;
  return to;
}
template <class T, std::size_t N, std::size_t M> constexpr T* put_all(T* to, const T (&from)[N][M]) {
  for (const auto& row : from) to = put_all(to, row);
  return to;
}

}  // namespace detail

/// A value: elements of type T under extents that the type knows.
///
///     tensor<float, shape<2, 3>> a = {{1, 2, 3}, {4, 5, 6}};
///     tensor b = 2 * a + 1;                       // element type and shape follow from the expression
///
/// Row-major. Up to `inside_bytes` the elements are in the object, which is then usable in constant expressions; above
/// that they are on the heap, aligned to 64 bytes and padded to whole lines, allocated once; moving them costs nothing.
/// Copies are deep. `==` says whether all elements are equal.
template <class T, class Shape> class tensor : public value_base {
 public:
  using value_type = T;
  using shape_type = Shape;
  enum : std::size_t { checked = sizeof(Shape) };   // clang: what is wrong with a shape is said before its value is asked for
  static constexpr dims dim = Shape::value;
  static_assert(is_number<T> || is_narrow_float(dtype_of<T>), "tfx: a tensor's elements are numbers");
  static_assert(!dim.bounded, "tfx: a tensor's extents are fixed; bounded extents belong to programs");

  /// Zeros.
  constexpr tensor() = default;
  constexpr explicit tensor(uninitialized_t u) : memory_(u) {}

  constexpr tensor(T value) requires(dim.rank == 0) { *data() = value; }
  /// {1, 2, 3}
  template <class... Number>
  requires(dim.rank == 1 && sizeof...(Number) > 0 &&
           ((is_number<Number> || std::is_same_v<Number, T>) && ...)) constexpr tensor(Number... number) {
    using B = detail::braces<Shape, int(sizeof...(Number))>;
    static_cast<void>(tell<B::right, B>{});
    if constexpr (B::right) {
      T* to = data();
      if constexpr (is_complex<T>) ((*to++ = converted<T>(number)), ...);
      else if constexpr (is_number<T>) ((*to++ = static_cast<T>(number)), ...);
      else ((*to++ = T(double(number))), ...);   // of 16 bits
    }
  }
  /// {{1, 2, 3}, {4, 5, 6}}
  template <std::size_t... N>
  requires(dim.rank == 2 && sizeof...(N) > 0) constexpr tensor(const T (&... row)[N]) {
    using B = detail::braces<Shape, int(sizeof...(N)), std::integer_sequence<int, int(N)...>>;
    static_cast<void>(tell<B::right, B>{});
    if constexpr (B::right) {
      T* to = data();
      ((to = detail::put_all(to, row)), ...);
    }
  }
  /// {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}
  template <std::size_t... N, std::size_t... M>
  requires(dim.rank == 3 && sizeof...(N) > 0) constexpr tensor(const T (&... block)[N][M]) {
    using B = detail::braces<Shape, int(sizeof...(N)), std::integer_sequence<int, int(N)...>,
                             std::integer_sequence<int, int(M)...>>;
    static_cast<void>(tell<B::right, B>{});
    if constexpr (B::right) {
      T* to = data();
      ((to = detail::put_all(to, block)), ...);
    }
  }

  /// Evaluates an expression, or copies what a view shows.
  template <class E>
  requires detail::is_value<E>
  constexpr tensor(const E& e) : memory_(uninitialized_t{}) { detail::evaluate_into<T, Shape>(data(), true, e); }
  template <class E>
  requires detail::is_value<E>
  constexpr tensor& operator=(const E& e) {
    detail::evaluate_into<T, Shape>(data(), false, e);
    return *this;
  }
  template <detail::operand X> constexpr tensor& operator+=(const X& x) { return *this = *this + x; }
  template <detail::operand X> constexpr tensor& operator-=(const X& x) { return *this = *this - x; }
  template <detail::operand X> constexpr tensor& operator*=(const X& x) { return *this = *this * x; }
  template <detail::operand X> constexpr tensor& operator/=(const X& x) { return *this = *this / x; }

  static constexpr int size() { return dim.size(); }
  constexpr T* data() { return memory_.data(); }
  constexpr const T* data() const { return memory_.data(); }
  constexpr T* begin() { return data(); }
  constexpr T* end() { return data() + size(); }
  constexpr const T* begin() const { return data(); }
  constexpr const T* end() const { return data() + size(); }

  /// An element of a vector; a view of a row of anything else, to be read or assigned to.
  constexpr decltype(auto) operator[](int i) { return detail::row_at<Shape, T>(data(), i); }
  constexpr decltype(auto) operator[](int i) const { return detail::row_at<Shape, const T>(data(), i); }
  template <class... Index> constexpr T& operator()(Index... index) {
    return data()[detail::place_of<Shape>(index...)];
  }
  template <class... Index> constexpr const T& operator()(Index... index) const {
    return data()[detail::place_of<Shape>(index...)];
  }

  constexpr operator T() const requires(dim.rank == 0) { return *data(); }

 private:
  detail::tensor_memory<T, dim.size()> memory_;
};

template <class E>
requires detail::is_value<E> tensor(const E&)
->tensor<typename E::value_type, typename E::shape_type>;

}  // namespace tfx
