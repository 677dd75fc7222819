// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <cstring>
#include <vector>

#include <tfx/data/examples.hpp>
#include <tfx/train/drawn_batch.hpp>
#include <tfx/train/network_memory.hpp>
#include <tfx/train/record_verdict.hpp>

namespace tfx {

namespace detail {
/// Where results go.
template <class... E> struct destinations {
  bundle<std::span<E>...> to;
};
template <class X> inline constexpr bool is_destinations = false;
template <class... E> inline constexpr bool is_destinations<destinations<E...>> = true;
template <class Out> concept written_to = requires(Out& out) {
  { out.size() } -> std::convertible_to<std::size_t>;
  *out.data() = 0;
} && std::is_arithmetic_v<std::remove_reference_t<decltype(*std::declval<Out&>().data())>>;
}  // namespace detail

/// In front of what is predicted: memory that the results are written to, a vector, an array, a span or a tensor of numbers for each output.
///
///     std::vector<double> prices(1000), kinds(3000);
///     m.predict(into(prices, kinds), data::columns(numbers, pictures));      // 1000 examples
template <detail::written_to... Out> auto into(Out&&... out) {
  return detail::destinations<std::remove_reference_t<decltype(*out.data())>...>{{std::span(out.data(), std::size_t(out.size()))...}};
}

namespace detail {

[[noreturn]] TFX_COLD inline void fail_room(int output, std::size_t examples, std::size_t wanted, std::size_t given) {
  char text[160];
  std::snprintf(text, sizeof text, "predict: output %d of %zu examples is %zu numbers, there is room for %zu", output, examples, wanted, given);
  fail(text);
}

/// Do the columns of data begin with a network's inputs?
template <const auto& Net, class List, class Record> struct inputs_verdict;
template <const auto& Net, class List, class... Field> struct inputs_verdict<Net, List, data::record<Field...>> {
  static constexpr message value() {
    constexpr int given = int(sizeof...(Field)), inputs = network<Net, List>::n_inputs;
    builder b;
    if constexpr (!network_verdict<Net, List>::right) {}   // which the network says
    else if constexpr (given < inputs)
      b.complain("predict: the data has ", given, given == 1 ? " column, the network has " : " columns, the network has ", inputs, inputs == 1 ? " input" : " inputs");
    else
      [&]<std::size_t... K>(std::index_sequence<K...>) {
        (column_verdict<Net, List>::template compare_input<int(K), std::tuple_element_t<K, bundle<Field...>>>(b, "predict"), ...);
      }(std::make_index_sequence<std::size_t(inputs)>{});
    return b.wrong;
  }
  static constexpr bool right = value().size == 0;
};

template <class X> concept holds_examples = data::detail::contiguous<X> && !std::is_arithmetic_v<data::detail::element_in<X>> && data::detail::can_be_column<X>();
template <class X> concept is_data = requires { typename X::record; } || (!data::detail::static_tensor<X> && data::range_of_examples<X>);
/// Is this data, or an array of examples for each input?
template <class... X> constexpr bool given_as_data() {
  if constexpr (sizeof...(X) == 1) return (is_data<X> && ...);
  else if constexpr ((data::detail::can_be_column<std::remove_const_t<X>>() && ...)) return (holds_examples<std::remove_const_t<X>> || ...);
  else return false;
}

/// Memory of a piece of data and of its results.
template <class T> struct piece_memory {
  buffer<T> columns, results;
  std::vector<std::uint32_t> index;
  std::vector<int> numbers;
};

/// Data, piece by piece, as a network's inputs; columns behind these are read and forgotten.
template <class Weights, class Source> class pieces {
  using network = typename Weights::network;
  using list = typename Weights::inputs_type;
  using T = typename Weights::value_type;
  using record = typename Source::record;
  static constexpr int inputs = network::n_inputs, outputs = network::n_outputs, batch = network::batch;
  static constexpr int count = data::in_memory<Source> ? inputs : record::size;
  template <class Record> struct fields;
  template <class... F> struct fields<data::record<F...>> { template <int K> using at = std::tuple_element_t<std::size_t(K), bundle<F...>>; };
  template <int K> static constexpr auto column_of() {
    if constexpr (K < inputs) return std::type_identity<typename columns_of<network, T>::template input_element<K>>{};
    else return std::type_identity<typename data::detail::read_as<typename fields<record>::template at<K>>::type>{};
  }
  template <int K> using element = typename decltype(column_of<K>())::type;
  template <int K> static constexpr sequence_column sequence() {
    if constexpr (K < inputs) return sequence_in<list>(network::input_dims[K]);
    else return {};
  }
  template <int K> static constexpr std::size_t numbers_of() {
    if constexpr (K >= inputs) return std::size_t(fields<record>::template at<K>::shape_type::value.size());
    else if constexpr (sequence<K>().which >= 0) return sequence<K>().room();
    else return std::size_t(columns_of<network, T>::template input_size<K>);
  }
  static constexpr auto every = std::make_index_sequence<std::size_t(count)>{};
  template <std::size_t... K> static auto elements_of(std::index_sequence<K...>) -> data::detail::elements<element<int(K)>...>;

  std::size_t each_[std::size_t(count)];
  void* column_[std::size_t(count)];
  int* present_[std::size_t(count)] = {};
  sequence_column sequence_[std::size_t(inputs)];
  drawn_batch batch_{};
  data::detail::reader<Source, decltype(elements_of(every))> reader_;

public:
  pieces(Source& s, piece_memory<T>& own) : reader_(s, each_, nullptr, (own.index.resize(std::size_t(batch)), own.index.data()), present_) {
    std::size_t words = 0, at[std::size_t(count)];
    int sequences = 0;
    const auto add = [&](int k, std::size_t numbers, std::size_t bytes, sequence_column c) {
      each_[k] = numbers;
      at[k] = words;
      words += (numbers * std::size_t(batch) * bytes + 63) / 64 * 64 / sizeof(T);
      if (c.which < 0) return;
      c.column = k;
      c.bytes = bytes;
      sequence_[sequences++] = c;
    };
    [&]<std::size_t... K>(std::index_sequence<K...>) { (add(int(K), numbers_of<int(K)>(), sizeof(element<int(K)>), sequence<int(K)>()), ...); }(every);
    own.columns.grow(words);
    own.numbers.resize(std::size_t(sequences * batch));
    for (int k = 0; k < count; ++k) column_[k] = own.columns.data() + at[k];
    for (int i = 0; i < sequences; ++i) present_[sequence_[i].column] = own.numbers.data() + i * batch;
    batch_.who = "predict";
    batch_.from = reader_.view();
    batch_.column = column_;
    batch_.sequences = {std::span(sequence_).first(std::size_t(sequences)), present_};
    batch_.from.begin(0, false);
  }
  pieces(const pieces&) = delete;

  /// Rows of the next piece; 0 at the end.
  int next() {
    batch_.rows += batch_.drawn;
    return draw(batch_, batch);
  }
  const void* const* columns() const { return column_; }
  const int* length() const { return batch_.length; }
  /// Steps of a row's own sequences of the length `which`.
  int steps(int which, int row) const {
    for (const sequence_column& c : batch_.sequences.all)
      if (c.which == which) return present_[c.column][row] / c.step;
    return batch_.length[which];
  }
};

/// Calls f(first, rows, results, piece) for each piece of data. `known` is called with the number of examples where it is known.
template <class Prediction, class Weights, class T, class Data, class Known, class F>
std::size_t predict_pieces(Prediction& p, const Weights& w, piece_memory<T>& own, Data& data, Known known, F f) {
  using network = typename Weights::network;
  using columns = columns_of<network, T>;
  decltype(auto) source = data::detail::as_source(data);
  using Given = std::remove_reference_t<decltype(source)>;
  decltype(auto) shaped = [&]<class... Field, std::size_t... K>(data::record<Field...>, std::index_sequence<K...>) -> decltype(auto) {
    return data::detail::with_shapes<typename Prediction::template example_shape<int(K)>...>(source);
  }(typename Given::record{}, std::make_index_sequence<std::size_t(Given::record::size)>{});
  using Source = std::remove_reference_t<decltype(shaped)>;
  if constexpr (data::in_memory<Source>) known(shaped.size());
  void* to[std::size_t(network::n_outputs)];
  std::size_t words = 0;
  const auto room = [](std::size_t numbers, std::size_t bytes) { return (numbers * bytes * std::size_t(network::batch) + 63) / 64 * 64 / sizeof(T); };
  const auto every = std::make_index_sequence<std::size_t(network::n_outputs)>{};
  [&]<std::size_t... O>(std::index_sequence<O...>) {
    ((words += room(std::size_t(columns::template output_size<int(O)>), sizeof(typename columns::template output_element<int(O)>))), ...);
    own.results.grow(words);
    words = 0;
    ((to[O] = own.results.data() + words, words += room(std::size_t(columns::template output_size<int(O)>), sizeof(typename columns::template output_element<int(O)>))), ...);
  }(every);
  pieces<Weights, Source> each(shaped, own);
  std::size_t first = 0;
  while (const int n = each.next()) {
    if (n < 0) break;
    p.run(w, each.columns(), to, std::size_t(n), each.length());
    f(first, n, to, each);
    first += std::size_t(n);
  }
  return first;
}

/// The results of an output of all examples. Those that follow a length, `steps`, are of an example's own steps.
template <class One, class Piece> void append(std::vector<One>& all, [[maybe_unused]] const sequence_column& steps, const void* results, int rows, [[maybe_unused]] const Piece& piece) {
  const auto* from = static_cast<const typename One::value_type*>(results);
  for (int r = 0; r < rows; ++r) {
    One& one = all.emplace_back();
    if constexpr (requires { One::dim; }) {
      std::memcpy(one.data(), from + r * One::dim.size(), std::size_t(One::dim.size()) * sizeof(typename One::value_type));
    } else {
      const auto* const row = from + r * (piece.length()[steps.which] * steps.step);
      one.assign(row, row + piece.steps(steps.which, r) * steps.step);
    }
  }
}
/// Into memory of one type or another.
template <class From, class E> void deliver(int output, std::size_t each, std::span<E> to, std::size_t first, int rows, const void* results) {
  const std::size_t begin = first * each, n = std::size_t(rows) * each;
  if (begin + n > to.size()) fail_room(output, first + std::size_t(rows), begin + n, to.size());
  const From* const from = static_cast<const From*>(results);
  for (std::size_t i = 0; i < n; ++i) to[begin + i] = converted<E>(from[i]);
}

}  // namespace detail

}  // namespace tfx
