// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <tfx/core/config.hpp>
#include <tfx/core/element.hpp>
#include <tfx/core/shape.hpp>
#include <tfx/io/atomic_file.hpp>
#include <tfx/io/element_types.hpp>
#include <tfx/io/file_error.hpp>
#include <tfx/io/load.hpp>
#include <tfx/io/named_arrays.hpp>
#include <tfx/io/safetensors_header.hpp>
#include <tfx/io/seekable_file.hpp>

namespace tfx::io {

/// Writes arrays as a safetensors file, atomically: a file of that name is replaced as a whole or stays as it was.
///
/// The bytes depend on the arguments alone and are those of the reference implementation: wider types come first,
/// names are in order, the data starts at a multiple of eight bytes and every array at a multiple of its element size.
///
/// Errors     file_error (system), std::invalid_argument (two arrays of one name, a name that is not UTF-8, complex128)
/// Source     the safetensors format, version 0.3 and later
inline void write_safetensors(const std::filesystem::path& path, std::span<const named_array> arrays,
                              const std::map<std::string, std::string>& metadata = {}) {
  std::vector<const named_array*> order;
  for (const named_array& array : arrays) order.push_back(&array);
  std::sort(order.begin(), order.end(), [](const named_array* a, const named_array* b) {
    const int place_a = detail::place_of(a->type);
    const int place_b = detail::place_of(b->type);
    return place_a != place_b ? place_a < place_b : a->name < b->name;
  });

  std::vector<safetensors_entry> entries;
  std::uint64_t end = 0;
  for (const named_array* array : order) {
    if (detail::safetensors_dtype(array->type).empty()) throw std::invalid_argument("tfx: " + array->name + ": safetensors files have no " + std::string(name_of(array->type)) + " elements");
    std::uint64_t bytes = std::uint64_t(size_of(array->type));
    for (std::int64_t extent : array->shape) bytes *= std::uint64_t(extent);
    entries.push_back(
        {array->name, std::string(detail::safetensors_dtype(array->type)), array->shape, end, end + bytes});
    end += bytes;
  }
  const std::string header = detail::write_safetensors_header(entries, metadata);

  atomic_file file(path);
  const std::uint64_t length = header.size();
  file.write(&length, sizeof length);
  file.write(header);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (entries[i].size() != 0) file.write(order[i]->data, std::size_t(entries[i].size()));
  }
  file.commit();
}

/// An open safetensors file, whose header has been found right in every respect.
///
/// Everything is checked before the first array is read: the length of the header, its JSON, names given twice, unknown
/// types, sizes that disagree with shapes, and that the arrays cover the file without holes or overlap.
///
///     io::safetensors_file file("weights.safetensors");
///     for (const io::safetensors_entry& entry : file.tensors()) std::cout << entry.name << '\n';
///     std::vector<float> bias(10);
///     file.read("dense/bias", bias);
///
/// Errors     file_error with the place in the file
class safetensors_file {
 public:
  /// The format's own limit for the header.
  static constexpr std::uint64_t largest_header = 100'000'000;

  explicit safetensors_file(const std::filesystem::path& path) : file_(path) {
    const std::uint64_t size = file_.size();
    std::uint64_t length = 0;
    if (size < sizeof length) fail(0, "8 bytes with the length of the header", std::to_string(size) + " bytes in all");
    file_.read(0, &length, sizeof length);
    if (length > largest_header) {
      fail(0, "a header of at most " + std::to_string(largest_header) + " bytes", std::to_string(length));
    }
    if (length > size - sizeof length) {
      fail(0, "a header of at most the " + std::to_string(size - sizeof length) + " bytes that follow",
           std::to_string(length));
    }
    std::string header(std::size_t(length), ' ');
    file_.read(sizeof length, header.data(), header.size());
    data_start_ = sizeof length + length;
    contents_ = detail::read_safetensors_header(path, header, size - data_start_);
  }

  /// In the order of their data.
  const std::vector<safetensors_entry>& tensors() const { return contents_.tensors; }
  const std::map<std::string, std::string>& metadata() const { return contents_.metadata; }
  const std::filesystem::path& path() const { return file_.path(); }

  /// nullptr when there is no array of that name.
  const safetensors_entry* find(std::string_view name) const {
    const auto found = contents_.index.find(name);
    return found == contents_.index.end() ? nullptr : &contents_.tensors[found->second];
  }

