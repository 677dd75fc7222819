// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/convert.hpp>
#include <tfx/core/list.hpp>
#include <tfx/expr/expression.hpp>
#include <tfx/expr/run.hpp>

namespace tfx::detail {

/// An assignment as a program: its leaves are the inputs, the destination is the output.
template <class E> struct statement {
  constexpr void operator()(builder& b) const {
    const handle y = E::trace(b);
    constexpr dtype type = dtype_of<typename E::traced_type>;
    if (b.right()) b.add_output(as_type(spread(y, held_shape(E::shape_type::value, type)), type));
  }
};

/// Which inputs of a statement may lie where the result goes: those of which nothing but elementwise work of the
/// result's shape reads, because that reads element i while element i is written.
template <class E> struct in_place_inputs {
  struct table {
    bool allowed[E::inputs + 1] = {};
  };
  static constexpr table value = [] {
    table t;
    const graph_view g = traced_step<statement<E>>::view();
    const dims result = held_shape(E::shape_type::value, dtype_of<typename E::traced_type>);
    for (int i = 0; i < g.n_nodes; ++i) {
      if (g[i].op->kind != op_kind::leaf) continue;
      const int input = g.leaves[g[i].aux].space - first_io_space;
      if (input >= E::inputs) continue;
      bool safe = g[i].shape == result;
      for (int j = 0; j < g.n_nodes; ++j) {
        const bool elementwise =
            (g[j].op->kind == op_kind::map || g[j].op->kind == op_kind::assign) && g[j].shape == result;
        for (int k = 0; k < g[j].count; ++k)
          if (g.input(j, k) == i && !elementwise) safe = false;
      }
      t.allowed[input] = safe;
    }
    return t;
  }();
};

/// Do two ranges of bytes overlap? In constant evaluation addresses can't be ordered: assume so.
constexpr bool overlap(const void* a, std::size_t n, const void* b, std::size_t m) {
  if (std::is_constant_evaluated()) return true;
  const auto x = reinterpret_cast<std::uintptr_t>(a), y = reinterpret_cast<std::uintptr_t>(b);
  return x < y + m && y < x + n;
}
/// Collects the operands' addresses. What a program of T holds as it lies is bound where it is, the rest is converted.
template <class T, int Inputs> struct operand_list {
  T* base[max_spaces];   ///< of the operands, then of the result
  T numbers[2 * Inputs + 1] = {};   ///< two words each
  list<T> converted[Inputs + 1];
  const void* destination;
  std::size_t bytes;
  const bool* in_place;
  bool fresh, hazard = false;
  int count = 0;

  constexpr operand_list(const void* to, std::size_t size, const bool* allowed, bool is_fresh)
      : destination(to), bytes(size), in_place(allowed), fresh(is_fresh) {}
  template <class U> constexpr void memory(const U* from, int n) {
    using held = typename held_as<T, traced_as<U>>::element;
    static_assert(!(is_wide<U> && sizeof(T) == 4), "tfx: 64-bit integers in a function of floats; pass doubles, or cast<std::int32_t>(x)");
    if constexpr (std::is_same_v<U, T>) {
      check(from, n);
      base[first_io_space + count++] = const_cast<T*>(from);  // inputs are only read
      return;
    } else if constexpr (same_in_memory<U, held>) {
      if (!std::is_constant_evaluated()) {
        check(from, n);
        base[first_io_space + count++] = reinterpret_cast<T*>(const_cast<U*>(from));
        return;
      }
    }
    if constexpr (is_complex<U>) {
      put_parts(from, n);
    } else if constexpr (!std::is_same_v<U, T>) {
      list<T>& to = converted[count];
      to = list<T>(n);
      for (int i = 0; i < n; ++i) to[i] = word_from<T>(from[i]);
      base[first_io_space + count++] = to.data;
    }
  }
  template <class Traced, class Number> constexpr void number(Number value) {
    T* const at = numbers + 2 * count;
    base[first_io_space + count++] = at;
    if constexpr (lies_narrow(dtype_of<Traced>)) {
      if (!std::is_constant_evaluated()) {
        const Traced element = Traced(value);
        __builtin_memcpy(at, &element, sizeof element);
        return;
      }
    }
    if constexpr (is_complex<Number>) {
      at[0] = T(value.real());
      at[1] = T(value.imag());
    } else if constexpr (is_whole(dtype_of<Traced>)) *at = word_from<T>(Traced(value));
    else *at = T(value);
  }

 private:
  template <class U> constexpr void put_parts(const U* from, int n) {
    list<T>& to = converted[count];
    to = list<T>(2 * n);
    for (int i = 0; i < n; ++i) {
      to[2 * i] = T(from[i].real());
      to[2 * i + 1] = T(from[i].imag());
    }
    base[first_io_space + count++] = to.data;
  }
  template <class U> constexpr void check(const U* from, int n) {
    if (fresh || !overlap(from, std::size_t(n) * sizeof(U), destination, bytes)) return;
    if (!(static_cast<const void*>(from) == destination && in_place[count] && std::size_t(n) * sizeof(U) == bytes)) hazard = true;
  }
};
/// The same for a flat statement: the operands only need to be compared with the destination.
template <class T> struct overlap_check {
  const T* destination;
  int size;
  bool hazard = false;
  constexpr void memory(const T* from, int n) {
    hazard = hazard || (overlap(from, std::size_t(n) * sizeof(T), destination, std::size_t(size) * sizeof(T)) && from != destination);
  }
  template <class Traced, class Number> constexpr void number(Number) {}
};

/// One loop over all elements.
template <class V, class T, class E> TFX_INLINE constexpr void run_flat(T* to, int n, const E& e) {
  int i = 0;
  if (!std::is_constant_evaluated())
    for (constexpr int width = lanes::traits<V>::width; i + width <= n; i += width) e.template at<V>(i).put(to + i);
  for (; i < n; ++i) to[i] = e.template at<T>(i).v;
}

/// The same on the vectors of a backend.
template <class T, class E> struct flat_run {
  T* to;
  int n;
  const E& e;
  template <class V> TFX_INLINE void operator()() const { run_flat<V>(to, n, e); }
};
template <class Backend, class T, class E> TFX_INLINE constexpr void run_flat_on(T* to, int n, const E& e) {
  if (std::is_constant_evaluated()) return run_flat<T>(to, n, e);
  const flat_run<T, E> run{to, n, e};
  if constexpr (requires { Backend::template with_lanes<T>(run); }) Backend::template with_lanes<T>(run);
  else run.template operator()<typename Backend::template lanes<T>>();
}

/// Evaluates into words, or what lies narrower in their memory.
template <class T, class E> TFX_INLINE constexpr void evaluate_expression(T* to, bool fresh, const E& e) {
  constexpr int n = held_shape(E::shape_type::value, dtype_of<typename E::traced_type>).size();
  if constexpr (E::flat) {
    bool hazard = false;
    if (!fresh) {
      overlap_check<T> check{to, n};
      e.bind(check);
      hazard = check.hazard;
    }
    if (!hazard) return run_flat_on<backend::host>(to, n, e);
    tensor_memory<T, n> result(uninitialized_t{});
    run_flat_on<backend::host>(result.data(), n, e);
    for (int i = 0; i < n; ++i) to[i] = result.data()[i];
  } else {
    using step = statement<E>;
    static_cast<void>(tell<verdict<step>::right, verdict<step>>{});
    if constexpr (verdict<step>::right) {
      static_assert(E::inputs < max_spaces - first_io_space, "tfx: a statement has too many operands; break it in two");
      constexpr std::size_t bytes = std::size_t(E::shape_type::value.size()) * sizeof(typename held_as<T, typename E::traced_type>::element);
      operand_list<T, E::inputs> operands(to, bytes, in_place_inputs<E>::value.allowed, fresh);
      e.bind(operands);
      T*& output = operands.base[first_io_space + operands.count];
      output = to;
      if (!operands.hazard) return run_step<step>(operands.base);
      tensor_memory<T, n> result(uninitialized_t{});
      output = result.data();
      run_step<step>(operands.base);
      if (std::is_constant_evaluated() || bytes % sizeof(T) == 0)
        for (std::size_t i = 0; i < (std::is_constant_evaluated() ? std::size_t(n) : bytes / sizeof(T)); ++i) to[i] = result.data()[i];
      else __builtin_memcpy(to, result.data(), bytes);
    }
  }
}

/// What a shape mistake in an assignment says.
template <class To, class From> struct wrong_assignment {
  static constexpr message value() {
    message m;
    m.put("tensor ");
    put_shape(m, To::value);
    m.put(" is assigned a value of shape ");
    put_shape(m, From::value);
    return m;
  }
};
template <class E> inline constexpr bool expression_right = [] {
  if constexpr (E::flat)
    return true;
  else
    return verdict<statement<E>>::right;
}();

/// What a statement computes in: the type of its floating-point operands, or else of the result; in words of 8 bytes, if it
/// has integers that need them, or numbers that nothing gives a type.
template <class T, class E> using computed_in_statement =
    std::conditional_t<E::wide, double,
                       std::conditional_t<!std::is_void_v<typename E::compute>, typename E::compute,
                                          std::conditional_t<is_float<T> || is_complex<T>, decides<T>, std::conditional_t<E::has_real, double, float>>>>;

template <class T, class S, class E> TFX_INLINE constexpr void evaluate_into(T* destination, bool fresh, const E& e) {
  if constexpr (!is_expression<E>) {  // a tensor or a view
    evaluate_into<T, S>(destination, fresh, named_leaf<typename E::value_type, typename E::shape_type>(e.data()));
  } else {
    using From = typename E::shape_type;
    using C = computed_in_statement<T, E>;
    static_assert(
        !(is_float<T> || is_complex<T>) || std::is_void_v<typename E::compute> || std::is_same_v<decides<T>, typename E::compute>,
        "tfx: float and double tensors in one assignment; cast<float>(x) or cast<double>(x) converts the value");
    using traced = std::conditional_t<E::flat, real, typename E::traced_type>;   // one loop writes numbers
    static_assert(is_complex<T> || !is_complex<traced>, "tfx: complex values are assigned to real ones; take their real_part, imag_part or abs");
    using held = typename held_as<C, traced>::element;
    constexpr bool fits = same_extents(From::value, S::value), right = expression_right<E>;
    static_cast<void>(tell < fits || !right, wrong_assignment < S, From >> {});
    if constexpr (!right) {
      evaluate_expression<C>(static_cast<C*>(nullptr), true, e);  // says what is wrong
    } else if constexpr (fits && std::is_same_v<T, C> && std::is_same_v<held, C>) {
      evaluate_expression<C>(destination, fresh, e);
    } else if constexpr (fits) {
      if constexpr (same_in_memory<T, held>) {
        if (!std::is_constant_evaluated()) return evaluate_expression<C>(reinterpret_cast<C*>(destination), fresh, e);
      }
      tensor_memory<C, held_shape(S::value, dtype_of<traced>).size()> result(uninitialized_t{});
      evaluate_expression<C>(result.data(), true, e);
      for (int i = 0; i < S::value.size(); ++i) destination[i] = converted<T>(element_in<traced>(result.data(), i));
    }
  }
}

template <class X> constexpr decltype(auto) in_memory(const X& x) {
  if constexpr (is_expression<X>)
    return tensor(x);
  else
    return (x);
}
template <class A, class B> constexpr bool equal_values(const A& a, const B& b) {
  if constexpr (is_number<A>) {
    return equal_values(b, a);
  } else if constexpr (is_number<B>) {
    const auto& x = in_memory(a);
    for (int i = 0; i < x.size(); ++i)
      if (!(x.data()[i] == b)) return false;
    return true;
  } else {
    static_assert(same_extents(A::shape_type::value, B::shape_type::value),
                  "tfx: tensors of different shapes are compared");
    const auto& x = in_memory(a);
    const auto& y = in_memory(b);
    for (int i = 0; i < x.size(); ++i)
      if (!(x.data()[i] == y.data()[i])) return false;
    return true;
  }
}

}  // namespace tfx::detail
