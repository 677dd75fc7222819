// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <fnmatch.h>

#include <tfx/data/pipeline.hpp>
#include <tfx/io/file_error.hpp>

namespace tfx::data {

/// The files of a folder whose names match a pattern with * and ?, in the order of their names: a range of paths.
///
///     data::files("logs/*.csv") | data::interleave([](const std::string& file) { return data::text_lines(file); })
///
/// Errors     io::file_error: no such folder; no file matches
inline std::vector<std::string> files(const std::filesystem::path& pattern) {
  const std::filesystem::path folder = pattern.has_parent_path() ? pattern.parent_path() : std::filesystem::path(".");
  std::error_code wrong;
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder, wrong))
    if (entry.is_regular_file() && ::fnmatch(pattern.filename().c_str(), entry.path().filename().c_str(), FNM_PERIOD) == 0)
      found.push_back(pattern.has_parent_path() ? entry.path().string() : entry.path().filename().string());
  if (wrong) throw io::file_error(folder, io::file_error::nowhere, "a folder", wrong.message());
  if (found.empty()) throw io::file_error(pattern, io::file_error::nowhere, "files of such names", "none");
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace tfx::data
