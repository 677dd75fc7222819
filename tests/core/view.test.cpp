// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <random>
#include <vector>

#include <tfx/core/view.hpp>

namespace {

using namespace tfx;

constexpr int outside = -1'000'000;

/// The place of every element of an operand, in the order of the loops.
std::vector<int> places(const loop_nest& nest, const view& v) {
  std::vector<int> all;
  for (int n = 0; n < nest.size(); ++n) {
    int at = v.offset, rest = n;
    bool inside = true;
    for (int l = nest.loops - 1; l >= 0; --l) {
      const int i = rest % nest.extent[l];
      rest /= nest.extent[l];
      at += i * v.stride[l];
      inside = inside && (!v.guarded || (i >= v.low[l] && i < v.high[l]));
    }
    all.push_back(inside ? at : outside);
  }
  return all;
}

struct generator {
  std::mt19937 engine{7};
  int operator()(int from, int to) { return std::uniform_int_distribution<int>(from, to)(engine); }
};

loop_nest random_nest(generator& pick) {
  loop_nest nest;
  for (int loops = pick(1, 6); nest.loops < loops;) nest.push(pick(1, 4));
  return nest;
}
/// Permuted, repeated, turned round or cut: whatever strides may be, often such that loops merge.
view random_view(const loop_nest& nest, generator& pick) {
  view v;
  v.offset = pick(0, 50);
  int step = 1;
  for (int l = nest.loops - 1; l >= 0; --l) {
    v.stride[l] = pick(0, 4) == 0 ? 0 : pick(0, 5) == 0 ? -step : step;
    step *= nest.extent[l] + (pick(0, 3) == 0 ? pick(0, 2) : 0);
  }
  if (nest.loops > 1 && pick(0, 3) == 0) std::swap(v.stride[0], v.stride[nest.loops - 1]);
  v.guarded = pick(0, 2) == 0;
  for (int l = 0; l < nest.loops; ++l) {
    v.low[l] = pick(0, 2) == 0 ? pick(0, nest.extent[l]) : 0;
    v.high[l] = pick(0, 2) == 0 ? pick(v.low[l], nest.extent[l]) : nest.extent[l];
  }
  return v;
}

TEST_CASE("merged loops visit the same places in the same order") {
  generator pick;
  int merged = 0;
  for (int trial = 0; trial < 20'000; ++trial) {
    const loop_nest nest = random_nest(pick);
    view operand[3] = {random_view(nest, pick), random_view(nest, pick), random_view(nest, pick)};
    std::vector<int> before[3];
    const int operands = pick(1, 3);
    for (int k = 0; k < operands; ++k) before[k] = places(nest, operand[k]);
    loop_nest fewer = nest;
    merge_loops(fewer, operand, operands);
    REQUIRE(fewer.size() == nest.size());
    for (int k = 0; k < operands; ++k) REQUIRE(places(fewer, operand[k]) == before[k]);
    merged += nest.loops - fewer.loops;
  }
  CHECK(merged > 10'000);
}

TEST_CASE("loops on different sides of a wall stay apart") {
  generator pick;
  for (int trial = 0; trial < 2'000; ++trial) {
    const loop_nest nest = random_nest(pick);
    if (nest.loops < 2) continue;
    view rows_first;
    int step = 1;
    for (int l = nest.loops - 1; l >= 0; step *= nest.extent[l--]) rows_first.stride[l] = step;
    const int wall = pick(0, nest.loops - 2);
    loop_nest fewer = nest;
    merge_loops(fewer, &rows_first, 1, 1u << wall);
    CHECK(fewer.loops == 2);
    CHECK(fewer.extent[1] == nest.size(wall + 1));
  }
}

TEST_CASE("a contiguous operand is one loop, whatever its shape") {
  loop_nest nest{4, {2, 3, 4, 5}};
  view v{3, {60, 20, 5, 1}};
  merge_loops(nest, &v, 1);
  CHECK(nest.loops == 1);
  CHECK(nest.extent[0] == 120);
  CHECK(v.stride[0] == 1);
  CHECK(v.offset == 3);
}

TEST_CASE("a guard of an outer loop grows with the loops inside of it") {
  loop_nest nest{3, {1, 6, 4}};
  view v{-8, {24, 4, 1}, true, {0, 2, 0}, {1, 5, 4}};
  const std::vector<int> before = places(nest, v);
  merge_loops(nest, &v, 1);
  CHECK(nest.loops == 1);
  CHECK(v.low[0] == 8);
  CHECK(v.high[0] == 20);
  CHECK(places(nest, v) == before);
}

}  // namespace
