// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <tfx/data/opened.hpp>
#include <tfx/io/buffered_input.hpp>

namespace tfx::data {

namespace detail {

struct text_lines_node : source_node {
  using value_type = std::string;
  std::filesystem::path path;
  opened<io::buffered_input> in{};
  std::uint64_t offset = 0;
  bool lost = false;   ///< the file cannot be read on

  void begin(std::uint64_t) {
    in.reset();
    offset = 0;
    lost = false;
  }
  bool next(std::string& to) {
    if (std::exchange(lost, true)) return false;
    const bool more = read(to);
    lost = false;
    return more;
  }
  void archive(pipeline_state& s) {
    s.stage("text_lines");
    s(offset);
    s(lost);
    if (s.loading()) in.reset();
  }

private:
  bool read(std::string& to) {
    if (!in) {
      in.emplace(path);
      in->go_to(offset);
    }
    std::size_t searched = 0;
    for (;;) {
      const std::string_view text = in->ahead();
      const void* end = searched < text.size() ? std::memchr(text.data() + searched, '\n', text.size() - searched) : nullptr;
      if (end != nullptr) return give(text.substr(0, std::size_t(static_cast<const char*>(end) - text.data())), 1, to);
      searched = text.size();
      if (in->more()) continue;
      return !in->ahead().empty() && give(in->ahead(), 0, to);
    }
  }
  bool give(std::string_view line, std::size_t end, std::string& to) {
    const std::size_t size = line.size();
    if (end == 1 && line.ends_with('\r')) line.remove_suffix(1);
    to.assign(line);
    in->skip(size + end);
    offset += size + end;
    return true;
  }
};

}  // namespace detail

/// The lines of a text file, without their ends (LF or CRLF). It may be packed by gzip.
///
/// Errors     io::file_error: no such file, damaged gzip
inline pipeline<detail::text_lines_node> text_lines(std::filesystem::path path) { return pipeline<detail::text_lines_node>({{}, std::move(path)}); }

}  // namespace tfx::data
