// SPDX-License-Identifier: Apache-2.0
// labels: threads
#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <tfx/backend/simd/gemm.hpp>
#include <tfx/backend/threads/pool.hpp>

namespace {

using tfx::backend::pool;

/// Counts how often each part ran, in plain memory: the pool must order these writes.
struct counters {
  std::vector<int> times;

  static void count(void* self, int part) { ++static_cast<counters*>(self)->times[std::size_t(part)]; }
};

struct launch {
  static constexpr tfx::geometry geo = tfx::geometry::of(tfx::matmul_geometry{50, 70, 40});
  static constexpr int rows = 50, cols = 70;
};

bool each_ran(const counters& c, int times) {
  bool all = true;
  for (const int each : c.times) all = all && each == times;
  return all;
}

}  // namespace

TEST_CASE("a pool runs every part exactly once, in each of many runs") {
  for (const int threads : {1, 2, 3, 4, 6}) {
    CAPTURE(threads);
    pool p(threads);
    CHECK(p.threads() == threads);
    for (const int parts : {0, 1, 2, 3, 4, 7, 50}) {
      CAPTURE(parts);
      counters c;
      c.times.assign(std::size_t(parts), 0);
      for (int i = 0; i < 200; ++i) p.run(parts, &counters::count, &c);
      CHECK(each_ran(c, 200));
    }
  }
}

TEST_CASE("a pool makes do with the threads that it is told to use") {
  pool p(4);
  for (const int threads : {2, 1, 4, 3}) {
    CAPTURE(threads);
    p.use(threads);
    CHECK(p.threads() == threads);
    for (const int parts : {1, 3, 4, 9}) {
      counters c;
      c.times.assign(std::size_t(parts), 0);
      for (int i = 0; i < 100; ++i) p.run(parts, &counters::count, &c);
      CHECK(each_ran(c, 100));
    }
  }
  CHECK_THROWS_WITH_AS(p.use(5), "tfx: a pool of 4 threads can use 1 to 4, not 5", std::invalid_argument);
  CHECK_THROWS_AS(p.use(0), std::invalid_argument);
  CHECK(p.threads() == 3);
}

#if defined(__linux__)
TEST_CASE("threads run on the cores that they are pinned to") {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  REQUIRE(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
  int core = 0;
  while (!CPU_ISSET(std::size_t(core), &allowed)) ++core;
  pool p(3);
  p.pin(std::vector<int>(3, core));
  struct seen {
    std::thread::id caller = std::this_thread::get_id();
    std::atomic<int> elsewhere{0};
    int core = 0;
    static void look(void* self, int) {
      auto* s = static_cast<seen*>(self);
      if (std::this_thread::get_id() != s->caller && sched_getcpu() != s->core) ++s->elsewhere;
    }
  } s;
  s.core = core;
  for (int i = 0; i < 50; ++i) p.run(3, &seen::look, &s);
  CHECK(s.elsewhere == 0);
  CHECK_THROWS_AS(p.pin(std::vector<int>{core}), std::invalid_argument);
  CHECK_THROWS_AS(p.pin(std::vector<int>(3, -1)), std::system_error);
}
#endif

TEST_CASE("a pool wakes threads that fell asleep") {
  pool p(3);
  counters c;
  c.times.assign(3, 0);
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    p.run(3, &counters::count, &c);
  }
  CHECK(each_ran(c, 5));
}

TEST_CASE("a pool that does nothing, and one that has never run, ends") {
  { pool p(4); }
  {
    pool p(4);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK(true);
}

TEST_CASE("several threads of the application may share a pool") {
  pool p(3);
  std::vector<counters> each(4);
  std::vector<std::thread> callers;
  for (counters& c : each) {
    c.times.assign(5, 0);
    callers.emplace_back([&p, &c] {
      for (int i = 0; i < 300; ++i) p.run(5, &counters::count, &c);
    });
  }
  for (std::thread& t : callers) t.join();
  for (const counters& c : each) CHECK(each_ran(c, 300));
}

TEST_CASE("work that runs the same pool again does its parts itself") {
  pool p(3);
  struct nested {
    pool* p;
    std::vector<counters> inner;
    static void outer(void* self, int part) {
      auto* n = static_cast<nested*>(self);
      n->p->run(4, &counters::count, &n->inner[std::size_t(part)]);
    }
  };
  nested n = {&p, std::vector<counters>(3)};
  for (counters& c : n.inner) c.times.assign(4, 0);
  for (int i = 0; i < 50; ++i) p.run(3, &nested::outer, &n);
  for (const counters& c : n.inner) CHECK(each_ran(c, 50));
}

TEST_CASE("a product is the same bits on any number of threads") {
  using namespace tfx;
  using producer = backend::simd_matmul<float>;
  std::vector<float> a(50 * 40), b(40 * 70);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = std::sin(float(i));
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = std::cos(float(i));
  std::vector<float> expected(50 * 70);
  for (std::size_t i = 0; i < 50; ++i) {
    for (std::size_t j = 0; j < 70; ++j) {
      float sum = 0;
      for (std::size_t k = 0; k < 40; ++k) sum = std::fma(a[i * 40 + k], b[k * 70 + j], sum);
      expected[i * 70 + j] = sum;
    }
  }
  for (int threads = 1; threads <= 4; ++threads) {
    CAPTURE(threads);
    pool p(threads);
    struct work {
      std::vector<float> y, scratch;
      void* operands[2];
      int threads;
      static void part(void* self, int index) {
        auto* w = static_cast<work*>(self);
        const std::size_t each = producer::scratch(launch::geo, 50, 70) + 16;
        call<float> c;
        c.operand = w->operands;
        c.rows = launch::rows;
        c.cols = launch::cols;
        c.geo = &launch::geo;
        c.contracted = 40;
        c.scratch = w->scratch.data() + each * std::size_t(index);
        c.tiles = producer::tiles<launch>();
        c.part = index;
        c.parts = w->threads;
        producer::run(c, w->y.data(), nullptr);
      }
    };
    work w = {std::vector<float>(50 * 70),
              std::vector<float>((producer::scratch(launch::geo, 50, 70) + 16) * std::size_t(threads)),
              {a.data(), b.data()},
              threads};
    for (int i = 0; i < 20; ++i) p.run(threads, &work::part, &w);
    CHECK(w.y == expected);
  }
}
