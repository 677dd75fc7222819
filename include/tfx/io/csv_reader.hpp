// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/io/buffered_input.hpp>
#include <tfx/io/record_error.hpp>

namespace tfx::io {

/// Reads a table of text: lines of fields between separators. A field in quotes may have separators, line ends and doubled quotes.
///
///     io::csv_reader table("houses.csv", ',', true);
///     while (table.next()) use(table.field(0), table.line());
///
/// Lines end with LF or CRLF, the last one perhaps with the file; empty lines are passed over, where there are several columns. A
/// file may be packed by gzip.
/// Errors     file_error: no such file; record_error: a quote in a field without, text behind a closing quote, no closing quote,
///            another number of fields than in the first line. After them the next line can be read
/// Source     RFC 4180
class csv_reader {
public:
  csv_reader(const std::filesystem::path& path, char separator, bool header) : in_(path), path_(path), separator_(separator) {
    for (const char c : {separator, '\n', '"'}) ends_[static_cast<unsigned char>(c)] = true;
    skip_mark();
    if (!header) return;
    if (!next()) throw file_error(path_, file_error::nowhere, "a line with the names of the columns", "no lines");
    for (std::size_t i = 0; i < fields_.size(); ++i) names_.emplace_back(field(i));
  }

  const std::vector<std::string>& names() const { return names_; }
  std::size_t size() const { return fields_.size(); }
  /// The line where the record starts, from 1.
  std::uint64_t line() const { return line_; }
  std::string_view field(std::size_t i) const { return {(fields_[i].copied ? copied_.data() : record_) + fields_[i].start, fields_[i].size}; }
  std::string column(std::size_t i) const { return i < names_.size() ? names_[i] : std::to_string(i); }
  const std::filesystem::path& path() const { return path_; }
  [[noreturn]] void fail(const std::string& where, const std::string& expected, const std::string& found) const {
    throw record_error(path_, "line", line_, where, expected, found);
  }

  [[noreturn]] void fail_field(std::size_t i, const std::string& expected, bool missing) const {
    fail(column(i), expected, missing ? "a missing value" : std::string("'").append(field(i).substr(0, 60)).append("'"));
  }

  /// The next record; its fields are valid until the next call.
  bool next() {
    do {
      in_.skip(std::exchange(taken_, 0));
      line_ += std::exchange(lines_, 0);
      if (!in_.reach(1)) return false;
      const char* wrong = split();
      if (wrong != nullptr) fail(column(wrong_field_), wrong[0] == 'a' ? "quotes around the whole field" : "a closing quote", wrong);
    } while (fields_.size() == 1 && fields_[0].size == 0 && !fields_[0].copied && width_ != 1);
    if (width_ == 0) width_ = fields_.size();
    if (fields_.size() != width_) fail("", std::to_string(width_) + " columns", std::to_string(fields_.size()));
    return true;
  }

  /// How many fields the first record had.
  std::size_t width() const { return width_; }
  /// Where the next record starts, and on which line.
  std::uint64_t offset() const { return in_.offset() + taken_; }
  std::uint64_t next_line() const { return line_ + lines_; }
  void go_to(std::uint64_t offset, std::uint64_t line, std::size_t width) {
    const std::uint64_t here = this->offset();
    in_.skip(std::exchange(taken_, 0));
    for (std::uint64_t left = offset > here ? offset - here : 0; left > 0;) {
      if (!in_.reach(1)) in_.file().fail(offset, "a line", "the end of the file");
      const std::size_t part = left < in_.ahead().size() ? std::size_t(left) : in_.ahead().size();
      in_.skip(part);
      left -= part;
    }
    line_ = line;
    lines_ = 0;
    width_ = width;
  }

private:
  struct piece {
    std::size_t start, size;
    bool copied;   ///< in copied_: it had doubled quotes
  };

  void skip_mark() {   // a byte order mark
    in_.reach(3);
    if (in_.ahead().starts_with("\xef\xbb\xbf")) in_.skip(3);
  }
  /// Splits the record ahead. What is wrong with it, or null.
  const char* split() {
    fields_.clear();
    copied_.clear();
    const char* wrong = nullptr;
    std::size_t at = 0;
    std::string_view text = in_.ahead();
    const auto reach = [&] {   // is there a byte at `at`?
      if (at < text.size()) return true;
      const bool more = in_.more();
      text = in_.ahead();
      return more;
    };
    const auto say = [&](const char* what) {
      if (wrong == nullptr) wrong_field_ = fields_.size();
      if (wrong == nullptr) wrong = what;
    };
    lines_ = 1;
    for (;;) {
      if (reach() && text[at] == '"') {
        std::size_t from = ++at, size = 0;
        bool copied = false, closed = false;
        while (reach()) {
          const char c = text[at];
          if (c == '"') {
            ++at;
            if (!reach() || text[at] != '"') {
              closed = true;
              break;
            }
            if (!copied) {
              const std::size_t to = copied_.size();
              copied_.append(text.substr(from, size));
              from = to;
              copied = true;
            }
          } else if (c == '\n') {
            ++lines_;
          }
          if (copied) copied_.push_back(c);
          ++size;
          ++at;
        }
        if (!closed) say("the end of the file");
        for (; reach() && text[at] != separator_ && text[at] != '\n'; ++at)
          if (text[at] != '\r') say("a closing quote before more text");
        fields_.push_back({from, size, copied});
        if (size == 0) fields_.back() = {copied_.size(), 0, true};   // "" is not an empty line
      } else {
        const std::size_t start = at;
        while (reach()) {
          while (at < text.size() && !ends_[static_cast<unsigned char>(text[at])]) ++at;
          if (at == text.size()) continue;
          if (text[at] != '"') break;
          say("a quote within it");
          ++at;
        }
        std::size_t end = at;
        if (end > start && text[end - 1] == '\r' && (at == text.size() || text[at] == '\n')) --end;
        fields_.push_back({start, end - start, false});
      }
      if (!reach() || text[at] == '\n') break;
      ++at;
    }
    taken_ = at < text.size() ? at + 1 : at;
    record_ = text.data();
    return wrong;
  }

  buffered_input in_;
  std::filesystem::path path_;
  char separator_;
  bool ends_[256] = {};   ///< what a field without quotes does not have
  std::vector<std::string> names_;
  std::vector<piece> fields_;
  std::string copied_;
  const char* record_ = nullptr;
  std::size_t taken_ = 0, width_ = 0, wrong_field_ = 0;
  std::uint64_t line_ = 1, lines_ = 0;
};

}  // namespace tfx::io
