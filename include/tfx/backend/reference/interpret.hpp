// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/evaluate.hpp>
#include <tfx/run/executable.hpp>
#include <tfx/core/list.hpp>
#include <tfx/graph/graph.hpp>
#include <tfx/graph/joined.hpp>

namespace tfx {

namespace detail {

/// Elements of memory that a node's value takes when a graph is interpreted, a word each; leaves and views show memory that
/// is there, if that is made of words.
constexpr int interpreted_size(const graph_view& g, int id) {
  const node& n = g[id];
  switch (n.op->kind) {
    case op_kind::leaf:
      return lies_narrow(n.type) ? n.shape.size() : 0;
    case op_kind::loop:
      return 0;
    case op_kind::view:
      return n.op->strided ? n.shape.size() : 0;
    case op_kind::assign:
      return g[g.root(g.input(id, 0))].op->kind == op_kind::leaf ? n.shape.size() : 0;
    case op_kind::result:
      return is<final_op>(n) ? 0 : n.shape.size();
    default:
      return n.shape.size();
  }
}
constexpr int interpreted_size(const graph_view& g) {
  int total = 0;
  for (int i = 0; i < g.n_nodes; ++i) total += interpreted_size(g, i);
  return total;
}

/// Watches nothing.
struct unwatched {
  template <class Interpreter> constexpr void operator()(const Interpreter&, int) const {}
};

/// Runs a graph node by node. Every value has memory of its own; a body's nodes are one range of the order just before
/// the node that closes it.
template <class T, class Watch = unwatched> struct interpreter {
  const graph_view& g;
  const int* order;  ///< the nodes that are run, in their order; null: all of them
  int count;
  T* const* base;
  const run_state& run;
  T** at;  ///< per node: where its value is
  Watch watch{};
  int iteration[max_regions] = {}, trips[max_regions] = {};

  constexpr int node_at(int k) const { return order ? order[k] : k; }

  /// The extents that are there in this run.
  constexpr dims present(dims s) const {
    if (s.bounded) s.extent[0] = s.extent[0] / g.batch_bound * run.batch;
    return s;
  }
  static constexpr void copy(T* to, const T* from, int n) {
    for (int i = 0; i < n; ++i) to[i] = from[i];
  }

  constexpr void run_all(T* arena) {
    for (int k = 0; k < count; ++k) {
      const int i = node_at(k);
      const node& n = g[i];
      at[i] = arena;
      arena += interpreted_size(g, i);
      if (n.op->kind == op_kind::leaf) {
        if (is_converted(n)) exchange_with_memory(i, [](T* word, T* element, lies_as lies) { *word = load_stored<T>(element, lies); });
        else at[i] = base[g.leaves[n.aux].space] + g.leaves[n.aux].offset;
      }
      if (n.op->kind == op_kind::constant) *at[i] = word_of<T>(n.number, is_whole(n.type));
      if (is<final_op>(n)) at[i] = at[g.input(i, 0)];
    }
    run_range(0, count, 0);
    for (int k = 0; k < count; ++k) {  // all assignments take effect together
      const int i = node_at(k);
      if (g[i].op->kind != op_kind::assign) continue;
      if (interpreted_size(g, i) > 0)
        copy(at[g[i].aux], at[i], present(g[i].shape).size());
      else
        evaluate(i, at[g[i].aux]);
      watch(*this, i);
      if (is_converted(g[g[i].aux])) exchange_with_memory(g[i].aux, [](T* word, T* element, lies_as lies) { put_stored<T>(element, *word, lies); });
    }
  }
  /// Does a leaf lie narrower in memory? In constant evaluation all of them are words: memory has one type there.
  static constexpr bool is_converted(const node& leaf) { return lies_narrow(leaf.type) && !std::is_constant_evaluated(); }
  /// Calls take(word, element, how that lies) for all elements of a leaf that are there in this run.
  template <class Take> void exchange_with_memory(int leaf, Take take) {
    const node& n = g[leaf];
    const lies_as lies = form_of(n.type);
    T* const from = base[g.leaves[n.aux].space] + g.leaves[n.aux].offset;
    for (int k = 0, size = present(n.shape).size(); k < size; ++k) take(at[leaf] + k, further(from, k, lies), lies);
  }

  constexpr void run_range(int begin, int end, int region) {
    for (int k = begin; k < end; ++k) {
      const int i = node_at(k);
      const node& n = g[i];
      if (n.region != region) continue;  // of an inner body, which its closing node runs
      switch (n.op->kind) {
        case op_kind::leaf:
        case op_kind::constant:
        case op_kind::port:
          continue;
        case op_kind::view:
          if (n.op->strided) break;
          show(i);
          continue;
        case op_kind::loop:
          run_body(k);
          continue;
        case op_kind::result:
          if (is<joined_op>(n)) break;
          if (is<join_op>(n)) copy(at[i], at[g.input(i, ran(g.input(i, 0)) ? 0 : 2)], n.shape.size());
          continue;
        case op_kind::assign:
          if (interpreted_size(g, i) > 0) evaluate(i, at[i]);
          continue;
        default:
          break;
      }
      evaluate(i, at[i]);
      watch(*this, i);
    }
  }

  /// Did the body of node `id` run?
  constexpr bool ran(int id) const { return iteration[g[id].region] > 0; }

  /// The row of a stack that belongs to the current iteration.
  constexpr int row_of(const node& n, int region) const {
    const region_info& r = g.regions[region];
    const int forward = iteration[region];
    return (n.aux >> 1) + (n.aux & 1 ? (r.dynamic ? trips[region] : r.bound) - 1 - forward : forward);
  }
  constexpr void show(int id) {
    const node& n = g[id];
    int row = 0;
    if (is<slice_op>(n)) row = row_of(n, n.region);
    if (is<row_op>(n)) row = n.aux;
    at[id] = at[g.input(id, 0)] + row * n.shape.size();
  }

  constexpr void run_body(int closing) {
    const int loop = node_at(closing), region = g[loop].aux;
    int first = closing;
    while (first > 0 && g[node_at(first - 1)].region != g[loop].region) --first;
    iteration[region] = 0;
    trips[region] = g[loop].count == 2 ? int(*at[g.input(loop, 1)]) : g.regions[region].bound;
    for (int k = first; k < closing; ++k) {
      const int i = node_at(k);
      if (g[i].region == region && is<carry_op>(g[i])) copy(at[i], at[g.input(i, 0)], g[i].shape.size());
    }
    for (int k = closing + 1; k < count; ++k) {
      const int i = node_at(k);
      if (is<stack_op>(g[i]) && g[i].count > 2 && g.input(i, 1) == loop)
        copy(at[i], at[g.input(i, 2)], g[i].shape.size());
    }
    keep_history(closing, loop);
    while (enters(loop, region)) {
      for (int k = first; k < closing; ++k)
        if (const int i = node_at(k); g[i].region == region && is<iteration_op>(g[i])) *at[i] = T(iteration[region]);
      run_range(first, closing, region);
      for (int k = first; k < closing; ++k) {
        const int i = node_at(k);
        if (g[i].region == region && is<carry_op>(g[i])) copy(at[i], at[g[i].link], g[i].shape.size());
      }
      for (int k = closing + 1; k < count; ++k) {
        const int i = node_at(k);
        if (!is<stack_op>(g[i]) || g.input(i, 1) != loop) continue;
        const int from = g.input(i, 0), size = g[from].shape.size();
        copy(at[i] + row_of(g[i], region) * size, at[from], size);
      }
      ++iteration[region];
      keep_history(closing, loop);
    }
  }
  constexpr bool enters(int loop, int region) const {
    if (iteration[region] >= trips[region]) return false;
    return g[loop].count == 0 || (*at[g.input(loop, 0)] != T(0)) == g.regions[region].sense;
  }
  constexpr void keep_history(int closing, int loop) {
    for (int k = closing + 1; k < count; ++k) {
      const int i = node_at(k);
      if (!is<history_op>(g[i]) || g.input(i, 1) != loop) continue;
      const int from = g.input(i, 0), size = g[from].shape.size();
      copy(at[i] + iteration[g[from].region] * size, at[from], size);
    }
  }

  constexpr void evaluate(int id, T* out) {
    const int maker = g.maker(id);
    const node& n = g[maker];
    node_call<T> a;
    for (int k = 0; k < n.count; ++k) {
      a.in[k] = at[g.input(maker, k)];
      a.in_shape[k] = present(g[g.input(maker, k)].shape);
    }
    a.out = out;
    a.shape = present(g[id].shape);
    a.result = maker == id ? 0 : g[id].aux;
    a.axis = n.aux;
    a.run = &run;
    if (is_producer(n.op->kind) || n.op->strided || is<joined_op>(n)) {
      const geometry& geo = g.geometries[n.aux];
      a.geo = &geo;
      a.contracted = geo.contracted;
      if (geo.contracts_batch && g.batch_bound > 0)
        a.contracted = a.contracted / g.batch_bound * run.batch;
    }
    if constexpr (sizeof(T) == sizeof(float))
      n.op->evaluate_float(a);
    else
      n.op->evaluate_double(a);
  }
};

}  // namespace detail

/// Runs a graph node by node: what every other backend is compared with, and what constant evaluation uses.
/// A leaf's memory is base[space] + offset, as in `bindings`; the spaces of intermediate values, constants and counters
/// are not read.
template <class T> constexpr void interpret(const graph_view& g, T* const* base, const run_state& run = {}) {
  list<T*> at(g.n_nodes, nullptr);
  list<T> arena(detail::interpreted_size(g));
  detail::interpreter<T> machine{g, nullptr, g.n_nodes, base, run, at.data};
  machine.run_all(arena.data);
}

/// The same on a recorder that has finished: without the copy into constants that `traced_step` makes.
template <class T> constexpr void interpret(const builder& b, T* const* base, const run_state& run = {}) {
  const graph_view g{b.nodes.data,     b.edges.data,   b.geometries.data, b.leaves.data,  b.names.data,
                     b.paths.data,     b.regions.data, b.space_size,      b.nodes.size(), b.leaves.size(),
                     b.regions.size(), b.spaces,       b.batch_bound};
  const list<int> number = detail::live_numbers(b);
  list<int> order(g.n_nodes, 0);
  int live = 0;
  for (int i = 0; i < g.n_nodes; ++i) {
    if (number[i] < 0) continue;
    order[number[i]] = i;
    ++live;
  }
  list<T*> at(g.n_nodes, nullptr);
  list<T> arena(detail::interpreted_size(g));
  detail::interpreter<T> machine{g, order.data, live, base, run, at.data};
  machine.run_all(arena.data);
}

namespace backend {

/// Node by node, in plain loops: the oracle. Slow, small, and runs in constant evaluation too.
struct reference {
  static constexpr int parts = 1;
};

}  // namespace backend

namespace detail {

/// The graph of a plan in one run: with the extents that its lengths have there, in copies of the tables which they are in.
template <class Plan> class present_graph {
public:
  constexpr explicit present_graph([[maybe_unused]] const auto& bindings) : view(Plan::traced::view()) {
    if constexpr (Plan::n_lengths > 0) {
      nodes_.append(view.nodes, view.n_nodes);
      geometries_.append(view.geometries, Plan::size.geometries);
      regions_.append(view.regions, view.n_regions);
      put_lengths(graph_numbers{nodes_.data, geometries_.data, regions_.data}, view.followed, view.n_followed, bindings.length);
      view.nodes = nodes_.data;
      view.geometries = geometries_.data;
      view.regions = regions_.data;
    }
  }
  present_graph(const present_graph&) = delete;

  graph_view view;

private:
  list<node> nodes_{};
  list<geometry> geometries_{};
  list<region_info> regions_{};
};

}  // namespace detail

/// A plan run by the interpreter: its memory is a constant, and nothing is allocated unless it has lengths.
template <class Plan, class T, bool Frozen> struct executable<Plan, backend::reference, T, Frozen> {
  static constexpr std::size_t scratch_elements = 0, prepared_elements = 0;
  static constexpr std::size_t arena_elements = std::size_t(padded(detail::interpreted_size(Plan::traced::view())));

  static constexpr void prepare(const bindings<T>&) {}
  static constexpr void run(const bindings<T>& b) {
    T* at[Plan::size.nodes + 1] = {};
    const detail::present_graph<Plan> present(b);
    detail::interpreter<T> machine{present.view, nullptr, present.view.n_nodes, b.base, b.run, at};
    machine.run_all(b.base[arena_space]);
  }
};

}  // namespace tfx
