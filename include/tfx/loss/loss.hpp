// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string_view>

#include <tfx/graph/calls.hpp>
#include <tfx/graph/step_mask.hpp>
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
///     handle counted(Output, Target) const         a mask like `each`: what else counts as nothing; empty: nothing
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

namespace detail {
/// What is in both of two masks, of which one may be empty.
constexpr handle both_masks(handle a, handle b) { return a.empty() ? b : where(as_type(a, dtype::real_type), as_type(b, dtype::real_type), 0); }

/// `mask`: what is there of `each`, with as many axes, or empty for all.
template <class... W> constexpr var<shape<>> mean_present(handle each, handle mask, W... weight) {
  [[maybe_unused]] const auto take = [&](handle w, bool is_mask) {
    w = spread_over(w, each.shape().rank);
    if (is_mask) mask = both_masks(mask, as_type(w, dtype::real_type));
    else each = each * w;
  };
  (take(untyped(weight), std::same_as<typename W::value_type, bool>), ...);
  const unsigned all = all_axes(each.shape());
  if (mask.empty()) return {reshape(mean_axes(each, all), dims{})};
  const handle here = expand(as_type(mask, dtype::real_type), each.shape());
  const handle sum = sum_axes(where(here, each, 0), all), count = sum_axes(here, all);
  return {reshape(sum / maximum(count, 1), dims{})};
}
}  // namespace detail

/// The mean over all that is there of `each`, [batch, ...]. Weights, numbers, [batch] or longer, are factors: the mean divides by
/// the number of examples, not by the sum of weights. A mask, bool, says what is there: the rest counts as nothing, whatever it
/// is, and the mean divides by what is left; 0 if that is nothing.
template <class... W> constexpr var<shape<>> mean_of_examples(handle each, W... weight) { return detail::mean_present(each, {}, weight...); }

/// A loss as a function of output and target, and of weights and a mask where there are some: one number. Without a mask that of
/// the output's steps counts, if it has one (`step_mask`).
template <class L, class Y, class Target, class... Weight> constexpr var<shape<>> mean_loss(const L& loss, Y y, Target t, Weight... weight) {
  const call_mark here(*y.h.graph, label_of<L>, {y.h, t.h, weight.h...});
  const handle each = detail::losses_of_examples(loss, y, t);
  handle mask{};
  if constexpr (requires { loss.counted(y, t); }) mask = loss.counted(y, t);
  if constexpr (Y::dim.rank > 2 && !(false || ... || std::same_as<typename Weight::value_type, bool>)) {
    const dims found = each.shape();
    if (const handle steps = step_mask(y.h); !steps.empty() && found.rank > 1 && found.extent[1] == Y::dim.extent[1])
      mask = detail::both_masks(mask, detail::spread_over(steps, found.rank));
  }
  return here.gives(detail::mean_present(each, mask, weight...));
}

}  // namespace tfx
