// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/compile/text_writer.hpp>
#include <tfx/graph/semantic_graph.hpp>

namespace tfx {

namespace detail {

/// The name of a constexpr object, as it was declared.
template <const auto& Object> constexpr std::string_view object_name() {
  std::string_view s = __PRETTY_FUNCTION__;
  s = s.substr(s.find("Object = ") + 9);
  s = s.substr(0, s.find_first_of(";]"));
  std::size_t begin = s.size();
  auto part_of_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  while (begin > 0 && part_of_name(s[begin - 1])) --begin;
  return begin < s.size() ? s.substr(begin) : std::string_view("model");
}

/// One line of the table.
struct summary_row {
  std::string_view path, type;
  bool scoped = false;
  dims shape{};
  int parameters = 0, state = 0;
};

/// The layers that a network has called: those that call no others, and those with variables of their own.
constexpr list<summary_row> summary_rows(const semantic_view& g) {
  list<summary_row> rows;
  for (int i = 0; i < g.n_calls; ++i) {
    const call_info& c = g.calls[i];
    if (!c.layer) continue;
    bool calls_others = false;
    summary_row row{g.path(c), c.name, c.scoped};
    if (c.results > 0) row.shape = g.result(c, 0).shape;
    auto add = [&](int first, int last, int sign) {
      for (int l = first; l < last; ++l) {
        if (g.leaves[l].space == parameter_space) row.parameters += sign * g.leaves[l].size;
        if (g.leaves[l].space == state_space) row.state += sign * g.leaves[l].size;
      }
    };
    add(c.first_leaf, c.last_leaf, 1);
    for (int j = i + 1; j < g.n_calls; ++j) {
      if (g.calls[j].parent != i || !g.calls[j].layer) continue;
      calls_others = true;
      add(g.calls[j].first_leaf, g.calls[j].last_leaf, -1);
    }
    if (!calls_others || row.parameters || row.state) rows.push_back(row);
  }
  return rows;
}

/// The text of `Model`, a model of `Net`; with a recipe also what training takes.
template <const auto& Net, class Model, const auto&... Recipe> struct summary_text {
  using network = typename Model::network;
  static constexpr int element = int(sizeof(typename Model::value_type));

  static constexpr void put_layer(text_writer& w, const summary_row& row) {
    w.put(' ');
    w.put(row.path);
    if (!row.scoped) {
      if (row.path.size()) w.put('/');
      w.put(row.type);
    }
    w.put(" (");
    w.put(row.type);
    w.put(')');
  }
  template <std::size_t... K> static constexpr void put_outputs(text_writer& w, std::index_sequence<K...>) {
    ((w.put(K ? ", " : ""), w.put(network::template output<int(K)>::dim)), ...);
  }
  static constexpr void rule(text_writer& w, int end, char c) {
    for (int i = 0; i < end; ++i) w.put(c);
    w.put('\n');
  }

  static constexpr void table(text_writer& w) {
    const list<summary_row> rows = summary_rows(semantic_graph<typename Model::predict_plan::step>::view());

    int layer_end = 14, shape_end = 14;
    for (int i = 0; i < rows.size(); ++i) {
      text_writer probe;
      put_layer(probe, rows[i]);
      layer_end = probe.column > layer_end ? probe.column : layer_end;
      const int size = text_writer::width(rows[i].shape);
      shape_end = size > shape_end ? size : shape_end;
    }
    const int shape_at = layer_end + 3, count_end = shape_at + shape_end + 14;
    w.put(object_name<Net>());
    w.put(": ");
    for (int k = 0; k < network::n_inputs; ++k) {
      if (k) w.put(", ");
      w.put(network::input_dims[k]);
    }
    w.put(" -> ");
    put_outputs(w, std::make_index_sequence<std::size_t(network::n_outputs)>{});
    w.put('\n');
    rule(w, count_end, '-');
    w.put(" Layer (type)");
    w.pad_to(shape_at);
    w.put("Output shape");
    w.right(std::string_view("Parameters"), count_end);
    w.put('\n');
    rule(w, count_end, '=');
    for (int i = 0; i < rows.size(); ++i) {
      put_layer(w, rows[i]);
      w.pad_to(shape_at);
      w.put(rows[i].shape);
      w.right(rows[i].parameters, count_end);
      w.put('\n');
    }
    rule(w, count_end, '=');
  }

  static constexpr void put_bytes(text_writer& w, long long bytes) {
    w.put(bytes);
    w.put(" bytes");
  }
  /// What a plan launches and needs: one line under a heading.
  template <class Plan> static constexpr void work(text_writer& w, std::string_view heading, std::size_t all_bytes) {
    constexpr long long arena = static_cast<long long>(Plan::arena_elements) * element;
    w.put(heading);
    w.put(Plan::kernels.flops);
    w.put(" FLOPs in ");
    w.counted(Plan::n_launches, "launch of ", "launches of ");
    w.counted(Plan::n_kernels, "fused kernel", "fused kernels");
    w.put("; arena ");
    put_bytes(w, arena);
    if (const long long scratch = static_cast<long long>(all_bytes) - arena; scratch > 0) {
      w.put(", scratch ");
      put_bytes(w, scratch);
    }
    w.put('\n');
  }

  template <const auto& One> static constexpr void training(text_writer& w) {
    constexpr auto bytes = std::size_t(Model::template training_bytes<One>);
    work<typename Model::template training_plan<One>>(w, " Train       ", bytes);
  }

  static constexpr void totals(text_writer& w) {
    constexpr int parameters = int(Model::parameter_count), state = int(Model::state_count);
    constexpr int trained = int(Model::trainable_parameter_count);
    w.put(" Parameters  ");
    w.put(parameters);
    if (trained != parameters) {
      w.put(" (");
      w.put(trained);
      w.put(" trained, ");
      w.put(parameters - trained);
      w.put(" not)");
    }
    w.put(", ");
    put_bytes(w, static_cast<long long>(parameters) * element);
    w.put('\n');
    if (state) {
      w.put(" State       ");
      w.put(state);
      w.put(", ");
      put_bytes(w, static_cast<long long>(state) * element);
      w.put('\n');
    }
    work<typename Model::predict_plan>(w, " Predict     ", std::size_t(Model::inference_bytes));
    (training<Recipe>(w), ...);
  }

  static constexpr void write(text_writer& w) {
    table(w);
    totals(w);
  }
};

}  // namespace detail

}  // namespace tfx
