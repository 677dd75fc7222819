// SPDX-License-Identifier: Apache-2.0
// A program may use stb itself, before and after.
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#if __has_include(<stb/stb_image_write.h>)
#include <stb/stb_image_write.h>
#else
#include <stb_image_write.h>
#endif
#pragma GCC diagnostic pop

#include <tfx/summary/image_grid.hpp>
#include <tfx/summary/picture.hpp>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

#include <doctest/doctest.h>

#include <tfx/data/dataset.hpp>

#include "../io/scratch.hpp"

using namespace tfx;
using summary::picture;
using summary::rgb;

namespace {
std::uint32_t big_endian(const std::uint8_t* b) {
  return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

/// Reads a PNG by its specification: chunks with their checksums, zlib, and the five row filters.
picture read_png(const std::string& file) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(file.data());
  REQUIRE(file.size() > 8);
  REQUIRE(std::memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0);
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::uint8_t> packed;
  std::size_t at = 8;
  std::string last;
  while (at < file.size()) {
    const std::uint32_t length = big_endian(bytes + at);
    REQUIRE(at + 12 + length <= file.size());
    last.assign(file, at + 4, 4);
    CHECK(big_endian(bytes + at + 8 + length) == ::crc32(0, bytes + at + 4, length + 4));
    if (last == "IHDR") {
      width = big_endian(bytes + at + 8);
      height = big_endian(bytes + at + 12);
      CHECK(std::memcmp(bytes + at + 16, "\x08\x02\0\0\0", 5) == 0);   // eight bits, colour, not interlaced
    }
    if (last == "IDAT") packed.insert(packed.end(), bytes + at + 8, bytes + at + 8 + length);
    at += 12 + length;
  }
  CHECK(last == "IEND");
  const std::size_t stride = width * 3;
  std::vector<std::uint8_t> rows((stride + 1) * height);
  ::uLongf size = rows.size();
  REQUIRE(::uncompress(rows.data(), &size, packed.data(), packed.size()) == Z_OK);
  REQUIRE(size == rows.size());
  picture out(static_cast<int>(width), static_cast<int>(height));
  std::vector<std::uint8_t> above(stride);
  for (std::uint32_t y = 0; y < height; ++y) {
    const std::uint8_t* row = rows.data() + y * (stride + 1);
    std::vector<std::uint8_t> line(stride);
    for (std::size_t i = 0; i < stride; ++i) {
      const int left = i < 3 ? 0 : line[i - 3];
      const int up = above[i];
      const int corner = i < 3 ? 0 : above[i - 3];
      const int to_left = std::abs(up - corner);
      const int to_up = std::abs(left - corner);
      const int to_corner = std::abs(left + up - 2 * corner);
      const int paeth = to_left <= to_up && to_left <= to_corner ? left : to_up <= to_corner ? up : corner;
      const int guess[5] = {0, left, up, (left + up) / 2, paeth};
      REQUIRE(row[0] < 5);
      line[i] = static_cast<std::uint8_t>(row[i + 1] + guess[row[0]]);
    }
    for (std::uint32_t x = 0; x < width; ++x) {
      out.set(static_cast<int>(x), static_cast<int>(y), {line[x * 3], line[x * 3 + 1], line[x * 3 + 2]});
    }
    above = line;
  }
  return out;
}

int count_of(const picture& in, rgb colour) {
  int n = 0;
  for (int y = 0; y < in.height(); ++y) {
    for (int x = 0; x < in.width(); ++x) n += in.at(x, y) == colour;
  }
  return n;
}
}  // namespace

TEST_CASE("a PNG holds the picture") {
  const scratch at;
  picture drawn(37, 23);
  for (int y = 0; y < 23; ++y) {
    for (int x = 0; x < 37; ++x) {
      drawn.set(
          x, y,
          {static_cast<std::uint8_t>(x * 7), static_cast<std::uint8_t>(y * 11), static_cast<std::uint8_t>(x * y)});
    }
  }
  summary::write_png(at / "file.png", drawn);
  const picture found = read_png(contents_of(at / "file.png"));
  REQUIRE(found.width() == 37);
  REQUIRE(found.height() == 23);
  for (int y = 0; y < 23; ++y) {
    for (int x = 0; x < 37; ++x) CHECK((found.at(x, y) == drawn.at(x, y)));
  }
  CHECK(at.files() == 1);
  CHECK_THROWS_AS(summary::write_png(at / "none" / "file.png", drawn), io::file_error);
}

