// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tfx/core/config.hpp>
#include <tfx/core/fail.hpp>
#include <tfx/io/crc32c.hpp>
#include <tfx/io/safetensors.hpp>

/// Checkpoints in a folder: safetensors files whose metadata says when they were written and what their bytes add up to.
namespace tfx {

namespace detail {

inline constexpr std::string_view checkpoint_ending = ".safetensors", step_key = "step", checksum_key = "crc32c", watched_key = "watched";

/// The checksum of a file's metadata, all but itself, and of arrays: names, types, shapes and numbers, in the order of the names.
class array_checksum {
public:
  explicit array_checksum(const std::map<std::string, std::string>& metadata) {
    for (const auto& [key, value] : metadata) {
      if (key == checksum_key) continue;
      const std::string text = key + ": " + value + "\n";
      add(text.data(), text.size());
    }
  }
  void begin(std::string_view name, std::string_view type, std::span<const std::int64_t> shape) {
    const std::string text = std::string(name) + ": " + io::detail::describe(type, shape) + "\n";
    add(text.data(), text.size());
  }
  void add(const void* bytes, std::size_t size) { sum_ = io::crc32c(bytes, size, sum_); }
  std::string text() const {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", unsigned(sum_));
    return digits;
  }

private:
  std::uint32_t sum_ = 0;
};
template <class Array> std::vector<const Array*> by_name(std::span<const Array> all) {
  std::vector<const Array*> order;
  for (const Array& one : all) order.push_back(&one);
  std::sort(order.begin(), order.end(), [](const Array* a, const Array* b) { return a->name < b->name; });
  return order;
}
inline std::string checksum_of(const std::map<std::string, std::string>& metadata, std::span<const io::named_array> arrays) {
  array_checksum sum(metadata);
  for (const io::named_array* a : by_name(arrays)) {
    std::size_t bytes = std::size_t(size_of(a->type));
    for (const std::int64_t extent : a->shape) bytes *= std::size_t(extent);
    sum.begin(a->name, io::detail::safetensors_dtype(a->type), a->shape);
    sum.add(a->data, bytes);
  }
  return sum.text();
}
/// Throws file_error if a file's bytes are not those that were written.
inline void verify_checksum(const io::safetensors_file& file) {
  const std::string& expected = file.metadata().at(std::string(checksum_key));
  array_checksum sum(file.metadata());
  for (const io::safetensors_entry* e : by_name(std::span(file.tensors()))) {
    sum.begin(e->name, e->dtype, e->shape);
    const std::size_t element = e->count() ? std::size_t(e->size() / e->count()) : 0;
    file.for_each_block(*e, [&](std::size_t, const std::byte* block, std::size_t count) { sum.add(block, count * element); });
  }
  if (sum.text() != expected) throw io::file_error(file.path(), io::file_error::nowhere, "bytes with the checksum " + expected, sum.text());
}

/// A checkpoint in a folder.
struct kept_checkpoint {
  std::filesystem::path path;
  std::int64_t step = 0;    ///< updates that were made
  double value = 0;         ///< that was watched; NaN: none
};
struct checkpoints_found {
  std::vector<kept_checkpoint> all{};                                    ///< the newest first
  std::vector<std::pair<std::filesystem::path, std::string>> refused{};  ///< files that cannot be read, and why
};

/// Those of a folder; other files in it are left alone. Their headers are read, not yet their numbers.
TFX_COLD inline checkpoints_found checkpoints_in(const std::filesystem::path& folder) {
  checkpoints_found found;
  if (!std::filesystem::exists(folder)) return found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().extension() != checkpoint_ending) continue;
    try {
      const io::safetensors_file file(entry.path());
      const auto& facts = file.metadata();
      const auto step = facts.find(std::string(step_key)), watched = facts.find(std::string(watched_key));
      if (!facts.contains(std::string(checksum_key)) || step == facts.end()) continue;
      kept_checkpoint one{entry.path(), 0, std::numeric_limits<double>::quiet_NaN()};
      std::from_chars(step->second.data(), step->second.data() + step->second.size(), one.step);
      if (watched != facts.end()) one.value = std::strtod(watched->second.c_str(), nullptr);
      found.all.push_back(std::move(one));
    } catch (const io::file_error& error) {
      found.refused.emplace_back(entry.path(), error.what());
    }
  }
  std::sort(found.all.begin(), found.all.end(), [](const kept_checkpoint& a, const kept_checkpoint& b) { return a.step > b.step || (a.step == b.step && a.path > b.path); });
  std::sort(found.refused.begin(), found.refused.end());
  return found;
}
/// What a process left that was killed while it wrote: one at a time trains in a folder.
TFX_COLD inline void remove_unfinished(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    std::error_code none;
    if (name.starts_with('.') && name.ends_with(".tmp") && name.find(std::string(checkpoint_ending) + ".") != name.npos) std::filesystem::remove(entry.path(), none);
  }
}
TFX_COLD inline void say_refused(const std::string& why) { std::fprintf(stderr, "checkpoints: refused, the one before it is taken: %s\n", why.c_str()); }

/// The newest whose bytes are those that were written; damaged ones are said on stderr. Empty if there is none in the folder; if all are
/// damaged, an error.
TFX_COLD inline kept_checkpoint newest_whole(const checkpoints_found& found, const std::filesystem::path& folder) {
  for (const auto& [path, why] : found.refused) say_refused(why);
  for (const kept_checkpoint& one : found.all) {
    try {
      const io::safetensors_file file(one.path);
      verify_checksum(file);
      return one;
    } catch (const io::file_error& error) {
      say_refused(error.what());
    }
  }
  const std::size_t files = found.all.size() + found.refused.size();
  if (files > 0) fail(("checkpoints: none of the " + std::to_string(files) + " in " + folder.string() + " can be read").c_str());
  return {};
}

}  // namespace detail

/// The path of the newest checkpoint in a folder, empty if there is none. Damaged ones are passed over, and said on stderr.
///
///     load(m, latest_checkpoint("runs/7"), {.allow_surplus = true});      // the weights alone
///
/// Errors     all of them are damaged
TFX_COLD inline std::filesystem::path latest_checkpoint(const std::filesystem::path& folder) { return detail::newest_whole(detail::checkpoints_in(folder), folder).path; }

}  // namespace tfx
