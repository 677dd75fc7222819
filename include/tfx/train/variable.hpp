// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: strings

#include <span>
#include <string>
#include <string_view>

#include <tfx/core/config.hpp>
#include <tfx/core/fail.hpp>
#include <tfx/core/shape.hpp>

namespace tfx::detail {

/// The numbers of a parameter or a state of something that has some.
template <class T, class Owner> TFX_COLD std::span<T> variable_of(Owner& owner, std::string_view path, const char* who) {
  std::span<T> found;
  owner.for_each_variable([&](std::string_view name, const dims& shape, T* data) {
    if (name == path) found = {data, std::size_t(shape.size())};
  });
  if (found.empty()) fail((std::string(who) + ": nothing is called '" + std::string(path) + "'").c_str());
  return found;
}

}  // namespace tfx::detail
