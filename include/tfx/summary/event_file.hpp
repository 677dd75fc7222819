// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <tfx/core/config.hpp>
#include <tfx/io/file_error.hpp>
#include <tfx/summary/event.hpp>

namespace tfx::summary {

/// Seconds since 1970.
inline double wall_time() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// A growing file of events in a folder, which is a run to TensorBoard, named as TensorBoard expects it:
/// `events.out.tfevents.<seconds>.<host>.<process>.<number><suffix>`. The folder is made.
///
/// The file has whole records alone, also after a write that failed half-way. Longer than `most_bytes` it does not grow (by less than
/// a record): the next file follows, and begins with what was said to last. Of all that one object has written the last `files` stay.
///
/// Errors     io::file_error with the path and the system's own words
class event_file {
public:
  TFX_COLD explicit event_file(const std::filesystem::path& folder, std::string_view suffix = {}, std::uint64_t most_bytes = 0, int files = 0)
      : folder_(folder), suffix_(suffix), most_bytes_(most_bytes), files_(files) {
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) throw io::file_error(folder, io::file_error::nowhere, "to make a folder for events", failed.message());
    next();
  }
  event_file(const event_file&) = delete;
  event_file& operator=(const event_file&) = delete;
  ~event_file() {
    if (file_ >= 0) ::close(file_);
  }

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  /// Writes whole records. Where not all could be written, `left` are the bytes that could not.
  TFX_COLD void append(std::string_view records, std::size_t& left) {
    left = records.size();
    if (file_ < 0) next();   // it could not be made before
    while (left) {
      const std::string_view rest = records.substr(records.size() - left);
      std::size_t part = rest.size();
      if (most_bytes_ && size_ + part > most_bytes_) {
        part = 0;
        for (std::size_t record; part < rest.size(); part += record) {
          record = io::first_record(rest.substr(part));
          if (size_ + part + record > most_bytes_) break;
        }
        if (part == 0 && size_ > head_) {
          next();
          continue;
        }
        if (part == 0) part = io::first_record(rest);
      }
      write(rest.substr(0, part), left);
    }
  }
  /// A record that every further file begins with.
  void keep(std::string_view record) {
    if (most_bytes_) lasting_ += record;
  }
  TFX_COLD void close() {
    const int file = file_;
    file_ = -1;
    if (file >= 0 && ::close(file) != 0) fail("to close the file", errno);
  }

private:
  TFX_COLD void next() {
    close();
    char host[256] = "localhost";
    ::gethostname(host, sizeof host - 1);
    const double now = wall_time();
    if (std::int64_t(now) > seconds_) seconds_ = std::int64_t(now);   // names are read in their order
    static std::atomic<unsigned> counter{0};
    for (int attempt = 0; attempt < 1000 && file_ < 0; ++attempt) {
      char name[400];
      std::snprintf(name, sizeof name, "events.out.tfevents.%010lld.%s.%d.%05u", static_cast<long long>(seconds_), host, int(::getpid()), counter.fetch_add(1));
      path_ = folder_ / (name + suffix_);
      file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
      if (file_ < 0 && errno != EEXIST) fail("to create a file of events", errno);
    }
    if (file_ < 0) fail("to create a file of events", EEXIST);
    size_ = 0;
    std::string head;
    append_event(head, now, 0, [](io::protobuf_writer& event) { event.bytes(3, "brain.Event:2"); });
    head += lasting_;
    std::size_t left = head.size();
    try {
      write(head, left);
    } catch (...) {   // a file without its head is none
      ::close(std::exchange(file_, -1));
      ::unlink(path_.c_str());
      throw;
    }
    head_ = size_;
    written_.push_back(path_);
    std::error_code gone;
    for (; files_ > 0 && written_.size() > std::size_t(files_); written_.erase(written_.begin())) std::filesystem::remove(written_.front(), gone);
  }

  TFX_COLD void write(std::string_view records, std::size_t& left) {
    for (std::size_t written = 0; written < records.size();) {
      const ::ssize_t done = ::write(file_, records.data() + written, records.size() - written);
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) stop_at_record(records, written, left, done < 0 ? errno : ENOSPC);
      written += std::size_t(done);
    }
    size_ += records.size();
    left -= records.size();
  }
  /// Records that were written whole stay, what is there of the next is cut off.
  [[noreturn]] TFX_COLD void stop_at_record(std::string_view records, std::size_t written, std::size_t& left, int reason) {
    std::size_t whole = 0;
    while (whole + io::record_head <= written && whole + io::first_record(records.substr(whole)) <= written) whole += io::first_record(records.substr(whole));
    size_ += whole;
    left -= whole;
    if (whole != written && ::ftruncate(file_, ::off_t(size_)) != 0) fail("to cut off half a record", errno);
    fail("to write " + std::to_string(left) + " more bytes of events", reason);
  }

  [[noreturn]] TFX_COLD void fail(const std::string& expected, int reason) const {
    throw io::file_error(path_, size_ ? size_ : io::file_error::nowhere, expected, std::generic_category().message(reason));
  }

  std::filesystem::path folder_, path_;
  std::string suffix_, lasting_;
  std::vector<std::filesystem::path> written_;
  std::uint64_t most_bytes_, size_ = 0, head_ = 0;
  std::int64_t seconds_ = 0;
  int files_, file_ = -1;
};

}  // namespace tfx::summary
