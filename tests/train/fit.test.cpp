// SPDX-License-Identifier: Apache-2.0
// labels: unsanitized
// Training and evaluation on data of every kind: same batches, same bits.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include <tfx/data/batches.hpp>
#include <tfx/data/class_weights.hpp>
#include <tfx/data/dataset.hpp>
#include <tfx/data/split.hpp>
#include <tfx/tfx.hpp>

namespace {

using namespace tfx;

template <class Model> std::uint64_t bits_of(const Model& m) {
  std::uint64_t h = 1469598103934665603u;
  m.for_each_variable([&](std::string_view, const dims& shape, const float* data) {
    for (int i = 0; i < shape.size(); ++i) {
      std::uint32_t word;
      std::memcpy(&word, data + i, 4);
      h = (h ^ word) * 1099511628211u;
    }
  });
  return h;
}

inline constexpr auto net = nn::sequential(nn::flatten{}, nn::dense<16>{}, nn::relu{}, nn::dropout{.rate = 0.2}, nn::dense<10>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});
using classifier = model<net, input<32, 8, 8>>;

struct pictures {
  static constexpr int n = 150;
  std::vector<std::uint8_t> pixels = std::vector<std::uint8_t>(n * 64), labels = std::vector<std::uint8_t>(n);
  std::vector<float> numbers = std::vector<float>(n * 64);
  std::vector<std::int64_t> kinds;
  std::vector<std::pair<std::array<float, 64>, int>> pairs;
  pictures() {
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = std::uint8_t(i * i * 31 + i * 7), numbers[i] = float(pixels[i]) / 255;
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = std::uint8_t(i * 3 % 10), kinds.push_back(labels[i]);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      pairs.push_back({{}, labels[i]});
      for (std::size_t k = 0; k < 64; ++k) pairs.back().first[k] = numbers[64 * i + k];
    }
  }
  auto dataset() const { return data::dataset<shape<8, 8>, std::uint8_t, shape<>, std::uint8_t, 10>({pixels.data(), n, 255}, {labels.data(), n}); }
};
const pictures& examples() {
  static const pictures made;
  return made;
}
template <class Data> std::uint64_t trained_on(Data&& data, bool shuffle = true) {
  classifier m{seed{42}};
  m.fit<training>(data, {.epochs = 5, .shuffle = shuffle, .quiet = true});
  return bits_of(m);
}

// one number in, one out
inline constexpr auto line = nn::sequential(nn::dense<1>{.weight_init = init::ones{}});
inline constexpr auto slow = recipe(loss::mean_squared_error{}, optim::sgd{.learning_rate = 0.0});
inline constexpr auto fast = recipe(loss::mean_squared_error{}, optim::sgd{.learning_rate = 0.125});
const std::vector<float> four = {1, 2, 3, 4}, zeros = {0, 0, 0, 0};

struct endless {
  using record = data::record<data::field<shape<1>>, data::field<shape<1>>>;
  int asked = 0;
  int next(auto& batch) {
    auto [x, y] = batch;
    x[0] = 1 + asked++;
    y[0] = 0;
    return 1;
  }
};

// which of 2^24 + k is it?
struct remainder_of_id {
  constexpr auto operator()(auto id) const { return cast<real>(id - 16'777'216) | nn::dense<1>{.weight_init = init::ones{}}; }
};
inline constexpr remainder_of_id beyond{};
struct raw_bytes {
  constexpr auto operator()(auto picture) const { return picture * 1.0 | nn::dense<1>{.weight_init = init::ones{}}; }
};
inline constexpr raw_bytes raw{};

// ---- modes
inline constexpr auto noisy = nn::sequential(nn::dense<4>{}, nn::batch_norm{}, nn::dropout{.rate = 0.5}, nn::dense<1>{});
struct moves_statistics {
  constexpr auto operator()(auto x) const { return nn::training(nn::batch_norm{})(x); }
};
inline constexpr moves_statistics statistics{};
struct teaches {
  constexpr auto operator()(auto x) const {
    auto target = nn::evaluating(nn::frozen(nn::named("teacher", noisy)))(x);
    auto l = loss::mean_squared_error{}(nn::named("pupil", nn::dense<1>{})(x), target);
    minimize(l, optim::sgd{});
    return outputs(l, target);
  }
};
inline constexpr teaches teaching{};

}  // namespace

TEST_CASE("training gives the bits that it gave before there were sources") {
  CHECK(trained_on(examples().dataset()) == 6537484100045523999u);
}

