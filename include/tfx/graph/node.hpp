// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include <tfx/core/dtype.hpp>
#include <tfx/core/shape.hpp>
#include <tfx/geometry/geometry.hpp>
#include <tfx/graph/evaluate.hpp>
#include <tfx/graph/op_kind.hpp>
#include <tfx/graph/results.hpp>

namespace tfx {

struct gradient_scope;

/// What the compiler knows of an operation. These records stay in the compiler: run-time code that touched one would pull
/// every rule it points to into the program.
struct op_info {
  std::string_view name;
  std::uint32_t hash;
  std::uint64_t id;   ///< hash of the functor's type name: an address would not be constant under the undefined-behaviour sanitizer
  op_kind kind;
  int arity;          ///< number of inputs; -1: any
  bool differentiable;
  void (*backward)(gradient_scope&);
  void (*evaluate_float)(const node_call<float>&);
  void (*evaluate_double)(const node_call<double>&);
  long long (*multiply_adds)(const geometry&, long long results);   ///< of a contraction; else 0
  bool by_image = false;   ///< of a contraction or window: works image by image, or adds images up, in the order of the batch
  int results = 1;
  result_info (*result)(int k, const geometry&, const dims& first, dtype type) = nullptr;   ///< of an operation of several results: what the k-th is
  bool moves = false;         ///< a window that only moves elements
  const op_info* as_view = nullptr;   ///< of such a one: the same, read where its input lies
  bool strided = false;               ///< a view whose elements do not lie one behind the other
};

/// FNV-1a; from the hash of a text on, that of the text with s behind it.
constexpr std::uint32_t hash_of(std::string_view s, std::uint32_t h = 2166136261u) {
  for (char c : s) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
  return h;
}

namespace detail {
template <class F> constexpr std::uint64_t type_hash() {
  std::uint64_t h = 14695981039346656037u;
  for (char c : std::string_view(__PRETTY_FUNCTION__)) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return h;
}
}  // namespace detail
/// What tells operations apart. A variable, so that it is computed once.
template <class F> inline constexpr std::uint64_t id_of = detail::type_hash<F>();

/// The last identifier of a type's name, without template arguments; "lambda" for closures.
template <class L> constexpr std::string_view type_name() {
  std::string_view s = __PRETTY_FUNCTION__;
  s = s.substr(s.find("L = ") + 4);
#if defined(__clang__)
  s = s.substr(0, s.size() - 1);
#else
  s = s.substr(0, s.find_first_of(";]"));
#endif
  if (s.find("lambda") != s.npos) return "lambda";
  std::size_t end = s.size();   // from the back: local types carry a whole function in front
  if (end && s[end - 1] == '>') {
    int depth = 0;
    do {
      --end;
      depth += s[end] == '>' ? 1 : s[end] == '<' ? -1 : 0;
    } while (depth);
  }
  std::size_t begin = end;
  while (begin > 0 && s[begin - 1] != ':' && s[begin - 1] != ' ') --begin;
  return s.substr(begin, end - begin);
}

namespace detail {
template <class F> constexpr std::string_view find_label() {
  if constexpr (requires { F::name; }) {
    return F::name;
  } else {
    std::string_view s = type_name<F>();
    if (s.size() > 3 && s.substr(s.size() - 3) == "_op") s = s.substr(0, s.size() - 3);
    return s;
  }
}
}  // namespace detail
/// The name of an operation or layer: `static constexpr name`, else the type's own without a closing `_op`. A variable, so
/// that it is computed once.
template <class F> inline constexpr std::string_view label_of = detail::find_label<F>();

namespace detail {
/// A function for every operation: g++ under its undefined-behaviour sanitizer can't compare a function's address while
/// compiling.
template <class F> constexpr long long multiply_adds_of(const geometry& g, long long results) {
  if constexpr (requires { &F::multiply_adds; }) return F::multiply_adds(g, results);
  else return 0;
}
template <class F> constexpr bool works_by_image() {
  if constexpr (requires { F::by_image; }) return F::by_image;
  else return false;
}
template <class F> constexpr result_info find_result(int k, const geometry& g, const dims& first, dtype type) {
  attributes_of<F> known = g;
  return F::result(k, known, first, type);
}
template <class F> constexpr auto result_rule() {
  if constexpr (results_of<F> > 1) return &find_result<F>;
  else return nullptr;
}
template <class F> constexpr bool only_moves() {
  if constexpr (requires { typename F::as_view; }) return !shows_steps<F>();
  else return false;
}
template <class F> constexpr const op_info* view_of();
}  // namespace detail

template <class F> inline constexpr op_info op_of{
    label_of<F>, hash_of(label_of<F>), id_of<F>, F::kind, F::arity, F::differentiable, &F::backward,
    &evaluate_node<F, float>, &evaluate_node<F, double>, &detail::multiply_adds_of<F>, detail::works_by_image<F>(),
    results_of<F>, detail::result_rule<F>(), detail::only_moves<F>(), detail::view_of<F>(), detail::shows_steps<F>()};
template <class F> constexpr const op_info* detail::view_of() {
  if constexpr (only_moves<F>()) return &op_of<typename F::as_view>;
  else return nullptr;
}

// From a node back to its functor's type, the only place where this is done: a friend defined for each functor that is ever
// emitted. (CWG 2118 frowns on stateful friends; g++, clang and nvcc all support them. The fallback would be an explicit
// list of operations as a template argument of `plan`.)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-template-friend"
#endif
#if defined(__CUDACC__)
#pragma nv_diagnostic push
#pragma nv_diag_suppress 1301
#endif
template <const op_info* Info> struct functor_key {
  friend constexpr auto functor_of(functor_key<Info>);
};
#if defined(__CUDACC__)
#pragma nv_diagnostic pop
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
template <class F> struct register_functor {
  friend constexpr auto functor_of(functor_key<&op_of<F>>) { return F{}; }
  static constexpr const op_info* info = &op_of<F>;
};

/// One operation in a graph. Its inputs are `edges[first .. first + count)` of the graph that holds it. Made by the builder; no
/// member has an initialiser, as in `dims`.
struct node {
  const op_info* op;
  dims shape;
  dtype type;
  int first, count;
  int aux;        ///< what the operation says it is: an axis, a row of the geometry table, a leaf, a region
  double number;  ///< of a constant
  int region;     ///< the body it belongs to; 0 is the program itself
  int link;       ///< of a carry: the node of its next value; -1: none
  int line;       ///< where the user wrote it; no part of its identity
  int path;       ///< the layer it was made in: a place in the builder's table of paths
};

template <class F> constexpr bool is(const node& n) { return n.op->id == id_of<F>; }

}  // namespace tfx
