// SPDX-License-Identifier: Apache-2.0
#include <tfx/data/idx.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "../io/damaged.hpp"
#include "../io/scratch.hpp"

using namespace tfx;
using io::file_error;

namespace {
/// The bytes that the format's description asks for.
std::string idx(unsigned type, std::vector<std::uint32_t> extents, std::string_view values) {
  std::string out{0, 0, static_cast<char>(type), static_cast<char>(extents.size())};
  for (std::uint32_t extent : extents) {
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(extent >> shift);
  }
  return out.append(values);
}

std::string pixels(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += static_cast<char>(i * 11);
  return out;
}

const std::string images = idx(8, {5, 2, 3}, pixels(30));
const std::string labels = idx(8, {5}, std::string("\0\1\2\3\0", 5));

using pair_shape = shape<2, 3>;
auto read_pair(const std::filesystem::path& x, const std::filesystem::path& y) {
  return data::read_idx_pair<pair_shape, 4>(x, y);
}

file_error error_of(const std::filesystem::path& x, const std::filesystem::path& y) {
  try {
    read_pair(x, y);
  } catch (const file_error& error) {
    return error;
  }
  FAIL("the files were accepted");
  return {"", 0, "", ""};
}
}  // namespace

TEST_CASE("images and labels come back, packed or not") {
  const scratch at;
  for (bool packed : {false, true}) {
    CAPTURE(packed);
    const auto x = at.put(packed ? "x.gz" : "x", packed ? gzip(images) : images);
    const auto y = at.put(packed ? "y.gz" : "y", packed ? gzip(labels) : labels);
    const auto all = read_pair(x, y);
    CHECK(all.size() == 5);
    CHECK(all.images[4].data()[5] == static_cast<std::uint8_t>(29 * 11));
    CHECK(all.images[0][1] == 11 / 255.0f);
    CHECK(all.labels[3] == 3);
  }
}

TEST_CASE("a packed file may have several members") {
  const scratch at;
  const auto x = at.put("x.gz", gzip(images.substr(0, 20)) + gzip(images.substr(20)));
  const auto all = read_pair(x, at.put("y", labels));
  CHECK(all.images[4].data()[5] == static_cast<std::uint8_t>(29 * 11));
}

TEST_CASE("wider elements are big-endian") {
  const scratch at;
  const auto small =
      data::read_idx<std::int16_t>(at.put("i16", idx(0x0b, {2}, std::string("\x01\x02\xff\xfe", 4))), dims{});
  CHECK(small.values == std::vector<std::int16_t>{0x0102, -2});
  const auto wide =
      data::read_idx<std::int32_t>(at.put("i32", idx(0x0c, {1}, std::string("\x00\x01\x00\x02", 4))), dims{});
  CHECK(wide.values == std::vector<std::int32_t>{65538});
  const auto real = data::read_idx<float>(at.put("f32", idx(0x0d, {1}, std::string("\x3f\xc0\x00\x00", 4))), dims{});
  CHECK(real.values == std::vector<float>{1.5f});
  const auto fine =
      data::read_idx<double>(at.put("f64", idx(0x0e, {1}, std::string("\xc0\x04\x00\x00\x00\x00\x00\x00", 8))), dims{});
  CHECK(fine.values == std::vector<double>{-2.5});
}

