// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

#include <tfx/core/tensor.hpp>
#include <tfx/train/network_memory.hpp>
#include <tfx/train/predict_data.hpp>
#include <tfx/train/prediction_verdicts.hpp>

namespace tfx::detail {

/// The shape of an output of one example, and of N.
template <class V> struct one_output {
  static constexpr dims value = V::dim.rank > 1 ? unstacked(V::dim) : dims{};
};
template <class V, int N> struct outputs_of_rows {
  static constexpr dims value = [] {
    dims d = V::dim;
    d.bounded = false;
    d.extent[0] = N;
    return d;
  }();
};

/// Addresses of inputs and of results, and a number of rows: no examples.
template <class... X> inline constexpr bool addresses_and_rows = false;
template <class X, class Y, class Rows>
inline constexpr bool addresses_and_rows<X, Y, Rows> = std::is_pointer_v<std::decay_t<X>> && std::is_pointer_v<std::decay_t<Y>> && std::is_integral_v<Rows>;

/// One example: a number, what can be copied to numbers (a data set's image), or what has data() and size(), such as an array.
template <int Size, class Example, class T> void copy_example(int input, const Example& one, T* to) {
  if constexpr (std::is_arithmetic_v<Example>) {
    if (Size != 1) fail_example(input, 1, Size);
    *to = converted<T>(one);
  } else if constexpr (requires { one.copy_to(to); }) {
    static_assert(Example::size() == Size, "tfx::predict: the example has another number of elements than the model's input");
    one.copy_to(to);
  } else {
    if (std::size_t(std::size(one)) != std::size_t(Size)) fail_example(input, std::size_t(std::size(one)), Size);
    for (int i = 0; i < Size; ++i) to[i] = converted<T>(std::data(one)[i]);
  }
}

}  // namespace tfx::detail

namespace tfx {

/// Outputs of a network for what a model or a session is asked, in the ways of `model::predict`.
///
///     auto y = predict(m, x);   predict(s, into(out), data::columns(table));
template <class Predictor, class... X> requires requires { typename Predictor::predictor; } auto predict(Predictor& p, X&&... x) { return p.predict(std::forward<X>(x)...); }

}  // namespace tfx

