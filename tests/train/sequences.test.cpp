// SPDX-License-Identifier: Apache-2.0
// labels: heavy exceptions
// Sequences of any length as data: a batch is as long as its longest one. And the last examples held back for validation.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "networks.hpp"

namespace {

using namespace tfx;

inline constexpr auto sentiment = nn::sequential(nn::embedding<30, 6>{.mask_zero = true}, nn::gru<5>{}, nn::dense<2>{});
inline constexpr auto tagger = nn::sequential(nn::embedding<30, 6>{.mask_zero = true}, nn::gru<5, return_sequences>{}, nn::dense<3>{});
inline constexpr auto unmasked_steps = nn::sequential(nn::simple_rnn<3, return_sequences>{}, nn::dense<3>{});
inline constexpr auto summed = nn::sequential(nn::simple_rnn<4>{}, nn::dense<1>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-2}, metric::accuracy{});
inline constexpr auto squares = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 1e-2});
using texts_model = model<sentiment, indices<4, up_to<9>>>;

struct texts {
  std::vector<std::vector<int>> words, tags;
  std::vector<int> label;
  texts() {
    for (int i = 0; i < 14; ++i) {
      words.emplace_back();
      tags.emplace_back();
      for (int t = 0; t < 1 + i * 5 % 9; ++t) {
        words.back().push_back(1 + (i * 7 + t * 11) % 29);
        for (int k = 0; k < 3; ++k) tags.back().push_back((i + t) % 3 == k);
      }
      label.push_back(i % 2);
    }
  }
  auto columns() const { return data::columns(words, label); }
};
/// The same, batch by batch, by hand.
std::uint64_t trained_by_hand(const texts& all) {
  texts_model m{seed{5}};
  auto t = m.trainer<training>();
  for (std::size_t first = 0; first < all.words.size(); first += 4) {
    const int rows = int(std::min<std::size_t>(4, all.words.size() - first));
    std::size_t longest = 0;
    for (int r = 0; r < rows; ++r) longest = std::max(longest, all.words[first + std::size_t(r)].size());
    std::vector<std::int32_t> x(longest * std::size_t(rows), 0), y;
    for (std::size_t r = 0; r < std::size_t(rows); ++r) {
      std::copy(all.words[first + r].begin(), all.words[first + r].end(), &x[r * longest]);
      y.push_back(all.label[first + r]);
    }
    const void* columns[] = {x.data(), y.data()};
    double given[3];
    t.run<true>(lengths{int(longest)}, columns, rows, given);
  }
  return networks::fingerprint_of(m);
}
template <const auto& Net, class In, const auto& Recipe, class Record> std::string said() {
  using verdict = detail::record_verdict<Net, detail::list_of_inputs<In>, std::remove_cvref_t<decltype(Recipe)>, Record>;
  return std::string(std::string_view(verdict::value()));
}

}  // namespace

