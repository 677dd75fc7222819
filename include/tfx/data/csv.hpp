// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <charconv>

#include <tfx/data/opened.hpp>
#include <tfx/io/csv_reader.hpp>

namespace tfx::data {

/// The words of a column, which are read as their numbers: 0, 1, ...
struct csv_categories {
  std::string column{};
  std::vector<std::string> words{};
};
struct csv_options {
  std::vector<std::string> columns{};           ///< which ones, in the order of the types; without a header by number: "0"; empty: all
  std::vector<csv_categories> categories{};
  std::vector<std::string> missing{""};         ///< how missing values are written
  char separator = ',';
  bool header = true;                           ///< the first line has the names of the columns
};

namespace detail {

/// Of how many columns a part of a row is made.
template <class T> struct csv_part { static constexpr std::size_t columns = 1; };
template <class T, std::size_t N> struct csv_part<std::array<T, N>> { static constexpr std::size_t columns = N; };
template <class T> inline constexpr bool is_optional = false;
template <class T> inline constexpr bool is_optional<std::optional<T>> = true;

/// Words of a category, sorted.
struct csv_words {
  std::vector<std::pair<std::string, int>> all{};
  int find(std::string_view word) const {
    const auto at = std::lower_bound(all.begin(), all.end(), word, [](const auto& entry, std::string_view w) { return entry.first < w; });
    return at != all.end() && at->first == word ? at->second : -1;
  }
};

constexpr std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  if (s.size() > 1 && s[0] == '+' && s[1] != '-') s.remove_prefix(1);
  return s;
}
/// Is all of the text a number of type T?
template <class T> bool read_number(std::string_view text, T& to) {
  text = trimmed(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  return error == std::errc() && end == text.data() + text.size();
}
template <class T> constexpr const char* csv_type_name() {
  if constexpr (std::is_floating_point_v<T>) return "a number";
  else if constexpr (sizeof(T) == 1) return std::is_signed_v<T> ? "an integer from -128 to 127" : "an integer from 0 to 255";
  else if constexpr (sizeof(T) == 2) return std::is_signed_v<T> ? "an integer of 16 bits" : "an integer of 16 bits without sign";
  else if constexpr (sizeof(T) == 4) return std::is_signed_v<T> ? "an integer of 32 bits" : "an integer of 32 bits without sign";
  else return std::is_signed_v<T> ? "an integer of 64 bits" : "an integer of 64 bits without sign";
}

template <class... Part> struct csv_node : source_node {
  using value_type = std::tuple<Part...>;
  static constexpr std::size_t columns = (csv_part<Part>::columns + ... + 0);
  std::filesystem::path path;
  csv_options options;
  opened<io::csv_reader> in{};
  std::uint64_t offset = 0, line = 0;   ///< of the next record; line 0: the first one
  std::array<std::size_t, columns> place{};
  std::array<csv_words, columns> words{};
  bool lost = false;   ///< the file cannot be read on
  std::size_t last_place = 0, width = 0;

  void begin(std::uint64_t) {
    in.reset();
    offset = line = 0;
    lost = false;
  }
  bool next(value_type& to) {
    if (lost) return false;
    lost = true;
    if (!in) open();
    const bool more = step();
    lost = false;
    if (more && in->size() <= last_place) in->fail("", "at least " + std::to_string(last_place + 1) + " columns", std::to_string(in->size()));
    if (more && options.columns.empty() && in->size() != columns) in->fail("", std::to_string(columns) + " columns, as the types say", std::to_string(in->size()));
    if (more) {
      std::size_t k = 0;
      std::apply([&](auto&... part) { (read(k, part), ...); }, to);
    }
    return more;
  }
  void archive(pipeline_state& s) {
    s.stage("csv");
    s(offset);
    s(line);
    s(width);
    s(lost);
    if (s.loading()) in.reset();
  }

private:
  /// To the next record; where that is no record, behind it.
  bool step() {
    const auto here = [this] {
      offset = in->offset();
      line = in->next_line();
      width = in->width();
    };
    try {
      const bool more = in->next();
      here();
      return more;
    } catch (const io::record_error&) {
      here();
      lost = false;
      throw;
    }
  }
  void open() {
    in.emplace(path, options.separator, options.header);
    if (!options.columns.empty() && options.columns.size() != columns)
      in->fail("", std::to_string(columns) + " chosen columns, as the types say", std::to_string(options.columns.size()));
    last_place = 0;
    for (std::size_t k = 0; k < columns; ++k) {
      place[k] = options.columns.empty() ? k : find(options.columns[k]);
      last_place = place[k] > last_place ? place[k] : last_place;
      words[k] = {};
    }
    for (const csv_categories& c : options.categories) {
      const std::size_t where = find(c.column);
      for (std::size_t k = 0; k < columns; ++k) {
        if (place[k] != where) continue;
        for (const std::string& w : c.words) words[k].all.emplace_back(w, int(words[k].all.size()));
        std::sort(words[k].all.begin(), words[k].all.end());
      }
    }
    if (line != 0) in->go_to(offset, line, width);
  }
  std::size_t find(const std::string& name) {
    std::size_t number = 0;
    if (!options.header && read_number(name, number)) return number;
    std::string known;
    for (std::size_t i = 0; i < in->names().size(); ++i) {
      if (in->names()[i] == name) return i;
      known += (i ? ", " : "") + in->names()[i];
    }
    throw io::record_error(path, "line", 1, "", "a column named " + name, options.header ? known : "no names");
  }

  template <class T> void read(std::size_t& k, T& to) {
    if constexpr (csv_part<T>::columns != 1 || requires { std::tuple_size<T>::value; }) {
      for (auto& x : to) read(k, x);
    } else {
      const std::string_view text = in->field(place[k]);
      const bool missing = is_missing(text);
      if constexpr (is_optional<T>) {
        if (missing) to.reset();
        else cell(k, text, to.emplace());
      } else if (missing && !std::same_as<T, std::string>) {
        in->fail_field(place[k], words[k].all.empty() ? csv_type_name<T>() : "one of its categories", true);
      } else {
        cell(k, text, to);
      }
      ++k;
    }
  }
  template <class T> void cell(std::size_t k, std::string_view text, T& to) {
    if constexpr (std::same_as<T, std::string>) {
      to.assign(text);
    } else {
      static_assert(std::is_arithmetic_v<T> && !std::same_as<T, bool>, "tfx::data::csv: a column is a number, a std::string, or a std::optional of these");
      if (!words[k].all.empty()) {
        const int number = words[k].find(text);
        if (number < 0) in->fail_field(place[k], "one of its " + std::to_string(words[k].all.size()) + " categories", false);
        to = as_element<T>(number);
      } else if (!read_number(text, to)) {
        in->fail_field(place[k], csv_type_name<T>(), false);
      }
    }
  }
  bool is_missing(std::string_view text) const {
    for (const std::string& m : options.missing)
      if (text == m) return true;
    return false;
  }
};

}  // namespace detail

/// The rows of a table of text as tuples. A part is a number, a `std::string`, a `std::optional` of these where values are missing, or
/// a `std::array` of several columns.
///
///     auto flowers = data::csv<std::array<float, 4>, int>("iris.csv", {.categories = {{"species", {"setosa", "versicolor", "virginica"}}}});
///
/// Errors     io::record_error with line and column: no such column, another number of columns, a word that is no such number or no
///            category, a missing value; io::file_error: no such file. After a bad row the next one is read: see `ignore_errors`
template <class... Part> pipeline<detail::csv_node<Part...>> csv(std::filesystem::path path, csv_options options = {}) {
  return pipeline<detail::csv_node<Part...>>({{}, std::move(path), std::move(options)});
}

}  // namespace tfx::data
