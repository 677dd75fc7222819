// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <tfx/io/atomic_file.hpp>
#include <tfx/io/buffered_input.hpp>
#include <tfx/io/record_frame.hpp>

/// Files of records of any bytes, as TensorFlow writes them:
///
///     length, 8 bytes | masked CRC-32C of these | the record | its masked CRC-32C; all little-endian
namespace tfx::io {

/// Reads the records of a file, packed or not.
///
///     io::tf_record_reader records("train.tfrecord");
///     while (auto record = records.next()) use(*record);      // valid until the next call
///
/// Errors     file_error: no such file; a checksum that is not that of its bytes, a file that ends within a record. After a record
///            with a wrong checksum the next one can be read; after a length with one there is nothing more
class tf_record_reader {
public:
  explicit tf_record_reader(const std::filesystem::path& path, packing how = packing::recognised) : in_(path, how == packing::recognised ? packing_of(path) : how) {}

  std::optional<std::string_view> next() {
    if (std::exchange(lost_, true)) return std::nullopt;
    in_.skip(std::exchange(taken_, 0));
    const std::optional<std::string_view> record = read();
    lost_ = false;
    return record;
  }
  /// How many there were so far, and where the last one started in the (uncompressed) contents.
  std::uint64_t count() const { return count_; }
  std::uint64_t start() const { return start_; }
  /// Where the next one starts.
  std::uint64_t offset() const { return in_.offset() + taken_; }
  /// To a place that `offset` has said, before anything is read.
  void go_to(std::uint64_t offset, std::uint64_t count) {
    in_.go_to(offset);
    count_ = count;
  }
  [[noreturn]] void fail(std::uint64_t offset, std::string expected, std::string found) const { in_.file().fail(offset, std::move(expected), std::move(found)); }

private:
  std::optional<std::string_view> read() {
    if (!in_.reach(1)) return std::nullopt;
    const std::uint64_t start = in_.offset();
    start_ = start;
    if (!in_.reach(12)) fail(start, "12 bytes before a record", "the end of the file after " + std::to_string(in_.ahead().size()));
    const char* before = in_.ahead().data();
    if (tf_record_frame::get(before + 8) != masked_crc32c(before, 8)) fail(start, "the length of a record and its checksum", "a length with another checksum");
    const std::uint64_t size = std::uint64_t{tf_record_frame::get(before)} | std::uint64_t{tf_record_frame::get(before + 4)} << 32;
    if (size > in_.most() || !in_.reach(std::size_t(size) + 16)) fail(start, "a record of " + std::to_string(size) + " bytes", "the end of the file");
    const std::string_view record = in_.ahead().substr(12, std::size_t(size));
    taken_ = record.size() + 16;
    ++count_;
    lost_ = false;
    if (tf_record_frame::get(record.data() + record.size()) != masked_crc32c(record.data(), record.size()))
      fail(start, "record " + std::to_string(count_ - 1) + " and its checksum", "a record with another checksum");
    return record;
  }
  /// A length with its checksum is not packed, whatever its bytes look like.
  static packing packing_of(const std::filesystem::path& path) {
    input_file file(path, packing::none);
    char b[12] = {};
    const std::size_t got = file.read(b, sizeof b);
    if (got < 12 ? got == 0 : tf_record_frame::get(b + 8) == masked_crc32c(b, 8)) return packing::none;
    const unsigned first = static_cast<unsigned char>(b[0]), second = static_cast<unsigned char>(b[1]);
    if (first == 0x1f && second == 0x8b) return packing::gzip;
    return (first & 15) == 8 && (first * 256 + second) % 31 == 0 ? packing::zlib : packing::none;
  }

  buffered_input in_;
  std::size_t taken_ = 0;
  std::uint64_t count_ = 0, start_ = 0;
  bool lost_ = false;   ///< where the next record starts is not known
};

/// Writes a file of records, as a whole or not at all.
///
///     io::tf_record_writer out("train.tfrecord.gz", io::packing::gzip);
///     out.write(bytes);
///     out.commit();
class tf_record_writer {
public:
  explicit tf_record_writer(const std::filesystem::path& path, packing how = packing::none) : file_(path), packed_(how == packing::gzip || how == packing::zlib) {
    constexpr int largest_window = 15, gzip = 16, memory = 8;
    if (packed_ && ::deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, largest_window + (how == packing::gzip ? gzip : 0), memory, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  tf_record_writer(const tf_record_writer&) = delete;
  ~tf_record_writer() {
    if (packed_) ::deflateEnd(&stream_);
  }

  void write(std::string_view record) {
    const tf_record_frame frame(record);
    put(frame.before, sizeof frame.before, Z_NO_FLUSH);
    put(record.data(), record.size(), Z_NO_FLUSH);
    put(frame.after, sizeof frame.after, Z_NO_FLUSH);
  }
  /// Without it nothing has happened.
  void commit() {
    if (packed_) put("", 0, Z_FINISH);
    file_.commit();
  }

private:
  void put(const void* data, std::size_t size, int flush) {
    if (!packed_) return file_.write(data, size);
    constexpr std::size_t largest = 1u << 30;
    const auto* from = static_cast<const unsigned char*>(data);
    do {
      const std::size_t part = size < largest ? size : largest;
      stream_.next_in = const_cast<unsigned char*>(from);
      stream_.avail_in = static_cast<uInt>(part);
      do {
        unsigned char out[16 * 1024];
        stream_.next_out = out;
        stream_.avail_out = sizeof out;
        ::deflate(&stream_, flush);
        file_.write(out, sizeof out - stream_.avail_out);
      } while (stream_.avail_out == 0);
      from += part;
      size -= part;
    } while (size > 0);
  }

  atomic_file file_;
  ::z_stream stream_{};
  bool packed_;
};

}  // namespace tfx::io