TEST_CASE("fit runs a batch at the length of its longest text") {
  const texts all;
  texts_model m{seed{5}};
  m.fit<training>(all.columns(), {.shuffle = false, .quiet = true});
  CHECK(networks::fingerprint_of(m) == trained_by_hand(all));
  std::vector<std::pair<std::vector<int>, int>> pairs;
  for (std::size_t i = 0; i < all.words.size(); ++i) pairs.emplace_back(all.words[i], all.label[i]);
  texts_model other{seed{5}};
  other.fit<training>(pairs, {.shuffle = false, .quiet = true});
  CHECK(networks::fingerprint_of(other) == trained_by_hand(all));
}
TEST_CASE("where zeros are masked, a text counts the same in a longer batch") {
  const texts all;
  texts_model m{seed{5}};
  double alone = 0;
  for (std::size_t i = 0; i < all.words.size(); ++i)
    alone += m.evaluate<training>(data::columns(std::span(all.words).subspan(i, 1), std::span(all.label).subspan(i, 1))).loss / double(all.words.size());
  CHECK(m.evaluate<training>(all.columns()).loss == doctest::Approx(alone).epsilon(1e-6));
  texts wrong;
  wrong.label[3] = 2;
  CHECK_THROWS_WITH(m.evaluate<training>(wrong.columns()), "evaluate: label 2 of example 3 lies outside 0 .. 1, the classes of the model's output");
}
TEST_CASE("targets follow the length too") {
  const texts all;
  model<tagger, indices<4, up_to<9>>> m{seed{5}};
  const auto past = m.fit<squares>(data::columns(all.words, all.tags), {.epochs = 30, .quiet = true});
  CHECK(past["loss"].back() < past["loss"].front());
  model<tagger, indices<1, up_to<9>>> one;
  copy(one, m);
  double sum = 0;
  for (std::size_t i = 0; i < all.words.size(); ++i) sum += one.evaluate<squares>(data::columns(std::span(all.words).subspan(i, 1), std::span(all.tags).subspan(i, 1))).loss;
  CHECK(one.evaluate<squares>(data::columns(all.words, all.tags)).loss == doctest::Approx(sum / double(all.words.size())));
}
TEST_CASE("a class for each step: results have an example's own steps, and those that are not there count as nothing") {
  texts all;
  std::vector<std::vector<int>> classes;
  for (const auto& text : all.words)
    for (classes.emplace_back(); const int word : text) classes.back().push_back(word % 3);
  model<tagger, indices<4, up_to<9>>> m{seed{5}};
  m.fit<training>(data::columns(all.words, classes), {.epochs = 4, .quiet = true});
  const auto results = m.predict(all.words);
  REQUIRE(results.size() == all.words.size());
  int right = 0, steps = 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    CHECK(results[i] == m.predict(lengths{int(all.words[i].size())}, all.words[i]));
    for (std::size_t t = 0; t < all.words[i].size(); ++t, ++steps) {
      const float* const y = &results[i][3 * t];
      right += int(std::max_element(y, y + 3) - y) == classes[i][t];
    }
  }
  const auto shown = m.evaluate<training>(data::columns(all.words, classes));
  CHECK(shown.counts("accuracy")[0] == right);
  CHECK(shown.counts("accuracy")[1] == steps);
  CHECK(right > steps / 3);
  CHECK(right < steps);   // or nothing would be told
  model<unmasked_steps, input<4, up_to<9>, 1>> unmasked{seed{1}};
  const float three[] = {1, 2, 3, 4, 5, 6};
  const std::int32_t wanted[] = {0, 1, 2, 0, 1, 2};
  const void* columns[] = {three, wanted};
  double given[3];
  unmasked.trainer<training>().run<false>(lengths{3}, columns, 2, given);
  CHECK(given[2] == 6);
  classes[3][0] = 3;
  CHECK_THROWS_WITH(m.evaluate<training>(data::columns(all.words, classes)), "evaluate: label 3 of example 3 lies outside 0 .. 2, the classes of the model's output");
}
TEST_CASE("steps of several numbers, made by a function; weights of examples") {
  model<summed, input<4, up_to<6>, 2>> m{seed{1}};
  const auto make = [n = 0]() mutable {
    ++n;
    return std::tuple(std::vector<float>(std::size_t(2 + 2 * (n % 6)), 0.1f * float(n % 5)), 0.1f * float(n % 5));
  };
  const auto past = m.fit<squares>(data::generate(make, 60), {.epochs = 60, .quiet = true});
  CHECK(past["loss"].back() < 0.1 * past["loss"].front());
  const std::vector<std::vector<double>> odd = {{1, 2}, {1, 2, 3}}, empty = {{1, 2}, {}}, longer = {std::vector<double>(14)};
  const std::vector<float> two = {1, 2}, one = {1};
  CHECK_THROWS_WITH(m.evaluate<squares>(data::columns(odd, two)), "evaluate: column 0 of example 1 has 3 numbers, no whole number of steps of 2");
  CHECK_THROWS_WITH(m.evaluate<squares>(data::columns(empty, two)), "evaluate: column 0 of example 1 has no steps");
  CHECK_THROWS_WITH(m.evaluate<squares>(data::columns(longer, one)), "data: a sequence of 14 numbers; the network's longest has 12");
}
TEST_CASE("sequences where there are none, and none where there should be") {
  using data::field, data::record, data::sequence;
  CHECK(said<sentiment, indices<4, up_to<9>>, training, record<sequence<int>, field<shape<>, int>>>() == "");
  CHECK(said<sentiment, indices<4, up_to<9>>, training, record<field<shape<9>, int>, field<shape<>, int>>>() ==
        "fit: column 0 of the data has no sequences, input 0 has a length: give a vector of vectors, or a field data::sequence<T>");
  CHECK(said<sentiment, indices<4, 9>, training, record<sequence<int>, field<shape<>, int>>>() == "fit: column 0 of the data has sequences of any length, input 0 has none");
  CHECK(said<tagger, indices<4, up_to<9>>, squares, record<sequence<int>, field<shape<9>, int>>>() ==
        "fit: column 1 of the data has no sequences, the target of output 0 has a length: give a vector of vectors, or a field data::sequence<T>");
}

