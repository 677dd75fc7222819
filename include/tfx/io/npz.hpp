// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include <tfx/io/load.hpp>
#include <tfx/io/npy.hpp>
#include <tfx/io/zip_file.hpp>

namespace tfx::io {

/// An open `.npz` file, arrays of NumPy's by name: what `numpy.savez` and `numpy.savez_compressed` write.
///
///     #include <tfx/io/npz.hpp>
///     load(m, io::npz_file("weights.npz"), {.names = io::names::keras()});
///
///     io::npz_file file("weights.npz");
///     std::vector<float> bias(10);
///     file.read("dense/bias", bias);
///
/// Every array's header is looked at first, so each member is unpacked twice.
///
/// Errors     file_error with the place: in the archive, or, where it says "(uncompressed)", in the array's own `.npy`
/// Source     NumPy's format; see `npy_file` and `zip_file`
class npz_file {
 public:
  explicit npz_file(const std::filesystem::path& path) : archive_(path) {
    constexpr std::string_view ending = ".npy";
    for (const zip_member& m : archive_.members()) {
      if (!m.name.ends_with(ending)) archive_.fail(m.header, "arrays, whose names end in .npy", m.name);
      const std::string name = m.name.substr(0, m.name.size() - ending.size());
      const std::vector<std::byte> bytes = archive_.read(m);
      const auto read = [&](std::uint64_t offset, void* out, std::size_t size) { std::memcpy(out, bytes.data() + offset, size); };
      if (!index_.emplace(name, arrays_.size()).second) archive_.fail(m.header, "each name once", m.name);
      arrays_.push_back(detail::read_npy_header(name, bytes.size(), read, complaint_of(m.name)));
    }
  }

  const std::vector<npy_array>& tensors() const { return arrays_; }
  const std::filesystem::path& path() const { return archive_.path(); }
  /// nullptr when there is no array of that name.
  const npy_array* find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : &arrays_[found->second];
  }

  /// One array into a vector, span or array of the right size, converted as `load_options::convert` says.
  template <class Range> void read(std::string_view name, Range&& out, bool convert = false) const {
    using element = std::remove_pointer_t<decltype(std::data(out))>;
    static_assert(dtype_of<element> != dtype::real_type, "tfx: files have no name for this element type");
    const npy_array* array = find(name);
    if (array == nullptr) archive_.fail(0, "an array named " + std::string(name), "no such name");
    if (std::size(out) != array->count()) complaint_of(array->name)(array->begin, std::to_string(std::size(out)) + " elements", std::to_string(array->count()));
    read(*array, dtype_of<element>, std::data(out), convert);
  }
  /// One array into memory for `array.count()` elements of type `wanted`.
  void read(const npy_array& array, dtype wanted, void* out, bool convert = false) const {
    std::vector<std::byte> bytes = elements_of(array);
    detail::put_npy_in_order(array, bytes);
    detail::convert_npy(array, bytes, wanted, out, convert, complaint_of(array.name));
  }
  /// A byte other than 0 and 1 in a `bool` is undefined behaviour wherever it is looked at, so it never gets there.
  void check_booleans(const npy_array& array) const {
    const std::vector<std::byte> bytes = elements_of(array);
    std::vector<char> unused(bytes.size());
    detail::convert_npy(array, bytes, dtype::boolean, unused.data(), false, complaint_of(array.name));
  }

 private:
  std::vector<std::byte> elements_of(const npy_array& array) const {
    const auto found = index_.find(array.name);
    if (found == index_.end()) archive_.fail(0, "an array named " + array.name, "no such name");
    std::vector<std::byte> bytes = archive_.read(archive_.members()[found->second]);
    bytes.erase(bytes.begin(), bytes.begin() + std::ptrdiff_t(array.begin));
    return bytes;
  }
  detail::npy_complaint complaint_of(std::string name) const {
    return [this, name = std::move(name)](std::uint64_t offset, const std::string& expected, std::string found) {
      throw file_error(path(), offset, "in " + name + " " + expected, std::move(found), true);
    };
  }

  zip_file archive_;
  std::vector<npy_array> arrays_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace tfx::io
