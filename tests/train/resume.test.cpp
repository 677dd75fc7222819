// SPDX-License-Identifier: Apache-2.0
// Training that is interrupted in the middle of an epoch, kept in a file and resumed elsewhere ends with the bits of one that was not.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <tfx/io/safetensors.hpp>

#include "networks.hpp"

namespace {

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<6>{}, nn::tanh{}, nn::dropout{.rate = 0.3}, nn::dense<2>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-2}, metric::accuracy{});
using small = model<net, input<8, 3>>;

using example = std::pair<std::array<float, 3>, int>;
example example_of(int i) { return {{std::sin(float(i)), std::cos(float(3 * i)), float(i % 5)}, (i * 7 % 3) % 2}; }
struct endless {   // says where it stands
  using record = data::record<data::field<shape<3>>, data::field<shape<>, int>>;
  std::int64_t at = 0;
  int next(const auto& batch) {
    for (int n = 0; n < batch.capacity; ++n, ++at) {
      const auto [x, label] = example_of(int(at));
      batch.template get<0>()[std::size_t(n)] = x;
      batch.template get<1>()[std::size_t(n)] = label;
    }
    return batch.capacity;
  }
  std::int64_t place() const { return at; }
  void go_to(std::int64_t there) { at = there; }
};

struct run_result {
  std::uint64_t weights;
  std::vector<double> loss;
  bool operator==(const run_result&) const = default;
};
/// What `make` makes, without an end to it before its time; and interrupted after so many batches of its second epoch.
template <class Make> void goes_on(Make make, int batches, int steps_per_epoch = 0) {
  const fit_options<small::trainer_type<training>> options{.epochs = 3, .steps_per_epoch = steps_per_epoch, .quiet = true};
  auto again = options;
  again.resume = true;
  const auto path = std::filesystem::temp_directory_path() / ("tfx_resume_" + std::to_string(::getpid()) + ".safetensors");
  small whole{seed{4}}, broken{seed{4}}, other{seed{9}};
  decltype(auto) data = make();
  const auto past = whole.fit<training>(data, options);
  const run_result wanted{networks::fingerprint_of(checkpoint<training>(whole)), {past["loss"].begin() + 1, past["loss"].end()}};

  decltype(auto) until_then = make();
  const auto broken_off = broken.fit<training>(until_then, options, [&](const batch_end& b) {
    if (b.epoch() != 2 || b.batches() != batches) return;
    save(checkpoint<training>(broken), path);
    b.stop();
  });
  CHECK(broken_off.epochs() == 2);
  auto everything = checkpoint<training>(other);
  load(everything, path);
  std::filesystem::remove(path);
  decltype(auto) from_there = make();
  const auto rest = other.fit<training>(from_there, again, [&](const epoch_begin& e) { CHECK(e.resumed()); });
  CHECK(rest.first_epoch() == 1);
  CHECK(run_result{networks::fingerprint_of(checkpoint<training>(other)), rest["loss"]} == wanted);
  // The one that was stopped goes on as well, and what is done is not done again.
  CHECK(broken.fit<training>(until_then, again)["loss"] == wanted.loss);
  CHECK(broken.fit<training>(until_then, again).epochs() == 0);
}

std::vector<example> examples() {
  std::vector<example> all;
  for (int i = 0; i < 45; ++i) all.push_back(example_of(i));
  return all;
}

}  // namespace

TEST_CASE("data in memory, shuffled") {
  const auto all = examples();
  const auto make = [&]() -> const auto& { return all; };
  for (const int batches : {1, 4, 6}) goes_on(make, batches);   // of six
  goes_on(make, 3, 4);                                          // epochs that end within a pass
}
TEST_CASE("a range that is walked through") {
  const auto all = examples();
  const std::list<example> walked(all.begin(), all.end());
  goes_on([&]() -> const auto& { return walked; }, 4);
}
TEST_CASE("a stream that says where it stands") {
  goes_on([] { return endless{}; }, 3, 5);
}
TEST_CASE("a generator, whose examples are made again") {
  goes_on([] { return data::generate([n = 0]() mutable { return example_of(n++); }, 30); }, 2);
  auto g = data::generate([] { return example_of(1); });
  g.go_to(5);
  CHECK_THROWS_WITH(g.go_to(4), "generate: 5 examples are made, and training goes on after 4; begin with a new one");
}
