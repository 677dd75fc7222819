// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/arithmetic.hpp>
#include <tfx/ops/hash.hpp>

namespace tfx::nn {

/// Integers without a known range as categories: each goes to one of `Bins`, always the same.
///
///     nn::hashing<100>{}   nn::hashing<100>{.mask_value = 0}
///
/// Shape      x: I, integers  ->  I, int32 in [0, Bins)
/// Options    mask_value: this number goes to bin 0, to which no other does
/// Errors     numbers that are not integers
/// Source     Keras's Hashing without salt, whose bins these are: FarmHash Fingerprint64 of the number in decimal, modulo the bins
template <int Bins> struct hashing {
  static constexpr std::string_view name = "hashing";
  static constexpr bool transparent = true;
  static constexpr long long no_mask = -9223372036854775807LL - 1;
  long long mask_value = no_mask;
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    builder& g = *x.h.graph;
    const bool masks = mask_value != no_mask;
    using Y = var<S, std::int32_t>;
    if (is_floating(dtype_of<T>) || Bins < 1 || (masks && Bins < 2)) {
      g.complain(name, "<", Bins, ">", at_path{}, " expects integers and bins for them, got ", is_floating(dtype_of<T>) ? "floating point " : "integers ", S::value);
      return Y{expand(g.constant(0, dtype::int32), S::value)};
    } else {
      const handle bin = tfx::detail::hashed(x.h, masks ? Bins - 1 : Bins);
      return Y{masks ? where(tfx::detail::map_node<equal_op>(x.h, g.constant(double(mask_value), x.h.type())), 0, bin + 1) : bin};
    }
  }
};

}  // namespace tfx::nn