TEST_CASE("drawing outside does nothing") {
  picture out(4, 3);
  out.fill(-5, -5, 100, 6, {1, 2, 3});
  CHECK(count_of(out, {1, 2, 3}) == 4);
  out.frame(-1, -1, 100, 100, 1, {9, 9, 9});
  CHECK(count_of(out, {9, 9, 9}) == 0);
  summary::draw_text(out, -50, -50, "far away, with bytes beyond ASCII: \xc3\xa4 \xff \x01", {7, 7, 7});
  CHECK(count_of(out, {7, 7, 7}) == 0);
  CHECK_THROWS_AS(picture(0, 3), std::invalid_argument);
}

TEST_CASE("text is as wide as it says") {
  constexpr rgb ink = {0, 0, 0};
  for (std::string_view text : {"Ankle boot", "T-shirt/top", "WWWW", "iiii", "0123456789", "~!@#$%^&*()_+{}|"}) {
    const int width = summary::text_width(text);
    picture out(width + 40, summary::text_height + 20);
    summary::draw_text(out, 20, 10, text, ink);
    CHECK(count_of(out, ink) > 10);
    for (int y = 0; y < out.height(); ++y) {
      for (int x = 0; x < out.width(); ++x) {
        const bool inside = x >= 20 && x < 20 + width && y >= 10 && y < 10 + summary::text_height;
        if (!inside) CHECK((out.at(x, y) != ink));
      }
    }
    picture twice(2 * width + 40, 2 * summary::text_height + 20);
    summary::draw_text(twice, 20, 10, text, ink, 2);
    CHECK(count_of(twice, ink) == 4 * count_of(out, ink));
  }
  CHECK(summary::fitting_text("Ankle boot", 1000) == "Ankle boot");
  const std::string cut = summary::fitting_text("a very long name of a class", 60);
  CHECK(cut.ends_with(".."));
  CHECK(summary::text_width(cut) <= 60);
}

TEST_CASE("wrong predictions are framed and named in red, right ones are not") {
  std::vector<float> x(6 * 8 * 8);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 64) / 63;
  x[0] = std::numeric_limits<float>::quiet_NaN();
  x[1] = 5;
  x[2] = -5;
  const std::vector<int> y = {0, 1, 2, 3, 4, 5};
  const auto data = data::from_memory<shape<8, 8>>(x, y);
  const rgb red = summary::detail::grid_wrong;
  const rgb green = summary::detail::grid_right;
  CHECK(count_of(summary::image_grid(data, y), red) == 0);
  const picture one_wrong =
      summary::image_grid(data, std::vector<int>{0, 1, 2, 9, 4, 5}, {.columns = 3, .title = "five of six"});
  CHECK(count_of(one_wrong, red) > 4 * 20);
  CHECK(count_of(one_wrong, green) > 20);
  // Red is in the first cell of the second row only.
  for (int py = 0; py < one_wrong.height() / 2; ++py) {
    for (int px = 0; px < one_wrong.width(); ++px) CHECK((one_wrong.at(px, py) != red));
  }
  for (int py = 0; py < one_wrong.height(); ++py) {
    for (int px = one_wrong.width() / 2; px < one_wrong.width(); ++px) CHECK((one_wrong.at(px, py) != red));
  }
}

TEST_CASE("colour images and no images") {
  const std::vector<float> x = {1, 0, 0, 0, 1, 0};
  const std::vector<int> y = {0};
  const auto data = data::from_memory<shape<1, 2, 3>>(x, y);
  const picture out = summary::image_grid(data, y, {.scale = 4});
  CHECK(count_of(out, {255, 0, 0}) == 16);
  CHECK(count_of(out, {0, 255, 0}) == 16);
  CHECK(summary::image_grid(data, std::vector<int>{}).width() > 0);
}
