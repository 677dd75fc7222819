// SPDX-License-Identifier: Apache-2.0
// labels: threads
// Stages of pipelines: what they give, that they go on from a saved state, and that their threads end. Their order is compared with
// that of tf.data in tf_data.test.py.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <list>
#include <stdexcept>

#include <tfx/data/batches.hpp>
#include <tfx/data/pipelines.hpp>

#include "../io/damaged.hpp"

namespace {

using namespace tfx;
using namespace std::chrono_literals;
using ints = std::vector<int>;

/// All elements of a pass.
template <class P> auto all(P&& p) {
  std::vector<typename std::remove_cvref_t<P>::value_type> out;
  for (auto& x : p) out.push_back(x);
  return out;
}
ints upto(int n) {
  ints v;
  for (int i = 0; i < n; ++i) v.push_back(i);
  return v;
}
auto square = [](int x) { return x * x; };
auto even = [](int x) { return x % 2 == 0; };

data::generator<std::string> words(int n) {
  std::string word = "a";
  for (int i = 0; i < n; ++i) {
    co_yield word;
    word += char('b' + i);
    if (i % 2 == 0) co_yield "t" + std::to_string(i);
  }
}

struct counted {   // a stream of one's own
  using record = data::record<data::field<shape<>, double>, data::field<shape<>, int>>;
  int at = 0;
  void begin() { at = 0; }
  int next(auto& batch) {
    int n = 0;
    for (; n < batch.capacity && at < 12; ++n, ++at) {
      batch.template get<0>()[std::size_t(n)] = at * 0.5;
      batch.template get<1>()[std::size_t(n)] = at;
    }
    return n;
  }
};

/// The rest of a pass is the same after each element from the state there, in the same object and in another one.
template <class Make> void goes_on(Make make, std::size_t most = 1000) {
  auto p = make();
  p.begin(3);
  typename decltype(p)::value_type x{};
  std::vector<std::string> states;
  std::vector<decltype(x)> given;
  for (;;) {
    states.push_back(p.state());
    if (given.size() == most || !p.next(x)) break;
    given.push_back(x);
  }
  REQUIRE(given.size() > 3);
  for (std::size_t from = 0; from < states.size(); from += 1 + states.size() / 20) {
    auto other = make();
    other.restore(states[from]);
    other.begin(77);   // goes on
    for (std::size_t i = from; i < given.size(); ++i) {
      REQUIRE(other.next(x));
      REQUIRE(x == given[i]);
    }
    CHECK(other.next(x) == (given.size() == most));
    p.restore(states[from]);
    CHECK(p.next(x) == (from < given.size() || given.size() == most));
    if (from < given.size()) CHECK(x == given[from]);
  }
}

/// A source of 0, 1, ..., and what is told of it: how often it was begun and cancelled, which number it fails at, after which it waits.
struct told {
  int size = 6;
  std::atomic<int> fails = -1, waits = -1;
  bool begin_fails = false;
  std::atomic<int> begun = 0;
  std::atomic<bool> waiting = false, cancelled = false;
};
struct told_node : data::source_node {
  using value_type = int;
  told* of;
  int at = 0;
  void begin(std::uint64_t) {
    at = 0;
    of->cancelled = false;
    ++of->begun;
    if (of->begin_fails) throw std::runtime_error("no begin");
  }
  bool next(int& to) {
    if (at == of->waits) {
      of->waiting = true;
      while (!of->cancelled) std::this_thread::sleep_for(1ms);
    }
    if (of->cancelled || at == of->size) return false;
    to = at++;
    if (to == of->fails) throw std::runtime_error("number " + std::to_string(to));
    return true;
  }
  void archive(data::pipeline_state& s) { s(at); }
  void cancel() { of->cancelled = true; }
};
auto from(told& t) { return data::pipeline(told_node{{}, &t}); }

/// Elements of a pass until it ends, without those that it fails at; `errors` counts these.
template <class P> auto good(P& p, int& errors) {
  std::vector<typename P::value_type> out;
  typename P::value_type x{};
  for (;;) {
    try {
      if (!p.next(x)) return out;
      out.push_back(x);
    } catch (const std::runtime_error&) {
      ++errors;
    }
  }
}

}  // namespace

