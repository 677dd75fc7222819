// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <tfx/backend/simd/backend.hpp>
#include <tfx/train/network_memory.hpp>
#include <tfx/train/variable.hpp>
#include <tfx/train/verdict.hpp>

namespace tfx {

/// The parameters and states of a network, and nothing that a run writes to: any number of threads predict with one const
/// object, each with a `session` of its own.
///
///     const weights<net, input<16, 784>> w{seed{1}};
///     std::jthread worker([&] { session s{w}; y = s.predict(x); });
template <const auto& Net, class Input, class Backend = backend::simd<>, class T = float> class weights {
public:
  using inputs_type = detail::list_of_inputs<Input>;
  using network = detail::network<Net, inputs_type>;
  using layout = detail::layout<Net, inputs_type>;
  using value_type = T;
  using backend_type = Backend;
  using predict_plan = plan<std::conditional_t<layout::right, detail::predict_step<Net, inputs_type>, empty_step>>;
  using executable_type = executable<predict_plan, Backend, T>;

  static constexpr std::size_t parameter_elements = std::size_t(layout::space_size(parameter_space));
  static constexpr std::size_t state_elements = std::size_t(layout::space_size(state_space));
  static constexpr std::size_t bytes = (parameter_elements + state_elements) * sizeof(T);

  explicit weights(seed s = {}) : parameters_(parameter_elements), states_(state_elements) {
    detail::initialize<layout>(parameter_space, parameters_.data(), s.value);
    detail::initialize<layout>(state_space, states_.data(), s.value);
  }

  /// Calls f(path, shape, address) for every parameter and every state.
  template <class F> void for_each_variable(F f) {
    detail::each_variable<parameter_space, layout>(parameters(), f);
    detail::each_variable<state_space, layout>(states(), f);
  }
  template <class F> void for_each_variable(F f) const {
    detail::each_variable<parameter_space, layout>(parameters(), f);
    detail::each_variable<state_space, layout>(states(), f);
  }

  /// The numbers of one of them.
  ///
  ///     std::ranges::copy(table, w.variable("embedding/weight").begin());
  std::span<T> variable(std::string_view path) { return detail::variable_of<T>(*this, path, "weights"); }
  std::span<const T> variable(std::string_view path) const { return detail::variable_of<const T>(*this, path, "weights"); }

  // what sessions and training read
  T* parameters() { return parameters_.data(); }
  T* states() { return states_.data(); }
  const T* parameters() const { return parameters_.data(); }
  const T* states() const { return states_.data(); }
  static constexpr const T* prepared() { return nullptr; }

private:
  detail::buffer<T> parameters_, states_;
};

}  // namespace tfx