TEST_CASE("data of every kind give the same bits") {
  const auto& e = examples();
  const std::uint64_t shuffled = trained_on(e.dataset()), in_order = trained_on(e.dataset(), false);
  CHECK(shuffled != in_order);
  CHECK(trained_on(data::columns(e.numbers, e.kinds)) == shuffled);
  CHECK(trained_on(data::columns(e.dataset().images, e.labels)) == shuffled);
  CHECK(trained_on(data::from_memory<shape<8, 8>>(e.numbers, e.kinds)) == shuffled);
  CHECK(trained_on(data::take(e.dataset(), 150)) == shuffled);
  CHECK(trained_on(e.pairs) == shuffled);
  CHECK(trained_on(e.pairs, false) == in_order);
  std::size_t at = 0;
  CHECK(trained_on(data::generate([&] { return e.pairs[at++ % 150]; }, 150)) == in_order);

  classifier m{seed{42}};
  auto t = m.trainer<training>();
  fit(t, e.pairs, {.epochs = 5, .quiet = true});
  CHECK(bits_of(m) == shuffled);
  CHECK(evaluate(t, e.dataset()).loss == m.evaluate<training>(data::columns(e.numbers, e.kinds)).loss);
  CHECK(evaluate(t, e.dataset())["accuracy"] == m.evaluate<training>(e.pairs)["accuracy"]);
}

TEST_CASE("training that is taken up again goes on bit by bit") {
  const auto data = examples().dataset();
  classifier m{seed{42}};
  m.fit<training>(data, {.epochs = 2, .quiet = true});
  const auto rest = m.fit<training>(data, {.epochs = 3, .quiet = true, .first_epoch = 2});
  CHECK(bits_of(m) == trained_on(data));
  CHECK(rest.first_epoch() == 2);
}

TEST_CASE("what an example weighs is a factor of its loss") {
  model<line, input<4, 1>> m;
  const auto data = data::columns(four, zeros);
  CHECK(m.evaluate<slow>(data).loss == 7.5);   // (1 + 4 + 9 + 16) / 4
  CHECK(m.evaluate<slow>(data.weights(std::vector<float>{1, 0, 0, 0.5f})).loss == 2.25);
  CHECK(m.fit<slow>(data.weights(std::vector<int>{0, 0, 1, 0}), {.shuffle = false, .quiet = true})["loss"][0] == 2.25);

  // weights of 2 and 0 are the examples alone
  model<line, input<4, 1>> weighted;
  model<line, input<2, 1>> alone;
  const std::vector<float> some = {1, 4}, none = {0, 0}, weight = {2, 0, 0, 2};
  for (int i = 0; i < 3; ++i) {
    const auto a = weighted.fit<fast>(data.weights(weight), {.shuffle = false, .quiet = true});
    const auto b = alone.fit<fast>(data::columns(some, none), {.shuffle = false, .quiet = true});
    CHECK(a["loss"][0] == doctest::Approx(b["loss"][0]).epsilon(1e-6));
  }
  CHECK(weighted.predict(1.f)[0] == doctest::Approx(alone.predict(1.f)[0]).epsilon(1e-6));

  const auto& e = examples();
  classifier c{seed{42}};
  const double all = c.evaluate<training>(e.dataset()).loss;
  CHECK(c.evaluate<training>(data::class_weights(e.dataset(), std::vector<float>(10, 3))).loss == doctest::Approx(3 * all).epsilon(1e-6));
  c.fit<training>(data::class_weights(e.pairs, std::vector<float>(10, 1)), {.epochs = 5, .validation = e.dataset(), .quiet = true});
  CHECK(bits_of(c) == trained_on(e.dataset()));
}

TEST_CASE("integers and bytes are read as they are") {
  const std::vector<std::int64_t> ids = {16'777'217, 16'777'219};
  const std::vector<float> wanted = {1, 3};
  model<beyond, indices<2, 1>> m;
  CHECK(m.evaluate<slow>(data::columns(ids, wanted)).loss == 0);
  const std::uint8_t pixels[] = {7, 255};
  const float numbers[] = {7, 255};
  model<raw, input_of<std::uint8_t, 2, 1>> r;
  CHECK(r.evaluate<slow>(data::dataset<shape<1>, std::uint8_t, shape<1>, float>({pixels, 2, 255}, {numbers, 2})).loss == 0);
}

