// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace tfx {

/// Some of the parameters and states, by their paths: `*` stands for any characters, and a layer's name for all that it has.
///
///     only{"body"}       body/weight, body/bias, body/dense/weight; not body_1/weight
///     only{"*/weight"}   all weights
struct only {
  std::string_view pattern = "*";
};

namespace detail {

/// Is a text what a pattern says?
constexpr bool is_like(std::string_view text, std::string_view pattern) {
  std::size_t t = 0, p = 0, star = std::string_view::npos, behind_star = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      behind_star = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {   // the last star takes one more
      p = star + 1;
      t = ++behind_star;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace detail

/// Is the parameter, or a layer around it, one of them?
constexpr bool names(only which, std::string_view path) {
  if (detail::is_like(path, which.pattern)) return true;
  for (std::size_t i = 0; i < path.size(); ++i)
    if (path[i] == '/' && detail::is_like(path.substr(0, i), which.pattern)) return true;
  return false;
}

}  // namespace tfx
