// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <tfx/nn/layer.hpp>
#include <tfx/ops/cast.hpp>
#include <tfx/ops/gather.hpp>

// Numbers as categories, and categories as numbers.
namespace tfx {

/// What a list of categories becomes: the sum of their columns, or whether there is one.
enum class encoding { count, multi_hot };

namespace nn {

namespace detail {
/// Numbers, which are stored as such.
template <int Categories, class S, class T> constexpr auto columns_of(var<S, T> x) {
  auto y = tfx::one_hot<Categories>(x);
  y.h = as_type(y.h, dtype::real_type);
  return y;
}
}  // namespace detail

/// 1 in the column that an integer names, and 0 elsewhere: I -> [I..., Categories].
template <int Categories> struct one_hot {
  static constexpr std::string_view name = "one_hot";
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    if constexpr (is_floating(dtype_of<T>) || S::value.rank == max_rank) {
      x.h.graph->complain(name, "<", Categories, ">", at_path{}, " expects integers, got ", is_floating(dtype_of<T>) ? "floating point " : "", S::value);
      return x;
    } else {
      return detail::columns_of<Categories>(x);
    }
  }
};

/// Which categories a list of integers has: [batch, N] -> [batch, Categories].
///
///     nn::category_encoding<5>{}                      multi_hot: 1 where there is one
///     nn::category_encoding<5, encoding::count>{}     how many there are
template <int Categories, encoding As = encoding::multi_hot> struct category_encoding {
  static constexpr std::string_view name = "category_encoding";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    if constexpr (is_floating(dtype_of<T>) || S::value.rank != 2) {
      x.h.graph->complain(name, "<", Categories, ">", at_path{}, " expects integers [batch, count], got ", is_floating(dtype_of<T>) ? "floating point " : "", S::value);
      return x;
    } else if constexpr (As == encoding::count) {
      return sum<1>(detail::columns_of<Categories>(x), line);
    } else {
      return tfx::max<1>(detail::columns_of<Categories>(x), line);
    }
  }
};

/// The number of the interval that a number lies in: how many boundaries are not above it, an int32.
///
///     nn::discretization{{0, 10, 100}}      -1 -> 0, 0 -> 1, 50 -> 2, 1000 -> 3
template <std::size_t Count> struct discretization {
  static constexpr std::string_view name = "discretization";
  static constexpr bool transparent = true;
  double boundaries[Count];
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    auto interval = cast<std::int32_t>(x >= boundaries[0]);
    for (std::size_t k = 1; k < Count; ++k) interval = interval + cast<std::int32_t>(x >= boundaries[k]);
    return interval;
  }
};
template <std::size_t Count> discretization(const double (&)[Count]) -> discretization<Count>;

}  // namespace nn
}  // namespace tfx
