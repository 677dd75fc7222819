// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/summary/graph_dot.hpp>

namespace tfx::detail {

/// A graph as lines of five columns with tabs between: a node's name with the layers and functions that it stands in, its operation, the names
/// of what it reads, its extents (-1: as many as come), and attributes of its
/// call, with semicolons between. Written while compiling, because what is known of operations
/// stays in the compiler.
struct graph_table_writer : dot_writer {
  constexpr graph_table_writer(text_writer& to, const semantic_view& view) : dot_writer(to, view, drawn_as::operations) {}

  constexpr bool has_layers(int call) const {
    for (int j = call + 1; j < g.n_calls; ++j)
      for (int k = g.calls[j].layer ? g.calls[j].parent : -1; k >= call; k = g.calls[k].parent)
        if (k == call) return true;
    return false;
  }
  /// The path of layers that a node stands in, then what is called within them and has no path: functions, and layers without others.
  constexpr void put_scope(int i) {
    w.put(g.path(g[i]));
    if (!g.path(g[i]).empty()) w.put('/');
    put_calls(g.call_of[i]);
  }
  constexpr void put_calls(int call) {
    if (call < 0 || (g.calls[call].layer && g.calls[call].scoped)) return;
    const int around = g.calls[call].parent;
    put_calls(around);
    if (g.calls[call].layer && has_layers(call)) return;
    if (around >= 0 && g.calls[around].name == g.calls[call].name) return;   // the function of a layer
    w.put(g.calls[call].name);
    w.put('_');
    digits(call);
    w.put('/');
  }
  constexpr void put_name(int i) {
    const node& m = g[i];
    const bool leaf = m.op->kind == op_kind::leaf;
    if (leaf && g.leaves[m.aux].space < first_io_space) return w.put(g.name(g.leaves[m.aux]));
    if (!leaf) put_scope(i);
    if (leaf) w.put(g.name(g.leaves[m.aux]));
    else if (m.op->kind == op_kind::assign) w.put(last_segment(g.name(g.leaves[g[m.aux].aux])));
    else w.put(g.operation_name(i));
    w.put('_');
    digits(i);
  }
  constexpr void put_operation(int i) {
    const node& m = g[i];
    if (m.op->kind == op_kind::leaf) {
      const int space = g.leaves[m.aux].space;
      w.put(space == parameter_space ? "parameter" : space == state_space ? "state" : space >= first_io_space ? "input" : "memory");
    } else {
      w.put(m.op->kind == op_kind::assign ? std::string_view("output") : g.operation_name(i));
    }
  }
  constexpr void line(int i) {
    const node& m = g[i];
    put_name(i);
    w.put('\t');
    put_operation(i);
    w.put('\t');
    bool first = true;
    const auto input = [&](int from) {
      if (is_number(from)) return;
      if (!first) w.put(' ');
      first = false;
      put_name(from);
    };
    if (m.op->kind != op_kind::leaf)
      for (int k = 0; k < m.count; ++k) input(g.input(i, k));
    w.put('\t');
    for (int k = 0; k < m.shape.rank; ++k) {
      if (k) w.put(' ');
      if (k == 0 && m.shape.bounded) w.put("-1");
      else digits(m.shape[k]);
    }
    w.put('\t');
    if (const int c = g.call_of[i]; c >= 0 && m.op->kind != op_kind::leaf) {
      for (int k = 0; k < g.calls[c].attributes; ++k) {
        if (k) w.put(';');
        put_attribute(g.attribute(g.calls[c], k));
      }
    }
    w.put('\n');
  }
  constexpr void write_table() {
    for (int i = 0; i < g.n_nodes; ++i)
      if (!is_number(i) && !is_unread_leaf(i)) line(i);
  }
};

template <class Step> struct graph_table_text {
  static constexpr void write(text_writer& w) {
    constexpr semantic_view g = semantic_graph<Step>::view();
    graph_table_writer(w, g).write_table();
  }
};

}  // namespace tfx::detail
