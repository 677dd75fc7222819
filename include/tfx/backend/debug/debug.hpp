// SPDX-License-Identifier: Apache-2.0
// hosted: reports on stderr
#pragma once

#include <cstdio>
#include <string_view>

#include <tfx/backend/reference/interpret.hpp>
#include <tfx/core/list.hpp>
#include <tfx/core/mistake.hpp>
#include <tfx/core/put_shape.hpp>

namespace tfx::backend {

/// The first value of a run that is not a finite number, and where it was made.
struct bad_value {
  std::string_view path;  ///< of the layer; empty: outside every layer
  std::string_view operation;
  int line = 0;  ///< where the user wrote it; 0: not known
  dims shape{};
  int element = 0;  ///< the first bad one, row-major
  double value = 0;
  bool bad_input = false;  ///< an input of the operation (a parameter, data) was bad already
};

/// Prints one line on stderr.
inline void print_bad_value(const bad_value& b) {
  sentence<96> shape;
  put_shape(shape, b.shape);
  std::fprintf(stderr, "tfx: %.*s%s%.*s", int(b.operation.size()), b.operation.data(), b.path.empty() ? "" : " at ",
               int(b.path.size()), b.path.data());
  if (b.line) std::fprintf(stderr, " (line %d)", b.line);
  std::fprintf(stderr, " makes %g at element %d of %.*s; %s\n", b.value, b.element, shape.size, shape.text,
               b.bad_input ? "an input of it was not finite already" : "its inputs were finite");
}

/// Node by node like `reference`, and after each node looks for values that are not finite. The first one of a run is
/// reported, then the run goes on. Infinities that come from an infinite constant, such as a mask's, are meant.
struct debug {
  static constexpr int parts = 1;
  using handler = void (*)(const bad_value&);
  /// What is called; one for the program.
  static inline handler on_bad_value = &print_bad_value;
};

}  // namespace tfx::backend

namespace tfx {

namespace detail {

struct finite_watch {
  mutable bool reported = false;
  mutable list<char> meant{};   ///< per node: has it infinities that come from a constant?

  template <class T> static int first_bad(const T* x, int n) {
    for (int i = 0; i < n; ++i)
      if (!(x[i] - x[i] == T(0))) return i;  // infinity - infinity and NaN are not 0
    return -1;
  }
  template <class T> static int first_nan(const T* x, int n) {
    for (int i = 0; i < n; ++i)
      if (x[i] != x[i]) return i;
    return -1;
  }
  template <class Machine> void operator()(const Machine& m, int id) const {
    const node &n = m.g[id], &maker = m.g[m.g.maker(id)];
    if (meant.count < m.g.n_nodes) meant = list<char>(m.g.n_nodes, 0);
    if (reported || n.op->kind == op_kind::assign || is_whole(n.type)) return;
    bool masks = false;
    for (int k = 0; k < maker.count; ++k) {
      const int from = m.g.root(m.g.input(m.g.maker(id), k));
      masks = masks || meant[from] || (m.g[from].op->kind == op_kind::constant && m.g[from].number - m.g[from].number != 0);
    }
    int bad = first_bad(m.at[id], m.present(n.shape).size());
    meant[id] = masks && bad >= 0;
    if (masks) bad = first_nan(m.at[id], m.present(n.shape).size());
    if (bad < 0) return;
    reported = true;
    backend::bad_value b;
    b.path = m.g.path(n);
    b.operation = maker.op->name;
    b.line = n.line;
    b.shape = m.present(n.shape);
    b.element = bad;
    b.value = double(m.at[id][bad]);
    for (int k = 0; k < maker.count; ++k) {
      const int in = m.g.input(m.g.maker(id), k);
      b.bad_input = b.bad_input || (!is_whole(m.g[in].type) && first_bad(m.at[in], m.present(m.g[in].shape).size()) >= 0);
    }
    backend::debug::on_bad_value(b);
  }
};

}  // namespace detail

template <class Plan, class T, bool Frozen> struct executable<Plan, backend::debug, T, Frozen> {
  static constexpr std::size_t scratch_elements = 0, prepared_elements = 0;
  static constexpr std::size_t arena_elements = executable<Plan, backend::reference, T>::arena_elements;

  static void prepare(const bindings<T>&) {}
  static void run(const bindings<T>& b) {
    T* at[Plan::size.nodes + 1] = {};
    const detail::present_graph<Plan> present(b);
    const graph_view& g = present.view;
    detail::interpreter<T, detail::finite_watch> machine{g, nullptr, g.n_nodes, b.base, b.run, at};
    machine.run_all(b.base[arena_space]);
  }
};

}  // namespace tfx
