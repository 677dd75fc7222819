// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <tfx/io/element_types.hpp>
#include <tfx/io/seekable_file.hpp>

namespace tfx::io {

/// An array as NumPy writes it: its type under the name that safetensors has for it, its shape, and how it lies in the file.
struct npy_array {
  std::string name;
  std::string dtype;                  ///< F16, F32, F64, I8 to I64, U8 to U64, BOOL
  std::vector<std::int64_t> shape;
  std::size_t element = 0;            ///< bytes of one
  bool big_endian = false, columns_first = false;
  std::uint64_t begin = 0;            ///< of the elements, behind the header

  std::uint64_t count() const {
    std::uint64_t n = 1;
    for (const std::int64_t extent : shape) n *= std::uint64_t(extent);
    return n;
  }
  std::uint64_t size() const { return count() * element; }
};

namespace detail {

/// Says what is wrong at a byte of the array's file.
using npy_complaint = std::function<void(std::uint64_t offset, std::string expected, std::string found)>;

/// The Python literal in the header, `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
class npy_header {
 public:
  npy_header(std::string_view text, std::uint64_t begin, const npy_complaint& fail) : text_(text), begin_(begin), fail_(fail) {}

  void read(npy_array& array) {
    bool seen[3] = {};
    expect('{');
    while (!take('}')) {
      const std::size_t at = skip();
      const std::string_view key = quoted();
      expect(':');
      const int which = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : 3;
      if (which == 3 || seen[which]) complain(at, "'descr', 'fortran_order' and 'shape', once each", "'" + std::string(key) + "'");
      seen[which] = true;
      if (which == 0) read_type(array);
      else if (which == 1) array.columns_first = truth();
      else read_shape(array);
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    if (!seen[0] || !seen[1] || !seen[2]) complain(at_, "'descr', 'fortran_order' and 'shape'", "not all of them");
    if (skip() != text_.size()) complain(at_, "the end of the header", found());
  }

 private:
  std::size_t skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return at_;
  }
  std::string found() const { return at_ < text_.size() ? "'" + std::string(text_.substr(at_, 12)) + "'" : std::string("the end of the header"); }
  void complain(std::size_t at, std::string expected, std::string what) const { fail_(begin_ + at, std::move(expected), std::move(what)); }
  bool take(char c) {
    if (skip() == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) complain(at_, std::string("'") + c + "'", found());
  }
  std::string_view quoted() {
    if (skip() == text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) complain(at_, "a text in quotes", found());
    const std::size_t end = text_.find(text_[at_], at_ + 1), first = at_ + 1;
    if (end == std::string_view::npos) complain(at_, "a text that ends", found());
    at_ = end + 1;
    return text_.substr(first, end - first);
  }
  bool truth() {
    skip();
    for (const std::string_view word : {"True", "False"})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return word == "True";
      }
    complain(at_, "True or False", found());
    return false;
  }
  void read_type(npy_array& array) {
    const std::size_t at = skip();
    if (at == text_.size() || text_[at] == '[') complain(at, "one type, as '<f4'", found());
    const std::string_view type = quoted();
    const auto is = [&](std::string_view letters) { return type.size() == 3 && letters.find(type[1]) != std::string_view::npos; };
    const char size = type.size() == 3 ? type[2] : '0';
    const char order = type.empty() ? ' ' : type[0];
    if (order != '<' && order != '>' && order != '|' && order != '=') complain(at, "a type such as '<f4'", "'" + std::string(type) + "'");
    array.element = std::size_t(size - '0');
    array.big_endian = order == '>';
    if (is("f") && (size == '2' || size == '4' || size == '8')) array.dtype = std::string("F") + (size == '2' ? "16" : size == '4' ? "32" : "64");
    else if (is("iu") && (size == '1' || size == '2' || size == '4' || size == '8'))
      array.dtype = std::string(type[1] == 'i' ? "I" : "U") + std::to_string(8 * array.element);
    else if (is("b") && size == '1') array.dtype = "BOOL";
    else complain(at, "floats of 2, 4 or 8 bytes, integers or booleans", "'" + std::string(type) + "'");
  }
  void read_shape(npy_array& array) {
    constexpr std::uint64_t most = std::uint64_t(1) << 48;
    std::uint64_t count = 1;
    array.shape.clear();
    expect('(');
    while (!take(')')) {
      const std::size_t at = skip();
      std::uint64_t extent = 0;
      while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && extent < most) extent = extent * 10 + std::uint64_t(text_[at_++] - '0');
      if (at_ == at) complain(at, "an extent", found());
      if (extent >= most || (extent > 0 && count >= most / extent)) complain(at, "fewer than 2^48 elements", found());
      count *= extent > 0 ? extent : 1;
      array.shape.push_back(std::int64_t(extent));
      if (!take(',')) {
        expect(')');
        break;
      }
    }
  }

  std::string_view text_;
  std::uint64_t begin_;
  const npy_complaint& fail_;
  std::size_t at_ = 0;
};

