// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, processes

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tfx/io/atomic_file.hpp>
#include <tfx/train/graph_dot.hpp>

namespace tfx {

namespace detail {

/// Runs Graphviz's `dot`; false where there is none, or where it fails.
inline bool draw_svg(const std::filesystem::path& dot, const std::filesystem::path& svg) {
  std::string from = dot.string(), to = svg.string();
  std::string words[] = {"dot", "-Tsvg", "-o", to, from};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data(), nullptr};
  ::pid_t process = 0;
  if (::posix_spawnp(&process, "dot", nullptr, nullptr, arguments, ::environ) != 0) return false;
  int status = 0;
  while (::waitpid(process, &status, 0) < 0)
    if (errno != EINTR) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace detail

/// Writes a text in Graphviz's language to a file. A file called `.svg` is drawn from it by Graphviz's `dot`, beside the text in
/// a file called `.dot`; where that program is not installed, or fails, only the text is written, and one line says so on
/// stderr. Gives the path of the picture, or of the text.
///
///     write_graph("net.svg", graph_dot<net, input<64, 28, 28>>());
///
/// Errors     io::file_error
inline std::filesystem::path write_graph(const std::filesystem::path& path, std::string_view dot) {
  const bool draws = path.extension() == ".svg";
  std::filesystem::path text = path;
  if (draws) text.replace_extension(".dot");
  io::atomic_file file(text);
  file.write(dot.data(), dot.size());
  file.commit();
  if (!draws) return text;
  if (detail::draw_svg(text, path)) return path;
  std::fprintf(stderr, "write_graph: no picture, Graphviz's dot is not installed or has failed; its text is in %s\n", text.string().c_str());
  return text;
}

}  // namespace tfx
