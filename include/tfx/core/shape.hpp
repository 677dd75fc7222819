// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <initializer_list>
#include <utility>

namespace tfx {

inline constexpr int max_rank = 6;

/// The extents of a tensor as a value: what `shape<...>::value` is, and what the graph computes with.
///
/// Row-major throughout. `bounded` says that the leading extent is an upper bound: the number of rows present is known
/// when a program runs. Every shape is also a matrix: `cols()` is the last extent and `rows()` the product of the others; a
/// vector is one row, a bounded vector one column (its extent counts rows of the batch).
///
/// No member has an initialiser (a scalar is `dims{}`): in constant evaluation, tables of such elements cost nothing until they
/// are written.
struct dims {
  int rank;
  int extent[max_rank];
  bool bounded;

  /// Written out: extents behind the rank are 0, and a defaulted comparison costs the compiler ten times as much.
  constexpr bool operator==(const dims& other) const {
    if (rank != other.rank || bounded != other.bounded) return false;
    for (int i = 0; i < rank; ++i)
      if (extent[i] != other.extent[i]) return false;
    return true;
  }
  constexpr int operator[](int axis) const { return extent[axis]; }
  constexpr int size() const {
    int n = 1;
    for (int i = 0; i < rank; ++i) n *= extent[i];
    return n;
  }
  constexpr int cols() const { return rank == 0 || (rank == 1 && bounded) ? 1 : extent[rank - 1]; }
  constexpr int rows() const {
    if (rank == 1 && bounded) return extent[0];
    int n = 1;
    for (int i = 0; i + 1 < rank; ++i) n *= extent[i];
    return n;
  }
};

/// Two shapes with the same extents, whether or not the leading one is only a bound.
constexpr bool same_extents(dims a, dims b) {
  a.bounded = b.bounded = false;
  return a == b;
}

namespace detail {
/// What a shape can't be made of.
enum class extent_fault { none, axes, not_positive, elements };

constexpr extent_fault fault_of(std::initializer_list<int> written) {
  if (written.size() > std::size_t(max_rank)) return extent_fault::axes;
  long long elements = 1;
  for (const int& given : written) {
    const long long extent = &given == written.begin() && given < 0 ? -static_cast<long long>(given) : given;
    if (extent < 1) return extent_fault::not_positive;
    elements *= extent;
    if (elements > 2147483647) return extent_fault::elements;
  }
  return extent_fault::none;
}
/// Says what is wrong: in a class of its own, so that the shape stays one and nothing follows from it.
template <extent_fault Fault> struct extents_told {
  static_assert(Fault != extent_fault::axes, "tfx: a tensor has at most six axes");
  static_assert(Fault != extent_fault::not_positive,
                "tfx: every extent of a tensor is at least 1; a negative one is a bound on the batch, and comes first");
  static_assert(Fault != extent_fault::elements, "tfx: a tensor has at most 2^31 - 1 elements");
};
/// Extents as they are written: a negative leading one is a bound. What is at fault becomes 1.
constexpr dims as_written(std::initializer_list<int> written, extent_fault fault) {
  const bool usable = fault == extent_fault::none || fault == extent_fault::not_positive;
  dims d{};
  for (const int given : written) {
    if (d.rank == max_rank) break;
    const bool is_bound = d.rank == 0 && given < 0;
    d.extent[d.rank++] = usable && (given > 0 || is_bound) ? (is_bound ? -given : given) : 1;
  }
  d.bounded = written.size() > 0 && *written.begin() < 0;
  return d;
}
}  // namespace detail

/// The extents of a tensor as a type. A negative leading extent means "at most that many": `shape<-64, 784>`.
template <int... Extent> struct shape {
  static constexpr detail::extent_fault fault = detail::fault_of({Extent...});
  enum : std::size_t { told = sizeof(detail::extents_told<fault>) };
  static constexpr dims value = detail::as_written({Extent...}, fault);
};

namespace detail {
template <class Holder, class = std::make_index_sequence<std::size_t(Holder::value.rank)>> struct shape_of_value;
template <class Holder, std::size_t... I> struct shape_of_value<Holder, std::index_sequence<I...>> {
  using type = shape<(I == 0 && Holder::value.bounded ? -Holder::value.extent[I] : Holder::value.extent[I])...>;
};
}  // namespace detail

/// The type for a computed `dims`: `Holder::value` is a static constexpr `dims`.
template <class Holder> using to_shape = typename detail::shape_of_value<Holder>::type;

template <class S> inline constexpr bool is_shape = false;
template <int... Extent> inline constexpr bool is_shape<shape<Extent...>> = true;
template <class S> concept static_shape = is_shape<S>;

/// If the leading axis of a is the batch: does it stay the leading one beside b, and meet the batch or one row there?
constexpr bool keeps_batch(const dims& a, const dims& b) {
  if (!a.bounded || b.rank < a.rank) return true;
  return b.rank == a.rank && (b.bounded ? a.extent[0] == b.extent[0] : b.extent[0] == 1);
}

/// NumPy's rule: aligned at the last axis, extents are equal or one of them is 1. The batch stays the leading axis.
constexpr bool broadcasts(const dims& a, const dims& b) {
  if (!keeps_batch(a, b) || !keeps_batch(b, a)) return false;
  const int shared = a.rank < b.rank ? a.rank : b.rank;
  for (int i = 1; i <= shared; ++i) {
    const int x = a.extent[a.rank - i], y = b.extent[b.rank - i];
    if (x != y && x != 1 && y != 1) return false;
  }
  return true;
}

constexpr dims broadcast(const dims& a, const dims& b) {
  dims out{};
  out.rank = a.rank > b.rank ? a.rank : b.rank;
  for (int i = 1; i <= out.rank; ++i) {
    const int x = i <= a.rank ? a.extent[a.rank - i] : 1, y = i <= b.rank ? b.extent[b.rank - i] : 1;
    out.extent[out.rank - i] = x > y ? x : y;
  }
  out.bounded = (a.rank == out.rank && a.bounded) || (b.rank == out.rank && b.bounded);
  return out;
}

template <class A, class B> concept broadcasts_with = static_shape<A> && static_shape<B> && broadcasts(A::value, B::value);
template <class A, class B> concept broadcasts_to = broadcasts_with<A, B> && broadcast(A::value, B::value) == B::value;

}  // namespace tfx