TEST_CASE("elements flow through stages") {
  const ints v = upto(10);
  CHECK(all(v | data::map(square) | data::filter(even)) == ints{0, 4, 16, 36, 64});
  CHECK(all(upto(10) | data::take_while([](int x) { return x < 3; })) == ints{0, 1, 2});
  CHECK(all(v | data::skip(7)) == ints{7, 8, 9});
  CHECK(all(v | data::take(3) | data::repeat(2)) == ints{0, 1, 2, 0, 1, 2});
  CHECK(all(v | data::take(3) | data::repeat() | data::take(7)) == ints{0, 1, 2, 0, 1, 2, 0});
  CHECK(all(ints{} | data::repeat()) == ints{});
  CHECK(all(v | data::shard(4, 1)) == ints{1, 5, 9});
  CHECK(all(v | data::enumerate(5) | data::filter([](std::int64_t i, int) { return i % 4 == 0; }) | data::map([](std::int64_t i, int x) { return int(10 * i) + x; })) == ints{83, 127});
  CHECK(all(v | data::batch<4>() | data::unbatch()) == v);
  CHECK(all(v | data::batch<4>) == std::vector<data::list<int>>{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}});
  CHECK(all(v | data::flat_map([](int n) { return upto(n % 3); })) == ints{0, 0, 1, 0, 0, 1, 0, 0, 1});
  CHECK(all(data::zip(v, upto(3) | data::map(square))) == std::vector<std::tuple<int, int>>{{0, 0}, {1, 1}, {2, 4}});
  CHECK(all(data::concatenate(v | data::take(2), upto(1), v | data::skip(9))) == ints{0, 1, 0, 9});
  const auto prepared = data::map(square) | data::filter(even) | data::batch<2>();
  CHECK(all(v | prepared)[1] == data::list<int>{16, 36});
  CHECK(all(v | data::apply([](auto p) { return std::move(p) | data::skip(8); }) | data::map(square)) == ints{64, 81});
  CHECK(all(data::from([i = 0]() mutable { return i < 3 ? std::optional(i++) : std::nullopt; }) | data::repeat(2)) == ints{0, 1, 2, 0, 1, 2});
  CHECK(all(data::from([] { return words(3); })) == std::vector<std::string>{"a", "t0", "ab", "abc", "t2"});
  CHECK(all(v | data::cache() | data::repeat(2) | data::skip(8) | data::take(4)) == ints{8, 9, 0, 1});
  const auto arrays = upto(3) | data::map([](int n) { return std::pair(std::vector<int>(std::size_t(n), n), n); }) | data::padded_batch<3, 2>(-1);
  CHECK(all(data::pipeline(arrays))[0] == data::list<std::pair<std::array<int, 2>, int>>{{{-1, -1}, 0}, {{1, -1}, 1}, {{2, 2}, 2}});
  CHECK_THROWS_WITH(all(upto(4) | data::map([](int n) { return std::vector<int>(std::size_t(n)); }) | data::padded_batch<4, 2>()), "data: padded_batch of 2 is given 3 elements");
  CHECK_THROWS_WITH(data::shard(3, 3), "data: shard 3 of 3; they are numbered from 0");
}

