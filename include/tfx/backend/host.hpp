// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/reference/scalar.hpp>

#if __STDC_HOSTED__ && __has_include(<xsimd/xsimd.hpp>)
#include <tfx/backend/simd/backend.hpp>
#endif

namespace tfx::backend {

/// What statements on tensors and gradients of plain functions run on: the machine's vectors, or plain scalars where
/// xsimd is not installed. The bits are the same.
#if __STDC_HOSTED__ && __has_include(<xsimd/xsimd.hpp>)
using host = simd<>;
#else
using host = scalar;
#endif

}  // namespace tfx::backend
