// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <tfx/core/config.hpp>
#include <tfx/core/fail.hpp>

namespace tfx::detail {

/// Nothing has the name that `who` was asked for; `known` are those that there are.
template <class Names> [[noreturn]] TFX_COLD void fail_unknown_name(const char* who, std::string_view name, const Names& known) {
  std::string text = who;
  ((text += ": nothing is called '") += name) += "'; known:";
  for (const auto& one : known) (text += ' ') += one;
  fail(text.c_str());
}

}  // namespace tfx::detail