TEST_CASE("a shuffled pass has all elements, none more than a buffer too early, and depends on seed and pass") {
  const ints v = upto(200);
  for (const std::size_t buffer : {1u, 7u, 64u, 1000u}) {
    auto p = v | data::shuffle(buffer, {.seed = 5});
    ints first = all(p), second = all(p), sorted = first;
    for (std::size_t i = 0; i < first.size(); ++i) CHECK(std::size_t(first[i]) < i + buffer);
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted == v);
    CHECK((first == second) == (buffer == 1));
    CHECK(all(v | data::shuffle(buffer, {.seed = 5})) == first);
    CHECK((all(v | data::shuffle(buffer, {.seed = 6})) == first) == (buffer == 1));
    auto same = v | data::shuffle(buffer, {.seed = 5, .each_pass = false});
    CHECK(all(same) == first);
    CHECK(all(same) == first);
    auto rounds = v | data::shuffle(buffer, {.seed = 5}) | data::repeat(2);
    const ints both = all(rounds);
    CHECK(ints(both.begin(), both.begin() + 200) == first);
    CHECK(ints(both.begin() + 200, both.end()) == second);
  }
  // Each place of a small buffer is as likely: 4 elements in all orders, 24 of them.
  std::vector<int> seen(256);
  auto four = upto(4) | data::shuffle(4);
  for (int pass = 0; pass < 2400; ++pass) {
    int code = 0;
    for (const int x : four) code = 4 * code + x;
    ++seen[std::size_t(code)];
  }
  double chi_squared = 0;
  int orders = 0;
  for (const int n : seen) {
    orders += n > 0;
    if (n > 0) chi_squared += (n - 100) * (n - 100) / 100.0;
  }
  CHECK(orders == 24);
  CHECK(chi_squared < 49.7);   // 23 degrees of freedom, 0.1 %
}

TEST_CASE("a map on threads gives the same bits as on one, in order, and the same elements out of order") {
  const auto noisy = [](int x, random_stream r) { return double(x) + uniform01<double>(r, 3); };
  auto one = upto(500) | data::map(noisy, {.seed = 9});
  auto three = upto(500) | data::map(noisy, {.threads = 3, .seed = 9}) | data::prefetch();
  const auto first = all(one), second = all(one);
  CHECK(first != second);
  CHECK(all(three) == first);
  CHECK(all(three) == second);
  auto any = all(upto(500) | data::map(noisy, {.threads = 3, .in_order = false, .ahead = 5, .seed = 9}));
  std::sort(any.begin(), any.end());
  CHECK(any == first);   // which grows
}

TEST_CASE("a pipeline goes on from a saved state") {
  goes_on([] { return upto(40) | data::map(square, {.threads = 3}) | data::shuffle(7) | data::batch<3>() | data::prefetch(3); });
  goes_on([] { return upto(9) | data::shuffle(5) | data::repeat(3) | data::window(4, {.shift = 2}) | data::unbatch() | data::enumerate(); });
  goes_on([] { return upto(9) | data::shuffle(5) | data::repeat() | data::filter(even) | data::skip(2); }, 60);
  goes_on([] { return upto(8) | data::interleave([](int n) { return upto(n) | data::shuffle(3) | data::map([n](int i) { return 10 * n + i; }); }, {.cycle = 3, .block = 2}); });
  goes_on([] { return data::zip(data::from([] { return words(20); }) | data::prefetch(), upto(99)) | data::cache() | data::repeat(3); });
  goes_on([] { return data::concatenate(upto(5), upto(8) | data::map(square)) | data::take_while([](int x) { return x < 40; }); });
  goes_on([] { return data::sample({{0.5, 0.3, 0.2}}, {.seed = 4}, upto(20), upto(20) | data::map(square), upto(20) | data::repeat()); }, 70);
  goes_on([] { return upto(60) | data::group_by_window([](int x) { return x * x % 7; }, 4); });
  goes_on([] { return upto(200) | data::rejection_resample([](int x) { return x % 4 == 0; }, {0.5, 0.5}); });
  goes_on([] { return counted{} | data::map([](double x, int n) { return x + n; }); });
  auto p = upto(9) | data::shuffle(4);
  p.begin(0);
  int x = 0;
  p.next(x);
  const std::string state = p.state();
  auto larger = upto(9) | data::shuffle(5);
  CHECK_THROWS_WITH(larger.restore(state), "data: the state is of another pipeline: expected buffer 5, found 4");
  auto other = upto(9) | data::take(4);
  CHECK_THROWS_WITH(other.restore(state), "data: the state is of another pipeline: expected stage slice, found shuffle");
  for (std::size_t n = 0; n < state.size(); ++n) CHECK_THROWS(p.restore(state.substr(0, n)));
  CHECK_THROWS_WITH(p.restore(state + "x"), "data: the state of a pipeline has more bytes than expected");
}

