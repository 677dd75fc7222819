// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>

#include <tfx/data/csv.hpp>

namespace tfx::data {

enum class csv_kind : std::uint8_t { integer, number, text };

/// What the values of a column are.
struct csv_column {
  std::string name{};
  csv_kind kind = csv_kind::integer;      ///< the narrowest that all values have
  std::uint64_t rows = 0, missing = 0;
  double least = 0, most = 0, mean = 0;   ///< of numbers that are finite
  std::vector<std::string> categories{};  ///< the words of text, sorted; none where there are more than `most_words`
};

struct csv_facts_options {
  std::vector<std::string> missing{""};
  char separator = ',';
  bool header = true;
  std::size_t most_words = 1000;
};

/// Reads a table once and says what its columns are: to choose types and categories for `csv`.
///
/// Errors     io::record_error, io::file_error: those of `csv`
inline std::vector<csv_column> csv_facts(const std::filesystem::path& path, const csv_facts_options& options = {}) {
  io::csv_reader in(path, options.separator, options.header);
  std::vector<csv_column> columns;
  std::vector<std::set<std::string, std::less<>>> words;
  std::vector<std::uint64_t> finite;
  while (in.next()) {
    for (std::size_t i = columns.size(); i < in.size(); ++i) columns.push_back({in.column(i)});
    words.resize(in.size());
    finite.resize(in.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
      csv_column& c = columns[i];
      const std::string_view text = in.field(i);
      ++c.rows;
      if (std::find(options.missing.begin(), options.missing.end(), text) != options.missing.end()) {
        ++c.missing;
        continue;
      }
      if (words[i].size() <= options.most_words && words[i].find(text) == words[i].end()) words[i].emplace(text);
      std::int64_t integer = 0;
      double number = 0;
      if (c.kind == csv_kind::integer && !detail::read_number(text, integer)) c.kind = csv_kind::number;
      if (c.kind != csv_kind::text && !detail::read_number(text, number)) c.kind = csv_kind::text;
      if (c.kind == csv_kind::text || !(number - number == 0)) continue;
      if (++finite[i] == 1) c.least = c.most = number;
      c.least = number < c.least ? number : c.least;
      c.most = number > c.most ? number : c.most;
      c.mean += (number - c.mean) / double(finite[i]);
    }
  }
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].kind == csv_kind::text && words[i].size() <= options.most_words) columns[i].categories.assign(words[i].begin(), words[i].end());
  return columns;
}

/// The words of one column, sorted: its categories.
///
/// Errors     those of `csv_facts`; no such column, or one with more than `most_words`
inline std::vector<std::string> csv_words_of(const std::filesystem::path& path, const std::string& column, const csv_facts_options& options = {}) {
  io::csv_reader in(path, options.separator, options.header);
  std::set<std::string, std::less<>> words;
  for (bool known = false; in.next();) {
    std::size_t at = 0;
    std::string names;
    while (at < in.size() && in.column(at) != column) names += (at ? ", " : "") + in.column(at), ++at;
    if (at == in.size() && !known) throw io::record_error(path, "line", 1, "", "a column named " + column, names);
    known = true;
    const std::string_view text = in.field(at);
    if (std::find(options.missing.begin(), options.missing.end(), text) != options.missing.end()) continue;
    if (words.find(text) == words.end()) words.emplace(text);
    if (words.size() > options.most_words) in.fail(column, "at most " + std::to_string(options.most_words) + " words", "more");
  }
  return {words.begin(), words.end()};
}

}  // namespace tfx::data
