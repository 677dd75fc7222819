// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

namespace tfx {

/// Option of attention and of convolutions over steps: what comes later is not seen.
struct causal_t {};
inline constexpr causal_t causal{};

namespace detail {
template <auto... Option> inline constexpr bool is_causal = (false || ... || std::is_same_v<std::remove_cvref_t<decltype(Option)>, causal_t>);
}  // namespace detail

}  // namespace tfx
