// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

#include <tfx/core/mistake.hpp>
#include <tfx/core/tensor.hpp>
#include <tfx/data/column.hpp>
#include <tfx/data/source.hpp>

namespace tfx::data {

/// Numbers one after the other; how many make an example is known once a network reads them.
template <class Stored> class flat_column {
public:
  using stored_type = Stored;
  constexpr flat_column(const Stored* data, std::size_t count) : data_(data), count_(count) {}
  constexpr const Stored* data() const { return data_; }
  constexpr std::size_t size() const { return count_; }

private:
  const Stored* data_;
  std::size_t count_;
};

/// Sequences, each of as many numbers as it has: what lies in a vector of vectors.
template <class Sequence> class sequence_column {
public:
  constexpr sequence_column(const Sequence* data, std::size_t count) : data_(data), count_(count) {}
  constexpr std::size_t size() const { return count_; }
  template <class T> void gather(const std::uint32_t* index, int n, rows<T> to) const {
    for (int i = 0; i < n; ++i) to[std::size_t(i)] = data_[index[i]];
  }

private:
  const Sequence* data_;
  std::size_t count_;
};

namespace detail {

/// Examples of one size: a number, an array or a tensor of numbers, an array of such.
template <class E> struct example_type { static constexpr bool right = false; };
template <class E> requires std::is_arithmetic_v<E> struct example_type<E> {
  static constexpr bool right = true;
  using element = E;
  static constexpr dims value{};
};
template <class E, std::size_t N> requires example_type<E>::right struct example_type<std::array<E, N>> {
  static constexpr bool right = true;
  using element = typename example_type<E>::element;
  static constexpr dims value = [] {
    dims d{};
    d.rank = 1 + example_type<E>::value.rank;
    d.extent[0] = int(N);
    for (int i = 1; i < d.rank; ++i) d.extent[i] = example_type<E>::value.extent[i - 1];
    return d;
  }();
};
template <class E> concept static_tensor = requires(const E& e) {
  typename E::shape_type;
  typename E::value_type;
  E::dim;
  e.data();
};
template <class E> requires static_tensor<E> struct example_type<E> {
  static constexpr bool right = true;
  using element = typename E::value_type;
  static constexpr dims value = E::dim;
};
template <class E> using field_of_example = field<to_shape<example_type<E>>, typename example_type<E>::element>;

template <class R> concept contiguous = requires(const R& r) {
  { *r.data() };
  { r.size() } -> std::convertible_to<std::size_t>;
};
template <class R> using element_in = std::remove_cvref_t<decltype(*std::declval<const R&>().data())>;
/// Numbers whose number no type knows.
template <class R> concept sequence_like = contiguous<R> && !example_type<R>::right && std::is_arithmetic_v<element_in<R>>;

template <class E> struct shape_without_first {
  static constexpr dims value = [] {
    dims d{};
    d.rank = E::dim.rank - 1;
    for (int i = 0; i < d.rank; ++i) d.extent[i] = E::dim.extent[i + 1];
    return d;
  }();
};
/// Examples of one size, which are read as they are.
template <class S, class T> struct array_column : column<S, T> {
  using column<S, T>::column;
};
template <class R> inline constexpr bool is_column = false;
template <class S, class T> inline constexpr bool is_column<column<S, T>> = true;
template <class S, class T> inline constexpr bool is_column<array_column<S, T>> = true;
template <class T> inline constexpr bool is_column<flat_column<T>> = true;
template <class E> inline constexpr bool is_column<sequence_column<E>> = true;
template <class C> inline constexpr bool is_flat = false;
template <class T> inline constexpr bool is_flat<flat_column<T>> = true;

/// What lies in an array, as a column: examples of a known size, or flat numbers.
template <class R> constexpr auto column_over(const R& values) {
  if constexpr (is_column<R>) {
    return values;
  } else if constexpr (static_tensor<R>) {   // the first axis counts examples
    return array_column<to_shape<shape_without_first<R>>, typename R::value_type>(values.data(), std::size_t(R::dim.extent[0]));
  } else {
    using E = element_in<R>;
    if constexpr (std::is_arithmetic_v<E>) {
      return flat_column<E>(values.data(), values.size());
    } else if constexpr (sequence_like<E>) {
      return sequence_column<E>(values.data(), values.size());
    } else {
      using Element = typename example_type<E>::element;
      static_assert(sizeof(E) == sizeof(Element) * std::size_t(example_type<E>::value.size()), "tfx::data: an example has other members than its numbers");
      return array_column<to_shape<example_type<E>>, Element>(reinterpret_cast<const Element*>(values.data()), values.size());
    }
  }
}
template <class R> constexpr bool can_be_column() {
  if constexpr (is_column<R>) return true;
  else if constexpr (static_tensor<R>) return R::dim.rank > 0;
  else if constexpr (contiguous<R>) return example_type<element_in<R>>::right || sequence_like<element_in<R>>;
  else return false;
}
/// A container that dies at the end of the statement can't be referred to; a view can.
template <class Given> constexpr bool outlives_statement() {
  using R = std::remove_cvref_t<Given>;
  return std::is_lvalue_reference_v<Given> || is_column<R> || std::is_trivially_destructible_v<R>;
}
template <class... Given> struct columns_verdict {
  static constexpr message value() {
    constexpr bool usable[] = {can_be_column<std::remove_cvref_t<Given>>()..., true}, stays[] = {outlives_statement<Given>()..., true};
    message m;
    for (int k = 0; k < int(sizeof...(Given)); ++k) {
      if (usable[k] && stays[k]) continue;
      m.put("columns: column ");
      m.put(k);
      m.put(usable[k] ? " is a temporary that ends with the statement; give it a name first" : " is no array of numbers, of examples of one size (std::array, tensor), or of sequences");
      break;
    }
    return m;
  }
  static constexpr bool right = value().size == 0;
};

template <class C> struct field_of_column;
template <class S, class T> struct field_of_column<column<S, T>> { using type = std::conditional_t<S::value.rank == 0, field<S, T>, scaled_field<S, T>>; };
template <class S, class T> struct field_of_column<array_column<S, T>> { using type = field<S, T>; };
template <class T> struct field_of_column<flat_column<T>> { using type = field<void, T>; };
template <class E> struct field_of_column<sequence_column<E>> { using type = sequence<element_in<E>>; };
/// Weights of examples.
template <class C> struct weight_column : C {};
template <class C> struct field_of_column<weight_column<C>> { using type = weight; };

TFX_COLD inline void check_rows(int column, std::size_t numbers, std::size_t each, std::size_t rows_of_first) {
  const std::string start = "columns: column " + std::to_string(column) + " has ";
  if (numbers % each != 0)
    tfx::detail::fail((start + std::to_string(numbers) + " numbers, no whole number of examples of " + std::to_string(each)).c_str());
  if (numbers / each != rows_of_first)
    tfx::detail::fail((start + std::to_string(numbers / each) + " examples, column 0 has " + std::to_string(rows_of_first)).c_str());
}
template <class S, class C> auto in_examples_of(const C& c) {
  if constexpr (is_flat<C>) return array_column<S, typename C::stored_type>(c.data(), c.size() / std::size_t(S::value.size()));
  else return c;
}

}  // namespace detail

/// Columns in memory: a network's inputs, then what they are compared with. They are neither copied nor owned.
template <class... Column> class column_set {
  bundle<Column...> column_;
  static constexpr auto every = std::index_sequence_for<Column...>{};

public:
  using record = data::record<typename detail::field_of_column<Column>::type...>;
  explicit constexpr column_set(Column... c) : column_(c...) {}

  std::size_t size() const requires(!detail::is_flat<Column> && ...) { return column_.template get<0>().size(); }
  template <int K, class T> void gather_column(const std::uint32_t* index, int n, rows<T> to) const {
    const auto& column = column_.template get<std::size_t(K)>();
    if constexpr (requires { column.gather(index, n, to); }) column.gather(index, n, to);
    else column.gather(index, n, to.data);
  }

  /// The same with flat numbers in examples of these shapes, one for each column.
  ///
  /// Errors     columns of different numbers of examples
  template <static_shape... S> auto in_shapes() const {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      std::size_t first = 0;
      const auto counted = [&]<class Shape, class C>(int k, std::type_identity<Shape>, const C& c) {
        const std::size_t numbers = c.size(), each = detail::is_flat<C> ? std::size_t(Shape::value.size()) : 1;
        if (k == 0) first = numbers / each;
        detail::check_rows(k, numbers, each, first);
      };
      (counted(int(K), std::type_identity<std::tuple_element_t<K, bundle<S...>>>{}, column_.template get<K>()), ...);
      return make(detail::in_examples_of<std::tuple_element_t<K, bundle<S...>>>(column_.template get<K>())...);
    }(every);
  }
  /// The same with a number for each example that its loss is multiplied by.
  ///
  ///     m.fit<training>(train.weights(w));
  template <class W> auto weights(const W& w) const {
    static_assert(detail::contiguous<W> && std::is_arithmetic_v<detail::element_in<W>>, "tfx::data: weights are an array of a number for each example");
    using C = detail::weight_column<column<shape<>, detail::element_in<W>>>;
    return [&]<std::size_t... K>(std::index_sequence<K...>) { return make(column_.template get<K>()..., C{{w.data(), w.size()}}); }(every);
  }

private:
  template <class... C> static column_set<C...> make(C... c) { return column_set<C...>(c...); }
};

