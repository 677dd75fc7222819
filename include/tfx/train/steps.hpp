// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/plan.hpp>
#include <tfx/nn/layer.hpp>
#include <tfx/optim/minimize.hpp>
#include <tfx/train/recipe.hpp>

namespace tfx {

/// The seed of everything random in a model or program.
struct seed {
  std::uint64_t value = 0;
};

namespace detail {
template <class T, int... Extent> struct bounded_input {
  using type = shape<>;
};
template <class T, int Bound, int... Extent> struct bounded_input<T, Bound, Extent...> {
  using type = shape<-Bound, Extent...>;
};
}  // namespace detail

/// An input of at most the first extent's rows: `input<64, 28, 28>`; `input<>` is one number.
template <int... Extent> struct input {
  using shape_type = typename detail::bounded_input<real, Extent...>::type;
  using value_type = real;
};
/// An input of integers, of at most the first extent's rows: `indices<64>` are 64 labels.
template <int... Extent> struct indices {
  using shape_type = typename detail::bounded_input<std::int32_t, Extent...>::type;
  using value_type = std::int32_t;
};

/// An input of elements of type T, of at most the first extent's rows: `input_of<std::uint8_t, 64, 28, 28>` are images as they lie
/// in a file. Arrays of T are read where they are.
template <class T, int... Extent> struct input_of {
  using shape_type = typename detail::bounded_input<T, Extent...>::type;
  using value_type = std::conditional_t<std::is_floating_point_v<T>, real, T>;
};

/// Several results of a step.
template <class... V> struct outputs_of {
  handle value[sizeof...(V)];
};
template <typed_handle... V> constexpr outputs_of<V...> outputs(V... v) { return {{v.h...}}; }

namespace detail {

/// A user's callable as a step: its inputs in order, then its outputs.
template <const auto& Step, class... Input> struct user_step {
  template <std::size_t... I> static constexpr auto call(builder& b, std::index_sequence<I...>) {
    b.training = true;
    handle in[sizeof...(Input) + 1] = {b.add_input(Input::shape_type::value, dtype_of<typename Input::value_type>, "input")..., handle{}};
    return Step(var<typename Input::shape_type, typename Input::value_type>{in[I]}...);
  }
  constexpr void operator()(builder& b) const { give(b, call(b, std::index_sequence_for<Input...>{})); }

private:
  template <class... V> static constexpr void give(builder& b, outputs_of<V...> o) {
    const dtype types[] = {dtype_of<typename V::value_type>...};
    for (std::size_t k = 0; k < sizeof...(V); ++k) b.add_output(as_type(o.value[k], types[k]));
  }
  template <class S, class T> static constexpr void give(builder& b, var<S, T> v) { b.add_output(as_type(v.h, dtype_of<T>)); }
};

}  // namespace detail

// ---- the steps of a model: several traces over one layout of parameters and state

namespace detail {

template <const auto& Net> struct network {
  template <class In> static constexpr auto call(var<In> x) { return call_layer(Net, x); }
};

/// Collects what a network needs, in training mode: that is where everything is made.
template <const auto& Net, class In> struct collecting_step {
  constexpr void operator()(builder& b) const {
    b.training = true;
    const auto y = call_layer(Net, var<In>{b.add_input(In::value, dtype::real_type, "x")});
    b.add_output(as_type(unrounded(y.h), dtype::real_type));
  }
};

/// path -> space, offset, initialiser: the one storage that all programs of a model share.
template <const auto& Net, class In> struct layout {
  using asked = collecting_step<Net, In>;
  static constexpr bool right = verdict<asked>::right;
  using traced = traced_step<std::conditional_t<right, asked, empty_step>>;
  using output = decltype(call_layer(Net, std::declval<var<In>>()));
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
};

template <const auto& Net, class In> struct predict_step {
  constexpr void operator()(builder& b) const {
    layout<Net, In>::use(b);
    b.add_output(as_type(unrounded(call_layer(Net, var<In>{b.add_input(In::value, dtype::real_type, "x")}).h), dtype::real_type));
  }
};

/// Loss and metrics, and when training also gradients and updates. Outputs: loss, then the metrics.
template <const auto& Net, class In, const auto& Recipe, bool Train> struct recipe_step {
  constexpr void operator()(builder& b) const {
    using Loss = std::remove_cvref_t<decltype(Recipe.loss)>;
    if constexpr (loss_function<Loss>) record<Loss>(b);
    else complain_loss<Loss>(b);
  }

private:
  template <loss_function Loss> static constexpr void record(builder& b) {
    using Target = typename Loss::template target<typename layout<Net, In>::output::shape_type>;
    layout<Net, In>::use(b);
    b.training = Train;
    const var<In> x{b.add_input(In::value, dtype::real_type, "x")};
    const Target t{b.add_input(Target::dim, dtype_of<typename Target::value_type>, "target")};
    auto y = call_layer(Net, x);
    y.h = unrounded(y.h);
    const auto loss = Recipe.loss(y, t);
    if constexpr (!std::same_as<decltype(loss), const var<shape<>>>) {
      b.complain("recipe: the loss ", label_of<Loss>, " gives ", loss.dim, ", one number is wanted");
    } else {
      b.add_output(loss.h);
      Recipe.add_metrics(y, t);
      if constexpr (Train) {
        b.arena_limit = Recipe.arena_limit;
        minimize(loss, Recipe.optimizer);
      }
    }
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
