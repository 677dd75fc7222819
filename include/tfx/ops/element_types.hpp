// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#include <tfx/core/element.hpp>
#include <tfx/lanes/integers.hpp>
#include <tfx/lanes/narrow.hpp>
#include <tfx/ops/elementwise.hpp>

// What operations do with element types. A register holds a number, or the bits of an integer; an operation says of itself
//
//     static constexpr bool integers = true;       // `apply` (of a comparison `holds`) is right on lanes of integers too
//     static constexpr auto on_integers(auto...);   // there it is this; an operation `of_unsigned` is it where they have no sign
//     static constexpr bool grows = true;          // the result may lie outside of the operands' type, and wraps around
//     static constexpr bool orders = true;         // it depends on which of two is larger: unsigned integers differ
//     static constexpr bool keeps_values = true;   // the result is one of the operands, so it is as narrow as they are
//     static constexpr bool chooses = true;        // by its first operand between the others, whatever these are
//
// What says nothing of integers computes with the numbers that they are.
namespace tfx {

namespace detail {

template <class F> inline constexpr bool takes_integers = [] {
  if constexpr (requires { F::integers; }) return F::integers;
  else return false;
}();
template <class F> inline constexpr bool orders_operands = [] {
  if constexpr (requires { F::orders; }) return F::orders;
  else return false;
}();
template <class F> inline constexpr bool keeps_values = [] {
  if constexpr (requires { F::keeps_values; }) return F::keeps_values;
  else return false;
}();
/// May the result lie outside of the type of the operands?
template <class F> inline constexpr bool grows = [] {
  if constexpr (requires { F::grows; }) return F::grows;
  else return false;
}();

template <class V> using whole_lane = lanes::lane<lanes::integer_of<V>>;
/// The number 1 or 0.
template <class V> TFX_INLINE constexpr lanes::lane<V> truth(lanes::lane_mask<lanes::integer_of<V>> m) {
  return lanes::register_of<V>(select(m, whole_lane<V>(whole_of(lanes::scalar_of<V>(1))), whole_lane<V>(0)));
}
/// F on integers as large as a word. Unsigned ones are brought into the order of signed ones before (`ordered_op`).
template <class F> struct on_words : elementwise<on_words<F>> {
  static constexpr std::string_view name = label_of<F>;
  template <class V, class... Same> requires(int(sizeof...(Same)) + 1 == F::arity)
  static TFX_INLINE constexpr lanes::lane<V> apply(lanes::lane<V> a, Same... b) {
    if constexpr (requires(lanes::lane<V> x, Same... y) { F::holds(lanes::bits_of(x), lanes::bits_of(y)...); }) return truth<V>(F::holds(lanes::bits_of(a), lanes::bits_of(b)...));
    else if constexpr (requires(lanes::lane<V> x, Same... y) { F::on_integers(lanes::bits_of(x), lanes::bits_of(y)...); }) return lanes::register_of<V>(F::on_integers(lanes::bits_of(a), lanes::bits_of(b)...));
    else return lanes::register_of<V>(F::apply(lanes::bits_of(a), lanes::bits_of(b)...));
  }
  static constexpr auto derivative(auto, auto, auto) requires(F::arity == 1) { return handle{}; }
  static constexpr auto derivative(auto, auto, auto, auto) requires(F::arity == 2) { return parts(handle{}, handle{}); }
};
/// Unsigned integers in an order that signed ones have, and back.
struct ordered_op : elementwise<ordered_op> {
  template <class V> static TFX_INLINE constexpr lanes::lane<V> apply(lanes::lane<V> x) {
    return lanes::lane<V>::wrap(lanes::traits<V>::from_bits(lanes::math::ordered(lanes::traits<V>::bits(x.v))));
  }
  static constexpr auto derivative(auto, auto, auto) { return handle{}; }
};

/// The integer that a word is, cut to so many bytes.
template <int Bytes, bool Unsigned> struct wrap_op : elementwise<wrap_op<Bytes, Unsigned>> {
  static constexpr std::string_view name = "wrap";
  template <class I> static TFX_INLINE constexpr I cut(I x) {
    if constexpr (Unsigned) return lanes::math::wrap_unsigned<8 * Bytes>(x);
    else return lanes::math::wrap<8 * Bytes>(x);
  }
  template <class V> static TFX_INLINE constexpr lanes::lane<V> apply(lanes::lane<V> x) { return lanes::lane<V>::wrap(lanes::traits<V>::from_bits(cut(lanes::traits<V>::bits(x.v)))); }
  static constexpr auto derivative(auto, auto, auto) { return handle{}; }
};
/// The number that an integer is, rounded to nearest.
template <bool Unsigned> struct to_number_op : elementwise<to_number_op<Unsigned>> {
  static constexpr std::string_view name = "to_number";
  template <class V> static TFX_INLINE constexpr lanes::lane<V> apply(lanes::lane<V> x) {
    const auto integer = lanes::traits<V>::bits(x.v);
    return lanes::lane<V>::wrap(Unsigned ? lanes::math::unsigned_number<V>(integer) : lanes::math::number<V>(integer));
  }
  static constexpr auto derivative(auto, auto, auto) { return handle{}; }
};
/// A number towards zero as an integer of so many bytes; beyond its range the nearest end, and 0 for NaN.
template <int Bytes, bool Unsigned> struct to_integer_op : elementwise<to_integer_op<Bytes, Unsigned>> {
  static constexpr std::string_view name = "to_integer";
  template <class V> static TFX_INLINE constexpr lanes::lane<V> apply(lanes::lane<V> x) {
    using T = lanes::scalar_of<V>;
    if constexpr (Bytes < int(sizeof(T))) {
      constexpr T ends = T(std::uint64_t(1) << (8 * Bytes - 1)), least = Unsigned ? T(0) : -ends, most = (Unsigned ? ends + ends : ends) - 1;
      x = select(x < lanes::lane<V>(least), lanes::lane<V>(least), select(x > lanes::lane<V>(most), lanes::lane<V>(most), x));
    }
    return lanes::lane<V>::wrap(lanes::traits<V>::from_bits(Unsigned && Bytes >= int(sizeof(T)) ? lanes::math::unsigned_integer(x.v) : lanes::math::integer(x.v)));
  }
  static constexpr auto derivative(auto, auto, auto) { return handle{}; }
};
/// x, or the end that it lies beyond; NaN stays.
struct between_op : elementwise<between_op> {
  static constexpr auto apply(auto x, auto least, auto most) { return select(x < least, least, select(x > most, most, x)); }
  static constexpr auto derivative(auto, auto, auto, auto, auto) { return parts(handle{}, handle{}, handle{}); }
};
/// A number rounded to those that `Format` has. Gradients cross the same border rounded.
template <class Format> struct round_to_op : elementwise<round_to_op<Format>> {
  static constexpr std::string_view name = name_of(dtype_of<Format>);
  template <class V> static TFX_INLINE constexpr lanes::lane<V> apply(lanes::lane<V> x) { return lanes::round_to<Format>(x); }
  static constexpr handle derivative(auto, auto, auto dy);
};
/// Is x another number than 0?
struct is_true_op : elementwise<is_true_op> {
  static constexpr std::string_view name = "is_true";
  static constexpr bool integers = true;
  static constexpr dtype result = dtype::boolean;
  static constexpr auto holds(auto x) { return x != decltype(x)(0); }
  static constexpr auto apply(auto x) { return as_lane(holds(x)); }
  static constexpr auto derivative(auto, auto, auto) { return handle{}; }
};

// ---- element types of results

/// The type of what F makes of elements whose types promote to `common`.
template <class F> constexpr dtype result_type(dtype common) {
  if constexpr (requires { F::result; }) return F::result;
  else if constexpr (keeps_values<F>) return common;
  else if (common == dtype::complex_type) return requires { F::of_complex; } ? dtype::real_type : common;
  else if (takes_integers<F> && is_whole(common)) return common;
  else if (takes_integers<F> && common == dtype::boolean) return dtype::int32;
  else if (common == dtype::float32 || common == dtype::float64) return common;
  else return dtype::real_type;
}

/// An operand's type. A number that stands in the code takes the type of what it is combined with, if that can hold it.
struct operand_type {
  dtype type = dtype::real_type;
  bool literal = false;
};
/// What the types of operands promote to; nothing but numbers in the code are the program's.
template <class... More> constexpr dtype common_type(operand_type first, More... more) {
  const operand_type all[] = {first, more...};
  dtype t = dtype::boolean;
  bool found = false;
  for (const operand_type& o : all) {
    if (o.type == dtype::complex_type) return o.type;
    if (o.literal) continue;
    t = found ? promote(t, o.type) : o.type;
    found = true;
  }
  if (!found) return dtype::real_type;
  for (const operand_type& o : all) {
    if (!o.literal || o.type == dtype::boolean) continue;
    if (is_narrow_float(t) || (is_floating(o.type) && !is_floating(t))) t = dtype::real_type;
    else if (t == dtype::boolean) t = o.type;
  }
  return t;
}
constexpr bool is_number_in_code(handle h) {
  const node& n = h.graph->nodes.data[h.id];
  return n.op->kind == op_kind::constant && n.type == dtype::real_type;
}
constexpr operand_type type_of_operand(handle h) {
  if (!is_number_in_code(h)) return {h.type(), false};
  const double number = h.graph->nodes.data[h.id].number;
  const bool is_nan = std::bit_cast<std::uint64_t>(number) << 1 > 0x7ffull << 53;   // which not every compiler compares in a constant
  const bool is_integer = !is_nan && number >= -2147483648.0 && number <= 2147483647.0 && number == double(std::int32_t(number));
  return {is_integer ? dtype::int32 : dtype::real_type, true};
}

// ---- values as another type

template <class F> constexpr handle map_of(dtype type, handle a) { return {a.graph, a.graph->emit<F>(a.shape(), type, 0, a.id)}; }
template <class F> constexpr handle map_of(dtype type, handle a, handle b) {
  return {a.graph, a.graph->emit<F>(broadcast(a.shape(), b.shape()), type, 0, a.id, b.id)};
}
template <class F> constexpr handle map_of(dtype type, handle a, handle b, handle c) {
  return {a.graph, a.graph->emit<F>(broadcast(broadcast(a.shape(), b.shape()), c.shape()), type, 0, a.id, b.id, c.id)};
}
/// The same word, of another type.
constexpr handle retyped(handle a, dtype type) { return map_of<copy_op>(type, a); }

template <bool Unsigned> constexpr handle wrapped_to(int bytes, dtype type, handle a) {
  if (bytes == 1) return map_of<wrap_op<1, Unsigned>>(type, a);
  if (bytes == 2) return map_of<wrap_op<2, Unsigned>>(type, a);
  return map_of<wrap_op<4, Unsigned>>(type, a);
}
/// The low bytes of an integer as type `to`; 8 bytes are all that there are.
constexpr handle wrapped_to(dtype to, handle a) {
  if (size_of(to) == 8) return retyped(a, to);
  return is_unsigned(to) ? wrapped_to<true>(size_of(to), to, a) : wrapped_to<false>(size_of(to), to, a);
}
constexpr handle constant_as(handle h, dtype to) {
  const double number = h.graph->nodes.data[h.id].number;
  if (is_whole(to)) return h.graph->constant(to == dtype::uint64 ? double(converted<std::uint64_t>(number)) : double(converted<std::int64_t>(number)), to);
  return h.graph->constant(to == dtype::boolean ? double(number != 0) : number);
}
/// F on integers of one type, which is that of its result too if that is an integer.
template <class F, class... H> constexpr handle map_of_integers(dtype in, dtype result, H... h) {
  handle y;
  if (is_unsigned(in) && size_of(in) >= 4) {
    if constexpr (requires { typename F::of_unsigned; }) y = map_of<on_words<typename F::of_unsigned>>(result, h...);
    else if constexpr (orders_operands<F>) y = is_whole(result) ? map_of<ordered_op>(result, map_of<on_words<F>>(in, map_of<ordered_op>(in, h)...)) : map_of<on_words<F>>(result, map_of<ordered_op>(in, h)...);
    else y = map_of<on_words<F>>(result, h...);
  } else {
    y = map_of<on_words<F>>(result, h...);
  }
  return grows<F> && size_of(in) < 8 && is_whole(result) ? wrapped_to(result, y) : y;
}
/// A number as one between the ends of a small integer type.
constexpr handle between_ends(handle h, dtype type) {
  const double past = double(1 << (8 * size_of(type) - (is_unsigned(type) ? 0 : 1)));
  builder& g = *h.graph;
  return map_of<between_op>(dtype::real_type, h, g.constant(is_unsigned(type) ? 0. : -past), g.constant(past - 1));
}

constexpr handle integer_from_number(handle h, dtype to) {
  if (size_of(to) == 8) return is_unsigned(to) ? map_of<to_integer_op<8, true>>(to, h) : map_of<to_integer_op<8, false>>(to, h);
  if (to == dtype::uint32) return map_of<to_integer_op<4, true>>(to, h);
  return map_of<to_integer_op<4, false>>(to, size_of(to) == 4 || h.type() == dtype::boolean ? h : between_ends(h, to));
}

}  // namespace detail

/// A value as another element type. Floating point becomes an integer towards zero, the nearest end of the type's range beyond
/// it, and 0 if it is NaN; an integer keeps its low bits in a narrower type; bool says whether it is not 0; floating point
/// is rounded to the nearest that a narrower type has.
constexpr handle as_type(handle h, dtype to) {
  const dtype from = h.type();
  if (from == to || to == dtype::complex_type) return h;
  if (h.graph->nodes.data[h.id].op->kind == op_kind::constant && !is_narrow_float(to)) return detail::constant_as(h, to);
  if (to == dtype::boolean) return is_whole(from) ? detail::map_of_integers<detail::is_true_op>(from, to, h) : detail::map_of<detail::is_true_op>(to, h);
  if (is_whole(from) && is_whole(to)) return promote(from, to) == to ? detail::retyped(h, to) : detail::wrapped_to(to, h);
  if (is_whole(to)) return detail::integer_from_number(h, to);
  if (is_whole(from)) h = is_unsigned(from) && size_of(from) >= 4 ? detail::map_of<detail::to_number_op<true>>(dtype::real_type, h) : detail::map_of<detail::to_number_op<false>>(dtype::real_type, h);
  if (to == dtype::bfloat16) return detail::map_of<detail::round_to_op<bfloat16>>(to, h);
  if (to == dtype::float16) return detail::map_of<detail::round_to_op<float16>>(to, h);
  if (to == dtype::float32) return detail::map_of<detail::round_to_op<float>>(to, h);
  return h.type() == to ? h : detail::retyped(h, to);
}

namespace detail {

template <class Format> constexpr handle round_to_op<Format>::derivative(auto, auto, auto dy) { return as_type(untyped(dy), dtype_of<Format>); }

/// An operand of a contraction, in the precision that is asked for around it; and a result.
constexpr handle in_precision(handle h) { return h.graph->precision == dtype::real_type ? h : as_type(h, h.graph->precision); }
/// What was rounded last: the end of a network is not.
constexpr handle unrounded(handle h) {
  const node& n = h.graph->nodes.data[h.id];
  return is<round_to_op<bfloat16>>(n) || is<round_to_op<float16>>(n) ? handle{h.graph, h.graph->input(h.id, 0)} : h;
}

/// A number that F can compute with: of an integer the number that it is.
constexpr handle as_number(handle h) { return is_whole(h.type()) ? as_type(h, dtype::real_type) : h; }

/// A number that stands in the code is one of the values of the integers that it is combined with; it is not wrapped around.
constexpr void check_number(builder& g, std::string_view what, double number, dtype type) {
  if (!has_number(type, number)) g.complain(what, at_path{}, ": ", number, " is no ", name_of(type), "; cast the other operand to a type that has it");
}
/// An operand of F as the integer type that it is computed in.
template <class F> constexpr handle as_integer_operand(handle h, dtype to) {
  if (is_number_in_code(h)) check_number(*h.graph, label_of<F>, h.graph->nodes.data[h.id].number, to);
  return as_type(h, to);
}
/// A number that may be the result, of type `common`.
constexpr handle as_kept(handle h, dtype common) { return is_narrow_float(common) ? as_type(h, common) : as_number(h); }

/// Records F on handles of the program's own type, as nearly all are.
template <class F, class... H> constexpr handle record_reals(H... h) {
  if constexpr (requires(H... x) { F::simplify(x...); }) {
    if (const handle simpler = F::simplify(h...); !simpler.empty()) return simpler;
  }
  constexpr dtype type = result_type<F>(dtype::real_type);
  return map_of<F>(type, h...);
}
template <class... H> constexpr bool all_real(H... h) { return ((h.graph->nodes.data[h.id].type == dtype::real_type) && ...); }
/// Records F on handles whose types promote to `common`.
template <class F, class... H> constexpr handle record_map(dtype common, H... h) {
  if (common == dtype::real_type && all_real(h...)) return record_reals<F>(h...);
  if constexpr (keeps_values<F>)   // of a typed handle to a real the value may be narrower
    if (common == dtype::real_type) common = common_type(type_of_operand(h)...);
  const dtype type = result_type<F>(common);
  if constexpr (requires(H... x) { F::simplify(x...); }) {
    if (const handle simpler = F::simplify(h...); !simpler.empty()) return is_number_in_code(simpler) && !is_whole(type) ? simpler : as_type(simpler, type);
  }
  if constexpr (keeps_values<F> && !takes_integers<F>) {   // moves words, whatever they are
    return map_of<F>(type, as_type(h, common)...);
  } else if constexpr (takes_integers<F>) {
    if (const dtype in = is_whole(common) ? common : type; is_whole(in)) return map_of_integers<F>(in, type, as_integer_operand<F>(h, in)...);
  }
  if constexpr (keeps_values<F>) return map_of<F>(type, as_kept(h, type)...);
  else return map_of<F>(type, as_number(h)...);
}
/// A choice moves words, whatever they are.
template <class F> constexpr handle record_choice(dtype common, handle condition, handle a, handle b) {
  if (common == dtype::real_type) common = common_type(type_of_operand(a), type_of_operand(b));
  if (is_whole(condition.type())) condition = as_type(condition, dtype::boolean);
  if (is_whole(common)) return map_of<F>(common, condition, as_integer_operand<F>(a, common), as_integer_operand<F>(b, common));
  return map_of<F>(common, condition, as_kept(a, common), as_kept(b, common));
}

template <class F> inline constexpr bool chooses = [] {
  if constexpr (requires { F::chooses; }) return F::chooses;
  else return false;
}();
template <class F> constexpr handle map_node(handle a) {
  if (all_real(a)) return record_reals<F>(a);
  return record_map<F>(common_type(type_of_operand(a)), a);
}
template <class F> constexpr handle map_node(handle a, handle b) {
  if (all_real(a, b)) return record_reals<F>(a, b);
  return record_map<F>(common_type(type_of_operand(a), type_of_operand(b)), a, b);
}
template <class F> constexpr handle map_node(handle a, handle b, handle c) {
  if (all_real(a, b, c)) return record_reals<F>(a, b, c);
  if constexpr (chooses<F>) return record_choice<F>(common_type(type_of_operand(b), type_of_operand(c)), a, b, c);
  else return record_map<F>(common_type(type_of_operand(a), type_of_operand(b), type_of_operand(c)), a, b, c);
}

}  // namespace detail
}  // namespace tfx
