// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include <tfx/data/examples.hpp>

namespace tfx::data {

/// How a loop of one's own goes through data.
struct batches_options {
  std::uint64_t epoch = 0;   ///< which of the orders
  std::uint64_t seed = 0;
  bool shuffle = false;      ///< data in memory
};

/// The examples of a batch: `auto& [x, label] = batch;` are their columns, spans of numbers.
template <class... T> struct loaded_batch {
  bundle<std::span<T>...> column;
  int rows = 0;
  template <std::size_t I> constexpr const auto& get() const { return column.template get<I>(); }
};

namespace detail {

template <class Field> constexpr std::size_t size_of_example() {
  if constexpr (is_sequence<Field>) return 1;
  else return std::size_t(Field::shape_type::value.size());
}
/// Memory of a batch of these columns.
template <class Record> struct loaded;
template <class... Field> struct loaded<record<Field...>> {
  using elements = detail::elements<typename read_as<Field>::type...>;
  using batch = loaded_batch<typename read_as<Field>::type...>;
  static_assert((!is_sequence<Field> && ...), "tfx::data::batches: a column of sequences of any length has no batches of one size");
  static constexpr std::size_t each[] = {size_of_example<Field>()...};
  static_assert((!std::same_as<typename read_as<Field>::type, bool> && ...), "tfx::data::batches: a column of bool; use std::uint8_t");

  bundle<std::vector<typename read_as<Field>::type>...> memory;
  void* column[sizeof...(Field)];
  batch now;

  explicit loaded(int capacity) {
    each_column([&]<std::size_t K>(std::integral_constant<std::size_t, K>) {
      memory.template get<K>().resize(each[K] * std::size_t(capacity));
      column[K] = memory.template get<K>().data();
    });
  }
  void show(int rows) {
    now.rows = rows;
    each_column([&]<std::size_t K>(std::integral_constant<std::size_t, K>) { now.column.template get<K>() = std::span(memory.template get<K>()).first(each[K] * std::size_t(rows)); });
  }
  template <class F> static void each_column(F f) {
    [&]<std::size_t... K>(std::index_sequence<K...>) { (f(std::integral_constant<std::size_t, K>{}), ...); }(std::index_sequence_for<Field...>{});
  }
};
template <class Source, class... Field> decltype(auto) in_own_shapes(Source& s, record<Field...>) {
  return with_shapes<std::conditional_t<std::is_void_v<typename Field::shape_type>, shape<>, typename Field::shape_type>...>(s);
}

}  // namespace detail

/// One pass over data, in batches of at most N, for a training step of one's own.
///
///     for (auto& batch : data::batches<64>(train, {.epoch = e, .shuffle = true})) {
///       auto& [x, label] = batch;
///       auto [loss, accuracy] = step(x, label);
///     }
///
/// Elements have the data's own types; pixels of a data set are numbers from 0 to 1. Flat numbers are an example each, unless
/// `data::in_shape` says otherwise. The next batch lies where the last one was.
template <int N, class Data> class batch_pass {
  using source_type = decltype(detail::as_source(std::declval<std::remove_reference_t<Data>&>()));
  using given_record = typename std::remove_cvref_t<source_type>::record;
  using shaped_type = decltype(detail::in_own_shapes(std::declval<std::remove_reference_t<source_type>&>(), given_record{}));
  using shaped = std::remove_reference_t<shaped_type>;
  using memory = detail::loaded<typename shaped::record>;

  Data data_;   // a reference, unless it is a temporary
  source_type source_;
  shaped_type shaped_;
  batches_options options_;
  decltype(detail::order_of<shaped>(0, 0)) order_;
  std::vector<std::uint32_t> index_;
  memory memory_;
  detail::reader<shaped, typename memory::elements> reader_;

public:
  batch_pass(Data&& data, batches_options options)
      : data_(std::forward<Data>(data)), source_(detail::as_source(data_)), shaped_(detail::in_own_shapes(source_, given_record{})), options_(options),
        order_(detail::order_of<shaped>(detail::size_of(shaped_), options.seed)), index_(std::size_t(N)), memory_(N), reader_(shaped_, memory::each, detail::address_of(order_), index_.data()) {}
  batch_pass(const batch_pass&) = delete;

  class iterator {
  public:
    explicit iterator(batch_pass& all) : all_(all) { load(); }
    auto& operator*() const { return all_.memory_.now; }
    iterator& operator++() {
      load();
      return *this;
    }
    bool operator!=(std::nullptr_t) const { return all_.memory_.now.rows > 0; }

  private:
    void load() { all_.memory_.show(all_.reader_.view().next(all_.memory_.column, N)); }
    batch_pass& all_;
  };
  /// Starts the pass.
  iterator begin() {
    reader_.view().begin(options_.epoch, options_.shuffle);
    return iterator(*this);
  }
  static constexpr std::nullptr_t end() { return nullptr; }
};
template <int N, class Data> batch_pass<N, Data> batches(Data&& data, batches_options options = {}) { return {std::forward<Data>(data), options}; }

}  // namespace tfx::data

template <class... T> struct std::tuple_size<tfx::data::loaded_batch<T...>> { static constexpr std::size_t value = sizeof...(T); };
template <std::size_t I, class... T> struct std::tuple_element<I, tfx::data::loaded_batch<T...>> {
  using type = const std::tuple_element_t<I, tfx::bundle<std::span<T>...>>;
};
