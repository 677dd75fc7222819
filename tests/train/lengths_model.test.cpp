// SPDX-License-Identifier: Apache-2.0
// labels: heavy exceptions
#include <string>

#include <tfx/backend/debug/debug.hpp>
#include <tfx/tfx.hpp>

#include "../support/at_lengths.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr auto sentiment = nn::sequential(nn::embedding<50, 8>{}, nn::lstm<6>{}, nn::dense<2>{});
constexpr auto tagger = nn::sequential(nn::embedding<50, 8>{}, nn::bidirectional(nn::gru<4, return_sequences>{}), nn::dense<3>{});
constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 0.01}, metric::accuracy{});
constexpr auto per_step = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 0.01});

std::vector<std::int32_t> words(int rows, int length, int seed) {
  std::vector<std::int32_t> w(std::size_t(rows * length));
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = std::int32_t((i * 17 + std::size_t(seed) * 5) % 50);
  return w;
}
std::string what_it_says(auto&& f) {
  try {
    f();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "nothing";
}

TEST_CASE("a model predicts at any length what a model of that length does") {
  model<sentiment, indices<8, up_to<20>>> m{seed{5}};
  model<sentiment, indices<8, 11>> fixed{seed{5}};
  const auto one = words(1, 11, 3), many = words(19, 11, 4);
  const auto given = m.predict(lengths{11}, one), expected = fixed.predict(one);
  CHECK(std::equal(given.data(), given.data() + 2, expected.data()));
  session s{m.weights()};
  CHECK(s.predict_rows(lengths{11}, many) == fixed.predict_rows(many));
  const auto served = m.freeze();
  session f{served};
  CHECK(f.predict_rows(lengths{11}, many) == fixed.predict_rows(many));
}
TEST_CASE("a result that follows the length has as many steps") {
  model<tagger, indices<8, up_to<20>>> m{seed{5}};
  model<tagger, indices<8, 7>> fixed{seed{5}};
  const auto one = words(1, 7, 3);
  const std::vector<float> given = m.predict(lengths{7}, one);
  const auto expected = fixed.predict(one);
  REQUIRE(given.size() == 21);
  CHECK(std::equal(given.begin(), given.end(), expected.data()));
}
/// Trains with batches of changing lengths; the memory of the optimizer goes on.
template <const auto& Net, const auto& Recipe, class Backend, class Target> std::vector<float> trained(Target targets) {
  model<Net, indices<8, up_to<20>>, Backend> m{seed{5}};
  auto t = m.template trainer<Recipe>();
  std::vector<float> all;
  for (int k = 0; k < 6; ++k) {
    const int length = k * 5 % 20 + 1, rows = 8 - k;
    const auto x = words(rows, length, k);
    const auto target = targets(words(rows, length, k + 1), rows);
    const void* column[] = {x.data(), target.data()};
    double given[decltype(t)::values::all.elements] = {};
    t.template run<true>(lengths{length}, column, rows, given);
    all.push_back(float(given[0]));
    all.push_back(float(given[1]));
  }
  m.for_each_variable([&](auto, const dims& s, const float* v) { all.insert(all.end(), v, v + s.size()); });
  return all;
}
template <class Backend> std::vector<float> trained_sentiment() {
  return trained<sentiment, training, Backend>([](std::vector<std::int32_t> w, int rows) {
    w.resize(std::size_t(rows));
    for (auto& c : w) c %= 2;
    return w;
  });
}
template <class Backend> std::vector<float> trained_tagger() {
  return trained<tagger, per_step, Backend>([](const std::vector<std::int32_t>& w, int) {
    std::vector<float> each;
    for (const auto c : w)
      for (int k = 0; k < 3; ++k) each.push_back(c % 3 == k);
    return each;
  });
}
TEST_CASE("training at changing lengths has the same bits on every backend") {
  const auto expected = trained_sentiment<backend::reference>();
  CHECK(trained_sentiment<backend::simd<>>() == expected);
  CHECK(trained_sentiment<backend::threads<3>>() == expected);
  CHECK(trained_sentiment<backend::scalar>() == expected);
  CHECK(trained_sentiment<backend::debug>() == expected);
  CHECK(trained_tagger<backend::simd<>>() == trained_tagger<backend::reference>());
}
TEST_CASE("what is wrong with lengths is said") {
  model<sentiment, indices<8, up_to<20>>> m{seed{5}};
  CHECK(what_it_says([&] { m.predict(lengths{21}, words(1, 21, 0)); }) == "predict: the length 21; it was compiled for 1 to 20");
  CHECK(what_it_says([&] { m.predict(lengths{0}, words(1, 1, 0)); }) == "predict: the length 0; it was compiled for 1 to 20");
  CHECK(what_it_says([&] { m.predict(lengths{3, 4}, words(1, 3, 0)); }) == "predict: 2 lengths are given, its inputs have 1");
  CHECK(what_it_says([&] { m.predict(lengths{4}, words(1, 3, 0)); }) == "predict: input 0 takes 4 numbers for an example, 3 are given");
}

constexpr auto two_lengths = [](auto x, auto y) {
  const auto between = nn::cross_attention<2>{}(nn::dense<4>{}(x), nn::dense<4>{}(y));
  const auto loss = mean(between * between) + mean(matmul(x, transpose(y)));
  minimize(loss, optim::adam{});
  return outputs(loss, between, matmul(x, transpose(y)), concatenate<1>(x, x));
};
TEST_CASE("several lengths") {
  program<two_lengths, input<5, up_to<20>, 6>, input<5, up_to<20, 1>, 6>> p{seed{1}};
  program_on<backend::reference, two_lengths, input<5, up_to<20>, 6>, input<5, up_to<20, 1>, 6>> r{seed{1}};
  program<two_lengths, input<5, 3, 6>, input<5, 12, 6>> fixed{seed{1}};
  const auto x = some_numbers<input<5, 3, 6>>(4, 0), y = some_numbers<input<5, 12, 6>>(4, 1);
  all_numbers a(4, 5), b(4, 5), c(4, 5);
  for (int k = 0; k < 3; ++k) {
    a.add(p(lengths{3, 12}, x, y));
    b.add(r(lengths{3, 12}, x, y));
    c.add(fixed(x, y));
  }
  CHECK(a.values == b.values);
  at_lengths<backend::simd<>, two_lengths, input<5, 3, 6>>::same(a.values, c.values, 1e-5);
}

}  // namespace
