// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include <tfx/core/length.hpp>
#include <tfx/graph/var.hpp>

namespace tfx {

namespace detail {
template <int... Extent> struct bounded_input {
  using type = shape<>;
};
template <int Bound, int... Extent> struct bounded_input<Bound, Extent...> {
  static_assert(!is_length(Bound), "tfx: the first extent of an input is the largest batch; lengths stand behind it");
  using type = shape<-Bound, traced_extent(Extent)...>;
};
}  // namespace detail

/// An input of at most the first extent's rows: `input<64, 28, 28>`; `input<>` is one number. Of sequences that are not always
/// equally long: `input<64, up_to<200>, 32>`, all rows of one run having the same length.
template <int... Extent> struct input {
  using shape_type = typename detail::bounded_input<Extent...>::type;
  using value_type = real;
};
/// An input of integers, of at most the first extent's rows: `indices<64>` are 64 labels, `indices<32, 20>` texts of 20 words.
template <int... Extent> struct indices {
  using shape_type = typename detail::bounded_input<Extent...>::type;
  using value_type = std::int32_t;
};
/// An input of elements of type T, of at most the first extent's rows: `input_of<std::uint8_t, 64, 28, 28>` are images as they lie
/// in a file, `input_of<bool, 64, 20>` says which of 20 places are taken. Arrays of T are read where they are.
template <class T, int... Extent> struct input_of {
  using shape_type = typename detail::bounded_input<Extent...>::type;
  using value_type = typename as_traced<T>::type;
};
/// Pictures [batch, height, width, channels].
template <int... Extent> using image = input<Extent...>;

/// Several inputs of a network: `model<net, inputs<input<32, 5>, image<32, 8, 8, 1>>>`.
template <class... In> struct inputs {};

namespace detail {
/// One input, or several, as a list of them.
template <class In> struct listed {
  using type = inputs<In>;
};
template <class... In> struct listed<inputs<In...>> {
  using type = inputs<In...>;
};
template <class In> using list_of_inputs = typename listed<In>::type;
/// The lengths among the extents of an input, and the same input for a second trace, in which they are other ones.
template <class In> struct lengths_of {
  static constexpr int count = 0;
  using other = In;
  static constexpr void declare(builder&) {}
};
template <class Other, int... Extent> struct lengths_among {
  static constexpr int count = (0 + ... + int(is_length(Extent)));
  using other = Other;
  static constexpr void declare(builder& b) { ((is_length(Extent) ? b.add_length(length_of(Extent)) : void()), ...); }
};
template <int... Extent> struct lengths_of<input<Extent...>> : lengths_among<input<other_length(Extent)...>, Extent...> {};
template <int... Extent> struct lengths_of<indices<Extent...>> : lengths_among<indices<other_length(Extent)...>, Extent...> {};
template <class T, int... Extent> struct lengths_of<input_of<T, Extent...>> : lengths_among<input_of<T, other_length(Extent)...>, Extent...> {};
template <class... In> struct lengths_of<inputs<In...>> {
  static constexpr int count = (0 + ... + lengths_of<In>::count);
  using other = inputs<typename lengths_of<In>::other...>;
};

/// An input as traced code sees it.
template <class In> using var_of = var<typename In::shape_type, typename In::value_type>;
}  // namespace detail

}  // namespace tfx
