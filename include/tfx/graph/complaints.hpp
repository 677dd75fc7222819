// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/core/mistake.hpp>
#include <tfx/core/put_shape.hpp>

namespace tfx {

// Pieces of a complaint that are filled in from where the tracer stands.
struct at_path {};     ///< " at dense_1 (line 18)"
struct at_line {};     ///< " (line 18)"
struct quoted {
  std::string_view text;
};

/// The first mistake of a trace, and where the tracer stands.
struct complaints {
  char path[96] = {};     ///< of the open scopes, each with a closing '/'
  int path_size = 0;
  int line = 0;           ///< of the last layer or function that was called
  message wrong{};        ///< the first mistake; empty: none

  constexpr void say(std::string_view s) { wrong.put(s); }
  constexpr void say(long long v) { wrong.put(v); }
  constexpr void say(int v) { wrong.put(v); }
  constexpr void say(double v) {   // below 2^63, with at most six digits behind the point
    if (v < 0) wrong.put('-');
    double rest = v < 0 ? -v : v;
    wrong.put(static_cast<long long>(rest));
    rest -= double(static_cast<long long>(rest));
    if (rest > 0) wrong.put('.');
    for (int i = 0; i < 6 && rest > 0; ++i) {
      rest *= 10;
      wrong.put(int(rest));
      rest -= int(rest);
    }
  }
  constexpr void say(quoted q) {
    wrong.put('\'');
    wrong.put(q.text);
    wrong.put('\'');
  }
  constexpr void say(const dims& d) { put_shape(wrong, d); }
  constexpr void say(at_line) {
    if (!line) return;
    wrong.put(" (line ");
    wrong.put(line);
    wrong.put(')');
  }
  constexpr void say(at_path) {
    if (path_size) {
      wrong.put(" at ");
      wrong.put(std::string_view(path, std::size_t(path_size - 1)));
    }
    say(at_line{});
  }
  /// Notes a mistake; only the first one counts.
  template <class... Piece> constexpr void complain(const Piece&... piece) {
    if (right()) (say(piece), ...);
  }
  constexpr bool right() const { return wrong.size == 0; }
};

}  // namespace tfx
