// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

#include <tfx/core/constant_object.hpp>
#include <tfx/nn/layer.hpp>
#include <tfx/train/inputs.hpp>
#include <tfx/train/outputs.hpp>

namespace tfx::detail {

/// A network with its inputs: how it is called, and what it gives. It opens no scope, so that a parameter has one path whether a
/// model or a step calls the network.
template <const auto& Net, class List> struct network;
template <const auto& Net, class... In> struct network<Net, inputs<In...>> {
  using net_type = std::remove_cvref_t<decltype(Net)>;
  static constexpr const auto& object = Net;

  static constexpr int n_inputs = int(sizeof...(In));
  static constexpr dims input_dims[sizeof...(In)] = {In::shape_type::value...};
  static constexpr int batch = input_dims[0].extent[0];
  template <int K> using input = std::tuple_element_t<std::size_t(K), bundle<In...>>;

private:
  static constexpr bool constant = constant_object<Net>, callable = constant && layer_for<net_type, var_of<In>...>;
  static constexpr auto returned([[maybe_unused]] var_of<In>... x) {
    if constexpr (callable) return Net(x...);
  }
  using given = outputs_given_by<decltype(returned(std::declval<var_of<In>>()...))>;

public:
  using results = typename given::type;
  static constexpr int n_outputs = int(std::tuple_size<results>::value);
  template <int K> using output = std::tuple_element_t<std::size_t(K), results>;

  /// Adds its inputs to a program and calls it. Rounding that was asked for in it ends with it.
  static constexpr results call(builder& b) {
    (lengths_of<In>::declare(b), ...);
    results y = [&]<std::size_t... K>(std::index_sequence<K...>) {
      const bundle<var_of<In>...> x{add_input<In>(b, int(K))...};   // in braces: in this order
      return call(b, x.template get<K>()...);
    }(std::index_sequence_for<In...>{});
    const auto unround = [](auto& v) {
      if constexpr (!is_complex<typename std::remove_reference_t<decltype(v)>::value_type>) v.h = unrounded(v.h);
    };
    [&]<std::size_t... K>(std::index_sequence<K...>) { (unround(y.template get<K>()), ...); }(std::make_index_sequence<std::size_t(n_outputs)>{});
    return y;
  }

private:
  template <class One> static constexpr var_of<One> add_input(builder& b, int k) {
    sentence<16> name;
    name.put('x');
    if (k) {
      name.put('_');
      name.put(k);
    }
    return {b.add_input(One::shape_type::value, dtype_of<typename One::value_type>, name)};
  }
  static constexpr results call(builder& b, var_of<In>... x) {
    if constexpr (callable && given::right) {
      const call_mark here(b, label_of<net_type>, false, false, {});
      return here.gives(results(Net(x...)));
    } else {
      if constexpr (!constant) b.complain("the network is not constexpr; write: inline constexpr auto net = ...");
      else if constexpr (callable) b.complain("network ", label_of<net_type>, " gives neither a traced value nor outputs(a, b, ...)");
      else complain_inputs(b);
      return results(var<shape<>>{b.constant(0)});
    }
  }
  static constexpr void complain_inputs(builder& b) {
    if (!b.right()) return;
    b.complain("network ", label_of<net_type>, " cannot be called with ", n_inputs, n_inputs == 1 ? " input, " : " inputs, ");
    for (int k = 0; k < n_inputs; ++k) {
      if (k) b.say(" and ");
      b.say(input_dims[k]);
    }
  }
};

}  // namespace tfx::detail
