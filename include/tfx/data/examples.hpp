// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iterator>
#include <tuple>
#include <utility>

#include <tfx/data/columns.hpp>

/// Examples one by one: pairs and tuples of numbers, arrays, tensors and sequences, in a range or made by a function.
namespace tfx::data {

namespace detail {

/// What an example has of one column.
template <class E> concept part_of_example = example_type<E>::right || sequence_like<E>;
template <class E> struct field_for { using type = sequence<element_in<E>>; };
template <class E> requires(example_type<E>::right) struct field_for<E> { using type = field_of_example<E>; };

template <class E> struct record_of_example;
template <part_of_example... X> struct record_of_example<std::tuple<X...>> { using type = record<typename field_for<X>::type...>; };
template <part_of_example X, part_of_example Y> struct record_of_example<std::pair<X, Y>> { using type = record<typename field_for<X>::type, typename field_for<Y>::type>; };
template <part_of_example X> requires(!std::is_arithmetic_v<X>) struct record_of_example<X> { using type = record<typename field_for<X>::type>; };   // one column
template <class E> using record_of = typename record_of_example<std::remove_cvref_t<E>>::type;
template <class E> concept example_like = requires { typename record_of<E>; };

template <class X, class T> void put(const X& x, const place<T>& to) {
  if constexpr (std::is_arithmetic_v<X>) {
    *to.data = as_element<T>(x);
  } else if constexpr (example_type<X>::right) {
    using Element = typename example_type<X>::element;
    const Element* const from = reinterpret_cast<const Element*>(x.data());
    for (int i = 0; i < example_type<X>::value.size(); ++i) to.data[i] = as_element<T>(from[i]);
  } else {
    to = x;
  }
}
/// What an example has of column K: an array is an example of one column.
template <std::size_t K, class E> decltype(auto) column_in(const E& e) {
  if constexpr (part_of_example<E>) return (e);
  else return std::get<K>(e);
}
template <class E, class... T> void put_example(const E& e, const batch_room<T...>& b, int row) {
  [&]<std::size_t... K>(std::index_sequence<K...>) { (put(column_in<K>(e), b.template get<K>()[std::size_t(row)]), ...); }(std::index_sequence_for<T...>{});
}

[[noreturn]] TFX_COLD inline void fail_generated(std::int64_t made, std::int64_t place) {
  char text[120];
  std::snprintf(text, sizeof text, "generate: %lld examples are made, and training goes on after %lld; begin with a new one", static_cast<long long>(made), static_cast<long long>(place));
  tfx::detail::fail(text);
}

}  // namespace detail

/// A container or range of examples.
template <class R> concept range_of_examples = requires(R& r) {
  { *std::begin(r) } -> detail::example_like;
  std::end(r);
};

namespace detail {

/// One that knows its examples by number.
template <class R> class indexed_examples {
  const R& range_;

public:
  using record = record_of<decltype(*std::begin(std::declval<const R&>()))>;
  explicit indexed_examples(const R& r) : range_(r) {}
  std::size_t size() const { return std::size_t(std::size(range_)); }
  template <int K, class T> void gather_column(const std::uint32_t* index, int n, rows<T> to) const {
    for (int i = 0; i < n; ++i) put(detail::column_in<std::size_t(K)>(range_[index[i]]), to[std::size_t(i)]);
  }
};
/// One that is walked through.
template <class R> class walked_examples {
  R& range_;
  decltype(std::begin(std::declval<R&>())) at_;

public:
  using record = record_of<decltype(*std::begin(std::declval<R&>()))>;
  explicit walked_examples(R& r) : range_(r), at_(std::begin(r)) {}
  void begin() { at_ = std::begin(range_); }
  int next(const auto& batch) {
    int n = 0;
    for (; n < batch.capacity && at_ != std::end(range_); ++n, ++at_) put_example(*at_, batch, n);
    return n;
  }
};

}  // namespace detail

/// A source of `count` examples for each pass, made by a function that gives a pair or tuple of numbers, arrays and tensors; of
/// any number of them without `count`.
///
///     m.fit<training>(data::generate([&] { return std::pair(x, y); }, 6400));
template <class F> class generated_examples {
  F make_;
  std::int64_t count_, made_ = 0, made_in_all_ = 0;

public:
  using record = detail::record_of<decltype(std::declval<F&>()())>;
  generated_examples(F f, std::int64_t count) : make_(std::move(f)), count_(count) {}
  void begin() { made_ = 0; }
  int next(const auto& batch) {
    int n = 0;
    for (; n < batch.capacity && made_ != count_; ++n, ++made_, ++made_in_all_) detail::put_example(make_(), batch, n);
    return n;
  }
  /// How many it has made in all. There it can go by making them again, and forgetting them.
  std::int64_t place() const { return made_in_all_; }
  void go_to(std::int64_t place) {
    if (place < made_in_all_) detail::fail_generated(made_in_all_, place);
    for (; made_in_all_ < place; ++made_in_all_) static_cast<void>(make_());
    made_ = count_ > 0 ? (place - 1) % count_ + 1 : place;
  }
};
template <class F> requires detail::example_like<std::invoke_result_t<F&>> generated_examples<F> generate(F f, std::int64_t count = -1) { return {std::move(f), count}; }

namespace detail {
/// Data as a source: what is one already, or a range of examples.
template <class D> decltype(auto) as_source(D& data) {
  using Data = std::remove_const_t<D>;
  if constexpr (requires { typename Data::record; }) return (data);
  else if constexpr (!range_of_examples<D>) return (data);
  else if constexpr (requires(const Data& d) { std::size(d); d[std::size_t(0)]; }) return indexed_examples<Data>(data);
  else return walked_examples<D>(data);
}
template <class D> using source_of = std::remove_cvref_t<decltype(as_source(std::declval<D&>()))>;
template <class S> constexpr auto record_in() {
  if constexpr (requires { typename S::record; }) return typename S::record{};
  else return record<>{};
}
}  // namespace detail

}  // namespace tfx::data
