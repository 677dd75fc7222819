// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/core/path_pattern.hpp>
#include <tfx/graph/builder.hpp>

namespace tfx::detail {

/// Complains, with what it could have named, if a pattern names no parameter that is trained.
constexpr void check_names_parameter(builder& g, std::string_view who, std::string_view pattern) {
  for (int i = 0; i < g.leaves.size(); ++i)
    if (g.leaves[i].trainable && names(only{pattern}, g.name(g.leaves[i]))) return;
  if (!g.right()) return;
  g.complain(who, "{", quoted{pattern}, "} names no parameter that is trained");
  int said = 0;
  for (int i = 0; i < g.leaves.size(); ++i) {
    if (!g.leaves[i].trainable) continue;
    g.say(said == 0 ? "; known: " : ", ");
    if (said++ == 6) return g.say("...");
    g.say(g.name(g.leaves[i]));
  }
}

}  // namespace tfx::detail
