// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tfx {

/// Sizes of memory: `static_assert(m::inference_bytes < 4_KiB)`.
inline namespace literals {
constexpr std::size_t operator""_B(unsigned long long n) { return std::size_t(n); }
constexpr std::size_t operator""_KiB(unsigned long long n) { return std::size_t(n) * 1024; }
constexpr std::size_t operator""_MiB(unsigned long long n) { return std::size_t(n) * 1024 * 1024; }
}  // namespace literals

}  // namespace tfx