TEST_CASE("errors say where, what was expected and what was found") {
  const scratch at;
  const auto x = at.put("x", images);
  const auto y = at.put("y", labels);

  const auto missing = error_of(at / "none", y);
  CHECK(missing.path() == at / "none");
  CHECK(missing.offset() == file_error::nowhere);
  CHECK(missing.found() == "No such file or directory");
  CHECK(error_of(at.folder(), y).found() == "a directory");

  std::string bad = images;
  bad[0] = 'P';
  auto error = error_of(at.put("bad", bad), y);
  CHECK(error.offset() == 0);
  CHECK(error.expected() == "the IDX magic number 0x00000803");
  CHECK(error.found() == "0x50000803");
  CHECK(std::string(error.what()) ==
        (at / "bad").string() + ": at byte 0 expected the IDX magic number 0x00000803, found 0x50000803");

  error = error_of(at.put("bad", idx(0x0d, {5, 2, 3}, pixels(120))), y);
  CHECK(error.offset() == 2);
  CHECK(error.expected() == "elements of type uint8");
  CHECK(error.found() == "float32");

  error = error_of(y, y);
  CHECK(error.offset() == 3);
  CHECK(error.expected() == "3 extents");
  CHECK(error.found() == "1");

  error = error_of(at.put("bad", idx(8, {5, 3, 2}, pixels(30))), y);
  CHECK(error.offset() == 8);
  CHECK(error.expected() == "extent 2");
  CHECK(error.found() == "3");

  error = error_of(x, at.put("bad", idx(8, {4}, std::string(4, '\0'))));
  CHECK(error.path() == at / "bad");
  CHECK(error.expected() == "5 labels, one for every image");
  CHECK(error.found() == "4");

  error = error_of(x, at.put("bad", idx(8, {5}, std::string("\0\1\2\4\0", 5))));
  CHECK(error.offset() == 11);
  CHECK(error.expected() == "a label from 0 to 3");
  CHECK(error.found() == "4");

  error = error_of(at.put("bad", images + "!"), y);
  CHECK(error.offset() == images.size());
  CHECK(error.expected() == "the end of the file");

  error = error_of(at.put("bad.gz", gzip(images + "!")), y);
  CHECK(error.offset() == images.size());
  CHECK(error.inside_archive());

  error = error_of(at.put("bad.gz", gzip(images) + "!"), y);
  CHECK(error.expected() == "the end of the gzip data");
  CHECK(error.offset() == gzip(images).size());

  error = error_of(at.put("bad.gz", images), y);
  CHECK(error.expected() == "gzip data, which starts with 1f 8b");
  CHECK(error.found() == "00 00");
}

TEST_CASE("a damaged checksum is noticed") {
  const scratch at;
  std::string packed = gzip(images);
  packed[packed.size() - 8] = static_cast<char>(packed[packed.size() - 8] ^ 1);
  const auto error = error_of(at.put("x.gz", packed), at.put("y", labels));
  CHECK(error.expected() == "valid gzip data");
  CHECK(error.found() == "incorrect data check");
}

TEST_CASE("a huge declared size costs no memory") {
  const scratch at;
  const auto y = at.put("y", labels);
  const std::string huge = idx(8, {0xffffffffu, 2, 3}, pixels(30));
  for (bool packed : {false, true}) {
    CAPTURE(packed);
    const auto error = error_of(at.put(packed ? "x.gz" : "x", packed ? gzip(huge) : huge), y);
    CHECK(error.offset() == 4);
    CHECK(error.found() == "25769803770");
  }
}

TEST_CASE("every truncation is an error") {
  const scratch at;
  for (const std::string& whole : {images, gzip(images)}) {
    const auto y = at.put("y", labels);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      CAPTURE(length);
      CHECK_THROWS_AS(read_pair(at.put("x", whole.substr(0, length)), y), file_error);
    }
  }
  for (const std::string& whole : {labels, gzip(labels)}) {
    const auto x = at.put("x", images);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      CAPTURE(length);
      CHECK_THROWS_AS(read_pair(x, at.put("y", whole.substr(0, length))), file_error);
    }
  }
}

TEST_CASE("every changed bit of a header is an error") {
  const scratch at;
  const auto y = at.put("y", labels);
  for (std::size_t bit = 0; bit < 16 * 8; ++bit) {
    std::string changed = images;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    CAPTURE(bit);
    CHECK_THROWS_AS(read_pair(at.put("x", changed), y), file_error);
  }
}

TEST_CASE("no damage leads the reader astray") {
  const scratch at;
  const auto y = at.put("y", labels);
  for (const std::string& whole : {images, gzip(images)}) survives_damage<file_error>(whole, 500, [&](const std::string& bytes) { read_pair(at.put("x", bytes), y); });
}

TEST_CASE("no changed bit of a packed file goes unnoticed") {
  const scratch at;
  const auto y = at.put("y", labels);
  const std::string whole = gzip(images);
  int without_effect = 0;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string changed = whole;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    CAPTURE(bit);
    try {
      const auto all = read_pair(at.put("x", changed), y);
      CHECK(std::string(reinterpret_cast<const char*>(all.images.data()), 30) == pixels(30));
      ++without_effect;
    } catch (const file_error& error) {
      CHECK(!error.expected().empty());
    }
  }
  // Time, operating system, the text flag and the bits that fill up the last byte have no bearing on the contents.
  CHECK(without_effect <= 6 * 8 + 1 + 7);
}