  /// One array into a vector, span or array of the right size, converted as `load_options::convert` says.
  template <class Range> void read(std::string_view name, Range&& out, bool convert = false) const {
    using element = std::remove_pointer_t<decltype(std::data(out))>;
    static_assert(!detail::safetensors_dtype(dtype_of<element>).empty(), "tfx: files have no name for this element type");
    const safetensors_entry* entry = find(name);
    if (entry == nullptr) fail(8, "an array named " + std::string(name), "no such name");
    if (std::size(out) != entry->count()) {
      fail(data_start_ + entry->begin, std::to_string(std::size(out)) + " elements of " + entry->name,
           std::to_string(entry->count()));
    }
    read(*entry, dtype_of<element>, std::data(out), convert);
  }

  /// One array into memory for `entry.count()` elements of type `wanted`.
  void read(const safetensors_entry& entry, dtype wanted, void* out, bool convert = false) const {
    const detail::conversion how = detail::conversion_between(entry.dtype, wanted, convert);
    if (how == detail::conversion::none) {
      fail(data_start_ + entry.begin, std::string(detail::safetensors_dtype(wanted)) + " elements of " + entry.name,
           entry.dtype);
    }
    if (how == detail::conversion::same) {
      if (wanted == dtype::boolean) check_booleans(entry);
      file_.read(data_start_ + entry.begin, out, std::size_t(entry.size()));
      return;
    }
    for_each_block(entry, [&](std::size_t first, const std::byte* block, std::size_t count) {
      detail::convert_some(how, block, count, wanted, out, first);
    });
  }

  /// A byte other than 0 and 1 in a `bool` is undefined behaviour wherever it is looked at, so it never gets there.
  void check_booleans(const safetensors_entry& entry) const {
    for_each_block(entry, [&](std::size_t first, const std::byte* block, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) {
        const int byte = std::to_integer<int>(block[i]);
        if (byte > 1) fail(data_start_ + entry.begin + first + i, "0 or 1 in " + entry.name, std::to_string(byte));
      }
    });
  }

  [[noreturn]] void fail(std::uint64_t offset, std::string expected, std::string found) const {
    file_.fail(offset, std::move(expected), std::move(found));
  }

  /// Calls function(first element, bytes, elements) for an array's data as it lies in the file, piece by piece.
  template <class Function> void for_each_block(const safetensors_entry& entry, Function function) const {
    constexpr std::size_t block_size = 64 * 1024;
    if (entry.size() == 0) return;
    const std::size_t element = std::size_t(entry.size() / entry.count());
    std::vector<std::byte> block(block_size);
    for (std::uint64_t done = 0; done < entry.size(); done += block_size) {
      const std::size_t part = std::size_t(std::min<std::uint64_t>(block_size, entry.size() - done));
      file_.read(data_start_ + entry.begin + done, block.data(), part);
      function(std::size_t(done / element), block.data(), part / element);
    }
  }

 private:
  seekable_file file_;
  std::uint64_t data_start_ = 0;
  detail::safetensors_contents contents_;
};

}  // namespace tfx::io

namespace tfx {

/// Writes all parameters and states of a model as a safetensors file, atomically.
///
/// Errors     io::file_error
/// Example    examples/fashion_mnist.cpp
template <class Model>
  requires has_variables<const Model>
void save(const Model& model, const std::filesystem::path& path, std::map<std::string, std::string> metadata = {}) {
  metadata.try_emplace("format", "tfx");
  metadata.try_emplace("version", std::to_string(TFX_VERSION_MAJOR) + "." + std::to_string(TFX_VERSION_MINOR) + "." +
                                      std::to_string(TFX_VERSION_PATCH));
  io::write_safetensors(path, detail::variables_of<const void*>(model), metadata);
}

/// Reads all parameters and states of a model; either every one is there and fits, or none is changed. Options name some of
/// them, and say how they are called in files of others. Returns how many were read.
///
///     load(pupil, "resnet18.safetensors", {.only = "body", .names = io::names::torch(), .rename = {{"body/stem", "conv1"}}});
///
/// The name of a safetensors file, or any file of arrays that is open:
///
///     load(pupil, io::npz_file("weights.npz"));   // tfx/io/npz.hpp
///
/// Errors     io::mismatch_error with all differences, io::file_error
template <has_variables Model, io::array_file File>
int load(Model& model, const File& file, const io::load_options& options = {}) {
  return io::load_into(file, detail::variables_of<void*>(model), options);
}
template <has_variables Model>
int load(Model& model, const std::filesystem::path& path, const io::load_options& options = {}) {
  return load(model, io::safetensors_file(path), options);
}

}  // namespace tfx
