// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/compile/text_writer.hpp>
#include <tfx/graph/semantic_graph.hpp>

namespace tfx {

/// How much of a graph a picture shows: layers that call no others as one node each, or what they compute.
enum class drawn_as : int { layers, operations };

namespace detail {

/// A graph in Graphviz's language. Layers with a path of their own are boxes around what they compute; functions composed of
/// operations are one node, with their attributes.
struct dot_writer {
  text_writer& w;
  const semantic_view& g;
  const drawn_as how;
  list<int> home;                 ///< per node and, behind them, call: the layer's box that it stands in; -1: none
  list<char> boxed;               ///< per call: is it drawn as a box?
  list<int> stands_for;           ///< per node: the call whose node it is part of; -1: a node of its own
  list<char> drawn;               ///< per call: as one node

  constexpr dot_writer(text_writer& to, const semantic_view& view, drawn_as shown)
      : w(to), g(view), how(shown), home(view.n_nodes + view.n_calls, -1), boxed(view.n_calls, 0), stands_for(view.n_nodes, -1), drawn(view.n_calls, 0) {
    for (int c = 0; c < g.n_calls; ++c) boxed[c] = has_box(c);
    for (int c = 0; c < g.n_calls; ++c) home[g.n_nodes + c] = box_around(g.calls[c].parent);
    for (int i = 0; i < g.n_nodes; ++i) {
      home[i] = box_around(g.call_of[i]);
      for (int c = g.call_of[i]; c >= 0; c = g.calls[c].parent) {
        const bool function = !g.calls[c].layer && g[i].op->kind != op_kind::leaf;
        if (function || is_one_layer(c)) stands_for[i] = c;
      }
      if (stands_for[i] >= 0) drawn[stands_for[i]] = 1;
    }
  }
  constexpr bool is_scoped_layer(int c) const { return g.calls[c].layer && g.calls[c].scoped && g.calls[c].last > g.calls[c].first; }
  /// A layer that calls no others, drawn as one node.
  constexpr bool is_one_layer(int c) const {
    if (how == drawn_as::operations || !is_scoped_layer(c)) return false;
    for (int j = c + 1; j < g.n_calls; ++j)
      for (int k = g.calls[j].parent; k >= c && is_scoped_layer(j); k = g.calls[k].parent)
        if (k == c) return false;
    return true;
  }
  constexpr bool has_box(int c) const { return is_scoped_layer(c) && !is_one_layer(c); }
  constexpr int box_around(int call) const {
    while (call >= 0 && !boxed[call]) call = g.calls[call].parent;
    return call;
  }

  constexpr void digits(long long n) {
    if (n >= 10) digits(n / 10);
    w.put(char('0' + n % 10));
  }
  /// With as many decimals as it has, at most twelve.
  constexpr void number(double v) {
    if (v < 0) {
      w.put('-');
      v = -v;
    }
    if (!(v < 1e6)) return w.put(v < __builtin_huge_val() ? std::string_view("large") : v != v ? "nan" : "inf");
    long long power = 1;
    int decimals = 0;
    const auto whole = [&] { return static_cast<long long>(v * double(power) + 0.5); };
    const auto off = [&] { return v * double(power) - double(whole()); };
    for (; decimals < 12 && (off() > v * double(power) * 1e-12 || -off() > v * double(power) * 1e-12); ++decimals) power *= 10;
    const long long n = whole();
    digits(n / power);
    if (decimals > 0) w.put('.');
    for (long long p = power / 10; p > 0; p /= 10) w.put(char('0' + n / p % 10));
  }
  constexpr void put_attribute(const call_attribute& a) {
    w.put(a.name);
    w.put('=');
    if (a.kind == call_attribute::truth) return w.put(a.value != 0 ? "yes" : "no");
    if (a.kind == call_attribute::word) return w.put(a.text);
    if (a.kind == call_attribute::number) return number(a.value);
    bool several = false;
    for (int k = 0; k < max_rank; ++k) {
      if (!(a.set.bits >> k & 1)) continue;
      if (several) w.put(' ');
      digits(k);
      several = true;
    }
  }
  constexpr void put_attributes(const call_info& c) {
    for (int k = 0; k < c.attributes; ++k) {
      w.put(k == 0 ? "\\n" : ", ");
      put_attribute(g.attribute(c, k));
    }
  }

