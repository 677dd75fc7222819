// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <zlib.h>

#include <tfx/io/file_error.hpp>

namespace tfx::io {

/// How the contents of a file are packed.
enum class packing : std::uint8_t { recognised, none, gzip, zlib };

/// Reads a file from front to back, and unpacks it on the way: gzip is recognised by its first two bytes, zlib has to be
/// asked for. A name that ends in `.gz` promises gzip.
///
/// Offsets are those of the contents, so a caller does not notice whether the file is compressed; the errors say it.
///
/// Errors     file_error: no such file, a directory, too few bytes, corrupt gzip (with the place in the file)
class input_file {
 public:
  explicit input_file(const std::filesystem::path& path, packing how = packing::recognised) : path_(path), file_(std::fopen(path.c_str(), "rb")) {
    if (!file_) throw file_error(path_, file_error::nowhere, "a readable file", system_message());
    struct stat about {};
    if (::fstat(::fileno(file_.get()), &about) != 0 || !S_ISREG(about.st_mode)) {
      throw file_error(path_, file_error::nowhere, "a regular file",
                       S_ISDIR(about.st_mode) ? "a directory" : "a device");
    }
    size_ = static_cast<std::uint64_t>(about.st_size);
    packed_.resize(buffer_size);
    refill();
    const bool is_gzip = available() >= 2 && *next_ == 0x1f && next_[1] == 0x8b;
    compressed_ = how == packing::zlib || how == packing::gzip || (how == packing::recognised && is_gzip);
    zlib_ = how == packing::zlib;
    const bool promised = how == packing::gzip || (how == packing::recognised && path_.extension() == ".gz");
    if (promised && !is_gzip) fail(0, "gzip data, which starts with 1f 8b", first_bytes());
    if (compressed_) start_unpacking();
  }

  input_file(const input_file&) = delete;
  input_file& operator=(const input_file&) = delete;
  ~input_file() {
    if (compressed_) ::inflateEnd(&stream_);
  }

  const std::filesystem::path& path() const { return path_; }
  bool compressed() const { return compressed_; }
  std::uint64_t offset() const { return offset_; }

  /// No more bytes than this can follow: what a size found in the file is compared with before memory is asked for.
  std::uint64_t most() const {
    // Deflate's best case is 258 bytes from two bits.
    constexpr std::uint64_t expansion = 1032;
    return compressed_ ? (size_ + 1) * expansion - offset_ : size_ - offset_;
  }

  /// Up to `size` bytes; fewer only at the end.
  std::size_t read(void* out, std::size_t size) {
    std::size_t done = 0;
    auto* to = static_cast<unsigned char*>(out);
    while (done < size) {
      const std::size_t part = compressed_ ? unpack(to + done, size - done) : copy(to + done, size - done);
      if (part == 0) break;
      done += part;
      offset_ += part;
    }
    return done;
  }

  /// Exactly `size` bytes, or an error saying which thing ended too early.
  void read(void* out, std::size_t size, const std::string& thing) {
    const std::uint64_t start = offset_;
    const std::size_t done = read(out, size);
    if (done != size) {
      fail(start, std::to_string(size) + " bytes of " + thing, "the end of the file after " + std::to_string(done));
    }
  }

  /// Goes on `size` bytes later.
  void skip(std::uint64_t size) {
    if (!compressed_) {
      if (size > size_ - offset_) fail(size_, "more bytes", "the end of the file");
      const std::uint64_t here = size < available() ? size : available();
      next_ += here;
      if (size > here && ::fseeko(file_.get(), off_t(size - here), SEEK_CUR) != 0) throw file_error(path_, offset_, "a readable file", system_message());
      packed_read_ += size - here;
      offset_ += size;
      return;
    }
    char skipped[4096];
    while (size > 0) {
      const std::size_t part = read(skipped, size < sizeof skipped ? std::size_t(size) : sizeof skipped);
      if (part == 0) fail(offset_, "more bytes", "the end of the file");
      size -= part;
    }
  }

