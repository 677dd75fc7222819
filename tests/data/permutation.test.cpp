// SPDX-License-Identifier: Apache-2.0
#include <tfx/data/permutation.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

using tfx::data::permutation;

namespace {
std::vector<std::uint32_t> copy_of(std::span<const std::uint32_t> order) { return {order.begin(), order.end()}; }
}  // namespace

TEST_CASE("an epoch's order holds every example once") {
  for (std::size_t n : {0u, 1u, 2u, 3u, 64u, 1000u, 60000u}) {
    permutation order(n, 7);
    for (std::uint64_t epoch : {0u, 1u, 1000000u}) {
      std::vector<std::uint32_t> sorted = copy_of(order.epoch(epoch));
      std::sort(sorted.begin(), sorted.end());
      std::vector<std::uint32_t> every(n);
      std::iota(every.begin(), every.end(), 0u);
      CHECK(sorted == every);
    }
  }
}

TEST_CASE("the order depends on seed and epoch, not on what came before") {
  permutation one(1000, 42);
  permutation other(1000, 42);
  const auto third = copy_of(one.epoch(3));
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) other.epoch(epoch);
  CHECK(copy_of(other.epoch(3)) == third);
  CHECK(copy_of(one.epoch(4)) != third);
  CHECK(copy_of(permutation(1000, 43).epoch(3)) != third);
  // Seed and epoch don't stand in for each other.
  CHECK(copy_of(permutation(1000, 3).epoch(42)) != third);
  CHECK(copy_of(permutation(1000, 43).epoch(2)) != third);
}

TEST_CASE("all permutations are equally likely") {
  // Chi-squared over the 24 orders of 4 things, 23 degrees of freedom: above 58 once in 10,000 honest experiments.
  constexpr int draws = 24000;
  std::map<std::vector<std::uint32_t>, int> seen;
  permutation order(4, 1);
  for (int epoch = 0; epoch < draws; ++epoch) ++seen[copy_of(order.epoch(std::uint64_t(epoch)))];
  CHECK(seen.size() == 24);
  double chi_squared = 0;
  for (const auto& [permutation, count] : seen) chi_squared += (count - 1000.0) * (count - 1000.0) / 1000.0;
  CHECK(chi_squared < 58);
  CHECK(chi_squared > 4);
}

TEST_CASE("neighbours are separated") {
  permutation order(60000, 5);
  const auto index = copy_of(order.epoch(0));
  int fixed = 0;
  int followers = 0;
  for (std::size_t i = 0; i < index.size(); ++i) {
    fixed += index[i] == i;
    followers += i > 0 && index[i] == index[i - 1] + 1;
  }
  // Both counts are Poisson with mean 1 for a random permutation.
  CHECK(fixed < 10);
  CHECK(followers < 10);
}

TEST_CASE("scaling 64 bits is exact at the ends") {
  using tfx::data::detail::scale_below;
  CHECK(scale_below(0, 10) == 0);
  CHECK(scale_below(~std::uint64_t{0}, 10) == 9);
  CHECK(scale_below(std::uint64_t{1} << 63, 10) == 5);
  CHECK(scale_below(~std::uint64_t{0}, 0xffffffffu) == 0xfffffffeu);
}
