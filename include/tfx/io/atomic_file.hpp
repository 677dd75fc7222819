// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tfx/io/file_error.hpp>

namespace tfx::io {

/// Replaces a file as a whole or not at all.
///
/// The bytes go to a temporary file in the same directory; `commit` flushes it to the disk, renames it over the target
/// and flushes the directory. Whatever fails on the way (no space, no permission, an exception, a crash), a file that
/// existed before is still there, unchanged. A target that is no regular file (a pipe, `/dev/stdout`) can't be replaced
/// and is written directly; a symbolic link stays and the file it names is replaced. An existing file's mode is kept.
///
/// Errors     file_error with the path and the system's own words
/// Cost       writes are collected in 64 KiB
///
///     io::atomic_file file("weights.bin");
///     file.write(data, size);
///     file.commit();
class atomic_file {
 public:
  explicit atomic_file(const std::filesystem::path& path) : path_(path) {
    std::error_code none;
    target_ = std::filesystem::weakly_canonical(path, none);
    if (none || target_.empty()) target_ = path;
    struct stat old {};
    const bool exists = ::stat(target_.c_str(), &old) == 0;
    if (exists && S_ISDIR(old.st_mode)) throw file_error(path_, file_error::nowhere, "a file to write", "a directory");
    if (exists && !S_ISREG(old.st_mode)) {
      file_ = ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
      if (file_ < 0) fail("a file to write");
      return;
    }
    open_temporary();
    if (exists && ::fchmod(file_, old.st_mode & 07777) != 0) abandon_and_fail("to keep the mode of the old file");
  }

  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;

  /// Without `commit` nothing has happened.
  ~atomic_file() { abandon(); }

  void write(const void* data, std::size_t size) {
    const char* from = static_cast<const char*>(data);
    while (size != 0) {
      if (filled_ == 0 && size >= sizeof buffer_) {
        write_through(from, size);
        return;
      }
      const std::size_t room = sizeof buffer_ - filled_;
      const std::size_t part = size < room ? size : room;
      std::memcpy(buffer_ + filled_, from, part);
      filled_ += part;
      from += part;
      size -= part;
      if (filled_ == sizeof buffer_) flush();
    }
  }
  void write(std::string_view text) { write(text.data(), text.size()); }

  /// Makes the new contents the file's contents. Call it once, last.
  void commit() {
    flush();
    // Pipes and terminals can't be flushed to a disk, and say so with EINVAL or ENOTSUP.
    if (::fsync(file_) != 0 && !temporary_.empty()) abandon_and_fail("to flush the file to the disk");
    const int closed = ::close(file_);
    file_ = -1;
    if (closed != 0) abandon_and_fail("to close the file");
    if (temporary_.empty()) return;
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) abandon_and_fail("to rename the new file over the old one");
    temporary_.clear();
    flush_directory();
  }

 private:
  /// Its own name pattern rather than mkstemp, which ignores the user's umask.
  void open_temporary() {
    static std::atomic<unsigned> counter{0};
    std::string stem = ".";
    stem.append(target_.filename().string(), 0, 200).append(".").append(std::to_string(::getpid())).append("-");
    for (int attempt = 0; attempt < 100; ++attempt) {
      temporary_ = target_;
      temporary_.replace_filename(stem + std::to_string(counter.fetch_add(1)) + ".tmp");
      file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (file_ >= 0) return;
      if (errno != EEXIST) break;
    }
    temporary_.clear();
    fail("to create a file in its directory");
  }

  void flush() {
    const std::size_t size = filled_;
    filled_ = 0;
    write_through(buffer_, size);
  }

  /// The disk begins with a piece while the next is handed over.
  void write_through(const char* data, std::size_t size) {
    while (size != 0) {
      const std::size_t part = size < largest_piece ? size : largest_piece;
      const ::ssize_t done = ::write(file_, data, part);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) {
        if (done == 0) errno = ENOSPC;
        abandon_and_fail("to write " + std::to_string(size) + " more bytes");
      }
#if defined(SYNC_FILE_RANGE_WRITE)
      if (std::size_t(done) == largest_piece) ::sync_file_range(file_, static_cast<::off_t>(written_), done, SYNC_FILE_RANGE_WRITE);
#endif
      written_ += static_cast<std::uint64_t>(done);
      data += done;
      size -= static_cast<std::size_t>(done);
    }
  }

  /// The rename itself has to survive a power cut. Not every file system can flush directories.
  void flush_directory() const {
    const std::filesystem::path parent = target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
    const int directory = ::open(parent.c_str(), O_RDONLY | O_CLOEXEC);
    if (directory < 0) return;
    const int failure = ::fsync(directory) == 0 ? 0 : errno;
    ::close(directory);
    if (failure == 0 || failure == EINVAL || failure == ENOTSUP) return;
    errno = failure;
    fail("to flush the folder of the new file to the disk");
  }

  void abandon() noexcept {
    if (file_ >= 0) ::close(file_);
    file_ = -1;
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    temporary_.clear();
  }

  [[noreturn]] void abandon_and_fail(const std::string& expected) {
    const int reason = errno;
    abandon();
    errno = reason;
    fail(expected);
  }

  [[noreturn]] void fail(const std::string& expected) const {
    const std::string reason = std::generic_category().message(errno);
    throw file_error(path_, written_ != 0 ? written_ : file_error::nowhere, expected, reason);
  }

  std::filesystem::path path_;        ///< as the caller said it, for messages
  std::filesystem::path target_;      ///< with links resolved
  std::filesystem::path temporary_;   ///< empty when the target is written directly
  int file_ = -1;
  static constexpr std::size_t largest_piece = std::size_t(4) << 20;
  std::uint64_t written_ = 0;
  std::size_t filled_ = 0;
  char buffer_[64 * 1024];
};

}  // namespace tfx::io