TEST_CASE("errors come where their element would have been, and can be left out") {
  const auto refuses_sevens = [](int x) { return x % 7 == 3 ? throw std::runtime_error("seven") : x; };
  for (const int threads : {1, 3}) {
    auto p = upto(20) | data::map(refuses_sevens, {.threads = threads}) | data::prefetch();
    p.begin(0);
    int x = 0;
    for (int i = 0; i < 3; ++i) CHECK(p.next(x));
    CHECK_THROWS_WITH(p.next(x), "seven");
    std::uint64_t seen = 0;
    CHECK(all(upto(20) | data::map(refuses_sevens, {.threads = threads}) | data::ignore_errors({.seen = &seen})).size() == 17);
    CHECK(seen == 3);
    CHECK_THROWS_WITH(all(upto(20) | data::map(refuses_sevens, {.threads = threads}) | data::ignore_errors({.most = 2})), "seven");
  }
  CHECK_THROWS_WITH(all(data::choose(ints{0, 2}, upto(2), upto(2))), "data: choose is told source 2; there are 2");
  CHECK_THROWS_WITH(all(upto(3) | data::bucket_by_length<2>([](int) { return 1; })), "data: bucket_by_length is followed by batch or padded_batch");
}

TEST_CASE("threads end soon, wherever a pipeline stands, and slow ends overlap") {
  std::atomic<int> made = 0;
  const auto slow = [&](int x) {
    ++made;
    std::this_thread::sleep_for(2ms);
    return x;
  };
  const auto source = [&] { return upto(100000) | data::map(slow, {.threads = 2}) | data::prefetch(2) | data::batch<4>() | data::prefetch(2); };
  data::list<int> x;
  for (const int taken : {0, 1, 5}) {
    auto p = source();
    p.begin(0);
    for (int i = 0; i < taken; ++i) p.next(x);
    const auto before = std::chrono::steady_clock::now();
    p.stop();
    CHECK(std::chrono::steady_clock::now() - before < 100ms);
    CHECK_FALSE(p.next(x));
    p.begin(1);
    CHECK((p.next(x) && x == data::list<int>{0, 1, 2, 3}));
  }
  auto p = data::from([] { std::this_thread::sleep_for(50ms); return std::optional(1); }) | data::prefetch();   // another thread lets a waiting one go
  p.begin(0);
  std::thread other([&] { p.cancel(); });
  int y = 0;
  while (p.next(y)) {}
  other.join();
}

TEST_CASE("a pass that was cancelled is no complete one, and nothing begins after it") {
  told t{.size = 6, .waits = 3};
  const auto cancelled_pass = [&](auto& p) {
    t.waits = 3;
    t.waiting = false;
    p.begin(0);
    std::thread other([&] {
      while (!t.waiting) std::this_thread::sleep_for(1ms);
      p.cancel();
    });
    ints seen;
    for (int x; p.next(x);) seen.push_back(x);
    other.join();
    t.waits = -1;
    return seen;
  };
  auto kept = from(t) | data::cache();
  CHECK(cancelled_pass(kept) == upto(3));
  CHECK(all(kept) == upto(6));
  kept.restore(kept.state());   // at its end, with all of them
  CHECK(all(kept).empty());
  CHECK(all(kept) == upto(6));
  auto again = from(t) | data::repeat(2);
  t.begun = 0;
  CHECK(cancelled_pass(again) == upto(3));
  CHECK(t.begun == 1);
  CHECK(all(again).size() == 12);
  auto several = upto(3) | data::flat_map([&](int) { return from(t); });
  t.begun = 0;
  CHECK(cancelled_pass(several) == upto(3));
  CHECK(t.begun == 1);
  CHECK(all(several).size() == 18);
}

TEST_CASE("a cancel meets sources that come and go") {
  for (int round = 0; round < 20; ++round) {
    auto p = upto(1000000) | data::interleave([](int n) { return upto(n % 3) | data::prefetch(); }, {.cycle = 3}) | data::repeat() | data::prefetch();
    p.begin(0);
    std::thread other([&] {
      std::this_thread::sleep_for(1ms);
      p.cancel();
    });
    for (int x; p.next(x);) {}
    other.join();
  }
}

