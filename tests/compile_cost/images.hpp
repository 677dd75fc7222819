// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <tfx/core/shape.hpp>

/// A data set that is declared only: what compiling costs does not depend on where images come from.
template <int... Extent> struct images {
  using image_shape = tfx::shape<Extent...>;
  using label_shape = tfx::shape<>;
  using label_type = std::uint8_t;
  static constexpr int classes = 10;
  const std::uint8_t* labels;
  std::size_t size() const;
  void gather(const std::uint32_t*, int, float*) const;
  template <class T> void gather_labels(const std::uint32_t*, int, T*) const;
};
