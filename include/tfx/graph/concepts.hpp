// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string_view>

#include <tfx/core/run_state.hpp>
#include <tfx/geometry/geometry.hpp>
#include <tfx/graph/op_kind.hpp>
#include <tfx/graph/results.hpp>
#include <tfx/lanes/lane.hpp>

/// What an operation is. A node's operation is an empty struct of static members; the recorder refuses others with one sentence.
namespace tfx {

struct gradient_scope;

/// What all operations have: a kind, a number of inputs (-1: any), and the rule of their derivative.
template <class F> concept operation_record = requires(gradient_scope& s) {
  { F::kind } -> std::convertible_to<op_kind>;
  { F::arity } -> std::convertible_to<int>;
  { F::differentiable } -> std::convertible_to<bool>;
  F::backward(s);
};

/// How many lanes `F::apply` takes: one, two or three; else 0.
template <class F> inline constexpr int lanes_applied = [] {
  using l = lanes::lane<double>;
  if constexpr (requires(l x) { F::apply(x); }) return 1;
  else if constexpr (requires(l x) { F::apply(x, x); }) return 2;
  else if constexpr (requires(l x) { F::apply(x, x, x); }) return 3;
  else return 0;
}();

/// One result per element: `apply` over as many lanes as there are inputs. An instruction of a kernel has three sources.
template <class F> concept map_op =
    operation_record<F> && (F::kind == op_kind::map || F::kind == op_kind::assign) && F::arity > 0 && F::arity == lanes_applied<F>;

/// A monoid: `combine` of two lanes and the `identity` that leaves the other one as it is.
template <class F> concept reduce_op = operation_record<F> && F::kind == op_kind::reduce && requires(lanes::lane<double> x) {
  { F::template identity<lanes::lane<double>>() } -> std::same_as<lanes::lane<double>>;
  { F::combine(x, x) } -> std::same_as<lanes::lane<double>>;
};

/// A contraction or a window: `element` says what the result at a row and column of a matrix is, given the operation's
/// attributes, its inputs, and how many terms of what it contracts are present.
template <class F> concept producer_op =
    operation_record<F> && is_producer(F::kind) && requires(attributes_of<F> known, const double* const* inputs) {
      { F::template element<double>(known, inputs, 0, 0, 0, 0) } -> std::same_as<double>;
    };

/// One of several results, at most `max_results`: `result` says what the k-th is, given the shape of the first one (of which it
/// may ask for rows, columns and the bound) and its type, and `element<T, k>` what it has at a row and column of its own matrix.
template <class F> concept several_results_op =
    producer_op<F> && (results_of<F> > 1) && (results_of<F> <= max_results) && requires(attributes_of<F> known, const double* const* inputs) {
      { F::result(1, known, dims{}, dtype::real_type) } -> std::same_as<result_info>;
      { F::template element<double, results_of<F> - 1>(known, inputs, 0, 0, 0, 0) } -> std::same_as<double>;
    };

namespace detail {
/// Does a producer take its inputs as they lie in memory, `element` through anything that gives words?
template <class F> inline constexpr bool reads_narrow = [] {
  if constexpr (requires { F::reads_narrow; }) return F::reads_narrow;
  else return false;
}();
}  // namespace detail

/// Made from the place in the tensor alone, of no inputs or of two numbers.
template <class F> concept generate_op =
    operation_record<F> && F::kind == op_kind::generate && (requires(run_state run) { F::template generate<double>(0, run); } ||
                                                            requires(run_state run) { F::template generate<double>(0, run, 0., 0.); });

/// What is no computation, but memory and control: leaves, constants, views, and the ports, results and ends of bodies.
constexpr bool computes(op_kind k) {
  return k == op_kind::map || k == op_kind::assign || k == op_kind::reduce || is_producer(k) || k == op_kind::generate;
}

/// An operation that the recorder takes.
template <class F> concept graph_op =
    map_op<F> || reduce_op<F> || (producer_op<F> && (results_of<F> == 1 || several_results_op<F>)) || generate_op<F> || (operation_record<F> && !computes(F::kind));

namespace detail {
/// The end of the sentence about an operation that is none.
template <class F> constexpr std::string_view what_is_missing() {
  if constexpr (!operation_record<F>) return " is no operation: it has no kind, arity, differentiable or backward";
  else if constexpr (F::kind == op_kind::map)
    return lanes_applied<F> == 0 ? ": `apply` takes neither one, two nor three lanes; a function of more is composed of operations of fewer"
                                 : ": the arity is not the number of lanes that `apply` takes";
  else if constexpr (F::kind == op_kind::reduce) return ": a reduction has `combine` of two lanes, and its `identity`";
  else if constexpr (F::kind == op_kind::generate) return ": a generator has `generate<T>(place, run)`";
  else if constexpr (!producer_op<F>) return ": a producer has `element<T>(attributes, inputs, row, column, columns, present)`";
  else return ": of two to four results, each has `result(k, attributes, first shape, type)` and `element<T, k>`";
}
}  // namespace detail

}  // namespace tfx
