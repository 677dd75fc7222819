// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <sys/stat.h>

#include <tfx/core/config.hpp>
#include <tfx/core/dtype.hpp>
#include <tfx/core/shape.hpp>
#include <tfx/io/atomic_file.hpp>
#include <tfx/io/element_types.hpp>
#include <tfx/io/file_error.hpp>
#include <tfx/io/safetensors_header.hpp>

namespace tfx::io {

/// An array in memory with the name that it has in a file; row-major and dense.
template <class Address> struct basic_named_array {
  std::string name;
  dtype type = dtype::float32;
  std::vector<std::int64_t> shape;
  Address data = nullptr;
};
using named_array = basic_named_array<const void*>;   ///< to be written
using named_buffer = basic_named_array<void*>;        ///< to be read into

/// How a file is read into arrays that exist.
struct load_options {
  bool convert = false;         ///< F32 and F64 may be read into each other; F16 and BF16 always into both
  bool allow_surplus = false;   ///< arrays of the file that nobody wants are no error
};

/// Writes arrays as a safetensors file, atomically: a file of that name is replaced as a whole or stays as it was.
///
/// The bytes depend on the arguments alone and are those of the reference implementation: wider types come first,
/// names are in order, the data starts at a multiple of eight bytes and every array at a multiple of its element size.
///
/// Errors     file_error (system), std::invalid_argument (two arrays of one name, a name that is not UTF-8)
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

  explicit safetensors_file(const std::filesystem::path& path) : path_(path), file_(std::fopen(path.c_str(), "rb")) {
    if (!file_) fail(file_error::nowhere, "a readable file", std::generic_category().message(errno));
    struct stat about {};
    if (::fstat(::fileno(file_.get()), &about) != 0 || !S_ISREG(about.st_mode)) {
      fail(file_error::nowhere, "a regular file", S_ISDIR(about.st_mode) ? "a directory" : "a device");
    }
    const auto size = static_cast<std::uint64_t>(about.st_size);
    std::uint64_t length = 0;
    if (size < sizeof length) fail(0, "8 bytes with the length of the header", std::to_string(size) + " bytes in all");
    read_bytes(0, &length, sizeof length);
    if (length > largest_header) {
      fail(0, "a header of at most " + std::to_string(largest_header) + " bytes", std::to_string(length));
    }
    if (length > size - sizeof length) {
      fail(0, "a header of at most the " + std::to_string(size - sizeof length) + " bytes that follow",
           std::to_string(length));
    }
    std::string header(std::size_t(length), ' ');
    read_bytes(sizeof length, header.data(), header.size());
    data_start_ = sizeof length + length;
    contents_ = detail::read_safetensors_header(path_, header, size - data_start_);
  }

  /// In the order of their data.
  const std::vector<safetensors_entry>& tensors() const { return contents_.tensors; }
  const std::map<std::string, std::string>& metadata() const { return contents_.metadata; }
  const std::filesystem::path& path() const { return path_; }

  /// nullptr when there is no array of that name.
  const safetensors_entry* find(std::string_view name) const {
    const auto found = contents_.index.find(name);
    return found == contents_.index.end() ? nullptr : &contents_.tensors[found->second];
  }

  /// One array into a vector, span or array of the right size, converted as `load_options::convert` says.
  template <class Range> void read(std::string_view name, Range&& out, bool convert = false) const {
    using element = std::remove_pointer_t<decltype(std::data(out))>;
    static_assert(dtype_of<element> != dtype::real_type, "tfx: files have no name for this element type");
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
      read_bytes(data_start_ + entry.begin, out, std::size_t(entry.size()));
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
    throw file_error(path_, offset, std::move(expected), std::move(found));
  }

 private:
  struct closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  void read_bytes(std::uint64_t offset, void* out, std::size_t size) const {
    if (size == 0) return;
    errno = 0;
    if (::fseeko(file_.get(), static_cast<::off_t>(offset), SEEK_SET) == 0 &&
        std::fread(out, 1, size, file_.get()) == size) {
      return;
    }
    fail(offset, std::to_string(size) + " bytes",
         errno != 0 ? std::generic_category().message(errno) : "the end of the file");
  }

