// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

namespace tfx::detail {

/// Can the compiler read an object that a template is given? Not if it was declared without `constexpr`.
template <const auto& Object> concept constant_object =
    requires { typename std::integral_constant<int, (static_cast<void>(std::remove_cvref_t<decltype(Object)>(Object)), 0)>; };

}  // namespace tfx::detail
