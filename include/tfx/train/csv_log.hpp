// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <tfx/io/file_error.hpp>
#include <tfx/train/go_on_without.hpp>
#include <tfx/train/moments.hpp>
#include <tfx/train/write_history.hpp>

namespace tfx {

/// Of `csv_log`.
struct csv_options {
  std::string separator = ",";
  bool append = false;   ///< behind what the file has; also where training is resumed
};

/// An observer that writes the history while it grows: a line after each epoch, which is in the file at once.
///
///     m.fit<training>(train, {.epochs = 20}, csv_log("log.csv"));
///
/// The table is that of `history.save`: epochs from 1, then the values. With `append`, or where training is resumed, a file that has lines
/// already keeps them, and gets no second line of names. Resumed from `checkpoints` it has the epochs that these know.
///
/// A failure to write is said on stderr, and training goes on; a file that cannot be opened is an error.
///
/// Errors     io::file_error, when training begins
/// Source     the options of Keras's CSVLogger, whose epochs begin with 0
class csv_log {
public:
  explicit csv_log(std::filesystem::path path, csv_options options = {}) : path_(std::move(path)), options_(std::move(options)) {}

  TFX_COLD void operator()(const training_begin& t) {
    const int before = t.resumed() ? t.past().epochs() : 0;   // which a checkpoint knows: later lines are made again
    const bool goes_on = before == 0 && (options_.append || t.resumed());
    std::error_code none;
    const bool has_lines = goes_on && std::filesystem::file_size(path_, none) > 0 && !none;
    file_.reset(std::fopen(path_.c_str(), goes_on ? "a" : "w"));
    if (!file_) fail("a file to write");
    if (!has_lines) write(detail::history_names(t.past(), options_.separator));
    for (int i = 0; i < before; ++i) write(detail::history_line(t.past(), i, options_.separator));
  }
  TFX_COLD void operator()(const epoch_end& e) {
    detail::go_on_without("csv_log", [&] { write(detail::history_line(e.past(), e.past().epochs() - 1, options_.separator)); });
  }
  TFX_COLD void operator()(const training_end&) { file_.reset(); }

private:
  struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }   // nothing is left in it: each line was flushed
  };
  TFX_COLD void write(std::string line) {
    line += '\n';
    if (std::fwrite(line.data(), 1, line.size(), file_.get()) != line.size() || std::fflush(file_.get()) != 0) fail("to write a line");
  }
  [[noreturn]] TFX_COLD void fail(const char* expected) const { throw io::file_error(path_, io::file_error::nowhere, expected, std::strerror(errno)); }

  std::filesystem::path path_;
  csv_options options_;
  std::unique_ptr<std::FILE, closer> file_;
};

}  // namespace tfx
