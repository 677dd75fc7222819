// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/loss/loss.hpp>
#include <tfx/ops/activation.hpp>
#include <tfx/ops/control_flow.hpp>
#include <tfx/ops/slice.hpp>
#include <tfx/ops/softmax.hpp>
#include <tfx/ops/sort.hpp>

namespace tfx::loss {

/// Minus the log of the probability that the outputs spell the labels, summed over all ways in which they can: each step says one
/// class, the same class said again goes on with a label, and the blank between them says nothing. Mean over the batch.
///
///     recipe(loss::ctc<20>{}, optim::adam{})      // at most 20 labels of an example
///
/// Shape      logits: [batch, T, C], labels: [batch, Labels] integers  ->  []
/// Lengths    labels end with the first that is the blank or negative; steps are those of the logits' mask (`masked`, `up_to`)
/// Options    blank: its class
/// Gradient   through the recursion over steps, as everything
/// Numerics   logarithms throughout; infinite where there are too few steps for the labels, NaN for a label that is no class
/// Cost       T * Labels per example
/// Source     Graves et al. 2006, equations 6 to 8; Keras and PyTorch, whose blank is 0 too
template <int Labels> struct ctc {
  static constexpr std::string_view name = "ctc";
  static constexpr bool class_numbers = true;
  int blank = 0;

private:
  static constexpr double never = -1e30;   ///< the log of what cannot happen, and still a number

  template <class L, int Columns> struct columns_of {
    static constexpr dims value{2, {L::value.rank ? L::value.extent[0] : 1, Columns}, L::value.bounded};
  };
  template <class L> struct per_example {
    static constexpr dims value{1, {L::value.rank ? L::value.extent[0] : 1}, L::value.bounded};
  };
  template <class L, int Columns> struct columns_of_steps {
    static constexpr dims value{3, {L::value.extent[0], L::value.extent[1], Columns}, L::value.bounded};
  };
  /// The log of a sum; `never` and less stay `never`.
  static constexpr handle either(handle a, handle b) {
    const handle most = stop_gradient(maximum(a, b));
    return most + log(exp(a - most) + exp(b - most));
  }
  /// x moved one column to the right, with `first` in the first.
  static constexpr handle moved(handle x, double first) {
    tfx::detail::box corner, begin;
    corner.begin[x.shape().rank - 1] = 1;
    dims wider = x.shape();
    ++wider.extent[wider.rank - 1];
    return slice_box(pad_box(x, corner, wider, first), begin, x.shape());
  }

public:
  template <class Logits> using target = var<to_shape<columns_of<Logits, Labels>>, std::int32_t>;

  template <class L, class T, class S, class U> constexpr auto each(var<L, T> logits, var<S, U> labels) const {
    using Each = var<to_shape<per_example<L>>>;
    builder& g = *logits.h.graph;
    if constexpr (L::value.rank != 3 || is_floating(dtype_of<U>) || !(S::value == columns_of<L, Labels>::value)) {
      g.complain(name, "<", Labels, "> expects logits [batch, steps, classes] and labels [batch, ", Labels, "], got ", L::value, " and ",
                 is_floating(dtype_of<U>) ? "floating point " : "integers ", S::value);
      return Each{expand(g.constant(0), Each::dim)};
    } else {
      using Own = columns_of_steps<L, Labels>;
      using Places = var<to_shape<columns_of<L, Labels + 1>>>;   // column j: before label j for blanks, and label j - 1
      constexpr int steps = L::value.extent[1], classes = L::value.extent[2];
      const call_mark here(g, name, {logits.h, labels.h}, {{"blank", blank}});
      tfx::detail::expect_logits(logits.h, name);

      const handle log_q = maximum(tfx::detail::log_softmax_axes(logits.h, 1u << 2), never);
      const handle l = labels.h, is_label = where(tfx::detail::map_node<equal_op>(l, g.constant(blank)), 0, where(l < 0, 0, 1));
      const handle spelled = where(is_label, l, blank);
      dims once = Own::value, one = Own::value;
      once.extent[1] = one.extent[2] = 1;
      const handle places = pin(expand(reshape(spelled, once), Own::value), Own::value);
      const handle own = tfx::detail::along_rows<take_along_rows_op>(Own::value, pin(log_q, L::value), places);
      tfx::detail::box at_blank;
      at_blank.begin[2] = blank < 0 || blank >= classes ? 0 : blank;
      if (blank < 0 || blank >= classes) g.complain(name, ": the blank, ", blank, ", is none of ", classes, " classes");
      const handle silent = slice_box(log_q, at_blank, one);
      // A label that is said twice has a blank in between.
      const handle before = moved(spelled, -1);
      const handle skips = moved_in(where(tfx::detail::map_node<equal_op>(spelled, before), 0, 1));
      const handle present = step_mask(logits.h);

      const auto rows_of = [&]<int Columns>(handle x, std::integral_constant<int, Columns>) {
        return time_first(var<to_shape<columns_of_steps<L, Columns>>>{as_type(x, dtype::real_type)});
      };
      const auto body = [&](auto carry, auto now) {
        const handle blanks = carry.template get<0>().h, said = carry.template get<1>().h;
        const handle after = moved(blanks, never), jumped = where(skips, moved(said, never), never);
        handle next_blanks = maximum(now.template get<1>().h + either(blanks, said), never);
        handle next_said = maximum(moved_in(now.template get<0>().h) + either(either(said, after), jumped), never);
        if (!present.empty()) {
          const handle there = now.template get<2>().h;
          next_blanks = where(there, next_blanks, blanks);
          next_said = where(there, next_said, said);
        }
        const bundle<Places, Places> next(Places{next_blanks}, Places{next_said});
        return std::pair{next, Places{next_blanks}};
      };
      const handle column = column_index(g, Places::dim), nowhere = expand(g.constant(never), Places::dim);
      const bundle<Places, Places> first(Places{where(column > 0, never, expand(g.constant(0), Places::dim))}, Places{nowhere});
      const handle there = present.empty() ? expand(g.constant(1), one) : reshape(present, one);
      const auto last = scan(body, first,
                             bundle(rows_of(own, std::integral_constant<int, Labels>{}), rows_of(silent, std::integral_constant<int, 1>{}),
                                    rows_of(there, std::integral_constant<int, 1>{}))).first;

      static_assert(steps > 0);
      const handle length = sum_axes(as_type(is_label, dtype::real_type), 1u << 1);
      const handle hit = tfx::detail::map_node<equal_op>(column, length);
      const handle likely = sum_axes(where(hit, either(last.template get<0>().h, last.template get<1>().h), 0), 1u << 1);
      return here.gives(Each{reshape(where(likely < 0.5 * never, __builtin_huge_val(), -likely), Each::dim)});
    }
  }
  constexpr auto operator()(auto logits, auto labels, auto... weight) const { return mean_loss(*this, logits, labels, weight...); }

private:
  /// [batch, Labels] behind a first column that is nothing.
  static constexpr handle moved_in(handle x) {
    tfx::detail::box corner;
    corner.begin[x.shape().rank - 1] = 1;
    dims wider = x.shape();
    ++wider.extent[wider.rank - 1];
    return pad_box(x, corner, wider, 0);
  }
};

}  // namespace tfx::loss
