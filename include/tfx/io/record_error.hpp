// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace tfx::io {

/// What is wrong with a record of a file: which one, where in it, what had to be there and what was.
///
///     houses.csv: line 17, column rooms: expected a number, found 'many'
class record_error : public std::runtime_error {
public:
  record_error(const std::filesystem::path& path, std::string unit, std::uint64_t number, std::string column, const std::string& expected, const std::string& found)
      : std::runtime_error(path.string() + ": " + unit + " " + std::to_string(number) + (column.empty() ? "" : ", column " + column) + ": expected " + expected +
                           ", found " + found),
        column_(std::move(column)), number_(number) {}
  /// The line, from 1, or the record, from 0.
  std::uint64_t number() const noexcept { return number_; }
  const std::string& column() const noexcept { return column_; }

private:
  std::string column_;
  std::uint64_t number_;
};

}  // namespace tfx::io
