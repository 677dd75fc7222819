// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <tfx/data/record.hpp>

/// A data set that is declared only: what compiling costs does not depend on where images come from.
template <int... Extent> struct images {
  using record = tfx::data::record<tfx::data::field<tfx::shape<Extent...>>, tfx::data::field<tfx::shape<>, std::uint8_t, 10>>;
  std::size_t size() const;
  template <int Column, class T> void gather_column(const std::uint32_t*, int, tfx::data::rows<T>) const;
};
