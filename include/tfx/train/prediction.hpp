// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <cstdio>
#include <iterator>
#include <type_traits>
#include <utility>
#include <vector>

#include <tfx/core/tensor.hpp>
#include <tfx/train/network_memory.hpp>
#include <tfx/train/verdict.hpp>

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

template <class Network, int Given> struct arguments_verdict {
  static constexpr bool right = Given == Network::n_inputs;
  static constexpr message value() {
    message m;
    if (right) return m;
    m.put("predict: ");
    m.put(Given);
    m.put(Given == 1 ? " argument, the network has " : " arguments, the network has ");
    m.put(Network::n_inputs);
    m.put(Network::n_inputs == 1 ? " input" : " inputs");
    return m;
  }
};
[[noreturn]] TFX_COLD inline void fail_example(int input, std::size_t given, int wanted) {
  char text[120];
  std::snprintf(text, sizeof text, "predict: input %d takes %d numbers for an example, %zu are given", input, wanted, given);
  fail(text);
}
[[noreturn]] TFX_COLD inline void fail_rows_of_numbers(std::size_t given, int each) {
  char text[120];
  std::snprintf(text, sizeof text, "predict_rows: %zu numbers are no whole number of rows of %d", given, each);
  fail(text);
}

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

/// What predicting with weights writes to, and the ways in which it is asked for. `Weights` may be frozen.
template <class Weights> class prediction {
  using network = typename Weights::network;
  using T = typename Weights::value_type;
  using columns = columns_of<network, T>;
  static constexpr int batch = network::batch;
  static constexpr auto every_input = std::make_index_sequence<std::size_t(network::n_inputs)>{};
  static constexpr auto every_output = std::make_index_sequence<std::size_t(network::n_outputs)>{};
  template <int K> using input_element = typename columns::template input_element<K>;
  template <int K> using output_element = typename columns::template output_element<K>;

  template <int K> using one_result = tensor<output_element<K>, to_shape<one_output<typename network::template output<K>>>>;
  template <int K, int N> using several_results = tensor<output_element<K>, to_shape<outputs_of_rows<typename network::template output<K>, N>>>;

public:
  /// Any number of rows at in[...], in pieces of at most the batch.
  void run(const Weights& w, const void* const* in, void* const* out, std::size_t rows) {
    if constexpr (Weights::layout::right) {
      using plan = typename Weights::predict_plan;
      using program = typename Weights::executable_type;
      for (std::size_t first = 0; first == 0 || first < rows; first += std::size_t(batch)) {
        const int n = int(rows - first < std::size_t(batch) ? rows - first : std::size_t(batch));
        bindings<T> b = memory_.template bind<plan, program>(w.parameters(), w.states(), {0, 0, n}, batch);
        b.prepared = const_cast<T*>(w.prepared());
        for (int k = 0; k < network::n_inputs; ++k) b.base[first_io_space + k] = at(const_cast<void*>(in[k]), first * input_bytes[std::size_t(k)]);
        for (int k = 0; k < network::n_outputs; ++k) b.base[first_io_space + network::n_inputs + k] = at(out[k], first * output_bytes[std::size_t(k)]);
        program::run(b);
      }
    }
  }

  /// Of a network with one input and one output: `rows` rows at x, results to out.
  template <class X, class Y> void predict(const Weights& w, const X* x, Y* out, int rows) {
    static_assert(network::n_inputs == 1 && network::n_outputs == 1, "tfx::predict: addresses are for a network with one input and one output");
    static_assert(same_in_memory<X, input_element<0>> && same_in_memory<Y, output_element<0>>, "tfx::predict: the numbers are not of the network's type");
    const void* in[] = {x};
    void* to[] = {out};
    run(w, in, to, std::size_t(rows));
  }
  /// One example, an argument for each input; or tensors of N, [N, ...], whose results are [N, ...].
  template <class... X> auto predict(const Weights& w, const X&... x) {
    using check = arguments_verdict<network, int(sizeof...(X))>;
    [[maybe_unused]] tell<check::right, check> told;
    if constexpr (check::right && rows_of<X...>(std::index_sequence_for<X...>{}) > 0)
      return ask<rows_of<X...>(std::index_sequence_for<X...>{})>(w, every_output, std::index_sequence_for<X...>{}, x...);
    else if constexpr (check::right)
      return ask<0>(w, every_output, std::index_sequence_for<X...>{}, x...);
    else
      return results<0>(every_output);
  }
  /// Rows of numbers, one after the other, as many as there are; the results likewise.
  template <class X> std::vector<T> predict_rows(const Weights& w, const X& x) {
    static_assert(network::n_inputs == 1 && network::n_outputs == 1, "tfx::predict_rows: for a network with one input and one output");
    constexpr int each = columns::template input_size<0>;
    const std::size_t given = std::size_t(x.size()), rows = given / std::size_t(each);
    if (rows == 0 || given % std::size_t(each) != 0) fail_rows_of_numbers(given, each);
    std::vector<T> out(rows * std::size_t(columns::template output_size<0>));
    const void* in[] = {x.data()};
    void* to[] = {out.data()};
    std::vector<input_element<0>> own;
    if constexpr (!same_in_memory<std::remove_cvref_t<decltype(*x.data())>, input_element<0>>) {
      own.reserve(given);
      for (std::size_t i = 0; i < given; ++i) own.push_back(converted<input_element<0>>(x.data()[i]));
      in[0] = own.data();
    }
    run(w, in, to, rows);
    return out;
  }
  network_memory<T>& memory() { return memory_; }

private:
  template <std::size_t... K> static constexpr auto bytes_of_inputs(std::index_sequence<K...>) {
    return std::array<std::size_t, sizeof...(K)>{std::size_t(columns::template input_size<int(K)>) * sizeof(input_element<int(K)>)...};
  }
  template <std::size_t... K> static constexpr auto bytes_of_outputs(std::index_sequence<K...>) {
    return std::array<std::size_t, sizeof...(K)>{std::size_t(columns::template output_size<int(K)>) * sizeof(output_element<int(K)>)...};
  }
  /// Of one example.
  static constexpr auto input_bytes = bytes_of_inputs(every_input);
  static constexpr auto output_bytes = bytes_of_outputs(every_output);
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
};

}  // namespace tfx::detail
