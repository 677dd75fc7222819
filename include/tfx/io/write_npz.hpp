// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <zlib.h>

#include <tfx/core/element.hpp>
#include <tfx/io/atomic_file.hpp>
#include <tfx/io/element_types.hpp>
#include <tfx/io/named_arrays.hpp>

namespace tfx::io {

namespace detail {

/// NumPy's name for an element type; empty: it has none.
constexpr std::string_view numpy_type(dtype type) {
  switch (type) {
    case dtype::float16: return "<f2";
    case dtype::float32: return "<f4";
    case dtype::float64: return "<f8";
    case dtype::complex64: return "<c8";
    case dtype::complex128: return "<c16";
    case dtype::int8: return "|i1";
    case dtype::int16: return "<i2";
    case dtype::int32: return "<i4";
    case dtype::int64: return "<i8";
    case dtype::uint8: return "|u1";
    case dtype::uint16: return "<u2";
    case dtype::uint32: return "<u4";
    case dtype::uint64: return "<u8";
    case dtype::boolean: return "|b1";
    case dtype::bfloat16: case dtype::complex_type: case dtype::real_type: break;
  }
  return {};
}
/// What stands before the numbers of a `.npy`, version 1: they begin at a multiple of 64.
inline std::string npy_head(const named_array& a) {
  std::string shape;
  for (const std::int64_t extent : a.shape) shape += std::to_string(extent) + (a.shape.size() == 1 ? "," : ", ");
  if (a.shape.size() > 1) shape.resize(shape.size() - 2);
  std::string text = "{'descr': '" + std::string(numpy_type(a.type)) + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  text.resize((10 + text.size() + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  text += '\n';
  std::string head("\x93NUMPY\x01\x00", 8);
  head += char(text.size() & 255);
  head += char(text.size() >> 8);
  return head + text;
}
/// Little-endian numbers of a zip archive.
template <class... Number> void put_numbers(std::string& to, Number... x) { (to.append(reinterpret_cast<const char*>(&x), sizeof x), ...); }

}  // namespace detail

/// Writes arrays as NumPy's `.npz`, not compressed: what `numpy.load` reads, of any size.
///
/// Errors     file_error (system), std::invalid_argument (BF16, which NumPy has not; two arrays of one name, names
///            beyond 65,000 bytes)
/// Source     NumPy's format, version 1; PKWARE, APPNOTE.TXT 6.3, with the records for 4 GB and more
inline void write_npz(const std::filesystem::path& path, std::span<const named_array> arrays) {
  std::set<std::string> names;
  for (const named_array& a : arrays) {
    if (detail::numpy_type(a.type).empty()) throw std::invalid_argument("tfx: " + a.name + ": NumPy has no " + std::string(name_of(a.type)) + " elements");
    if (a.name.size() > 65'000) throw std::invalid_argument("tfx: a name of " + std::to_string(a.name.size()) + " bytes; archives have names of at most 65000");
    if (!names.insert(a.name).second) throw std::invalid_argument("tfx: two arrays named " + a.name);
  }
  using u16 = std::uint16_t;
  using u32 = std::uint32_t;
  using u64 = std::uint64_t;
  constexpr u16 version = 45, utf8 = 1 << 11, stored = 0, midnight = 0, first_day = 1 << 5 | 1, wide_record = 1;
  constexpr u32 in_record = 0xffffffffu;
  atomic_file file(path);
  std::string directory;
  u64 offset = 0;
  for (const named_array& a : arrays) {
    const std::string name = a.name + ".npy", head = detail::npy_head(a);
    u64 bytes = u64(size_of(a.type));
    for (const std::int64_t extent : a.shape) bytes *= u64(extent);
    u32 crc = u32(::crc32(0, reinterpret_cast<const Bytef*>(head.data()), uInt(head.size())));
    constexpr u64 most = u64(1) << 30;
    for (u64 at = 0; at < bytes; at += most) crc = u32(::crc32(crc, static_cast<const Bytef*>(a.data) + at, uInt(std::min(most, bytes - at))));
    const u64 size = head.size() + bytes;
    std::string local;
    detail::put_numbers(local, u32(0x04034b50), version, utf8, stored, midnight, first_day, crc, in_record, in_record, u16(name.size()), u16(20));
    local += name;
    detail::put_numbers(local, wide_record, u16(16), size, size);
    detail::put_numbers(directory, u32(0x02014b50), version, version, utf8, stored, midnight, first_day, crc, in_record, in_record, u16(name.size()), u16(28), u16(0), u16(0), u16(0), u32(0), in_record);
    directory += name;
    detail::put_numbers(directory, wide_record, u16(24), size, size, offset);
    file.write(local);
    file.write(head);
    file.write(a.data, std::size_t(bytes));
    offset += local.size() + size;
  }
  const u64 count = arrays.size(), end = offset + directory.size();
  file.write(directory);
  std::string tail;
  detail::put_numbers(tail, u32(0x06064b50), u64(44), version, version, u32(0), u32(0), count, count, u64(directory.size()), offset);
  detail::put_numbers(tail, u32(0x07064b50), u32(0), end, u32(1));
  detail::put_numbers(tail, u32(0x06054b50), u16(0), u16(0), u16(0xffff), u16(0xffff), in_record, in_record, u16(0));
  file.write(tail);
  file.commit();
}

}  // namespace tfx::io

namespace tfx {

/// Writes all parameters and states of a model, or what a `checkpoint` has, as NumPy's `.npz`, atomically.
///
///     save_npz(m, "weights.npz");      // numpy.load("weights.npz")["dense/weight"]
///
/// Errors     io::file_error, std::invalid_argument (variables of BF16)
template <class Model> requires has_variables<const Model> void save_npz(const Model& model, const std::filesystem::path& path) {
  io::write_npz(path, detail::variables_of<const void*>(model));
}

}  // namespace tfx
