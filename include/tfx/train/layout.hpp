// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include <tfx/compile/plan.hpp>
#include <tfx/train/network.hpp>

namespace tfx {

/// The seed of everything random in a model or program.
struct seed {
  std::uint64_t value = 0;
};

namespace detail {

/// Collects what a network needs, in training mode: that is where everything is made.
template <const auto& Net, class List> struct collecting_step {
  using at_other_lengths = collecting_step<Net, typename lengths_of<List>::other>;
  constexpr void operator()(builder& b) const {
    b.training = true;
    give(b, network<Net, List>::call(b));
  }
};

/// path -> space, offset, initialiser: the one storage that all programs of a model share.
template <const auto& Net, class List> struct layout {
  using asked = collecting_step<Net, List>;
  static constexpr bool right = verdict<asked>::right;
  using traced = traced_step<std::conditional_t<right, asked, empty_step>>;
  [[no_unique_address]] tell<right, verdict<asked>> told;

  static constexpr int n_leaves = traced::size.leaves;
  static constexpr int elements(int space) {
    int n = 0;
    for (int i = 0; i < n_leaves; ++i)
      if (traced::graph.leaves[i].space == space) n += traced::graph.leaves[i].size;
    return n;
  }
  static constexpr int parameters = elements(parameter_space);
  static constexpr int trainable_elements() {
    int n = 0;
    for (int i = 0; i < n_leaves; ++i)
      if (traced::graph.leaves[i].trainable) n += traced::graph.leaves[i].size;
    return n;
  }
  static constexpr int trainable_parameters = trainable_elements();
  static constexpr int space_size(int s) { return traced::graph.space_size[s]; }
  static constexpr void use(builder& b) {
    b.layout = traced::graph.leaves;
    b.layout_names = traced::graph.names;
    b.layout_size = n_leaves;
  }
  // what running reads
  static constexpr auto leaves = detail::first_rows<n_leaves>(traced::graph.leaves);
  static constexpr auto names = detail::first_rows<traced::size.names>(traced::graph.names);
  static constexpr std::string_view name(const leaf_info& l) { return {names.data() + l.path, std::size_t(l.path_length)}; }

  /// What output k is called: after the outermost layer that made it, or with its number if that is no name of it alone.
  static constexpr sentence<48> output_name(int k) {
    const std::string_view own = maker_of(k);
    bool alone = !own.empty();
    for (int i = 0; i < network<Net, List>::n_outputs; ++i) alone = alone && (i == k || maker_of(i) != own);
    sentence<48> s;
    if (alone) {
      s.put(own);
    } else {
      s.put("output_");
      s.put(k);
    }
    return s;
  }

private:
  static constexpr std::string_view maker_of(int output) {
    const graph_view g = traced::view();
    for (int i = 0; i < g.n_nodes; ++i) {
      if (g[i].op->kind != op_kind::assign) continue;
      if (g.leaves[g[g[i].aux].aux].space != first_io_space + network<Net, List>::n_inputs + output) continue;
      const std::string_view path = g.path(g[g.root(g.input(i, 0))]);
      return path.substr(0, path.find('/'));
    }
    return {};
  }
};

template <const auto& Net, class List> struct predict_step {
  using at_other_lengths = predict_step<Net, typename lengths_of<List>::other>;
  constexpr void operator()(builder& b) const {
    layout<Net, List>::use(b);
    give(b, network<Net, List>::call(b));
  }
};

/// Has a layout integers that live between runs? They are the optimizer's.
template <class Layout> constexpr bool has_integers() {
  for (int i = 0; i < Layout::n_leaves; ++i)
    if (Layout::leaves[std::size_t(i)].space == slot_space && is_whole(Layout::leaves[std::size_t(i)].type)) return true;
  return false;
}
/// Calls f(path, shape, address) for every variable of a layout in one space; the address is of its element type.
template <int Space, class Layout, class T, class F> void each_variable(T* base, F f) {
  for (int i = 0; i < Layout::n_leaves; ++i) {
    const leaf_info& l = Layout::leaves[std::size_t(i)];
    if (l.space != Space) continue;
    if constexpr (Space == slot_space && has_integers<Layout>()) {
      if (is_whole(l.type)) {
        f(Layout::name(l), l.shape, reinterpret_cast<whole_word<T>*>(base + l.offset));
        continue;
      }
    }
    f(Layout::name(l), l.shape, base + l.offset);
  }
}
/// Calls f for what random numbers depend on, as arrays of one integer.
template <class F> void each_counter(std::uint64_t& seed, std::uint64_t& step, F f) {
  f(std::string_view("training/seed"), dims{}, reinterpret_cast<std::int64_t*>(&seed));
  f(std::string_view("training/step"), dims{}, reinterpret_cast<std::int64_t*>(&step));
}
template <class Layout, class T> void initialize(int space, T* base, std::uint64_t seed) {
  for (int i = 0; i < Layout::n_leaves; ++i) {
    const leaf_info& l = Layout::leaves[std::size_t(i)];
    if (l.space == space) init::fill(l.init, l.fan_in, l.fan_out, base + l.offset, l.size, seed, l.hash);
  }
}

}  // namespace detail
}  // namespace tfx