TEST_CASE("an epoch of so many steps") {
  model<line, input<4, 1>> m;
  endless source;
  const auto past = m.fit<slow>(source, {.epochs = 2, .steps_per_epoch = 2, .quiet = true});
  CHECK(source.asked == 4);
  CHECK(past["loss"] == std::vector<double>{2.5, 12.5});   // (1 + 4) / 2, (9 + 16) / 2
  // data in memory go on where they stood, and begin anew
  model<line, input<2, 1>> pairs;
  CHECK(pairs.fit<slow>(data::columns(four, zeros), {.epochs = 2, .steps_per_epoch = 3, .shuffle = false, .quiet = true})["loss"] ==
        std::vector<double>{(2.5 + 12.5 + 2.5) / 3, (12.5 + 2.5 + 12.5) / 3});
  CHECK_THROWS_WITH(m.fit<slow>(data::generate([] { return std::pair(1.f, 1.f); }, 0), {.steps_per_epoch = 3, .quiet = true}), "fit: the data set is empty");
}

TEST_CASE("what is wrong with data when it is read") {
  const auto& e = examples();
  classifier m{seed{1}};
  auto labels = e.kinds;
  labels[77] = 10;
  CHECK_THROWS_WITH(m.fit<training>(data::columns(e.numbers, labels), {.quiet = true}), "fit: label 10 of example 77 lies outside 0 .. 9, the classes of the model's output");
  CHECK_THROWS_WITH(m.evaluate<training>(data::columns(e.numbers, labels)), "evaluate: label 10 of example 77 lies outside 0 .. 9, the classes of the model's output");
  // A class that is ignored need not be one of the output's.
  static constexpr auto ignoring = recipe(loss::softmax_cross_entropy{.ignore_class = -1}, optim::sgd{});
  labels[77] = -1;
  CHECK(m.evaluate<ignoring>(data::columns(e.numbers, labels)).loss > 0);
  labels[78] = -2;
  CHECK_THROWS_WITH(m.evaluate<ignoring>(data::columns(e.numbers, labels)), "evaluate: label -2 of example 78 lies outside 0 .. 9, the classes of the model's output");
  labels.pop_back();
  CHECK_THROWS_WITH(m.fit<training>(data::columns(e.numbers, labels), {.quiet = true}), "columns: column 1 has 149 examples, column 0 has 150");
  CHECK_THROWS_WITH(m.fit<training>(e.dataset().first(0), {.quiet = true}), "fit: the data set is empty");
  CHECK_THROWS_WITH(m.fit<training>(e.dataset(), {.epochs = 0, .quiet = true}), "fit: epochs must be at least 1");
}

TEST_CASE("a pass in a loop of one's own has the batches of fit") {
  static constexpr auto step = [](auto x, auto label) {
    const auto l = loss::softmax_cross_entropy{}(net(x), label);
    minimize(l, optim::adam{.learning_rate = 1e-3});
    return l;
  };
  const auto& e = examples();
  program<step, input<32, 8, 8>, indices<32>> p{seed{42}};
  classifier m{seed{42}};
  REQUIRE(bits_of(p) == bits_of(m));
  for (std::uint64_t epoch = 0; epoch < 2; ++epoch)
    for (auto& batch : data::batches<32>(e.dataset(), {.epoch = epoch, .seed = 42, .shuffle = true})) {
      auto& [x, label] = batch;
      p(x, label);
    }
  m.fit<training>(e.dataset(), {.epochs = 2, .quiet = true});
  CHECK(bits_of(p) == bits_of(m));
}

TEST_CASE("a program that minimises nothing evaluates") {
  std::vector<float> x(32);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(float(i));
  model<noisy, input<8, 4>> m{seed{1}};
  program<noisy, input<8, 4>> p{seed{1}};
  float wanted[8];
  m.predict(x.data(), wanted, 8);
  for (int run = 0; run < 2; ++run) {
    const auto y = p(x);
    CHECK(std::memcmp(y.data(), wanted, sizeof wanted) == 0);
  }
  const std::uint64_t before = bits_of(p);
  p(x);
  CHECK(bits_of(p) == before);
}

TEST_CASE("a layer may be in another mode than what is around it") {
  std::vector<float> x(32);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(float(i));
  program<statistics, input<8, 4>> moving;
  const std::uint64_t before = bits_of(moving);
  moving(x);
  CHECK(bits_of(moving) != before);

  program<teaching, input<8, 4>> t{seed{2}};
  model<noisy, input<8, 4>> teacher{seed{3}};
  t.for_each_variable([&](std::string_view path, const dims& shape, float* to) {
    if (!path.starts_with("teacher/")) return;
    std::ranges::copy_n(teacher.weights().variable(path.substr(8)).begin(), shape.size(), to);
  });
  float wanted[8];
  teacher.predict(x.data(), wanted, 8);
  for (int run = 0; run < 2; ++run) {
    const auto [l, target] = t(x);
    CHECK(std::memcmp(target.data(), wanted, sizeof wanted) == 0);
  }
}
