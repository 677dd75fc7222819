// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tfx/core/path_pattern.hpp>
#include <tfx/io/element_types.hpp>
#include <tfx/io/named_arrays.hpp>
#include <tfx/io/naming.hpp>

namespace tfx::io {

/// How a file is read into arrays that exist.
///
///     load(m, "resnet18.safetensors", {.only = "body", .names = io::names::torch(), .rename = {{"body/stem", "conv1"}}});
struct load_options {
  std::string only = "*";               ///< these variables, by their paths, as `only{...}` names them; the rest of the file is left alone
  naming names = {};                    ///< how files of this kind call things: `io::names::torch()`
  std::vector<name_rule> rename = {};   ///< what these cannot know: which layer here is which there
  bool convert = false;                 ///< F32 and F64 may be read into each other; F16 and BF16 always into both
  bool allow_surplus = false;           ///< arrays of the file that nobody wants are no error
  bool allow_missing = false;           ///< what the file does not have stays as it is
};

/// A file that does not fit what it is to be loaded into: all differences at once.
class mismatch_error : public std::runtime_error {
 public:
  mismatch_error(const std::filesystem::path& path, std::vector<std::string> differences)
      : std::runtime_error(sentence(path, differences)), differences_(std::move(differences)) {}

  /// One line for each, such as `dense/weight: expected F32 [784, 128], found F32 [784, 64]`.
  const std::vector<std::string>& differences() const { return differences_; }

 private:
  static std::string sentence(const std::filesystem::path& path, const std::vector<std::string>& differences) {
    std::string text = path.string() + ": does not fit, nothing was loaded";
    for (const std::string& line : differences) text += "\n  " + line;
    return text;
  }

  std::vector<std::string> differences_;
};

namespace detail {
inline std::string describe(std::string_view type, std::span<const std::int64_t> shape) {
  std::string text(type);
  text += " [";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i != 0) text += ", ";
    text += std::to_string(shape[i]);
  }
  return text + "]";
}

/// A variable, and where it lies in the file.
struct wanted_array {
  const named_buffer* buffer;
  place_in_file place;
};

inline std::vector<std::int64_t> shape_there(const named_buffer& buffer, const std::vector<int>& axes) {
  std::vector<std::int64_t> shape = buffer.shape;
  for (std::size_t k = 0; k < axes.size(); ++k) shape[std::size_t(axes[k])] = buffer.shape[k];
  return shape;
}
inline bool are_axes(const std::vector<int>& axes) {
  std::vector<bool> seen(axes.size());
  for (const int axis : axes) {
    if (axis < 0 || std::size_t(axis) >= axes.size() || seen[std::size_t(axis)]) return false;
    seen[std::size_t(axis)] = true;
  }
  return true;
}

/// Which arrays of the file go where, or all that does not fit.
template <class File> std::vector<wanted_array> matched(const File& file, std::span<const named_buffer> wanted, const load_options& options) {
  std::vector<std::string> differences;
  std::vector<wanted_array> found;
  std::set<std::string, std::less<>> mine, theirs;
  std::vector<bool> used(options.rename.size());
  for (const name_rule& rule : options.rename)
    if (!are_axes(rule.axes)) differences.push_back("rename '" + rule.here + "': the axes are not each of 0 to " + std::to_string(rule.axes.size() - 1) + " once");
  for (const named_buffer& buffer : wanted) {
    if (!mine.insert(buffer.name).second) differences.push_back(buffer.name + ": wanted twice");
    if (!tfx::names({options.only}, buffer.name)) continue;
    wanted_array one{&buffer, place_of(buffer.name, buffer.shape.size(), options.rename, options.names, used)};
    if (!are_axes(one.place.axes)) continue;
    if (one.place.names.size() > 1 && buffer.type != dtype::float32 && buffer.type != dtype::float64)
      differences.push_back(buffer.name + ": a sum is of F32 or F64, not of " + std::string(safetensors_dtype(buffer.type)));
    const std::vector<std::int64_t> shape = shape_there(buffer, one.place.axes);
    const std::string expected = describe(safetensors_dtype(buffer.type), shape);
    bool whole = true;
    for (const std::string& name : one.place.names) {
      theirs.insert(name);
      const std::string who = name == buffer.name ? name : buffer.name + " from " + name;
      const auto* entry = file.find(name);
      if (entry == nullptr) {
        whole = false;
        if (!options.allow_missing) differences.push_back(who + ": expected " + expected + ", found nothing of that name");
      } else if (conversion_between(entry->dtype, buffer.type, options.convert) == conversion::none || entry->shape != shape) {
        differences.push_back(who + ": expected " + expected + ", found " + describe(entry->dtype, entry->shape));
      }
    }
    if (whole) found.push_back(std::move(one));
  }
  for (std::size_t r = 0; r < used.size(); ++r)
    if (!used[r]) differences.push_back("rename '" + options.rename[r].here + "': names no variable");
  for (const auto& entry : file.tensors()) {
    if (options.allow_surplus || options.only != "*" || theirs.contains(entry.name)) continue;
    bool ignored = false;
    for (const std::string& pattern : options.names.ignored) ignored |= tfx::detail::is_like(entry.name, pattern);
    if (!ignored) differences.push_back(entry.name + ": expected nothing of that name, found " + describe(entry.dtype, entry.shape));
  }
  if (found.empty() && !wanted.empty() && differences.empty()) differences.push_back("only '" + options.only + "': the file has none of these variables");
  if (!differences.empty()) throw mismatch_error(file.path(), std::move(differences));
  return found;
}