  template <class Function> void for_each_block(const safetensors_entry& entry, Function function) const {
    constexpr std::size_t block_size = 64 * 1024;
    if (entry.size() == 0) return;
    const std::size_t element = std::size_t(entry.size() / entry.count());
    std::vector<std::byte> block(block_size);
    for (std::uint64_t done = 0; done < entry.size(); done += block_size) {
      const std::size_t part = std::size_t(std::min<std::uint64_t>(block_size, entry.size() - done));
      read_bytes(data_start_ + entry.begin + done, block.data(), part);
      function(std::size_t(done / element), block.data(), part / element);
    }
  }

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, closer> file_;
  std::uint64_t data_start_ = 0;
  detail::safetensors_contents contents_;
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
}  // namespace detail

/// Reads the arrays named in `wanted` from an open file, or changes none of them and says everything that does not fit.
///
/// Errors     mismatch_error (missing, surplus, other shapes or types), file_error
inline void load_into(const safetensors_file& file, std::span<const named_buffer> wanted, load_options options = {}) {
  std::vector<std::string> differences;
  std::map<std::string_view, bool> known;
  for (const named_buffer& buffer : wanted) {
    const std::string expected = detail::describe(detail::safetensors_dtype(buffer.type), buffer.shape);
    if (!known.emplace(buffer.name, true).second) {
      differences.push_back(buffer.name + ": wanted twice");
      continue;
    }
    const safetensors_entry* entry = file.find(buffer.name);
    if (entry == nullptr) {
      differences.push_back(buffer.name + ": expected " + expected + ", found nothing of that name");
      continue;
    }
    const bool convertible =
        detail::conversion_between(entry->dtype, buffer.type, options.convert) != detail::conversion::none;
    if (!convertible || entry->shape != buffer.shape) {
      differences.push_back(buffer.name + ": expected " + expected + ", found " +
                            detail::describe(entry->dtype, entry->shape));
    }
  }
  for (const safetensors_entry& entry : file.tensors()) {
    if (options.allow_surplus || known.contains(entry.name)) continue;
    differences.push_back(entry.name + ": expected nothing of that name, found " +
                          detail::describe(entry.dtype, entry.shape));
  }
  if (!differences.empty()) throw mismatch_error(file.path(), std::move(differences));

  for (const named_buffer& buffer : wanted) {
    if (buffer.type == dtype::boolean) file.check_booleans(*file.find(buffer.name));
  }
  for (const named_buffer& buffer : wanted) {
    file.read(*file.find(buffer.name), buffer.type, buffer.data, options.convert);
  }
}

inline void load_into(const std::filesystem::path& path, std::span<const named_buffer> wanted,
                      load_options options = {}) {
  load_into(safetensors_file(path), wanted, options);
}

}  // namespace tfx::io

namespace tfx {

namespace detail {
struct any_variable {
  template <class T> void operator()(std::string_view, const dims&, T*) const {}
};

template <class Address, class Model> std::vector<io::basic_named_array<Address>> variables_of(Model& model) {
  std::vector<io::basic_named_array<Address>> list;
  model.for_each_variable([&](std::string_view path, const dims& shape, auto* data) {
    using element = std::remove_cv_t<std::remove_pointer_t<decltype(data)>>;
    static_assert(dtype_of<element> != dtype::real_type, "tfx: a variable of a type that files have no name for");
    list.push_back({std::string(path), dtype_of<element>, {shape.extent, shape.extent + shape.rank}, data});
  });
  return list;
}
}  // namespace detail

/// Something with named arrays: `m.for_each_variable(f)` calls `f(std::string_view path, dims shape, T* data)` for each
/// parameter and each state, in a fixed order; data is row-major and dense.
template <class Model>
concept has_variables = requires(Model& model) { model.for_each_variable(detail::any_variable{}); };

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

/// Reads all parameters and states of a model; either every one is there and fits, or none is changed.
///
/// Errors     io::mismatch_error with all differences, io::file_error
template <has_variables Model>
void load(Model& model, const std::filesystem::path& path, io::load_options options = {}) {
  io::load_into(path, detail::variables_of<void*>(model), options);
}

}  // namespace tfx
