// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <tfx/core/config.hpp>
#include <tfx/core/fail.hpp>

namespace tfx::detail {

/// Calls f(text, false) for the pieces of a pattern such as `{epoch:03}-{val_loss:.2f}` and f(field, true) for what stands in braces.
template <class F> void each_piece(std::string_view pattern, F f) {
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{'), close = pattern.find('}', open == pattern.npos ? 0 : open);
    if (open == pattern.npos && close == pattern.npos) return f(pattern, false);
    if (open == pattern.npos || close == pattern.npos) fail("checkpoints: the name has a brace without the other one");
    if (open > 0) f(pattern.substr(0, open), false);
    f(pattern.substr(open + 1, close - open - 1), true);
    pattern.remove_prefix(close + 1);
  }
}
inline std::string_view name_of_field(std::string_view field) { return field.substr(0, field.find(':')); }

/// A number as Python's format writes it: [0][width][.precision] and d, f, e or g; a whole number is written as one without those.
TFX_COLD inline std::string formatted(std::string_view field, double value, bool whole) {
  const std::size_t colon = field.find(':');
  const std::string_view spec = colon == field.npos ? std::string_view() : field.substr(colon + 1);
  const char last = spec.empty() ? '\0' : spec.back();
  const bool has_type = last == 'd' || last == 'f' || last == 'e' || last == 'g';
  const std::string_view size = has_type ? spec.substr(0, spec.size() - 1) : spec;
  if (size.size() > 6 || size.find_first_not_of("0123456789.") != size.npos || (last == 'd' && !whole))
    fail(("checkpoints: the name has {" + std::string(field) + "}; expected {name}, or {name:03} and {name:.2f} as in Python").c_str());
  char text[400];
  const std::string as = "%" + std::string(size);
  if (whole && (!has_type || last == 'd')) std::snprintf(text, sizeof text, (as + "lld").c_str(), static_cast<long long>(value));
  else std::snprintf(text, sizeof text, (as + (has_type ? last : 'g')).c_str(), value);
  return text;
}

}  // namespace tfx::detail
