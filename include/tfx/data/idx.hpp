// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tfx/core/shape.hpp>
#include <tfx/data/dataset.hpp>
#include <tfx/io/input_file.hpp>

namespace tfx::data {

/// An array read from an IDX file. The leading extent is how many items there are.
template <class T> struct idx_array {
  std::vector<std::size_t> extents;
  std::vector<T> values;
};

namespace detail {
template <class T> inline constexpr unsigned idx_code = 0;
template <> inline constexpr unsigned idx_code<std::uint8_t> = 0x08;
template <> inline constexpr unsigned idx_code<std::int8_t> = 0x09;
template <> inline constexpr unsigned idx_code<std::int16_t> = 0x0b;
template <> inline constexpr unsigned idx_code<std::int32_t> = 0x0c;
template <> inline constexpr unsigned idx_code<float> = 0x0d;
template <> inline constexpr unsigned idx_code<double> = 0x0e;

template <class T> concept idx_element = idx_code<T> != 0;

inline std::uint32_t big_endian(const unsigned char* b) {
  return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | std::uint32_t{b[3]};
}

inline std::string hexadecimal(std::uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", unsigned{value});
  return text;
}

inline std::string idx_type_name(unsigned code) {
  switch (code) {
    case 0x08: return "uint8";
    case 0x09: return "int8";
    case 0x0b: return "int16";
    case 0x0c: return "int32";
    case 0x0d: return "float32";
    case 0x0e: return "float64";
  }
  return "unknown type " + std::to_string(code);
}

/// The file is big-endian, the machine may not be.
template <class T> void from_big_endian(T* values, std::size_t count) {
  if constexpr (sizeof(T) > 1 && std::endian::native == std::endian::little) {
    for (std::size_t i = 0; i < count; ++i) {
      unsigned char bytes[sizeof(T)];
      unsigned char swapped[sizeof(T)];
      std::memcpy(bytes, values + i, sizeof(T));
      for (std::size_t j = 0; j < sizeof(T); ++j) swapped[j] = bytes[sizeof(T) - 1 - j];
      std::memcpy(values + i, swapped, sizeof(T));
    }
  }
}
}  // namespace detail

/// Reads an IDX file, the format of MNIST and its relatives; packed by gzip or not.
///
///     0 0 type rank | rank extents of 4 bytes | values; all big-endian
///
/// `item` is the wanted shape of one item, what follows the leading extent: 28 x 28, or nothing for labels.
///
/// Errors     io::file_error: no such file, magic, type, rank or extents other than expected, sizes the file can't hold
///            (noticed before memory is asked for), a file that ends early or goes on, corrupt gzip
/// Source     LeCun, Cortes and Burges 1998, "The MNIST database"
template <detail::idx_element T> idx_array<T> read_idx(const std::filesystem::path& path, const dims& item) {
  io::input_file file(path);
  const unsigned rank = unsigned(item.rank) + 1;

  unsigned char magic[4];
  file.read(magic, sizeof magic, "IDX magic number");
  const std::uint32_t expected = detail::idx_code<T> << 8 | rank;
  const std::uint32_t found = detail::big_endian(magic);
  if (magic[0] != 0 || magic[1] != 0) {
    file.fail(0, "the IDX magic number " + detail::hexadecimal(expected), detail::hexadecimal(found));
  }
  if (magic[2] != detail::idx_code<T>) {
    file.fail(2, "elements of type " + detail::idx_type_name(detail::idx_code<T>), detail::idx_type_name(magic[2]));
  }
  if (magic[3] != rank) file.fail(3, std::to_string(rank) + " extents", std::to_string(unsigned{magic[3]}));

  idx_array<T> out;
  std::uint64_t total = 1;
  for (unsigned axis = 0; axis < rank; ++axis) {
    unsigned char bytes[4];
    const std::uint64_t place = file.offset();
    file.read(bytes, sizeof bytes, "extents");
    const std::uint32_t extent = detail::big_endian(bytes);
    if (axis > 0 && extent != std::uint32_t(item[int(axis) - 1])) {
      file.fail(place, "extent " + std::to_string(item[int(axis) - 1]), std::to_string(extent));
    }
    out.extents.push_back(extent);
    total *= extent;   // no overflow: one free extent of 32 bits times what fits an int
  }
  const std::uint64_t room = file.most() / sizeof(T);
  if (total > room) {
    file.fail(4, "at most the " + std::to_string(room) + " values that the file has room for", std::to_string(total));
  }
  out.values.resize(std::size_t(total));
  file.read(out.values.data(), out.values.size() * sizeof(T), "values");
  file.expect_end();
  detail::from_big_endian(out.values.data(), out.values.size());
  return out;
}

/// A data set from a file of byte images and a file of byte labels.
///
/// Errors     io::file_error: those of `read_idx`, other numbers of labels than images, labels not less than Classes
template <static_shape ImageShape, int Classes>
dataset<ImageShape, std::uint8_t, shape<>, std::uint8_t, Classes> read_idx_pair(
    const std::filesystem::path& image_path, const std::filesystem::path& label_path,
    std::span<const std::string_view> class_names = {}) {
  struct storage {
    idx_array<std::uint8_t> images;
    idx_array<std::uint8_t> labels;
  };
  auto memory = std::make_shared<storage>();
  memory->images = read_idx<std::uint8_t>(image_path, ImageShape::value);
  memory->labels = read_idx<std::uint8_t>(label_path, dims{});
  const std::size_t count = memory->images.extents[0];
  const std::vector<std::uint8_t>& labels = memory->labels.values;
  if (labels.size() != count) {
    throw io::file_error(label_path, 4, std::to_string(count) + " labels, one for every image",
                         std::to_string(labels.size()));
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (labels[i] < Classes) continue;
    throw io::file_error(label_path, 8 + i, "a label from 0 to " + std::to_string(Classes - 1),
                         std::to_string(labels[i]));
  }
  const column<ImageShape, std::uint8_t> images(memory->images.values.data(), count, 255);
  const column<shape<>, std::uint8_t> targets(labels.data(), count);
  return {images, targets, std::move(memory), class_names};
}

}  // namespace tfx::data