TEST_CASE("a failing stage leaves nothing of its element behind") {
  told t{.fails = 2};
  int errors = 0;
  const auto stale = [&](auto p) {   // an error that nobody took belongs to its pass
    p.begin(0);
    int x = 0;
    REQUIRE(p.next(x));
    std::this_thread::sleep_for(20ms);   // the error waits
    t.fails = -1;
    p.begin(1);
    CHECK(good(p, errors) == upto(6));
    t.fails = 2;
  };
  stale(from(t) | data::prefetch(4));
  stale(from(t) | data::map([](int x) { return x; }, {.threads = 2, .ahead = 2}));
  CHECK(errors == 0);

  auto lists = from(t) | data::batch<2>() | data::unbatch();
  CHECK(good(lists, errors) == ints{0, 1, 3, 4, 5});
  auto pairs = data::zip(from(t), upto(6));
  CHECK(good(pairs, errors) == std::vector<std::tuple<int, int>>{{0, 0}, {1, 1}, {3, 3}, {4, 4}, {5, 5}});
  CHECK(errors == 2);

  t.fails = -1;
  t.begin_fails = true;
  auto sources = upto(3) | data::interleave([&](int) { return from(t); });
  sources.begin(0);
  int x = 0;
  CHECK_THROWS_WITH(sources.next(x), "no begin");
  t.begin_fails = false;
  CHECK(good(sources, errors).size() == 12);

  t.fails = 2;   // and counts in the places of a map on one thread as on several
  const auto noisy = [](int i, random_stream r) { return double(i) + uniform01<double>(r, 3); };
  auto one = from(t) | data::map(noisy), two = from(t) | data::map(noisy, {.threads = 2});
  CHECK(good(one, errors) == good(two, errors));
  CHECK(errors == 4);
}

TEST_CASE("a running pipeline is copied") {
  auto p = upto(3000) | data::shuffle(10) | data::map(square, {.threads = 3}) | data::shuffle(20) | data::prefetch(4);
  const ints first = all(p);
  p.begin(0);
  int x = 0;
  for (int i = 0; i < 200; ++i) {
    REQUIRE(p.next(x));
    CHECK(x == first[std::size_t(i)]);
    if (i % 10 != 0) continue;
    auto copy = p;
    REQUIRE(copy.next(x));
    CHECK(x == first[0]);
  }
}

TEST_CASE("what waits when the state is saved goes on with other threads, and errors do") {
  const auto refuses = [](int x) { return x % 7 == 3 ? throw std::runtime_error("seven " + std::to_string(x)) : x * x; };
  const auto make = [&](int threads) { return upto(40) | data::map(refuses, {.threads = threads}); };
  const auto said = [](auto& p) {   // elements and errors, in order
    std::vector<std::string> out;
    for (int x;;) {
      try {
        if (!p.next(x)) return out;
        out.push_back(std::to_string(x));
      } catch (const std::runtime_error& e) {
        out.push_back(e.what());
      }
    }
  };
  auto whole = make(1);
  const auto wanted = said(whole);
  REQUIRE(wanted.size() == 40);
  for (const int from : {1, 3, 6})
    for (const int to : {1, 2, 5})
      for (const int taken : {0, 1, 3}) {
        auto p = make(from) | data::prefetch(3);
        auto other = make(to) | data::prefetch(3);
        p.begin(0);
        for (int i = 0, x; i < taken; ++i) p.next(x);
        std::this_thread::sleep_for(2ms);
        other.restore(p.state());
        other.restore(other.state());   // before any of it is taken
        CHECK(said(other) == std::vector<std::string>(wanted.begin() + taken, wanted.end()));
      }
}

