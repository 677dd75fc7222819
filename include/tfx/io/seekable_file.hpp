// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include <sys/stat.h>

#include <tfx/io/file_error.hpp>

namespace tfx::io {

/// A regular file of which any part can be read.
///
/// Errors     file_error: no such file, a directory, the end of the file, what the system says
class seekable_file {
 public:
  explicit seekable_file(const std::filesystem::path& path) : path_(path), file_(std::fopen(path.c_str(), "rb")) {
    if (!file_) fail(file_error::nowhere, "a readable file", std::generic_category().message(errno));
    struct stat about {};
    if (::fstat(::fileno(file_.get()), &about) != 0 || !S_ISREG(about.st_mode)) {
      fail(file_error::nowhere, "a regular file", S_ISDIR(about.st_mode) ? "a directory" : "a device");
    }
    size_ = static_cast<std::uint64_t>(about.st_size);
  }

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  void read(std::uint64_t offset, void* out, std::size_t size) const {
    if (size == 0) return;
    errno = 0;
    if (::fseeko(file_.get(), static_cast<::off_t>(offset), SEEK_SET) == 0 &&
        std::fread(out, 1, size, file_.get()) == size) {
      return;
    }
    fail(offset, std::to_string(size) + " bytes",
         errno != 0 ? std::generic_category().message(errno) : "the end of the file");
  }

  [[noreturn]] void fail(std::uint64_t offset, std::string expected, std::string found) const {
    throw file_error(path_, offset, std::move(expected), std::move(found));
  }

 private:
  struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, closer> file_;
  std::uint64_t size_ = 0;
};

}  // namespace tfx::io
