// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/reference/folded.hpp>
#include <tfx/run/direct.hpp>
#include <tfx/train/steps.hpp>

namespace tfx {

namespace detail {

/// Where a predictor's variables lie: parameters, then state, without gaps, in one constant array.
template <class Layout, class T> struct packed_spaces {
  const T* variables;
  const T* x;
  T* out;
  T* arena;
  const T* batch_scalars;
  run_state at;

  template <int Space> TFX_INLINE T* base() const {
    if constexpr (Space == arena_space) return arena;
    else if constexpr (Space == parameter_space || Space == state_space) return const_cast<T*>(variables);
    else if constexpr (Space == batch_space) return const_cast<T*>(batch_scalars);
    else if constexpr (Space == first_io_space) return const_cast<T*>(x);
    else return out;
  }
  static constexpr int offset(const operand_info& o) {
    if (o.space != parameter_space && o.space != state_space) return o.offset;
    int at = 0;
    for (int i = 0; i < Layout::n_leaves; ++i) {
      const leaf_info& l = Layout::leaves[std::size_t(i)];
      const bool in_front = l.space == o.space ? l.offset + padded(l.words()) <= o.offset : o.space == state_space && l.space == parameter_space;
      if (in_front) at += l.words();
      else if (l.space == o.space && l.offset <= o.offset) at += o.offset - l.offset;
    }
    return at;
  }
  TFX_INLINE const run_state& run() const { return at; }
  TFX_INLINE T* scratch() const { return nullptr; }
};

}  // namespace detail

/// A network that only predicts, without an operating system, heap or tables: straight-line code over memory of the caller's.
///
///     using classifier = predictor<net, input<1, 16>>;
///     static float arena[classifier::arena_bytes / sizeof(float)];
///     classifier::predict(weights, x, out, arena);
///
/// `weights` are `parameter_count` numbers: parameters, then state, in the order in which the network makes them, without
/// gaps, as `write_parameters_header` writes them. The bits of the result are those of `model::predict` on any machine.
/// Compile with `-Os -ffreestanding -ffp-contract=off -fno-math-errno`: without the last one a square root calls the C library.
template <const auto& Net, class Input, class T = float> struct predictor {
  using network = detail::network<Net, inputs<Input>>;
  static_assert(network::n_outputs == 1, "tfx::predictor: a network with one input and one output");
  using input_shape = typename Input::shape_type;
  using layout = detail::layout<Net, inputs<Input>>;
  using output_shape = typename network::template output<0>::shape_type;
  using plan_type = plan<std::conditional_t<layout::right, detail::predict_step<Net, inputs<Input>>, empty_step>>;

  static constexpr int batch = input_shape::value.extent[0];
  static constexpr int input_size = input_shape::value.size() / batch, output_size = output_shape::value.size() / batch;
  /// Numbers in the array of variables.
  static constexpr int parameter_count = [] {
    int n = 0;
    for (int i = 0; i < layout::n_leaves; ++i) {
      const leaf_info& l = layout::leaves[std::size_t(i)];
      if (l.space == parameter_space || l.space == state_space) n += l.size;
    }
    return n;
  }();
  static constexpr std::size_t arena_elements = direct<plan_type, backend::folded, T>::arena_elements;
  static constexpr std::size_t arena_bytes = arena_elements * sizeof(T);

  /// Outputs of `rows` rows at x, written to out: rows * output_size elements. The arena needs no contents and keeps none.
  [[gnu::flatten]] static void predict(const T* parameters, const T* x, T* out, T* arena, int rows = batch) {
    const T batch_scalars[2] = {T(rows), T(1) / T(rows)};
    direct<plan_type, backend::folded, T>::run_in(
        detail::packed_spaces<layout, T>{parameters, x, out, arena, batch_scalars, {0, 0, rows}});
  }
};

}  // namespace tfx
