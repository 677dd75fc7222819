// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/io/input_file.hpp>

namespace tfx::io {

/// A file as a window of bytes that moves over it and grows as it is asked to.
///
///     while (in.ahead().size() < 12 && in.more()) {}
class buffered_input {
public:
  explicit buffered_input(const std::filesystem::path& path, packing how = packing::recognised) : file_(path, how), buffer_(first_size) {}

  /// What has been read and not been skipped; valid until the next call.
  std::string_view ahead() const { return {buffer_.data() + at_, end_ - at_}; }
  /// Where that starts in the contents.
  std::uint64_t offset() const { return file_.offset() - (end_ - at_); }
  /// At most so many bytes follow.
  std::uint64_t most() const { return file_.most() + (end_ - at_); }
  const input_file& file() const { return file_; }

  /// Reads more bytes behind those ahead; false at the end of the file.
  bool more() {
    if (at_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + at_, end_ - at_);
      end_ -= at_;
      at_ = 0;
    }
    if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
    const std::size_t got = file_.read(buffer_.data() + end_, buffer_.size() - end_);
    end_ += got;
    return got != 0;
  }
  /// At least n bytes ahead, unless the file ends.
  bool reach(std::size_t n) {
    while (end_ - at_ < n)
      if (!more()) return false;
    return true;
  }
  /// n of the bytes ahead are done with.
  void skip(std::size_t n) { at_ += n; }
  /// From the start of the contents, before anything is read.
  void go_to(std::uint64_t offset) { file_.skip(offset); }

private:
  static constexpr std::size_t first_size = 128 * 1024;
  input_file file_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, end_ = 0;
};

}  // namespace tfx::io
