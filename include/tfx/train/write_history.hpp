// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <filesystem>

#include <tfx/io/atomic_file.hpp>
#include <tfx/train/history.hpp>

namespace tfx {

/// Writes a history as a table of comma-separated values, `history.save("history.csv")`. Numbers have the digits that give the
/// same double again; what is NaN is left empty.
///
/// Errors     io::file_error
inline void write_history(const history& past, const std::filesystem::path& path) {
  io::atomic_file file(path);
  file.write("epoch");
  for (const std::string& name : past.names()) {
    file.write(",");
    file.write(name);
  }
  for (int e = 0; e < past.epochs(); ++e) {
    char number[40];
    file.write({number, std::size_t(std::snprintf(number, sizeof number, "\n%d", past.first_epoch() + e + 1))});
    for (const std::string& name : past.names()) {
      const double value = past[name][std::size_t(e)];
      file.write({number, std::size_t(value != value ? std::snprintf(number, sizeof number, ",") : std::snprintf(number, sizeof number, ",%.17g", value))});
    }
  }
  file.write("\n");
  file.commit();
}

}  // namespace tfx
