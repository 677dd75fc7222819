// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>

namespace tfx {

struct geometry;

/// A plain struct of ints with names: what one family of producers knows of its extents (`conv2d_geometry`,
/// `matmul_geometry`, ...). Numbers only, without padding, so that it can be a row of the geometry table.
template <class G> concept named_geometry =
    std::is_trivially_copyable_v<G> && std::is_aggregate_v<G> && sizeof(G) % sizeof(int) == 0 &&
    alignof(G) == alignof(int) && !std::same_as<G, geometry>;

namespace detail {
template <class G> struct words_of {
  static constexpr int count = int(sizeof(G) / sizeof(int));
  int word[sizeof(G) / sizeof(int)];
};
}  // namespace detail

/// A row of the geometry table: the attributes of one producer (matrix product, convolution, pooling, strided copy). Programs
/// read it while they run, so kernels are shared between shapes. What graph and backends have in common for all
/// operations is named here. The words are the operation's own struct: a row converts to it where the operation is known,
///
///     const matmul_geometry g = *call.geo;
struct geometry {
  static constexpr int most = 22;   ///< words of an operation's own; three-dimensional convolution has as many
  int contracted = 0;        ///< how many terms each result of a contraction adds (its static extent)
  int contracts_batch = 0;   ///< 1: those terms are the batch, so that only what is present of it counts
  int operands = 0;          ///< of an operation of any number of them
  int v[most] = {};

  template <named_geometry G> static constexpr geometry of(const G& named) {
    static_assert(sizeof(G) <= sizeof v, "tfx::geometry: a struct of more numbers than a row has");
    const auto own = __builtin_bit_cast(detail::words_of<G>, named);
    geometry row;
    for (int i = 0; i < own.count; ++i) row.v[i] = own.word[i];
    return row;
  }
  template <named_geometry G> constexpr operator G() const {
    if (std::is_constant_evaluated()) {
      detail::words_of<G> own{};
      for (int i = 0; i < own.count; ++i) own.word[i] = v[i];
      return __builtin_bit_cast(G, own);
    }
    G named;
    __builtin_memcpy(&named, v, sizeof named);
    return named;
  }

  constexpr int operator[](int i) const { return v[i]; }
  constexpr bool operator==(const geometry&) const = default;
};

namespace detail {
template <class F> struct find_attributes {
  using type = const geometry&;
};
template <class F> requires requires { typename F::attributes; }
struct find_attributes<F> {
  using type = const typename F::attributes;
};
}  // namespace detail
/// What `F::element` is told: the struct that the operation names as its `attributes`.
template <class F> using attributes_of = typename detail::find_attributes<F>::type;

}  // namespace tfx
