// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// Every operation on elements, on vectors: the bits of the interpreter.
#include <limits>

#include <tfx/loss.hpp>
#include <tfx/ops.hpp>
#include <tfx/ops/complex.hpp>

#include "../support/recorded_graph.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

/// Results of operations on the same numbers. With 37 elements a vector of any width leaves a rest.
template <class... Op> struct step_of {
  constexpr void operator()(builder& b) const {
    const handle x = input(b, vector(37)), y = input(b, vector(37)), z = input(b, vector(37));
    const auto result = [&]<class F>(std::type_identity<F>) {
      if constexpr (F::arity == 1) return tfx::detail::map_node<F>(x);
      else if constexpr (F::arity == 2) return tfx::detail::map_node<F>(x, y);
      else return tfx::detail::map_node<F>(x, y, z);
    };
    (b.add_output(result(std::type_identity<Op>{})), ...);
  }
};

template <class Step, class T, class Backend> void check_bits(double size) {
  CAPTURE(sizeof(T));
  CAPTURE(size);
  machine<Step, Backend, T> compiled;
  machine<Step, interpreted, T> oracle;
  constexpr T infinity = std::numeric_limits<T>::infinity();
  const T special[] = {T(0), -T(0), infinity, -infinity, compiled.poison, T(1), T(-1), T(0.5)};
  for (int k = 0; k < 3; ++k) {
    const leaf_info& l = compiled.leaf(first_io_space + k, 0);
    for (int i = 0; i < l.size; ++i) {
      const T x = i < 12 ? special[(i * (k + 1) + k) % 8] : T(size * std::sin(1.7 * i * i + k + 0.3));
      compiled.values(l)[std::size_t(i)] = oracle.values(oracle.leaf(first_io_space + k, 0))[std::size_t(i)] = x;
    }
  }
  compiled.run();
  oracle.run();
  for (const leaf_info& l : compiled.program.leaves) {
    CAPTURE(l.space - first_io_space - 3);   // which of the operations
    CHECK(different_bits<T>(compiled.values(l), oracle.values(l)) == 0);
  }
}
template <class... Op> void check_operations() {
  using step = step_of<Op...>;
  for (const double size : {0.9, 4.0, 200.0}) {
    check_bits<step, double, backend::simd<>>(size);
    check_bits<step, float, backend::simd<>>(size);
  }
}

}  // namespace

// elementwise.test.py knows that none is missing.
TEST_CASE("arithmetic and comparisons") {
  check_operations<negate_op, add_op, subtract_op, multiply_op, divide_op, equal_op, not_equal_op, less_op, less_equal_op, greater_op,
                   greater_equal_op, where_op, maximum_op, minimum_op, stop_gradient_op>();
}
TEST_CASE("roundings, roots and powers") {
  check_operations<abs_op, sign_op, floor_op, ceil_op, round_op, sqrt_op, reciprocal_op, rsqrt_op, pow_op, tfx::detail::hypot_op>();
}
TEST_CASE("exponentials, logarithms and the error function") {
  check_operations<exp_op, expm1_op, log_op, log1p_op, erf_op, erfc_op>();
}
TEST_CASE("trigonometric and hyperbolic functions") {
  check_operations<sin_op, cos_op, tan_op, asin_op, acos_op, atan_op, atan_slope_op, atan2_op, sinh_op, cosh_op, tanh_op>();
}
TEST_CASE("activations and their derivatives") {
  check_operations<relu_op, relu_gradient_op, relu6_op, sigmoid_op, silu_op, mish_op, softsign_op, softplus_function_op, gelu_function_op, gelu_gradient_op, gelu_tanh_op,
                   gelu_tanh_gradient_op>();
}
// What depends on integers alone (requantise_op) is in ops/integers and ops/requantise.
TEST_CASE("what conversions are made with, and integers in words") {
  check_operations<tfx::detail::between_op, tfx::detail::is_true_op, tfx::detail::ordered_op, bit_not_op, sign_of_unsigned_op, unsigned_divide_op>();
}
TEST_CASE("parts of reductions, derivatives and losses") {
  check_operations<tfx::detail::exp_of_rest_op, is_extreme_op, tfx::detail::below_largest_op, one_minus_square_op, xlogy_op,
                   loss::detail::weighted_op, loss::detail::binary_cross_entropy_op, loss::detail::log_cosh_op>();
}
