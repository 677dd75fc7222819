// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files

#include <cstdio>
#include <filesystem>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tfx/core/config.hpp>
#include <tfx/io/atomic_file.hpp>

namespace tfx::summary {

/// What is known of points: a column of words has no name, of several each has one.
struct point_column {
  std::string name;
  std::vector<std::string> words;
};

/// Points in many dimensions (rows of an embedding), for the page Projector. It writes files into a run's folder, at once, and replaces
/// those of the same name.
///
///     summary::projector points("logs/run1");
///     points.add("words", table, 64, {{"", names}});      // rows of 64 numbers
///
/// Errors     io::file_error; std::invalid_argument where numbers are not whole rows, or a column has not a word a row
class projector {
public:
  explicit projector(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::error_code failed;
    std::filesystem::create_directories(folder_, failed);
    if (failed) throw io::file_error(folder_, io::file_error::nowhere, "to make a folder for points", failed.message());
  }

  template <class Numbers> TFX_COLD void add(std::string_view name, const Numbers& numbers, int dimensions, const std::vector<point_column>& about = {}) {
    const std::span all(std::data(numbers), std::size(numbers));
    const std::size_t width = dimensions > 0 ? std::size_t(dimensions) : 1, rows = all.size() / width;
    bool right = dimensions > 0 && all.size() % width == 0;
    for (const point_column& column : about) right = right && column.words.size() == rows;
    if (!right) {
      std::string found = std::to_string(all.size()) + " numbers";
      for (const point_column& column : about) found += " and " + std::to_string(column.words.size()) + " words";
      throw std::invalid_argument("tfx::summary::projector: " + std::string(name) + ": expected rows of " + std::to_string(dimensions) + " numbers and a word for each, found " + found);
    }
    const std::string file = file_name(name);
    std::string text;
    for (std::size_t i = 0; i < all.size(); ++i) {
      char number[40];
      text.append(number, std::size_t(std::snprintf(number, sizeof number, sizeof(all[i]) > 4 ? "%.17g" : "%.9g", double(all[i]))));
      text += (i + 1) % width ? '\t' : '\n';
    }
    put(file + ".tsv", text);
    if (!about.empty()) put(file + "_metadata.tsv", words_of(about, rows));
    config_ += "embeddings {\n  tensor_name: \"" + quoted(name) + "\"\n  tensor_shape: " + std::to_string(rows) + "\n  tensor_shape: " + std::to_string(width) + "\n  tensor_path: \"" + file + ".tsv\"\n";
    if (!about.empty()) config_ += "  metadata_path: \"" + file + "_metadata.tsv\"\n";
    config_ += "}\n";
    put("projector_config.pbtxt", config_);
  }

private:
  /// One column has no head.
  TFX_COLD static std::string words_of(const std::vector<point_column>& about, std::size_t rows) {
    std::string text;
    const auto line = [&](auto word) {
      for (std::size_t k = 0; k < about.size(); ++k) {
        for (const char c : word(about[k])) text += c == '\t' || c == '\n' || c == '\r' ? ' ' : c;
        text += k + 1 < about.size() ? '\t' : '\n';
      }
    };
    if (about.size() > 1) line([](const point_column& c) -> const std::string& { return c.name; });
    for (std::size_t i = 0; i < rows; ++i) line([i](const point_column& c) -> const std::string& { return c.words[i]; });
    return text;
  }
  static std::string file_name(std::string_view name) {
    std::string file;
    for (const char c : name) file += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ? c : '_';
    return file;
  }
  static std::string quoted(std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out;
  }
  TFX_COLD void put(const std::string& name, const std::string& text) const {
    io::atomic_file file(folder_ / name);
    file.write(text);
    file.commit();
  }

  std::filesystem::path folder_;
  std::string config_;
};

}  // namespace tfx::summary
