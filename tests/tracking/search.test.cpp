// SPDX-License-Identifier: Apache-2.0
// Trials in processes of their own: which are made, what comes back, and what does not.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <tfx/tracking/search.hpp>

namespace {

using namespace tfx;
using tracking::trial;

const std::vector<tracking::choice> choices = {{.name = "rate", .least = 1e-4, .greatest = 1e-1, .by_factors = true}, {.name = "units", .least = 4, .greatest = 7, .whole = true}, {.name = "kind", .values = {"adam", "sgd"}}};

double bowl(const trial& t) { return std::abs(std::log10(t["rate"]) + 2) + (t.value("kind").text == "sgd" ? 1 : 0); }

}  // namespace

TEST_CASE("a grid has all combinations, the last choice changes first") {
  const auto all = tracking::grid({{.name = "a", .values = {1, 2}}, {.name = "b", .values = {"x", "y", "z"}}});
  REQUIRE(all.size() == 6);
  std::string seen;
  for (const trial& t : all) seen += t.value("a").as_text() + t.value("b").text + " ";
  CHECK(seen == "1x 1y 1z 2x 2y 2z ");
  CHECK(all[4].number == 4);
  CHECK_THROWS_WITH(all[0]["c"], "trial: nothing is called 'c'; known: a b");
  CHECK_THROWS_WITH(tracking::grid({{.name = "rate", .least = 0, .greatest = 1}}), "grid: 'rate' has no values");
}

TEST_CASE("random trials lie where they may, evenly, and the first ones stay the same") {
  const auto all = tracking::at_random(choices, 4000, 7), few = tracking::at_random(choices, 10, 7);
  std::map<std::string, int> units, kinds, decades;
  for (const trial& t : all) {
    ++units[t.value("units").as_text()];
    ++kinds[t.value("kind").text];
    ++decades[std::to_string(int(std::floor(std::log10(t["rate"]))))];
  }
  CHECK(units.size() == 4);
  CHECK(kinds.size() == 2);
  CHECK(decades.size() == 3);
  for (const auto& [name, count] : units) CHECK(count == doctest::Approx(1000).epsilon(0.12));
  for (const auto& [name, count] : decades) CHECK(count == doctest::Approx(1333).epsilon(0.12));
  for (std::size_t i = 0; i < few.size(); ++i) CHECK(few[i]["rate"] == all[i]["rate"]);
  CHECK(tracking::at_random(choices, 1, 8)[0]["rate"] != all[0]["rate"]);
  CHECK_THROWS_AS(tracking::at_random({{.name = "a", .least = 0, .greatest = 1, .by_factors = true}}, 1), std::invalid_argument);
}

TEST_CASE("trials run side by side, and their results do not depend on how many do") {
  const auto trials = tracking::at_random(choices, 12, 7);
  const auto one = tracking::search(trials, bowl), four = tracking::search(trials, bowl, {.processes = 4});
  REQUIRE(four.size() == trials.size());
  for (std::size_t i = 0; i < trials.size(); ++i) {
    CHECK(one[i].value == bowl(trials[i]));
    CHECK(four[i].value == one[i].value);
  }
  CHECK(tracking::best_of(four).value == doctest::Approx(std::min_element(one.begin(), one.end(), [](const auto& a, const auto& b) { return a.value < b.value; })->value));
}

TEST_CASE("a trial that fails says why, and the others go on") {
  const auto results = tracking::search(tracking::grid({{.name = "a", .values = {0, 1, 2, 3, 4}}}), [](const trial& t) -> double {
    if (t["a"] == 1) throw std::runtime_error("as it should");
    if (t["a"] == 4) throw 4;
    if (t["a"] == 2) std::raise(SIGKILL);
    if (t["a"] == 3) ::_exit(5);
    return 4;
  }, {.processes = 2});
  CHECK(results[0].value == 4);
  CHECK(results[1].mistake == "as it should");
  CHECK(results[2].mistake == "ended by signal 9");
  CHECK(results[3].mistake == "ended with 5 before it had a value");
  CHECK(results[4].mistake == "an exception of another type than std::exception");
  CHECK(tracking::best_of(results).of.number == 0);
  CHECK_THROWS_WITH(tracking::best_of({results[1]}), "best_of: no trial has a value; the first one: as it should");
}

TEST_CASE("halving gives the best a larger budget, and Hyperband the budgets of its article") {
  const auto f = [](const trial& t) { return t["rate"] + 1.0 / t.budget; };
  auto results = tracking::successive_halving(tracking::at_random(choices, 9, 1), f, {1, 9, 3}, {.processes = 3});
  std::map<int, int> budgets;
  for (const auto& r : results) ++budgets[r.of.budget];
  CHECK(budgets == std::map<int, int>{{1, 9}, {3, 3}, {9, 1}});
  const std::vector<tracking::trial_result> first(results.begin(), results.begin() + 9);
  CHECK(results.back().of.number == tracking::best_of(first).of.number);

  results = tracking::hyperband(choices, f, {1, 81, 3}, {.processes = 4});
  std::vector<std::pair<int, int>> rungs;
  for (const auto& r : results) {
    if (rungs.empty() || rungs.back().first != r.of.budget) rungs.push_back({r.of.budget, 0});
    ++rungs.back().second;
  }
  const std::vector<std::pair<int, int>> table = {{1, 81}, {3, 27}, {9, 9}, {27, 3}, {81, 1}, {3, 34}, {9, 11}, {27, 3}, {81, 1}, {9, 15}, {27, 5}, {81, 1}, {27, 8}, {81, 2 + 5}};   // the last two rounds end and begin with 81
  CHECK(rungs == table);
}