namespace {
inline constexpr auto line = nn::sequential(nn::dense<3>{}, nn::tanh{}, nn::dense<1>{});
struct numbers {
  std::vector<float> x, y, weight;
  numbers() {
    for (int i = 0; i < 50; ++i) {
      x.push_back(float(i % 7));
      y.push_back(float(i % 3));
      weight.push_back(float(i % 4));
    }
  }
};
struct endless {
  using record = data::record<data::field<shape<1>>, data::field<shape<1>>>;
  int next(const auto& batch) {
    for (int i = 0; i < batch.capacity; ++i) batch.template get<0>()[std::size_t(i)] = 1, batch.template get<1>()[std::size_t(i)] = 2;
    return batch.capacity;
  }
};
template <class Data, class Learn, class Rest> void same_as_parts(const Data& all, const Learn& learn, const Rest& rest) {
  model<line, input<8, 1>> one{seed{2}}, other{seed{2}};
  const auto a = one.fit<squares>(all, {.epochs = 3, .validation_split = 0.3, .quiet = true});
  const auto b = other.fit<squares>(learn, {.epochs = 3, .validation = rest, .quiet = true});
  CHECK(a["val_loss"] == b["val_loss"]);
  CHECK(a["loss"] == b["loss"]);
  CHECK(networks::fingerprint_of(one) == networks::fingerprint_of(other));
}
}  // namespace

TEST_CASE("the last examples are held back") {
  const numbers n;
  const auto first = [](const auto& v) { return std::span(v).first(35); };
  const auto last = [](const auto& v) { return std::span(v).subspan(35); };
  same_as_parts(data::columns(n.x, n.y), data::columns(first(n.x), first(n.y)), data::columns(last(n.x), last(n.y)));
  same_as_parts(data::columns(n.x, n.y).weights(n.weight), data::columns(first(n.x), first(n.y)).weights(first(n.weight)), data::columns(last(n.x), last(n.y)).weights(last(n.weight)));
  model<line, input<8, 1>> m{seed{2}};
  const auto all = data::columns(n.x, n.y);
  CHECK_THROWS_WITH(m.fit<squares>(all, {.validation = all, .validation_split = 0.5, .quiet = true}), "fit: validation and validation_split are both given");
  CHECK_THROWS_WITH(m.fit<squares>(all, {.validation_split = 1.5, .quiet = true}), "fit: validation_split = 1.5 of 50 examples leaves none on one side");
  CHECK_THROWS_WITH(m.fit<squares>(endless{}, {.validation_split = 0.5, .steps_per_epoch = 3, .quiet = true}),
                    "fit: validation_split holds back the last examples of data in memory, and this is read as it comes; give a source of its own as validation");
}