namespace tfx::detail {

/// What predicting with weights writes to, and the ways in which it is asked for. `Weights` may be frozen.
template <class Weights> class prediction {
  using network = typename Weights::network;
  using T = typename Weights::value_type;
  using columns = columns_of<network, T>;
  using plan_type = typename Weights::predict_plan;
  static constexpr bool has_lengths = plan_type::n_lengths > 0;
  static constexpr int batch = network::batch;
  static constexpr auto every_input = std::make_index_sequence<std::size_t(network::n_inputs)>{};
  static constexpr auto every_output = std::make_index_sequence<std::size_t(network::n_outputs)>{};
  template <int K> using input_element = typename columns::template input_element<K>;
  template <int K> using output_element = typename columns::template output_element<K>;

  template <int K> using one_result = tensor<output_element<K>, to_shape<one_output<typename network::template output<K>>>>;
  template <int K, int N> using several_results = tensor<output_element<K>, to_shape<outputs_of_rows<typename network::template output<K>, N>>>;

public:
  /// What an example of column K is; none behind the inputs, where it is not read.
  template <int K> struct example_dims {
    static constexpr dims value = K < network::n_inputs && network::input_dims[K < network::n_inputs ? K : 0].rank > 1 ? unstacked(network::input_dims[K < network::n_inputs ? K : 0]) : dims{};
  };
  template <int K> using example_shape = to_shape<example_dims<K>>;

  /// All ways to ask, from the arguments' types.
  template <class First, class... X> auto ask_any(const Weights& w, First& first, X&... x) {
    if constexpr (is_destinations<std::remove_const_t<First>>) return predict_into(w, first, x...);
    else if constexpr (given_as_data<First, X...>()) return predict_data(w, first, x...);
    else return predict(w, std::as_const(first), std::as_const(x)...);
  }

  /// Any number of rows at in[...], in pieces of at most the batch.
  void run(const Weights& w, const void* const* in, void* const* out, std::size_t rows, [[maybe_unused]] const int* length = nullptr) {
    if constexpr (Weights::layout::right) {
      using plan = plan_type;
      using program = typename Weights::executable_type;
      for (std::size_t first = 0; first == 0 || first < rows; first += std::size_t(batch)) {
        const int n = int(rows - first < std::size_t(batch) ? rows - first : std::size_t(batch));
        bindings<T> b = memory_.template bind<plan, program>(w.parameters(), w.states(), {0, 0, n}, batch);
        b.prepared = const_cast<T*>(w.prepared());
        for (int k = 0; k < network::n_inputs; ++k) b.base[first_io_space + k] = at(const_cast<void*>(in[k]), first * bytes_of_row<0>(k, length));
        for (int k = 0; k < network::n_outputs; ++k) b.base[first_io_space + network::n_inputs + k] = at(out[k], first * bytes_of_row<network::n_inputs>(k, length));
        if constexpr (has_lengths) memory_.template bind_lengths<plan>(b, length);
        program::run(b);
      }
    }
  }

  /// Of a network with one input and one output: `rows` rows at x, results to out.
  template <class X, class Y> void predict(const Weights& w, const X* x, Y* out, int rows) {
    [[maybe_unused]] tell<lengths_verdict<plan_type, false>::right, lengths_verdict<plan_type, false>> told;
    predict_at(w, nullptr, x, out, rows);
  }
  /// The same of inputs with lengths.
  template <class X, class Y> void predict(const Weights& w, const lengths& present, const X* x, Y* out, int rows) { predict_at(w, checked(present), x, out, rows); }
  /// One example of the given lengths, an argument for each input. A result that follows a length is a vector.
  template <class... X> auto predict(const Weights& w, const lengths& present, const X&... x) {
    using check = arguments_verdict<network, int(sizeof...(X))>;
    [[maybe_unused]] tell<check::right, check> told;
    const int* const length = checked(present);
    auto out = results_at(length, every_output);
    if constexpr (check::right && lengths_verdict<plan_type, true>::right) ask_at(w, length, out, every_output, every_input, x...);
    if constexpr (network::n_outputs == 1) return std::move(out).template get<0>();
    else return out;
  }
  /// Rows of numbers of the given lengths, one after the other; the results likewise.
  template <class X> std::vector<T> predict_rows(const Weights& w, const lengths& present, const X& x) { return rows_at(w, checked(present), x); }
  /// One example, an argument for each input; or tensors of N, [N, ...], whose results are [N, ...].
  template <class... X> auto predict(const Weights& w, const X&... x) {
    using check = arguments_verdict<network, int(sizeof...(X))>;
    [[maybe_unused]] tell<check::right, check> told;
    using asked = lengths_verdict<plan_type, false>;
    [[maybe_unused]] tell<asked::right, asked> told_of_lengths;
    if constexpr (check::right && rows_of<X...>(std::index_sequence_for<X...>{}) > 0)
      return ask<rows_of<X...>(std::index_sequence_for<X...>{})>(w, every_output, std::index_sequence_for<X...>{}, x...);
    else if constexpr (check::right)
      return ask<0>(w, every_output, std::index_sequence_for<X...>{}, x...);
    else
      return results<0>(every_output);
  }
  /// Rows of numbers, one after the other, as many as there are; the results likewise.
  template <class X> std::vector<T> predict_rows(const Weights& w, const X& x) {
    [[maybe_unused]] tell<lengths_verdict<plan_type, false>::right, lengths_verdict<plan_type, false>> told;
    return rows_at(w, nullptr, x);
  }
  network_memory<T>& memory() { return memory_; }

private:
  template <class First, class... X> auto predict_data(const Weights& w, First& first, X&... x) {
    if constexpr (sizeof...(X) == 0) return all_results(w, first, every_output);
    else {
      auto joined = data::columns(first, x...);
      return all_results(w, joined, every_output);
    }
  }
  /// A tensor for each example, in a vector for each output; where it follows a length, a vector of the example's own steps.
  template <class Data, std::size_t... O> auto all_results(const Weights& w, Data& data, std::index_sequence<O...>) {
    bundle<std::vector<result_at<int(O)>>...> out;
    constexpr sequence_column steps[] = {sequence_in<typename Weights::inputs_type>(network::template output<int(O)>::dim)...};
    static_assert(((steps[O].which >= 0 || !follows_length<int(O)>) && ...), "tfx::predict: a result follows several lengths, or has other steps than the inputs; predict(lengths{17}, x) gives them one by one");
    if constexpr (right_data<Data>())
      predict_pieces(*this, w, piece_, data, [&](std::size_t n) { (out.template get<O>().reserve(n), ...); },
                     [&](std::size_t, int rows, void* const* results, const auto& piece) { (append(out.template get<O>(), steps[O], results[O], rows, piece), ...); });
    if constexpr (sizeof...(O) == 1) return std::move(out).template get<0>();
    else return out;
  }
  template <class Data> static constexpr bool right_data() {
    using check = inputs_verdict<network::object, typename Weights::inputs_type, decltype(data::detail::record_in<data::detail::source_of<Data>>())>;
    [[maybe_unused]] tell<check::right, check> told;
    return check::right;
  }

  /// Results to memory; gives the number of examples.
  template <class... E, class... X> std::size_t predict_into(const Weights& w, const destinations<E...>& out, X&... x) {
    using check = outputs_verdict<network, int(sizeof...(E))>;
    [[maybe_unused]] tell<check::right, check> told;
    if constexpr (!check::right) return 0;
    else if constexpr (!given_as_data<X...>()) return examples_into(w, out, every_output, std::index_sequence_for<X...>{}, x...);
    else if constexpr (sizeof...(X) == 1) return (data_into(w, out, every_output, x), ...);
    else {
      auto joined = data::columns(x...);
      return data_into(w, out, every_output, joined);
    }
  }
  template <class... E, std::size_t... O, class Data> std::size_t data_into(const Weights& w, const destinations<E...>& out, std::index_sequence<O...>, Data& data) {
    static_assert(!(follows_length<int(O)> || ...), "tfx::predict: results that follow a length are not of one size; predict(data) gives a vector for each");
    if constexpr (right_data<Data>())
      return predict_pieces(*this, w, piece_, data, [&](std::size_t n) { (check_room<int(O)>(n, out.to.template get<O>().size()), ...); },
                            [&](std::size_t first, int rows, void* const* results, const auto&) {
                              (deliver<output_element<int(O)>>(int(O), column_elements[std::size_t(network::n_inputs) + O], out.to.template get<O>(), first, rows, results[O]), ...);
                            });
    else return 0;
  }
  template <int O> static void check_room(std::size_t examples, std::size_t given) {
    const std::size_t wanted = examples * column_elements[std::size_t(network::n_inputs + O)];
    if (wanted != given) fail_room(O, examples, wanted, given);
  }
  /// One example, or tensors of N.
  template <class... E, std::size_t... O, std::size_t... I, class... X>
  std::size_t examples_into(const Weights& w, const destinations<E...>& out, std::index_sequence<O...>, std::index_sequence<I...> every, X&... x) {
    using check = arguments_verdict<network, int(sizeof...(X))>;
    [[maybe_unused]] tell<check::right, check> told;
    if constexpr (check::right) {
      constexpr int given = rows_of<std::remove_const_t<X>...>(every), rows = given ? given : 1;
      (check_room<int(O)>(std::size_t(rows), out.to.template get<O>().size()), ...);
      const auto y = ask<given>(w, every_output, every, std::as_const(x)...);
      if constexpr (sizeof...(O) == 1) (deliver<output_element<0>>(0, column_elements[std::size_t(network::n_inputs) + O], out.to.template get<O>(), 0, rows, y.data()), ...);
      else (deliver<output_element<int(O)>>(int(O), column_elements[std::size_t(network::n_inputs) + O], out.to.template get<O>(), 0, rows, y.template get<O>().data()), ...);
      return std::size_t(rows);
    } else {
      return 0;
    }
  }

  template <class X, class Y> void predict_at(const Weights& w, const int* length, const X* x, Y* out, int rows) {
    static_assert(network::n_inputs == 1 && network::n_outputs == 1, "tfx::predict: addresses are for a network with one input and one output");
    using check = addresses_verdict<X, Y, input_element<0>, output_element<0>>;
    [[maybe_unused]] tell<check::right, check> told;
    if constexpr (check::right) {
      const void* in[] = {x};
      void* to[] = {out};
      run(w, in, to, std::size_t(rows), length);
    }
  }
  template <class X> std::vector<T> rows_at(const Weights& w, const int* length, const X& x) {
    static_assert(network::n_inputs == 1 && network::n_outputs == 1, "tfx::predict_rows: for a network with one input and one output");
    const int each = int(row_of<0>(0, length));
    const std::size_t given = std::size_t(x.size()), rows = given / std::size_t(each);
    if (rows == 0 || given % std::size_t(each) != 0) fail_rows_of_numbers(given, each);
    std::vector<T> out(rows * row_of<network::n_inputs>(0, length));
    const void* in[] = {x.data()};
    void* to[] = {out.data()};
    std::vector<input_element<0>> own;
    if constexpr (!same_in_memory<std::remove_cvref_t<decltype(*x.data())>, input_element<0>>) {
      own.reserve(given);
      for (std::size_t i = 0; i < given; ++i) own.push_back(converted<input_element<0>>(x.data()[i]));
      in[0] = own.data();
    }
    run(w, in, to, rows, length);
    return out;
  }
  template <std::size_t... K> static constexpr auto sizes_of_columns(std::index_sequence<K...>) {
    if constexpr (sizeof...(K) > 0) return std::array<std::size_t, sizeof...(K)>{size_of_column<int(K)>()...};
  }
  template <int K> static constexpr std::size_t size_of_column() {
    if constexpr (K < network::n_inputs) return sizeof(input_element<K>);
    else return sizeof(output_element<K - network::n_inputs>);
  }
  template <std::size_t... K> static constexpr auto elements_of_columns(std::index_sequence<K...>) {
    return std::array<std::size_t, sizeof...(K)>{elements_of_column<int(K)>()...};
  }
  template <int K> static constexpr std::size_t elements_of_column() {
    if constexpr (K < network::n_inputs) return std::size_t(columns::template input_size<K>);
    else return std::size_t(columns::template output_size<K - network::n_inputs>);
  }
  static constexpr auto every_column = std::make_index_sequence<std::size_t(network::n_inputs + network::n_outputs)>{};
  static constexpr auto column_sizes = sizes_of_columns(every_column), column_elements = elements_of_columns(every_column);
  /// Elements of one example of column First + k, with the lengths of a run.
  template <int First> static std::size_t row_of(int k, [[maybe_unused]] const int* length) {
    if constexpr (has_lengths) return columns_at_lengths[std::size_t(First + k)].row(length, true);
    else return column_elements[std::size_t(First + k)];
  }
  template <int First> static std::size_t bytes_of_row(int k, const int* length) { return row_of<First>(k, length) * column_sizes[std::size_t(First + k)]; }
  template <std::size_t... K> static constexpr auto find_columns(std::index_sequence<K...>) { return std::array{plan_type::io(first_io_space + int(K))...}; }
  static constexpr auto columns_at_lengths = find_columns(every_column);
  static const int* checked(const lengths& present) {
    using check = lengths_verdict<plan_type, true>;
    [[maybe_unused]] tell<check::right, check> told;
    if constexpr (check::right) check_lengths<plan_type>("predict", present);
    return present.value;
  }

  template <int K> static constexpr bool follows_length = has_lengths && columns_at_lengths[std::size_t(network::n_inputs + K)].varies();
  template <int K> using result_at = std::conditional_t<follows_length<K>, std::vector<output_element<K>>, one_result<K>>;
  template <std::size_t... O> static auto results_at(const int* length, std::index_sequence<O...>) {
    bundle<result_at<int(O)>...> out;
    ([&] {
      if constexpr (follows_length<int(O)>) out.template get<O>().resize(row_of<network::n_inputs>(int(O), length));
    }(), ...);
    return out;
  }
  template <class Out, std::size_t... O, std::size_t... I, class... X>
  void ask_at(const Weights& w, const int* length, Out& out, std::index_sequence<O...>, std::index_sequence<I...>, const X&... x) {
    const void* in[sizeof...(I)] = {copied<int(I)>(row_of<0>(int(I), length), x)...};
    void* to[sizeof...(O)] = {out.template get<O>().data()...};
    run(w, in, to, 1, length);
  }
  template <int K, class X> const void* copied(std::size_t size, const X& x) {
    using element = input_element<K>;
    if (std::size_t(std::size(x)) != size) fail_example(K, std::size_t(std::size(x)), int(size));
    buffer<T>& own = input_[K];
    own.grow((size * sizeof(element) + sizeof(T) - 1) / sizeof(T));
    for (std::size_t i = 0; i < size; ++i) reinterpret_cast<element*>(own.data())[i] = converted<element>(std::data(x)[i]);
    return own.data();
  }

  static T* at(void* memory, std::size_t bytes) { return reinterpret_cast<T*>(static_cast<char*>(memory) + bytes); }

  /// N if every argument is a tensor [N, ...] for its input; else 0.
  template <class... X, std::size_t... K> static constexpr int rows_of(std::index_sequence<K...>) {
    int rows = -1;
    const auto look = [&](dims given, dims wanted) {
      const bool fits = given.rank == wanted.rank && given.size() / given.extent[0] == wanted.size() / batch && (rows < 0 || rows == given.extent[0]);
      rows = fits ? given.extent[0] : 0;
    };
    (look(shape_of<X>(), network::input_dims[K]), ...);
    return rows > 0 ? rows : 0;
  }
  template <class X> static constexpr dims shape_of() {
    if constexpr (requires { typename X::shape_type; X::dim; }) return X::dim.rank > 0 ? X::dim : dims{1, {1}, false};
    else return dims{0, {1}, false};
  }

  template <int N, std::size_t... O> static auto results(std::index_sequence<O...>) {
    if constexpr (N == 0) return bundle<one_result<int(O)>...>();
    else return bundle<several_results<int(O), N>...>();
  }
  template <int N, std::size_t... O, std::size_t... I, class... X> auto ask(const Weights& w, std::index_sequence<O...>, std::index_sequence<I...>, const X&... x) {
    auto out = results<N>(every_output);
    const void* in[sizeof...(I)] = {as_read<int(I), N>(x)...};
    void* to[sizeof...(O)] = {out.template get<O>().data()...};
    run(w, in, to, N == 0 ? 1 : N);
    if constexpr (sizeof...(O) == 1) return std::move(out).template get<0>();
    else return out;
  }
  /// An argument as the program reads it: where it lies, or copied.
  template <int K, int N, class X> const void* as_read(const X& x) {
    using element = input_element<K>;
    if constexpr (N > 0) {
      if constexpr (same_in_memory<typename X::value_type, element>) return x.data();
    }
    constexpr int size = (N == 0 ? 1 : N) * columns::template input_size<K>;
    buffer<T>& own = input_[K];
    own.grow((std::size_t(size) * sizeof(element) + sizeof(T) - 1) / sizeof(T));
    copy_example<size>(K, x, reinterpret_cast<element*>(own.data()));
    return own.data();
  }

  network_memory<T> memory_;
  buffer<T> input_[network::n_inputs];
  piece_memory<T> piece_;
};

}  // namespace tfx::detail
