// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include <tfx/io/atomic_file.hpp>
#include <tfx/train/history.hpp>

namespace tfx {

namespace detail {

/// The first line of a history as a table, and the line of its epoch e, from 0; without the ends of the lines.
TFX_COLD inline std::string history_names(const history& past, std::string_view separator) {
  std::string line = "epoch";
  for (const std::string& name : past.names()) (line += separator) += name;
  return line;
}
TFX_COLD inline std::string history_line(const history& past, int e, std::string_view separator) {
  std::string line = std::to_string(past.first_epoch() + e + 1);
  for (const std::string& name : past.names()) {
    char number[40] = "";
    const double value = past[name][std::size_t(e)];
    if (value == value) std::snprintf(number, sizeof number, "%.17g", value);
    (line += separator) += number;
  }
  return line;
}

}  // namespace detail

/// Writes a history as a table of comma-separated values, `history.save("history.csv")`. Numbers have the digits that give the
/// same double again; what is NaN is left empty.
///
/// Errors     io::file_error
inline void write_history(const history& past, const std::filesystem::path& path) {
  io::atomic_file file(path);
  file.write(detail::history_names(past, ","));
  for (int e = 0; e < past.epochs(); ++e) file.write("\n" + detail::history_line(past, e, ","));
  file.write("\n");
  file.commit();
}

}  // namespace tfx
