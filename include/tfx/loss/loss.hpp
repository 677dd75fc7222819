// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string_view>

#include <tfx/graph/calls.hpp>
#include <tfx/ops/arithmetic.hpp>
#include <tfx/ops/reduce.hpp>
#include <tfx/ops/reshape.hpp>

/// What a loss is: `each(output, target)`, one number per example, [batch], or several that are averaged, [batch, ...]. It is
/// weighted, masked and averaged in one place, here.
///
///     struct absolute_error {
///       constexpr auto each(auto y, auto t) const { return abs(y - t); }
///     };
///
/// A plain function of output and target does as well. A loss may also have
///
///     template <class Output> using target = ...   the targets of an output of this shape; left out: numbers like the output
///     static constexpr bool class_numbers          are they numbers of classes?
namespace tfx {

namespace detail {

template <class L, class Y, class Target> concept has_each = requires(const L& loss, Y y, Target t) { untyped(loss.each(y, t)); };
template <class L, class Y, class Target> concept is_loss_function = requires(const L& loss, Y y, Target t) { untyped(loss(y, t)); };
}  // namespace detail

/// What a recipe takes as the loss of an output and its targets.
template <class L, class Output, class Target> concept loss_for = detail::has_each<L, Output, Target> || detail::is_loss_function<L, Output, Target>;

namespace detail {

template <class L, class Output> struct target_of {
  using type = var<Output>;
};
template <class L, class Output> requires requires { typename L::template target<Output>; }
struct target_of<L, Output> {
  using type = typename L::template target<Output>;
};
template <class L> constexpr bool takes_classes() {
  if constexpr (requires { { L::class_numbers } -> std::convertible_to<bool>; }) return L::class_numbers;
  else return false;
}

/// Of a loss: [batch, ...].
template <class L, class Y, class Target> constexpr handle losses_of_examples(const L& loss, Y y, Target t) {
  builder& g = *y.h.graph;
  if constexpr (has_each<L, Y, Target>) {
    return untyped(loss.each(y, t));
  } else if constexpr (is_loss_function<L, Y, Target>) {
    const handle each = untyped(loss(y, t));
    const dims found = each.shape();
    if (found.rank > 0 && found.extent[0] == Y::dim.extent[0] && found.bounded == Y::dim.bounded) return each;
    g.complain("loss ", label_of<L>, " gives ", found, "; a loss gives one number per example, [batch] or [batch, ...]");
  } else {
    g.complain("loss ", label_of<L>, " cannot be called with an output ", Y::dim, " and a target ", Target::dim);
  }
  return g.constant(0);
}

/// Axes of 1 behind those that are there.
constexpr handle spread_over(handle x, int rank) {
  dims d = x.shape();
  while (d.rank < rank) d.extent[d.rank++] = 1;
  return reshape(x, d);
}

}  // namespace detail

/// The mean over all that is there of `each`, [batch, ...]. Weights, numbers, [batch] or longer, are factors: the mean divides by
/// the number of examples, not by the sum of weights. A mask, bool, says what is there: the rest counts as nothing, whatever it
/// is, and the mean divides by what is left; 0 if that is nothing.
constexpr var<shape<>> mean_of_examples(handle each) {
  return {reshape(detail::mean_axes(each, detail::all_axes(each.shape())), dims{})};
}
template <class W, class... More> constexpr var<shape<>> mean_of_examples(handle each, W weight, More... more) {
  const handle w = detail::spread_over(untyped(weight), each.shape().rank);
  if constexpr (std::same_as<typename W::value_type, bool>) {
    static_assert(sizeof...(More) == 0, "tfx: the mask is the last argument of a loss");
    const unsigned all = detail::all_axes(each.shape());
    const handle here = expand(as_type(w, dtype::real_type), each.shape());
    const handle sum = sum_axes(where(here, each, 0), all), count = sum_axes(here, all);
    return {reshape(sum / maximum(count, 1), dims{})};
  } else {
    return mean_of_examples(each * w, more...);
  }
}

/// A loss as a function of output and target, and of weights and a mask where there are some: one number.
template <class L, class Y, class Target, class... Weight> constexpr var<shape<>> mean_loss(const L& loss, Y y, Target t, Weight... weight) {
  const call_mark here(*y.h.graph, label_of<L>, {y.h, t.h, weight.h...});
  return here.gives(mean_of_examples(detail::losses_of_examples(loss, y, t), weight...));
}

}  // namespace tfx
