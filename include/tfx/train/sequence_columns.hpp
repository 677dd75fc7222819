// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/train/inputs.hpp>

/// Which columns of a batch are sequences: inputs with a length, and targets that follow it.
namespace tfx::detail {

template <class In> struct extents_of {
  static constexpr int count = 0, value[1] = {0};
};
template <int... Extent> struct extents_listed {
  static constexpr int count = int(sizeof...(Extent)), value[sizeof...(Extent) + 1] = {Extent..., 0};
};
template <int... Extent> struct extents_of<input<Extent...>> : extents_listed<Extent...> {};
template <int... Extent> struct extents_of<indices<Extent...>> : extents_listed<Extent...> {};
template <class T, int... Extent> struct extents_of<input_of<T, Extent...>> : extents_listed<Extent...> {};

/// The lengths of a network's inputs, in the order in which these name them.
template <class List> struct lengths_named;
template <class... In> struct lengths_named<inputs<In...>> {
  struct table {
    length_info row[max_lengths]{};
    int count = 0;
  };
  static constexpr table all = [] {
    table t;
    const auto add = [&](const int* extent, int n) {
      for (int i = 0; i < n; ++i) {
        if (!is_length(extent[i])) continue;
        const length_info l = length_of(extent[i]);
        bool known = false;
        for (int k = 0; k < t.count; ++k) known = known || (t.row[k].bound == l.bound && t.row[k].which == l.which);
        if (!known && t.count < max_lengths) t.row[t.count++] = l;
      }
    };
    (add(extents_of<In>::value, extents_of<In>::count), ...);
    return t;
  }();
};

/// A column whose examples have as many steps as they have.
struct sequence_column {
  int column = 0;
  int which = -1;                        ///< of the lengths; -1: the examples have one size, -2: several lengths
  int step = 1, bound = 0;               ///< numbers of a step, most steps
  std::size_t bytes = 0;                 ///< of a number
  constexpr std::size_t room() const { return std::size_t(bound) * std::size_t(step); }
};
/// Of a batched value: the one extent that is a length.
template <class List> constexpr sequence_column sequence_in(const dims& batched) {
  sequence_column c;
  for (int axis = 1; axis < batched.rank; ++axis) {
    int length = -1;
    for (int k = 0; k < lengths_named<List>::all.count; ++k)
      if (lengths_named<List>::all.row[k].traced == batched.extent[axis]) length = k;
    if (length < 0) {
      c.step *= batched.extent[axis];
    } else {
      c.bound = lengths_named<List>::all.row[length].bound;
      c.which = c.which == -1 ? length : -2;
    }
  }
  return c;
}

}  // namespace tfx::detail
