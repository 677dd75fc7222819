// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

/// Is `text` what the file beside the test says? Where it is not, the text is printed, to be looked at and approved by hand.
inline bool is_approved(std::string_view text, std::string test_file, std::string_view name) {
  const std::string path = test_file.substr(0, test_file.rfind('/') + 1) + std::string(name);
  std::ifstream in(path);
  std::ostringstream approved;
  approved << in.rdbuf();
  if (approved.str() == text) return true;
  std::fprintf(stderr, "%s says:\n%s\nand the text is:\n%.*s\n", path.c_str(), approved.str().c_str(), int(text.size()), text.data());
  return false;
}
