// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <type_traits>

#include <tfx/core/fail.hpp>
#include <tfx/train/verdict.hpp>

/// What is wrong with what a network is asked, in a sentence: while compiling where types say it, else when it is asked.
namespace tfx::detail {

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
template <class Network, int Given> struct outputs_verdict {
  static constexpr bool right = Given == Network::n_outputs;
  static constexpr message value() {
    message m;
    if (right) return m;
    m.put("predict: into() has ");
    m.put(Given);
    m.put(", the network has ");
    m.put(Network::n_outputs);
    m.put(Network::n_outputs == 1 ? " output" : " outputs");
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

/// Addresses are of what the network reads and writes.
template <class X, class Y, class In, class Out> struct addresses_verdict {
  static constexpr bool right = same_in_memory<X, In> && same_in_memory<Y, Out>;
  static constexpr message value() {
    message m;
    if (right) return m;
    m.put("predict: addresses of ");
    put_name<X>(m);
    m.put(" and ");
    put_name<Y>(m);
    m.put(" are given, the network reads ");
    put_name<In>(m);
    m.put(" and writes ");
    put_name<Out>(m);
    m.put("; predict_rows(numbers) takes others too");
    return m;
  }

private:
  template <class V> static constexpr void put_name(message& m) {
    if constexpr (requires { found_by_type<std::remove_cv_t<V>>(static_cast<const element_types*>(nullptr)); }) m.put(name_of(dtype_of<std::remove_cv_t<V>>));
    else m.put("something else");
  }
};

/// Where inputs have lengths, a run is told them.
template <class Plan, bool Given> struct lengths_verdict {
  static constexpr bool right = Given == (Plan::n_lengths > 0);
  static constexpr message value() {
    message m;
    if (right) return m;
    m.put(Given ? "predict: lengths are given, but the network's inputs have none" : "predict: the network's inputs have lengths, which are given first: predict(lengths{17}, x)");
    return m;
  }
};

}  // namespace tfx::detail