  void expect_end() {
    unsigned char extra = 0;
    const std::uint64_t start = offset_;
    if (read(&extra, 1) == 0) return;
    fail(start, "the end of the file", "more bytes");
  }

  /// An error at a place in the contents.
  [[noreturn]] void fail(std::uint64_t offset, std::string expected, std::string found) const {
    throw file_error(path_, offset, std::move(expected), std::move(found), compressed_);
  }

 private:
  static constexpr std::size_t buffer_size = 128 * 1024;
  struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  static std::string system_message() { return std::generic_category().message(errno); }

  std::string first_bytes() const {
    if (available() < 2) return std::to_string(available()) + " bytes in all";
    char text[8];
    std::snprintf(text, sizeof text, "%02x %02x", unsigned{next_[0]}, unsigned{next_[1]});
    return text;
  }

  std::size_t available() const { return static_cast<std::size_t>(end_ - next_); }
  std::uint64_t packed_offset() const { return packed_read_ - available(); }

  void refill() {
    const std::size_t got = std::fread(packed_.data(), 1, packed_.size(), file_.get());
    if (got < packed_.size() && std::ferror(file_.get())) {
      throw file_error(path_, packed_read_, "a readable file", system_message());
    }
    packed_read_ += got;
    next_ = packed_.data();
    end_ = next_ + got;
  }

  std::size_t copy(unsigned char* out, std::size_t size) {
    if (available() == 0) refill();
    const std::size_t part = size < available() ? size : available();
    std::memcpy(out, next_, part);
    next_ += part;
    return part;
  }

  void start_unpacking() {
    constexpr int largest_window = 15;
    constexpr int gzip_only = 16;
    if (::inflateInit2(&stream_, largest_window + (zlib_ ? 0 : gzip_only)) != Z_OK) throw std::bad_alloc();
  }

  /// Some bytes, at least one unless the contents have ended.
  std::size_t unpack(unsigned char* out, std::size_t size) {
    constexpr std::size_t largest = 1u << 30;
    const std::size_t wanted = size < largest ? size : largest;
    while (true) {
      if (member_ended_ && !start_next_member()) return 0;
      if (available() == 0) refill();
      stream_.next_in = next_;
      stream_.avail_in = static_cast<uInt>(available());
      stream_.next_out = out;
      stream_.avail_out = static_cast<uInt>(wanted);
      const int status = ::inflate(&stream_, Z_NO_FLUSH);
      next_ = stream_.next_in;
      const std::size_t got = wanted - stream_.avail_out;
      if (status == Z_STREAM_END) {
        member_ended_ = true;
      } else if (status == Z_BUF_ERROR || (status == Z_OK && got == 0 && available() == 0)) {
        if (packed_read_ >= size_) throw file_error(path_, packed_offset(), zlib_ ? "more zlib data" : "more gzip data", "the end of the file");
      } else if (status != Z_OK) {
        throw file_error(path_, packed_offset(), zlib_ ? "valid zlib data" : "valid gzip data", stream_.msg ? stream_.msg : "damaged data");
      }
      if (got != 0) return got;
    }
  }

  /// A gzip file may be several compressed pieces in a row; anything else after the first is damage.
  bool start_next_member() {
    if (available() == 0) refill();
    if (available() == 0) return false;
    if (zlib_ || *next_ != 0x1f) throw file_error(path_, packed_offset(), zlib_ ? "the end of the zlib data" : "the end of the gzip data", "more bytes");
    ::inflateReset(&stream_);
    member_ended_ = false;
    return true;
  }

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, closer> file_;
  std::uint64_t size_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t packed_read_ = 0;
  std::vector<unsigned char> packed_;
  unsigned char* next_ = nullptr;
  unsigned char* end_ = nullptr;
  ::z_stream stream_{};
  bool compressed_ = false, zlib_ = false;
  bool member_ended_ = false;
};

}  // namespace tfx::io
