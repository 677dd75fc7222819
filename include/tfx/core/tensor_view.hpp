// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/element_check.hpp>
#include <tfx/core/shape.hpp>
#include <tfx/core/value.hpp>

namespace tfx {

template <class T, class Shape> class tensor;
template <class T, class Shape> class tensor_view;
template <class T, class Shape> class const_tensor_view;

namespace detail {

/// Evaluates an expression into the memory of a tensor of shape S. `fresh` memory can't be an operand.
template <class T, class S, class E>
constexpr void evaluate_into(T* destination, bool fresh, const E& e);  // expr/values.hpp

template <class S> struct tail {
  static constexpr dims value = [] {
    dims d{};
    for (int i = 1; i < S::value.rank; ++i) d.extent[d.rank++] = S::value.extent[i];
    return d;
  }();
};
/// The shape of one row: without the first axis.
template <class S> using tail_shape = to_shape<tail<S>>;

/// The place of an element, row-major.
template <class S, class... Index> constexpr int place_of(Index... index) {
  static_assert(int(sizeof...(Index)) == S::value.rank, "tfx: one index per axis");
  const int at[] = {int(index)..., 0};
  int place = 0;
  for (int axis = 0; axis < S::value.rank; ++axis) {
    check_index<S>(axis, at[axis]);
    place = place * S::value.extent[axis] + at[axis];
  }
  return place;
}

/// t[i]: an element of a vector, a view of a row of anything else.
template <class S, class T> constexpr decltype(auto) row_at(T* data, int i) {
  check_index<S>(0, i);
  if constexpr (S::value.rank == 1) {
    return static_cast<T&>(data[i]);
  } else {
    using row = tail_shape<S>;
    using view =
        std::conditional_t<std::is_const_v<T>, const_tensor_view<std::remove_const_t<T>, row>, tensor_view<T, row>>;
    return view(data + i * row::value.size());
  }
}

}  // namespace detail

/// Elements that somebody else owns, read as a tensor of a static shape.
template <class T, class Shape> class const_tensor_view : public value_base {
 public:
  using view_tag = void;
  using value_type = T;
  using shape_type = Shape;
  static constexpr dims dim = Shape::value;

  constexpr explicit const_tensor_view(const T* data) : data_(data) {}
  constexpr const_tensor_view(const tensor<T, Shape>& t) : data_(t.data()) {}
  constexpr const_tensor_view(tensor_view<T, Shape> t) : data_(t.data()) {}

  static constexpr int size() { return dim.size(); }
  constexpr const T* data() const { return data_; }
  constexpr const T* begin() const { return data_; }
  constexpr const T* end() const { return data_ + size(); }
  constexpr decltype(auto) operator[](int i) const { return detail::row_at<Shape, const T>(data_, i); }
  template <class... Index> constexpr const T& operator()(Index... index) const {
    return data_[detail::place_of<Shape>(index...)];
  }

 private:
  const T* data_;
};

/// The same, to be written too. Copying the view copies no elements; assigning to it does.
template <class T, class Shape> class tensor_view : public value_base {
 public:
  using view_tag = void;
  using value_type = T;
  using shape_type = Shape;
  static constexpr dims dim = Shape::value;

  constexpr explicit tensor_view(T* data) : data_(data) {}
  constexpr tensor_view(tensor<T, Shape>& t) : data_(t.data()) {}
  constexpr tensor_view(const tensor_view&) = default;

  constexpr tensor_view& operator=(const tensor_view& other) {
    detail::evaluate_into<T, Shape>(data_, false, other);
    return *this;
  }
  template <class E>
  requires detail::is_value<E>
  constexpr tensor_view& operator=(const E& e) {
    detail::evaluate_into<T, Shape>(data_, false, e);
    return *this;
  }
  template <detail::operand X> constexpr tensor_view& operator+=(const X& x) { return *this = *this + x; }
  template <detail::operand X> constexpr tensor_view& operator-=(const X& x) { return *this = *this - x; }
  template <detail::operand X> constexpr tensor_view& operator*=(const X& x) { return *this = *this * x; }
  template <detail::operand X> constexpr tensor_view& operator/=(const X& x) { return *this = *this / x; }

  static constexpr int size() { return dim.size(); }
  constexpr T* data() const { return data_; }
  constexpr T* begin() const { return data_; }
  constexpr T* end() const { return data_ + size(); }
  constexpr decltype(auto) operator[](int i) const { return detail::row_at<Shape, T>(data_, i); }
  template <class... Index> constexpr T& operator()(Index... index) const {
    return data_[detail::place_of<Shape>(index...)];
  }

 private:
  T* data_;
};

}  // namespace tfx
