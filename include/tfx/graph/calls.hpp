// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string_view>

#include <tfx/core/bundle.hpp>
#include <tfx/graph/var.hpp>

namespace tfx {

/// Axes of a tensor; bit k is axis k.
struct axis_set {
  unsigned bits = 0;
};

/// A named property of a call: a number, a switch, axes, or a word.
struct call_attribute {
  enum value_kind : int { number, truth, axes, word };
  std::string_view name{};
  value_kind kind = number;
  double value = 0;       ///< of a number; of a switch 0 or 1
  axis_set set{};
  std::string_view text{};

  constexpr call_attribute() = default;
  constexpr call_attribute(std::string_view n, double v) : name(n), value(v) {}
  constexpr call_attribute(std::string_view n, int v) : name(n), value(v) {}
  constexpr call_attribute(std::string_view n, bool v) : name(n), kind(truth), value(v) {}
  constexpr call_attribute(std::string_view n, axis_set v) : name(n), kind(axes), set(v) {}
  constexpr call_attribute(std::string_view n, std::string_view v) : name(n), kind(word), text(v) {}
};

/// What a call reads or gives: a node, under the shape that the caller sees.
struct call_value {
  int node = -1;
  dims shape{};
};

/// One call of a layer, or of a function that is composed of operations or has attributes.
struct call_info {
  std::string_view name{};
  bool layer = false;
  bool scoped = false;                    ///< of a layer: has a path of its own
  int path = 0;                           ///< of the graph's table: its own, else that around it
  int parent = -1;                        ///< the call around it
  int first = 0, last = 0;                ///< nodes [first, last) were recorded in it
  int first_leaf = 0, last_leaf = 0;      ///< and leaves
  int first_input = 0, inputs = 0;        ///< rows of `call_list::values`
  int first_result = 0, results = 0;
  int first_attribute = 0, attributes = 0;
};

/// The calls of a trace, in the order in which they began.
struct call_list {
  list<call_info> calls;
  list<call_value> values;
  list<call_attribute> attributes;
  int open = -1;   ///< the innermost one that has not ended
};

/// A traced value as what a call reads; a number is none.
template <class X> constexpr handle traced_or_none([[maybe_unused]] X x) {
  if constexpr (traced<X>) return untyped(x);
  else return {};
}

/// Notes a call while it is alive, where somebody asked for it (`builder::calls`); else it costs nothing.
///
///     const call_mark here(graph, "softmax", {x.h}, {{"axis", 1}});
///     return here.gives(y);
struct call_mark {
  builder& graph;
  int index = -1, around = -1;

  constexpr call_mark(builder& g, std::string_view name, std::initializer_list<handle> inputs, std::initializer_list<call_attribute> attributes = {})
      : graph(g) {
    if (!g.calls) return;
    if (is_open(name, false)) join(attributes);
    else begin(name, false, false, inputs, attributes);
  }
  /// Of a layer. `joins`: a caller that has noted it is left to it.
  constexpr call_mark(builder& g, std::string_view name, bool scoped, bool joins, handle input, std::initializer_list<call_attribute> attributes = {})
      : graph(g) {
    if (!g.calls) return;
    if (joins && is_open(name, true)) {
      call_info& c = g.calls->calls[g.calls->open];
      c.scoped = scoped;
      c.path = g.path_index;
      join(attributes);
    } else {
      begin(name, true, scoped, {input}, attributes);
    }
  }
  call_mark(const call_mark&) = delete;
  constexpr ~call_mark() {
    if (index >= 0) end();
  }

  /// y, which is what the call gives.
  template <class Y> constexpr Y gives(Y y) const {
    if (index >= 0) note_results(y);
    return y;
  }

private:
  /// Has the caller noted this call? Nothing has been recorded in it yet.
  constexpr bool is_open(std::string_view name, bool layer) const {
    const call_list& all = *graph.calls;
    if (all.open < 0) return false;
    const call_info& c = all.calls[all.open];
    return c.layer == layer && c.name == name && c.first == graph.nodes.size() && c.first_leaf == graph.leaves.size();
  }
  constexpr void begin(std::string_view name, bool layer, bool scoped, std::initializer_list<handle> inputs,
                       std::initializer_list<call_attribute> attributes) {
    call_list& all = *graph.calls;
    call_info c;
    c.name = name;
    c.layer = layer;
    c.scoped = scoped;
    c.path = graph.path_index;
    c.parent = around = all.open;
    c.first = graph.nodes.size();
    c.first_leaf = graph.leaves.size();
    c.first_input = all.values.size();
    for (const handle x : inputs) {
      if (x.empty()) continue;
      all.values.push_back({x.id, x.shape()});
      ++c.inputs;
    }
    index = all.open = all.calls.size();
    all.calls.push_back(c);
    join(attributes);
  }
  constexpr void join(std::initializer_list<call_attribute> attributes) {
    if (attributes.size() == 0) return;
    call_list& all = *graph.calls;
    call_info& c = all.calls[all.open];
    c.first_attribute = all.attributes.size();
    c.attributes = int(attributes.size());
    for (const call_attribute& a : attributes) all.attributes.push_back(a);
  }
  constexpr void end() {
    call_info& c = graph.calls->calls[index];
    c.last = graph.nodes.size();
    c.last_leaf = graph.leaves.size();
    graph.calls->open = around;
  }
  template <class Y> constexpr void note_results(const Y& y) const {
    call_list& all = *graph.calls;
    call_info& c = all.calls[index];
    c.first_result = all.values.size();
    c.results = 0;
    note(all, c, y);
  }
  template <class Y> static constexpr void note(call_list& all, call_info& c, const Y& y) {
    if constexpr (traced<Y>) {
      all.values.push_back(call_value{untyped(y).id, shape_of(y)});
      ++c.results;
    } else if constexpr (is_bundle<Y>) {
      note_each(all, c, y, std::make_index_sequence<std::tuple_size<Y>::value>{});
    }
  }
  static constexpr dims shape_of(handle y) { return y.shape(); }
  template <class S, class T> static constexpr dims shape_of(var<S, T>) { return S::value; }
  template <class Y, std::size_t... I> static constexpr void note_each(call_list& all, call_info& c, const Y& y, std::index_sequence<I...>) {
    (note(all, c, y.template get<I>()), ...);
  }
};

}  // namespace tfx