/// Copies `count` elements of `size` bytes into the order of this side's axes.
inline void permute_axes(const std::byte* from, const named_buffer& to, const std::vector<int>& axes, std::size_t size) {
  const std::vector<std::int64_t> there = shape_there(to, axes);
  std::vector<std::size_t> stride(there.size(), size), at(there.size(), 0);
  for (std::size_t k = there.size(); k-- > 1;) stride[k - 1] = stride[k] * std::size_t(there[k]);
  std::size_t count = 1;
  for (const std::int64_t extent : there) count *= std::size_t(extent);
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t place = 0;
    for (std::size_t k = 0; k < axes.size(); ++k) place += at[k] * stride[std::size_t(axes[k])];
    std::memcpy(static_cast<std::byte*>(to.data) + i * size, from + place, size);
    for (std::size_t k = axes.size(); k-- > 0 && ++at[k] == std::size_t(to.shape[k]);) at[k] = 0;
  }
}
template <class T> void add_to(std::byte* sum, const std::byte* more, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    T a, b;
    std::memcpy(&a, sum + i * sizeof a, sizeof a);
    std::memcpy(&b, more + i * sizeof b, sizeof b);
    a = static_cast<T>(a + b);
    std::memcpy(sum + i * sizeof a, &a, sizeof a);
  }
}

/// One variable: read as it lies, added up where it is a sum, and put into its order of axes.
template <class File> void read_array(const File& file, const wanted_array& one, bool convert) {
  const named_buffer& to = *one.buffer;
  const auto& names = one.place.names;
  if (names.size() == 1 && one.place.axes.empty()) return file.read(*file.find(names[0]), to.type, to.data, convert);
  const std::size_t size = std::size_t(size_of(to.type)), count = std::size_t(file.find(names[0])->count());
  std::vector<std::byte> sum(count * size), term(names.size() > 1 ? count * size : 0);
  file.read(*file.find(names[0]), to.type, sum.data(), convert);
  for (std::size_t k = 1; k < names.size(); ++k) {
    file.read(*file.find(names[k]), to.type, term.data(), convert);
    if (to.type == dtype::float64) add_to<double>(sum.data(), term.data(), count);
    else add_to<float>(sum.data(), term.data(), count);
  }
  if (one.place.axes.empty()) std::memcpy(to.data, sum.data(), sum.size());
  else permute_axes(sum.data(), to, one.place.axes, size);
}

}  // namespace detail

/// A file of arrays with names, open.
template <class F> concept array_file = requires(const F& f, std::string_view name) {
  f.path();
  f.find(name)->shape;
};

/// Reads the arrays named in `wanted` from an open file, or changes none of them and says everything that does not fit. Returns
/// how many variables were read.
///
/// Errors     mismatch_error (missing, surplus, other shapes or types, rules that name nothing), file_error
template <array_file File> int load_into(const File& file, std::span<const named_buffer> wanted, const load_options& options = {}) {
  const std::vector<detail::wanted_array> found = detail::matched(file, wanted, options);
  for (const detail::wanted_array& one : found)
    if (one.buffer->type == dtype::boolean)
      for (const std::string& name : one.place.names) file.check_booleans(*file.find(name));
  for (const detail::wanted_array& one : found) detail::read_array(file, one, options.convert);
  return int(found.size());
}

}  // namespace tfx::io