/// What stands before the elements. `read(offset, out, size)` gives bytes of the `size` that there are.
template <class Read> npy_array read_npy_header(std::string name, std::uint64_t size, Read read, const npy_complaint& fail) {
  constexpr std::uint64_t longest = 1 << 20;
  unsigned char head[12] = {};
  if (size < 10) fail(0, "10 bytes of a .npy header", std::to_string(size) + " bytes in all");
  read(std::uint64_t(0), head, std::size_t(size < 12 ? size : 12));
  if (std::memcmp(head, "\x93NUMPY", 6) != 0) fail(0, "the first bytes of a .npy file, 93 'NUMPY'", "others");
  if (head[6] < 1 || head[6] > 3) fail(6, "version 1, 2 or 3", std::to_string(unsigned{head[6]}));
  const std::uint64_t begin = head[6] == 1 ? 10 : 12;
  std::uint64_t length = std::uint64_t(head[8]) | std::uint64_t(head[9]) << 8;
  if (head[6] > 1) length |= std::uint64_t(head[10]) << 16 | std::uint64_t(head[11]) << 24;
  const std::uint64_t room = size > begin ? size - begin : 0, most = room < longest ? room : longest;
  if (length > most) fail(8, "a header of at most " + std::to_string(most) + " bytes", std::to_string(length));
  std::string text(std::size_t(length), ' ');
  read(begin, text.data(), text.size());
  npy_array array;
  array.name = std::move(name);
  array.begin = begin + length;
  npy_header(text, begin, fail).read(array);
  if (array.size() != size - array.begin)
    fail(array.begin, std::to_string(array.size()) + " bytes of elements", std::to_string(size - array.begin));
  return array;
}

/// Elements as they lie in the file, put into rows of this machine's numbers.
inline void put_npy_in_order(const npy_array& array, std::vector<std::byte>& bytes) {
  if (array.big_endian && array.element > 1)
    for (std::size_t i = 0; i < bytes.size(); i += array.element)
      for (std::size_t k = 0; k < array.element / 2; ++k) std::swap(bytes[i + k], bytes[i + array.element - 1 - k]);
  const std::size_t rank = array.shape.size();
  if (!array.columns_first || rank < 2) return;
  std::vector<std::byte> rows(bytes.size());
  std::vector<std::size_t> at(rank, 0), stride(rank, array.element);
  for (std::size_t k = 1; k < rank; ++k) stride[k] = stride[k - 1] * std::size_t(array.shape[k - 1]);
  for (std::size_t i = 0; i < rows.size(); i += array.element) {
    std::size_t from = 0;
    for (std::size_t k = 0; k < rank; ++k) from += at[k] * stride[k];
    std::memcpy(rows.data() + i, bytes.data() + from, array.element);
    for (std::size_t k = rank; k-- > 0 && ++at[k] == std::size_t(array.shape[k]);) at[k] = 0;
  }
  bytes.swap(rows);
}

/// Elements of this machine's order as numbers of another type, as `load_options::convert` says.
inline void convert_npy(const npy_array& array, const std::vector<std::byte>& bytes, dtype wanted, void* out, bool convert, const npy_complaint& fail) {
  const conversion how = conversion_between(array.dtype, wanted, convert);
  if (how == conversion::none) fail(array.begin, std::string(safetensors_dtype(wanted)) + " elements" + (array.name.empty() ? "" : " of " + array.name), array.dtype);
  if (array.dtype == "BOOL")
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if (std::to_integer<int>(bytes[i]) > 1) fail(array.begin + i, "0 or 1", std::to_string(std::to_integer<int>(bytes[i])));
  if (bytes.empty()) return;
  if (how == conversion::same) std::memcpy(out, bytes.data(), bytes.size());
  else convert_some(how, bytes.data(), std::size_t(array.count()), wanted, out, 0);
}

}  // namespace detail

/// An open `.npy` file, one array of NumPy's, whose header has been found right. Either byte order, either order of axes.
///
///     io::npy_file file("bias.npy");
///     std::vector<float> bias(file.array().count());
///     file.read(bias);
///
/// Errors     file_error with the place in the file: other types than numbers, a size that is not that of the shape
/// Source     NumPy's format, versions 1 to 3
class npy_file {
 public:
  explicit npy_file(const std::filesystem::path& path) : file_(path) {
    array_ = detail::read_npy_header({}, file_.size(), [&](std::uint64_t offset, void* out, std::size_t size) { file_.read(offset, out, size); }, fail_);
  }

  const npy_array& array() const { return array_; }
  const std::filesystem::path& path() const { return file_.path(); }

  /// The elements, row by row, into a vector, span or array of the right size, converted as `load_options::convert` says.
  template <class Range> void read(Range&& out, bool convert = false) const {
    using element = std::remove_pointer_t<decltype(std::data(out))>;
    static_assert(dtype_of<element> != dtype::real_type, "tfx: files have no name for this element type");
    if (std::size(out) != array_.count()) fail_(array_.begin, std::to_string(std::size(out)) + " elements", std::to_string(array_.count()));
    std::vector<std::byte> bytes(std::size_t(array_.size()));
    file_.read(array_.begin, bytes.data(), bytes.size());
    detail::put_npy_in_order(array_, bytes);
    detail::convert_npy(array_, bytes, dtype_of<element>, std::data(out), convert, fail_);
  }

 private:
  seekable_file file_;
  detail::npy_complaint fail_ = [this](std::uint64_t offset, std::string expected, std::string found) { file_.fail(offset, std::move(expected), std::move(found)); };
  npy_array array_;

 public:
  npy_file(const npy_file&) = delete;
  npy_file& operator=(const npy_file&) = delete;
};

}  // namespace tfx::io
