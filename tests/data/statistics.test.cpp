// SPDX-License-Identifier: Apache-2.0
// labels: exceptions
// What data was like, kept as text, and other data that is not like it.
#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <vector>

#include <tfx/data/pipelines.hpp>
#include <tfx/data/statistics.hpp>

namespace {

using namespace tfx;
using house = std::tuple<std::array<float, 2>, std::optional<int>, std::array<float, 100>>;

std::vector<house> houses(int n, float size = 1, float light = 1) {
  std::vector<house> all;
  for (int i = 0; i < n; ++i) {
    house& h = all.emplace_back();
    std::get<0>(h) = {float(i % 5) * size, 7};
    if (i % 4) std::get<1>(h) = i % 3;
    for (int k = 0; k < 100; ++k) std::get<2>(h)[std::size_t(k)] = float((i + k) % 11) / 10 * light;
  }
  return all;
}
template <class Data> std::string refused(const Data& data, const data::statistics& known, data::check_options o = {}) {
  auto checked = data | data::check(known, o);
  try {
    for ([[maybe_unused]] auto& x : checked) {}
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("statistics of columns") {
  const data::statistics s = data::statistics_of(houses(40));
  CHECK(s.examples == 40);
  REQUIRE(s.columns.size() == 4);   // two numbers, one that may be missing, a picture
  const data::column_statistics &size = *s.find(0, 0), &rooms = *s.find(1, -1), &picture = *s.find(2, -1);
  CHECK(size.count == 40);
  CHECK(size.least == 0);
  CHECK(size.greatest == 4);
  CHECK(size.mean == doctest::Approx(2));
  CHECK(size.deviation() == doctest::Approx(std::sqrt(2.0)));
  CHECK(s.find(0, 1)->deviation() == 0);
  CHECK(rooms.count == 30);
  CHECK(rooms.missing == 10);
  CHECK(picture.count == 4000);
  CHECK(picture.greatest == 1);
  const data::statistics batches = data::statistics_of(houses(40) | data::batch<7>());
  CHECK(batches.text() == s.text());
  const data::statistics back(s.text());
  CHECK(back.text() == s.text());
  CHECK(back.find(2, -1)->squares == picture.squares);
  CHECK_THROWS_WITH(data::statistics("examples,3\n0,0,3\n"), "data::statistics: line 2: expected what statistics::text writes, found '0,0,3'");
  CHECK_THROWS_WITH(data::statistics(""), "data::statistics: expected what statistics::text writes, found nothing");
}
TEST_CASE("other data is refused with its column") {
  const data::statistics known(data::statistics_of(houses(600)).text());
  CHECK(refused(houses(700), known) == "");
  CHECK(refused(houses(700) | data::batch<32>(), known) == "");
  CHECK(refused(houses(700, 1, 255), known) == "data: column 2 of example 0: expected 0 to 1, as in 600 examples; found 25.5");
  CHECK(refused(houses(700, 1000) | data::batch<32>(), known) == "data: column 0, number 0 of example 1: expected 0 to 4, as in 600 examples; found 1000");
  auto missing = houses(5);
  std::get<0>(missing[3])[1] = std::numeric_limits<float>::quiet_NaN();
  CHECK(refused(missing, known) == "data: column 0, number 1 of example 3: expected a number, as in 600 examples; found none");
  CHECK(refused(std::vector<std::pair<float, int>>{{1.f, 2}}, known) == "data: column 0 of example 0: expected no such column, as in 600 examples; found 1");
  // Within the range, but with another mean: the numbers of a few are not divided by what all are divided by.
  std::vector<float> wide(1000, 0.f), narrow(1000, 9.f);
  wide[3] = 10;
  CHECK(refused(narrow, data::statistics_of(wide), {.window = 100}) == "data: column 0: expected a mean near 0.01, with a deviation of 0.31607, as in 1000 examples; found 9 in the first 100");
  CHECK(refused(narrow, data::statistics_of(wide), {.window = 0}) == "");
}
TEST_CASE("a check goes on in the middle of a pass") {
  std::vector<float> wide(1000, 0.f), narrow(1000, 9.f);
  wide[3] = 10;
  const data::statistics known = data::statistics_of(wide);
  auto first = narrow | data::check(known, {.window = 100}), second = first;
  float x;
  for (int i = 0; i < 60; ++i) REQUIRE(first.next(x));
  second.restore(first.state());
  for (int i = 0; i < 39; ++i) REQUIRE(second.next(x));
  CHECK_THROWS(second.next(x));
}
