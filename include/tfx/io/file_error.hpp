// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

namespace tfx::io {

/// What is wrong with a file: which file, where in it, what had to be there and what was.
///
///     train-labels-idx1-ubyte.gz: at byte 4 (uncompressed) expected 60000 labels, found 59999
///
/// `offset()` counts bytes from the start of the file, or of its uncompressed contents when `inside_archive()`;
/// it is `nowhere` when the error is about the file as a whole.
class file_error : public std::runtime_error {
 public:
  static constexpr std::uint64_t nowhere = ~std::uint64_t{0};

  file_error(std::filesystem::path path, std::uint64_t offset, std::string expected, std::string found,
             bool inside_archive = false)
      : std::runtime_error(sentence(path, offset, expected, found, inside_archive)),
        path_(std::move(path)),
        expected_(std::move(expected)),
        found_(std::move(found)),
        offset_(offset),
        inside_archive_(inside_archive) {}

  const std::filesystem::path& path() const noexcept { return path_; }
  std::uint64_t offset() const noexcept { return offset_; }
  const std::string& expected() const noexcept { return expected_; }
  const std::string& found() const noexcept { return found_; }
  bool inside_archive() const noexcept { return inside_archive_; }

 private:
  static std::string sentence(const std::filesystem::path& path, std::uint64_t offset, const std::string& expected,
                              const std::string& found, bool inside_archive) {
    std::string text = path.string() + ": ";
    if (offset != nowhere) {
      text += "at byte " + std::to_string(offset) + (inside_archive ? " (uncompressed) " : " ");
    }
    return text + "expected " + expected + ", found " + found;
  }

  std::filesystem::path path_;
  std::string expected_;
  std::string found_;
  std::uint64_t offset_;
  bool inside_archive_;
};

}  // namespace tfx::io