TEST_CASE("a state fits its sources alone") {
  const auto state_after = [](auto p, int n) {
    typename decltype(p)::value_type x{};
    p.begin(0);
    while (n-- > 0) REQUIRE(p.next(x));
    return p.state();
  };
  std::list<int> five(5, 1), three(3, 1);
  auto shorter = three | data::take(9);
  CHECK_THROWS_WITH(shorter.restore(state_after(five | data::take(9), 5)), "data: a range has fewer elements than before the state of its pipeline was saved");
  auto number = upto(3) | data::take(9);
  CHECK_THROWS_WITH(number.restore(state_after(upto(5) | data::take(9), 5)), "data: a range has fewer elements than before the state of its pipeline was saved");
  // No bytes do harm.
  const auto source = [] {
    return data::zip(upto(9) | data::shuffle(4) | data::cache() | data::window(3, {.shift = 1}) | data::unbatch(),
                     upto(9) | data::interleave([](int n) { return std::list<int>(std::size_t(n & 7), n); }) | data::rejection_resample([](int x) { return x % 2; }, {0.5, 0.5}),
                     upto(9) | data::map(square, {.threads = 2}) | data::group_by_window([](int x) { return x % 3; }, 2) | data::prefetch());
  };
  auto p = source();
  survives_damage<std::invalid_argument>(state_after(source(), 5), 1000, [&](const std::string& bytes) {
    p.restore(bytes);
    typename decltype(p)::value_type x{};
    try {
      for (int i = 0; i < 3 && p.next(x); ++i) {}
    } catch (const std::runtime_error&) {   // an error that waited, to all appearance
    }
  });
}

TEST_CASE("shares of several sources, and of classes") {
  auto mixed = data::sample({{0.75, 0.25, 0}}, {.seed = 2}, ints{0} | data::repeat(), ints{1} | data::repeat(), ints{2}) | data::take(10000);
  int ones = 0;
  for (const int x : mixed) {
    REQUIRE(x < 2);
    ones += x;
  }
  CHECK(std::abs(ones - 2500) < 4 * 43.3);   // four standard deviations
  CHECK(all(data::sample({{0.5, 0.5}}, {.seed = 2}, upto(30), upto(7))).size() == 37);
  CHECK(all(data::sample({{1, 0}}, upto(3), upto(7))) == upto(3));
  for (const bool known : {false, true}) {
    auto even_shares = upto(40000) | data::rejection_resample([](int x) { return x % 10 == 0; }, {0.5, 0.5}, {.initial = known ? std::vector{0.9, 0.1} : std::vector<double>{}});
    int n = 0, tens = 0;
    for (const int x : even_shares) {
      ++n;
      tens += x % 10 == 0;
    }
    CHECK(n > 7500);
    CHECK(n < 8500);
    CHECK(std::abs(tens - n / 2) < 4 * 45);
  }
}

TEST_CASE("a pipeline of examples or batches is a source of batches, and takes other sources") {
  const std::vector<std::pair<std::array<float, 2>, int>> pairs = {{{1, 2}, 7}, {{3, 4}, 8}, {{5, 6}, 9}};
  const auto read = [](auto&& p) {
    std::vector<std::vector<float>> x;
    for (auto& batch : data::batches<2>(p)) x.emplace_back(batch.template get<0>().begin(), batch.template get<0>().end());
    return x;
  };
  const std::vector<std::vector<float>> wanted = {{1, 2, 3, 4}, {5, 6}};
  CHECK(read(pairs | data::take(9)) == wanted);
  CHECK(read(pairs | data::batch<2>() | data::prefetch()) == wanted);
  const std::vector<float> flat = {1, 2, 3, 4, 5, 6};
  const ints labels = {7, 8, 9};
  CHECK(read(data::columns(data::in_shape<shape<2>>(flat), labels) | data::batch<2>()) == wanted);
  auto shuffled = pairs | data::shuffle(3) | data::batch<2>();
  const auto nested = shuffled | data::unbatch() | data::map([](const std::array<float, 2>& x, int label) { return std::pair(x, label); });
  CHECK(read(data::pipeline(nested))[0].size() == 4);
  CHECK_THROWS_WITH(read(pairs | data::batch<3>()), "data: the pipeline gives a batch of 3 examples, the network takes at most 2");
}
