// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

#include <tfx/core/config.hpp>

namespace tfx::summary {

/// What the other end of a stream can show.
struct terminal {
  bool interactive = false;   ///< lines can be written over
  bool colour = false;
  bool unicode = false;
  int width = 80;

  /// Looks at the stream, NO_COLOR (no-color.org), TERM and the locale variables.
  TFX_COLD static terminal of(std::FILE* stream) {
    const int file = ::fileno(stream);
    terminal out;
    out.interactive = file >= 0 && ::isatty(file) != 0 && variable("TERM") != "dumb";
    out.colour = out.interactive && variable("NO_COLOR").empty();
    out.unicode = speaks_utf8();
    struct winsize window {};
    if (out.interactive && ::ioctl(file, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) out.width = window.ws_col;
    return out;
  }

  /// The locale's character set, by the rule of POSIX: the first of the three variables that is set.
  static bool speaks_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
      const std::string_view locale = variable(name);
      if (!locale.empty()) return contains_utf8(locale);
    }
    return false;
  }

 private:
  static std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : std::string_view(value);
  }

  static bool contains_utf8(std::string_view locale) {
    for (std::string_view spelling : {"UTF-8", "utf-8", "UTF8", "utf8"}) {
      if (locale.find(spelling) != std::string_view::npos) return true;
    }
    return false;
  }
};

}  // namespace tfx::summary