/// Arrays as columns: vectors, spans and tensors of numbers, vectors of `std::array` and tensors, vectors of vectors for sequences
/// of any length.
///
///     m.fit<training>(data::columns(numbers, pictures, prices, kinds));
///
/// Errors     what is no such array; a temporary, which would not outlive the statement. Different numbers of examples are
///            noticed when they are read
template <class... Given> auto columns(Given&&... given) {
  using check = detail::columns_verdict<Given...>;
  [[maybe_unused]] tell<check::right, check> told;
  if constexpr (check::right) return column_set<decltype(detail::column_over(given))...>(detail::column_over(given)...);
  else return column_set<>{};
}
/// Flat numbers in examples of a shape.
///
///     data::columns(data::in_shape<shape<28, 28>>(pixels), labels)
template <static_shape S, class Given> auto in_shape(const Given& numbers) {
  static_assert(detail::contiguous<Given> && std::is_arithmetic_v<detail::element_in<Given>>, "tfx::data::in_shape: numbers one after the other");
  detail::check_rows(0, numbers.size(), std::size_t(S::value.size()), numbers.size() / std::size_t(S::value.size()));
  return detail::array_column<S, detail::element_in<Given>>(numbers.data(), numbers.size() / std::size_t(S::value.size()));
}

namespace detail {
/// A source whose columns have shapes: those that it lacks are the network's.
template <class... S, class Source> decltype(auto) with_shapes(Source& s) {
  if constexpr (requires { s.template in_shapes<S...>(); }) return s.template in_shapes<S...>();
  else return (s);
}
}  // namespace detail

}  // namespace tfx::data
