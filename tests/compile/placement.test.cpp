// SPDX-License-Identifier: Apache-2.0
#include <initializer_list>

#include <doctest/doctest.h>

#include <tfx/compile/placement.hpp>
#include <tfx/core/random.hpp>

namespace {

using namespace tfx;

constexpr placement_order every_order[] = {placement_order::first_begin, placement_order::last_end,
                                           placement_order::largest, placement_order::most_elements,
                                           placement_order::longest};

list<lifetime> buffers_of(std::initializer_list<lifetime> given) {
  list<lifetime> all;
  for (const lifetime& b : given) all.push_back(b);
  return all;
}
list<lifetime> random_buffers(std::uint64_t seed, int count, int steps) {
  const random_stream numbers{.seed = seed};
  list<lifetime> all;
  for (int i = 0; i < count; ++i) {
    const auto word = [&](int k) { return int(numbers.word(std::uint64_t(3 * i + k)) >> 8); };
    const int from = word(0) % steps;
    all.push_back({from, from + word(1) % (steps - from), 16 * (1 + word(2) % 20)});
  }
  return all;
}
/// Pairs that share an element while both are in use.
int collisions(const list<lifetime>& all) {
  int n = 0;
  for (int i = 0; i < all.size(); ++i)
    for (int j = 0; j < i; ++j) {
      const lifetime &a = all[i], &b = all[j];
      const bool in_time = a.from <= b.to && b.from <= a.to,
                 in_memory = a.offset < b.offset + b.size && b.offset < a.offset + a.size;
      n += in_time && in_memory;
    }
  return n;
}
int highest(const list<lifetime>& all) {
  int end = 0;
  for (int i = 0; i < all.size(); ++i) end = all[i].offset + all[i].size > end ? all[i].offset + all[i].size : end;
  return end;
}

}  // namespace

TEST_CASE("no buffers need no memory") {
  list<lifetime> none;
  CHECK(most_alive(none, 3) == 0);
  CHECK(place_buffers(none, 0) == 0);
}

TEST_CASE("what is alive at once, counted by hand") {
  CHECK(most_alive(buffers_of({{0, 1, 16}, {1, 2, 32}, {2, 3, 48}}), 4) == 80);
  CHECK(most_alive(buffers_of({{0, 3, 16}, {0, 0, 64}, {3, 3, 32}}), 4) == 80);
}

TEST_CASE("buffers that follow each other share memory") {
  list<lifetime> all = buffers_of({{0, 1, 16}, {2, 3, 16}, {4, 5, 16}});
  CHECK(place_buffers(all, 16) == 16);
  CHECK(all[2].offset == 0);
}

// In order of time the long one lands between two short ones, and the large one finds no room.
TEST_CASE("another order is tried where one wastes memory") {
  list<lifetime> all = buffers_of({{0, 1, 32}, {1, 5, 16}, {2, 4, 48}, {5, 6, 32}});
  const int least = most_alive(all, 7);
  CHECK(place_in_order(all, placement_order::first_begin) > least);
  CHECK(place_buffers(all, least) == least);
  CHECK(collisions(all) == 0);
}

TEST_CASE("random buffers do not collide in any order, and come close to the bound") {
  double arena = 0, bound = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    const int steps = 5 + int(seed % 40);
    list<lifetime> all = random_buffers(seed, 3 + int(seed % 60), steps);
    const int least = most_alive(all, steps);
    int best = 0;
    for (const placement_order by : every_order) {
      const int taken = place_in_order(all, by);
      CHECK(collisions(all) == 0);
      CHECK(highest(all) == taken);
      CHECK(taken >= least);
      best = best == 0 || taken < best ? taken : best;
    }
    const int taken = place_buffers(all, least);
    CHECK(collisions(all) == 0);
    CHECK(highest(all) == taken);
    CHECK(taken <= (best > least + least / 100 ? best : least + least / 100));
    arena += taken;
    bound += least;
  }
  MESSAGE("arena / bound of random buffers ", arena / bound);
  CHECK(arena < 1.05 * bound);
}

static_assert([] {
  list<lifetime> all;
  all.push_back({0, 1, 16});
  all.push_back({1, 2, 32});
  return place_buffers(all, 48) == 48 && all[1].offset == 16;
}());
