// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/optim/minimize.hpp>
#include <tfx/train/layout.hpp>
#include <tfx/train/recipe.hpp>
#include <tfx/train/values.hpp>

/// What is traced: a step of one's own, and what a model does under a recipe.
namespace tfx::detail {

/// A user's callable as a step: its inputs in order, then its outputs.
template <const auto& Step, bool Training, class... Input> struct step_in_mode {
  using at_other_lengths = step_in_mode<Step, Training, typename lengths_of<Input>::other...>;
  template <std::size_t... I> static constexpr auto call(builder& b, std::index_sequence<I...>) {
    b.training = Training;
    (lengths_of<Input>::declare(b), ...);
    handle in[sizeof...(Input) + 1] = {b.add_input(Input::shape_type::value, dtype_of<typename Input::value_type>, "input")..., handle{}};
    return Step(var_of<Input>{in[I]}...);
  }
  constexpr void operator()(builder& b) const {
    if constexpr (!constant_object<Step>) b.complain("the step is not constexpr; write: inline constexpr auto step = ...");
    else run(b);
  }

private:
  static constexpr void run(builder& b) {
    const auto y = call(b, std::index_sequence_for<Input...>{});
    using given = outputs_given_by<std::remove_cv_t<decltype(y)>>;
    if constexpr (given::right) give(b, typename given::type(y));
    else b.complain("step ", label_of<std::remove_cvref_t<decltype(Step)>>, " gives neither a traced value nor outputs(a, b, ...)");
  }
};

/// In training mode, unless it minimises nothing.
template <const auto& Step, class... Input> struct chosen_mode {
  using trained = step_in_mode<Step, true, Input...>;
  using type = std::conditional_t<traced_step<trained>::size.evaluates, step_in_mode<Step, false, Input...>, trained>;
};
template <const auto& Step, class... Input> using user_step = typename chosen_mode<Step, Input...>::type;

/// The loss of output K under a recipe, without its factor; and the targets that it is compared with.
template <class Recipe, int K> using loss_of = unscaled_loss<typename std::remove_cvref_t<decltype(std::declval<Recipe>().loss)>::template loss_type<K>>;
template <class Network, class Recipe, int K> using target_of_output =
    typename target_of<loss_of<Recipe, K>, typename Network::template output<K>::shape_type>::type;

/// In the optimizer's memory: what observers scale learning rates by.
inline constexpr std::string_view rate_factor_name = "training/rate_factor";

/// Losses and metrics, and when training also gradients and updates. Inputs: the network's, a target for each output, and a
/// weight for each example if `Weighted`. Outputs: what `recipe_values` lists.
template <const auto& Net, class List, const auto& Recipe, bool Train, bool Weighted = false> struct recipe_step {
  using net = network<Net, List>;
  using recipe_type = std::remove_cvref_t<decltype(Recipe)>;
  using at_other_lengths = recipe_step<Net, typename lengths_of<List>::other, Recipe, Train, Weighted>;

  constexpr void operator()(builder& b) const {
    constexpr int losses = recipe_type::n_losses, outputs = net::n_outputs, watched = outputs_watched(Recipe.metric);
    if constexpr (!constant_object<Recipe>)
      b.complain("the recipe is not constexpr; write: inline constexpr auto training = recipe(...)");
    else if constexpr (losses != outputs)
      b.complain("recipe: ", losses, losses == 1 ? " loss" : " losses", ", but the network has ", outputs, outputs == 1 ? " output" : " outputs, one loss each: losses(a, b, ...)");
    else if constexpr (watched > outputs)
      b.complain("recipe: metrics of ", watched, " outputs, but the network has ", outputs);
    else
      record(b, std::make_index_sequence<std::size_t(outputs)>{});
  }

private:
  template <int K> using target = target_of_output<net, recipe_type, K>;
  template <int K> static constexpr target<K> add_target(builder& b) {
    return {b.add_input(target<K>::dim, dtype_of<typename target<K>::value_type>, "target")};
  }

  template <std::size_t... K> static constexpr void record(builder& b, std::index_sequence<K...>) {
    layout<Net, List>::use(b);
    b.training = Train;
    const auto y = net::call(b);
    const bundle<target<int(K)>...> t{add_target<int(K)>(b)...};
    using weight_shape = shape<net::input_dims[0].bounded ? -net::batch : net::batch>;
    var<weight_shape> weight{};
    if constexpr (Weighted) weight.h = b.add_input(weight_shape::value, dtype::real_type, "weight");

    handle total{}, own[sizeof...(K)] = {};
    const auto add = [&]<std::size_t Output>(std::integral_constant<std::size_t, Output>) {
      const auto& loss = Recipe.loss.losses.template get<Output>();
      const double factor = factor_of(loss);
      const auto out = y.template get<Output>();
      const auto wanted = t.template get<Output>();
      if constexpr (Weighted) own[Output] = mean_loss(unscaled(loss), out, wanted, weight).h;
      else own[Output] = mean_loss(unscaled(loss), out, wanted).h;
      const handle part = factor == 1 ? own[Output] : factor * own[Output];
      total = total.empty() ? part : total + part;
    };
    (add(std::integral_constant<std::size_t, K>{}), ...);
    add_penalties(b, Recipe.loss.penalties, total);

    b.add_output(total);
    if (sizeof...(K) > 1)
      for (const handle one : own) b.add_output(one);
    each_metric(Recipe.metric, [&](auto k, const auto& m) {
      using M = std::remove_cvref_t<decltype(bare(m))>;
      if constexpr (Weighted && takes_weights<M>) add_metric(b, bare(m), y.template get<k.value>(), t.template get<k.value>(), weight);
      else add_metric(b, bare(m), y.template get<k.value>(), t.template get<k.value>());
    });
    if constexpr (Train) {
      b.arena_limit = Recipe.arena_limit;
      b.rate_factor = b.leaf(slot_space, dims{}, dtype::real_type, rate_factor_name, init::ones{}, true);
      minimize(var<shape<>>{total}, Recipe.optimizer);
    }
  }
  template <class... Penalty> static constexpr void add_penalties(builder& b, const bundle<Penalty...>& all, handle& total) {
    [&]<std::size_t... I>(std::index_sequence<I...>) { ((total = total + penalty_in(b, all.template get<I>())), ...); }(std::index_sequence_for<Penalty...>{});
  }
  /// [batch, steps] of a sequence.
  template <class Y> struct steps_of {
    static constexpr dims value{2, {Y::dim.extent[0], Y::dim.extent[1]}, Y::dim.bounded};
  };
  template <class M, class Y, class Target, class... Weight> static constexpr void add_metric(builder& b, const M& metric, Y y, Target t, Weight... weight) {
    const call_mark here(b, name_of_metric(metric), {y.h, t.h, weight.h...});
    if constexpr (counting_metric<M, Y, Target>) {
      if constexpr (Y::dim.rank > 2) {
        // Steps that are not there weigh nothing, as in the loss.
        using mask = var<to_shape<steps_of<Y>>>;
        if constexpr (requires(mask m) { metric.count(y, t, weight..., m); })
          if (const handle there = step_mask(y.h); !there.empty()) return add_counts<M>(b, here.gives(metric.count(y, t, weight..., mask{as_type(there, dtype::real_type)})));
      }
      add_counts<M>(b, here.gives(metric.count(y, t, weight...)));
    }
    else if constexpr (mean_metric<M, Y, Target>) b.add_output(here.gives(metric(y, t)).h);
    else b.complain("recipe: the metric ", name_of_metric(metric), " gives no number of ", Y::dim, " and ", Target::dim);
  }
  template <class M, class... C> static constexpr void add_counts(builder& b, const bundle<C...>& all) {
    int n = 0;
    each_result(all, [&](int, auto c) {
      n += untyped(c).shape().size();
      b.add_output(as_type(untyped(c), dtype::real_type));
    });
    if (n != M::counts) b.complain("recipe: the metric ", label_of<M>, " says that it has ", int(M::counts), " counts, and gives ", n);
  }
  template <class M, traced C> static constexpr void add_counts(builder& b, C c) { add_counts<M>(b, bundle<C>(c)); }
};

/// What a recipe shows: the loss, those of the outputs where there are several, then metrics.
template <const auto& Recipe> struct recipe_values {
  static constexpr int n_losses = std::remove_cvref_t<decltype(Recipe)>::n_losses;
  static constexpr int first_metric = n_losses > 1 ? 1 + n_losses : 1;
  static constexpr int count = [] {
    int n = first_metric;
    each_metric(Recipe.metric, [&](auto, const auto&) { ++n; });
    return n;
  }();
  struct table {
    value_info row[count];
    int elements = 0;
  };
  static constexpr table all = [] {
    table t;
    int n = 0;
    const auto add = [&](value_info v) {
      v.first = t.elements;
      t.elements += v.size;
      t.row[n++] = v;
    };
    add({-1, "loss"});
    for (int k = 0; n_losses > 1 && k < n_losses; ++k) add({k, "loss"});
    each_metric(Recipe.metric, [&](auto k, const auto& m) {
      using M = std::remove_cvref_t<decltype(bare(m))>;
      if constexpr (requires { M::counts; }) add({int(k), name_of_metric(m), 0, M::counts, &bare(m), &finish_counts<M>});
      else add({int(k), name_of_metric(m)});
    });
    return t;
  }();
  static_assert([] {
    for (int i = 0; i < count; ++i)
      for (int k = 0; k < i; ++k)
        if (all.row[i].output == all.row[k].output && all.row[i].name == all.row[k].name) return false;
    return true;
  }(), "tfx::recipe: two metrics of one output have the same name; metric::named(\"...\", m) gives one another");
};

/// Their names: what is of one output of several is called after it.
template <const auto& Net, class List, const auto& Recipe> struct value_names {
  using values = recipe_values<Recipe>;
  struct table {
    sentence<80> name[values::count];
  };
  static constexpr table all = [] {
    table t;
    for (int i = 0; i < values::count; ++i) {
      const value_info& v = values::all.row[i];
      if (v.output >= 0 && values::n_losses > 1) {
        t.name[i].put(layout<Net, List>::output_name(v.output));
        t.name[i].put('_');
      }
      t.name[i].put(v.name);
    }
    return t;
  }();
  template <std::size_t... I> static constexpr auto views(std::index_sequence<I...>) {
    return std::array<std::string_view, sizeof...(I)>{std::string_view(all.name[I])...};
  }
  static constexpr auto names = views(std::make_index_sequence<std::size_t(values::count)>{});
};

}  // namespace tfx::detail
