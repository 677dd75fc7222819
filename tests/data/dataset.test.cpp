// SPDX-License-Identifier: Apache-2.0
#include <tfx/data/dataset.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace tfx;

namespace {
using bytes = data::dataset<shape<2, 3>, std::uint8_t, shape<>, std::uint8_t, 4>;

constexpr std::string_view names[] = {"zero", "one", "two", "three"};

bytes make(int count) {
  struct storage {
    std::vector<std::uint8_t> x;
    std::vector<std::uint8_t> y;
  };
  auto memory = std::make_shared<storage>();
  for (int i = 0; i < count * 6; ++i) memory->x.push_back(static_cast<std::uint8_t>(i * 37));
  for (int i = 0; i < count; ++i) memory->y.push_back(static_cast<std::uint8_t>(i % 4));
  const data::column<shape<2, 3>, std::uint8_t> images(memory->x.data(), std::size_t(count), 255);
  const data::column<shape<>, std::uint8_t> labels(memory->y.data(), std::size_t(count));
  return {images, labels, memory, names};
}
}  // namespace

TEST_CASE("every byte is scaled as other frameworks scale it") {
  std::vector<std::uint8_t> x(256);
  std::vector<std::uint8_t> y(256);
  for (int i = 0; i < 256; ++i) x[std::size_t(i)] = static_cast<std::uint8_t>(i);
  const data::dataset<shape<1>, std::uint8_t> all({x.data(), 256, 255}, {y.data(), 256});
  for (std::size_t i = 0; i < 256; ++i) {
    const std::uint32_t index = static_cast<std::uint32_t>(i);
    float single = -1;
    double wide = -1;
    all.gather(&index, 1, &single);
    all.gather(&index, 1, &wide);
    // NumPy's x / 255.0 in double, then float32; and torchvision's float32 division.
    CHECK(single == static_cast<float>(static_cast<double>(i) / 255.0));
    CHECK(single == static_cast<float>(i) / 255.0f);
    CHECK(wide == static_cast<double>(i) / 255.0);
    CHECK(all.images[i][0] == single);
  }
}

TEST_CASE("gather takes the examples asked for, in their order") {
  const bytes all = make(10);
  const std::uint32_t index[] = {7, 0, 7, 9};
  std::vector<float> batch(4 * 6 + 1, -1.0f);
  all.gather(index, 4, batch.data());
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 6; ++j) {
      CHECK(batch[i * 6 + j] == static_cast<float>((index[i] * 6 + j) * 37 % 256) / 255.0f);
    }
  }
  CHECK(batch[24] == -1.0f);
  std::int32_t labels[5] = {-1, -1, -1, -1, -1};
  all.gather_labels(index, 4, labels);
  CHECK(std::vector<std::int32_t>(labels, labels + 5) == std::vector<std::int32_t>{3, 0, 3, 1, -1});
}

TEST_CASE("an example is a range of its numbers") {
  const bytes all = make(3);
  const auto image = all.images[2];
  float copied[6];
  image.copy_to(copied);
  CHECK(image.size() == 6);
  CHECK(std::equal(image.begin(), image.end(), copied, copied + 6));
  CHECK(image[5] == copied[5]);
  CHECK(all.labels[2] == 2);
}

TEST_CASE("parts share the memory and keep it alive") {
  data::dataset<shape<2, 3>, std::uint8_t, shape<>, std::uint8_t, 4> tail;
  {
    const bytes all = make(10);
    auto [head, rest] = all.split(7);
    CHECK(head.size() == 7);
    CHECK(rest.size() == 3);
    CHECK(rest.images[0].data() == all.images[7].data());
    CHECK(all.first(4).size() == 4);
    CHECK(all.first(400).size() == 10);
    CHECK(all.first(0).size() == 0);
    CHECK(all.split(400).second.size() == 0);
    tail = rest;
  }
  CHECK(tail.labels[0] == 3);
  CHECK(tail.images[0][0] == static_cast<float>(42 * 37 % 256) / 255.0f);
  CHECK(tail.class_name(3) == "three");
  CHECK(tail.class_name(4).empty());
  CHECK(tail.class_name(-1).empty());
}

TEST_CASE("arrays of one's own are used where they are") {
  std::vector<float> x = {1.5f, -2, 3, 4, 5, 6};
  std::vector<int> y = {0, 1, 2};
  const auto points = data::from_memory<shape<2>>(x, y);
  CHECK(points.size() == 3);
  CHECK(points.images[1].data() == x.data() + 2);
  CHECK(points.images[0][0] == 1.5f);
  CHECK(points.images[0][1] == -2);
  CHECK(points.labels[2] == 2);

  const std::vector<double> targets = {0.25, 0.5, 0.75};
  const auto houses = data::from_memory<shape<2>, shape<1>>(std::span<const float>(x), targets);
  const std::uint32_t index[] = {2, 0};
  float wanted[2];
  houses.gather_labels(index, 2, wanted);
  CHECK(wanted[0] == 0.75f);
  CHECK(wanted[1] == 0.25f);
}

TEST_CASE("numbers that don't fit together are refused in a sentence") {
  const std::vector<float> x = {1, 2, 3, 4, 5, 6};
  const std::vector<int> y = {0, 1};
  CHECK_THROWS_WITH_AS((data::from_memory<shape<2>>(x, y)), "tfx::data::dataset: 3 examples but 2 labels",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS((data::from_memory<shape<4>>(x, y)),
                       "tfx::data::from_memory: 6 numbers are no whole number of examples of 4", std::invalid_argument);
}