  constexpr bool is_leaf_of(int i, int space) const { return g[i].op->kind == op_kind::leaf && g.leaves[g[i].aux].space == space; }
  /// A number: nothing comes from it that one would follow.
  constexpr bool is_number(int i) const { return g[i].op->kind == op_kind::constant || is_leaf_of(i, batch_space); }
  constexpr bool is_drawn(int i) const { return stands_for[i] < 0 && !is_number(i); }
  constexpr void put_id(int i) {
    w.put(stands_for[i] >= 0 ? 'c' : 'n');
    digits(stands_for[i] >= 0 ? stands_for[i] : i);
  }
  constexpr std::string_view last_segment(std::string_view path) const {
    const std::size_t slash = path.rfind('/');
    return slash == path.npos ? path : path.substr(slash + 1);
  }
  constexpr void node_line(int i) {
    const node& m = g[i];
    put_id(i);
    w.put(" [label=\"");
    if (m.op->kind == op_kind::leaf) w.put(last_segment(g.name(g.leaves[m.aux])));
    else w.put(m.op->kind == op_kind::assign ? g.name(g.leaves[g[m.aux].aux]) : g.operation_name(i));
    if (m.op->kind == op_kind::other) {
      w.put('.');
      w.put(g.result_name(i));
    }
    w.put("\\n");
    w.put(m.shape);
    w.put('"');
    if (m.op->kind == op_kind::leaf || m.op->kind == op_kind::assign) w.put(", shape=ellipse");
    w.put("];\n");
  }
  constexpr int parameters_in(const call_info& c) const {
    int n = 0;
    for (int l = c.first_leaf; l < c.last_leaf; ++l)
      if (g.leaves[l].space == parameter_space) n += g.leaves[l].size;
    return n;
  }
  /// Its name, and of a layer with another one in its path that.
  constexpr void put_title(int c) {
    const std::string_view name = g.calls[c].name, own = last_segment(g.path(g.calls[c]));
    if (!g.calls[c].scoped || own == name) return w.put(name);
    w.put(own);
    w.put(" (");
    w.put(name);
    w.put(')');
  }
  constexpr void call_line(int c) {
    const call_info& call = g.calls[c];
    w.put('c');
    digits(c);
    w.put(" [label=\"");
    put_title(c);
    put_attributes(call);
    if (const int n = parameters_in(call); n > 0) {
      w.put("\\n");
      w.counted(n, "parameter", "parameters");
    }
    for (int k = 0; k < call.results; ++k) {
      w.put("\\n");
      w.put(g.result(call, k).shape);
    }
    w.put("\", style=rounded];\n");
  }
  /// What stands in one box, boxes within it included.
  constexpr void box(int around) {
    for (int i = 0; i < g.n_nodes; ++i)
      if (home[i] == around && is_drawn(i) && !is_unread_leaf(i)) node_line(i);
    for (int c = 0; c < g.n_calls; ++c) {
      if (home[g.n_nodes + c] != around) continue;
      if (drawn[c]) call_line(c);
      if (!boxed[c]) continue;
      w.put("subgraph cluster_");
      digits(c);
      w.put(" {\nlabel=\"");
      put_title(c);
      put_attributes(g.calls[c]);
      w.put("\";\n");
      box(c);
      w.put("}\n");
    }
  }
  /// A place that is only written to, or not used: the new value is drawn.
  constexpr bool is_unread_leaf(int i) const {
    if (g[i].op->kind != op_kind::leaf) return false;
    for (int j = 0; j < g.n_nodes; ++j)
      for (int k = 0; k < g[j].count; ++k)
        if (g.input(j, k) == i) return false;
    return true;
  }
  constexpr void edge(int from, int to, std::string_view style) {
    put_id(from);
    w.put(" -> ");
    put_id(to);
    w.put(style);
    w.put(";\n");
  }
  constexpr bool is_one_node(int i, int j) const { return i == j || (stands_for[i] >= 0 && stands_for[i] == stands_for[j]); }
  constexpr void edges() {
    list<int> from, to;
    for (int i = 0; i < g.n_nodes; ++i) {
      for (int k = 0; k < g[i].count; ++k) {
        const int a = g.input(i, k);
        const bool within = g[a].op->kind == op_kind::leaf && stands_for[a] >= 0;   // a weight of a layer that is one node
        if (is_number(a) || within || is_one_node(a, i)) continue;
        bool again = false;
        for (int e = 0; e < from.size() && !again; ++e) again = is_one_node(from[e], a) && is_one_node(to[e], i);
        if (again) continue;
        from.push_back(a);
        to.push_back(i);
        edge(a, i, "");
      }
      if (g[i].link >= 0 && !is_one_node(g[i].link, i)) edge(g[i].link, i, " [style=dashed, constraint=false]");   // of a loop: its next value
    }
  }
  constexpr void write() {
    w.put("digraph {\nnode [shape=box, fontname=\"sans-serif\"];\ngraph [fontname=\"sans-serif\", style=rounded, color=gray];\n");
    box(-1);
    edges();
    w.put("}\n");
  }
};

template <class Step, drawn_as How> struct dot_text {
  static constexpr void write(text_writer& w) {
    constexpr semantic_view g = semantic_graph<Step>::view();
    dot_writer(w, g, How).write();
  }
};

}  // namespace detail

}  // namespace tfx
