// SPDX-License-Identifier: Apache-2.0
// Networks with several inputs of any element types and several outputs: what a model does with them is what a step of one's own
// does, bit by bit.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <list>
#include <string>
#include <vector>

#include <tfx/tfx.hpp>

namespace {

using namespace tfx;

struct two_headed {
  constexpr auto operator()(auto numbers, auto picture, auto words, auto there) const {
    auto table = param<shape<7, 4>>(numbers, "table", init::normal{0, 1});
    auto said = mean<1>(where(tfx::reshape<6, 3, 1>(there), gather(table, words), 0));
    auto h = concatenate<1>(numbers | nn::dense<8>{} | nn::relu{},
                            picture * (1.0 / 255) | nn::conv2d<2, 3, same>{} | nn::relu{} | nn::flatten{} | nn::dense<8>{}, said);
    return outputs(h | nn::named("price", nn::dense<1>{}), h | nn::dropout{.rate = 0.1} | nn::named("kind", nn::dense<3>{}));
  }
};
inline constexpr two_headed net{};
using four = inputs<input<6, 5>, input_of<std::uint8_t, 6, 4, 4, 1>, indices<6, 3>, input_of<bool, 6, 3>>;

inline constexpr auto training = recipe(losses(loss::mean_squared_error{}, 0.5 * loss::softmax_cross_entropy{}) + penalty::l2{1e-2, "*/weight"},
                                        optim::adam{.learning_rate = 1e-2}, metrics(metric::none{}, metric::accuracy{}));
struct own_step {
  constexpr auto operator()(auto numbers, auto picture, auto words, auto there, auto price, auto kind) const {
    auto [p, k] = net(numbers, picture, words, there);
    auto price_loss = loss::mean_squared_error{}(p, price);
    auto kind_loss = loss::softmax_cross_entropy{}(k, kind);
    auto all = price_loss + 0.5 * kind_loss + penalty::l2{1e-2, "*/weight"}(p);
    minimize(all, optim::adam{.learning_rate = 1e-2});
    return outputs(all, price_loss, kind_loss, metric::accuracy{}(k, kind));
  }
};
inline constexpr own_step step{};
using own_program = program<step, input<6, 5>, input_of<std::uint8_t, 6, 4, 4, 1>, indices<6, 3>, input_of<bool, 6, 3>, input<6, 1>, indices<6>>;

struct examples {
  static constexpr int n = 15;
  std::vector<float> numbers = std::vector<float>(n * 5), price = std::vector<float>(n);
  std::vector<std::uint8_t> picture = std::vector<std::uint8_t>(n * 16);
  std::vector<std::int32_t> words = std::vector<std::int32_t>(n * 3), kind = std::vector<std::int32_t>(n);
  std::array<bool, n * 3> there{};
  examples() {
    for (int i = 0; i < n * 5; ++i) numbers[std::size_t(i)] = std::sin(float(i * 37));
    for (int i = 0; i < n * 16; ++i) picture[std::size_t(i)] = std::uint8_t(i * 89);
    for (int i = 0; i < n * 3; ++i) words[std::size_t(i)] = i * 5 % 7, there[std::size_t(i)] = i % 4 != 1;
    for (int i = 0; i < n; ++i) price[std::size_t(i)] = float(i % 5), kind[std::size_t(i)] = i % 3;
  }
};

template <class Model> std::uint32_t bits_of(const Model& m) {
  std::uint32_t h = 2166136261u;
  m.for_each_variable([&](std::string_view path, const dims& shape, const float* data) {
    for (const char c : path) h = (h ^ std::uint8_t(c)) * 16777619u;
    for (int i = 0; i < shape.size(); ++i) {
      std::uint32_t word;
      std::memcpy(&word, data + i, 4);
      h = (h ^ word) * 16777619u;
    }
  });
  return h;
}
bool same_bits(const float* a, const float* b, int n) { return std::memcmp(a, b, std::size_t(n) * sizeof(float)) == 0; }

}  // namespace

TEST_CASE("a recipe of several losses is the step that one would write") {
  const examples e;
  model<net, four> m{seed{5}};
  own_program p{seed{5}};
  REQUIRE(bits_of(m) == bits_of(p));
  auto t = m.trainer<training>();
  using values = decltype(t)::values;
  for (const int rows : {6, 6, 3, 5}) {
    const void* column[] = {e.numbers.data(), e.picture.data(), e.words.data(), e.there.data(), e.price.data(), e.kind.data()};
    double given[values::all.elements], squares = 0;
    m.for_each_variable([&](std::string_view path, const dims& shape, const float* w) {
      for (int i = 0; i < shape.size() && path.ends_with("/weight"); ++i) squares += double(w[i]) * double(w[i]);
    });
    t.run<true>(column, rows, given);
    const auto span = [&](const auto& v, int each) { return std::span(v.data(), std::size_t(rows * each)); };
    const auto [all, price, kind, right] = p(span(e.numbers, 5), span(e.picture, 16), span(e.words, 3), span(e.there, 3), span(e.price, 1), span(e.kind, 1));
    CHECK(given[0] == double(all));
    CHECK(given[1] == double(price));
    CHECK(given[2] == double(kind));
    CHECK(given[3] / given[4] == doctest::Approx(double(right)));   // of counts
    CHECK(given[0] == doctest::Approx(given[1] + 0.5 * given[2] + 1e-2 * squares).epsilon(1e-6));
    CHECK(bits_of(m) == bits_of(p));
  }
}

TEST_CASE("values have names: of what is of one output, after the layer that made it") {
  using names = decltype(std::declval<model<net, four>&>().trainer<training>())::names;
  CHECK(names::names == std::array<std::string_view, 4>{"loss", "price_loss", "kind_loss", "kind_accuracy"});
}

TEST_CASE("a row is predicted the same alone, in a batch, and in pieces") {
  const examples e;
  model<net, four> m{seed{5}};
  tensor<float, shape<15, 5>> numbers;
  tensor<std::uint8_t, shape<15, 4, 4, 1>> picture;
  tensor<std::int32_t, shape<15, 3>> words;
  tensor<bool, shape<15, 3>> there;
  for (int i = 0; i < numbers.size(); ++i) numbers.data()[i] = e.numbers[std::size_t(i)];
  for (int i = 0; i < picture.size(); ++i) picture.data()[i] = e.picture[std::size_t(i)];
  for (int i = 0; i < words.size(); ++i) words.data()[i] = e.words[std::size_t(i)], there.data()[i] = e.there[std::size_t(i)];
  const auto [prices, kinds] = m.predict(numbers, picture, words, there);   // 15 rows, at most 6 at a time
  static_assert(decltype(prices)::dim == dims{2, {15, 1}, false} && decltype(kinds)::dim == dims{2, {15, 3}, false});
  for (const int i : {0, 5, 6, 14}) {
    CAPTURE(i);
    const std::vector<double> five(&e.numbers[std::size_t(5 * i)], &e.numbers[std::size_t(5 * i)] + 5);   // converted
    const auto [price, kind] = m.predict(five, std::span(&e.picture[std::size_t(16 * i)], 16), std::span(&e.words[std::size_t(3 * i)], 3), std::span(&e.there[std::size_t(3 * i)], 3));
    static_assert(decltype(price)::dim == dims{1, {1}, false} && decltype(kind)::dim == dims{1, {3}, false});
    CHECK(same_bits(price.data(), prices.data() + i, 1));
    CHECK(same_bits(kind.data(), kinds.data() + 3 * i, 3));
  }
}

namespace {
inline constexpr auto one = nn::sequential(nn::dense<4>{}, nn::tanh{}, nn::dense<2>{});
}
TEST_CASE("of one input and one output: rows of any number, as vectors, tensors and addresses") {
  model<one, input<4, 3>> m{seed{1}};
  std::vector<float> x(11 * 3);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::cos(float(i));
  const std::vector<float> all = m.predict_rows(x);
  REQUIRE(all.size() == 22);
  CHECK(m.predict_rows(std::vector<double>(x.begin(), x.end())) == all);
  float out[22];
  m.predict(x.data(), out, 11);
  CHECK(same_bits(out, all.data(), 22));
  CHECK(same_bits(m.predict(tensor<float, shape<3>>{x[30], x[31], x[32]}).data(), &all[20], 2));
  CHECK_THROWS_WITH(m.predict(std::vector<float>(4)), "predict: input 0 takes 3 numbers for an example, 4 are given");
  CHECK_THROWS_WITH(m.predict_rows(std::vector<float>(10)), "predict_rows: 10 numbers are no whole number of rows of 3");
}

TEST_CASE("data is predicted in pieces: columns, ranges, streams; into tensors, or memory of one's own") {
  const examples e;
  model<net, four> m{seed{5}};
  const auto data = data::columns(e.numbers, e.picture, e.words, e.there, e.price, e.kind);   // the targets are not read
  const auto [prices, kinds] = m.predict(data);
  REQUIRE(prices.size() == 15);
  static_assert(std::is_same_v<decltype(kinds), std::vector<tensor<float, shape<3>>>> || std::is_same_v<decltype(kinds), const std::vector<tensor<float, shape<3>>>>);
  std::vector<double> price(15);
  std::array<float, 45> kind{};
  CHECK(predict(m, into(price, kind), data) == 15);
  for (std::size_t i = 0; i < 15; ++i) {
    CAPTURE(i);
    const auto [p, k] = m.predict(std::span(&e.numbers[5 * i], 5), std::span(&e.picture[16 * i], 16), std::span(&e.words[3 * i], 3), std::span(&e.there[3 * i], 3));
    CHECK(same_bits(p.data(), prices[i].data(), 1));
    CHECK(price[i] == double(p[0]));
    CHECK(same_bits(k.data(), kinds[i].data(), 3));
    CHECK(same_bits(k.data(), &kind[3 * i], 3));
  }
  CHECK_THROWS_WITH(m.predict(into(price, kind), data::columns(std::span(e.numbers).first(70), std::span(e.picture).first(224), std::span(e.words).first(42), std::span(e.there).first(42))),
                    "predict: output 0 of 14 examples is 14 numbers, there is room for 15");
  CHECK_THROWS_WITH(m.predict(data::columns(e.numbers, std::span(e.picture).first(224), e.words, e.there)), "columns: column 1 has 14 examples, column 0 has 15");
}

namespace {
struct countdown {   // a stream with a target behind its input
  using record = data::record<data::field<shape<3>, double>, data::field<shape<2>>>;
  int left = 0;
  void begin() { left = 11; }
  int next(const auto& batch) {
    int n = 0;
    for (; n < batch.capacity && left > 0; ++n, --left) {
      batch.template get<0>()[std::size_t(n)] = {left / 11.0, 1, -0.5};
      batch.template get<1>()[std::size_t(n)] = {0, 1};
    }
    return n;
  }
};
template <const auto& Net, class... Field> std::string said_of_inputs() {
  return std::string(std::string_view(detail::inputs_verdict<Net, inputs<input<4, 3>>, data::record<Field...>>::value()));
}
template <class T> void predicts_ranges() {
  model<one, input<4, 3>, backend::simd<>, T> m{seed{1}};
  std::vector<std::array<double, 3>> rows;
  for (int i = 11; i > 0; --i) rows.push_back({i / 11.0, 1, -0.5});
  const auto all = m.predict(rows);
  REQUIRE(all.size() == 11);
  static_assert(std::is_same_v<decltype(all), const std::vector<tensor<T, shape<2>>>>);
  countdown c;
  const auto of_stream = m.predict(c);
  std::list<std::array<double, 3>> walked(rows.begin(), rows.end());
  const auto of_range = m.predict(walked);
  std::vector<float> singles(22);
  std::vector<double> doubles(22);
  CHECK(m.predict(into(singles), rows) == 11);
  session s{m.weights()};
  CHECK(predict(s, into(doubles), c) == 11);
  tensor<T, shape<2>> alone;
  for (std::size_t i = 0; i < 11; ++i) {
    m.predict(into(alone), rows[i]);
    for (int k = 0; k < 2; ++k) {
      CHECK(all[i][k] == alone[k]);
      CHECK(of_stream[i][k] == alone[k]);
      CHECK(of_range[i][k] == alone[k]);
      CHECK(singles[2 * i + std::size_t(k)] == float(alone[k]));
      CHECK(doubles[2 * i + std::size_t(k)] == double(alone[k]));
    }
  }
  tensor<T, shape<5, 3>> five(uninitialized_t{});
  for (int i = 0; i < 15; ++i) five.data()[i] = T(rows[std::size_t(i / 3)][std::size_t(i % 3)]);
  std::vector<T> ten(10);
  CHECK(m.predict(into(ten), five) == 5);
  CHECK(ten[9] == all[4][1]);
  CHECK_THROWS_WITH(m.predict(into(singles), five), "predict: output 0 of 5 examples is 10 numbers, there is room for 22");
  CHECK_THROWS_WITH(m.predict(into(ten), rows), "predict: output 0 of 11 examples is 22 numbers, there is room for 10");
  CHECK_THROWS_WITH(m.predict(into(ten), c), "predict: output 0 of 8 examples is 16 numbers, there is room for 10");
  CHECK(m.predict(into(ten), std::vector<std::array<double, 3>>(rows.begin() + 2, rows.begin() + 7)) == 5);
  CHECK(ten[0] == all[2][0]);
}
}  // namespace
TEST_CASE("ranges and streams of any length, in float and double") {
  predicts_ranges<float>();
  predicts_ranges<double>();
  using data::field, data::sequence;
  CHECK(said_of_inputs<one, field<shape<3>>>() == "");
  CHECK(said_of_inputs<one, field<shape<4>>>() == "predict: column 0 of the data is [4], input 0 of the network is [3]");
  CHECK(said_of_inputs<one>() == "predict: the data has 0 columns, the network has 1 input");
  CHECK(said_of_inputs<one, sequence<float>>() == "predict: column 0 of the data has sequences of any length, input 0 has none");
  CHECK(std::string_view(detail::outputs_verdict<detail::network<one, inputs<input<4, 3>>>, 2>::value()) == "predict: into() has 2, the network has 1 output");
}

TEST_CASE("variables are copied by their paths, and set") {
  model<net, four> a{seed{1}}, b{seed{2}};
  own_program p{seed{3}};
  CHECK(copy(p, a) == 11);
  CHECK(bits_of(p) == bits_of(a));
  CHECK(copy(b, a, only{"price"}) == 2);
  CHECK(copy(b, a, only{"*/weight"}) == 5);
  CHECK(bits_of(b) != bits_of(a));
  CHECK(copy(b.weights(), a.weights(), only{"table"}) == 1);
  for (const char* bias : {"dense/bias", "conv2d/bias", "dense_1/bias", "kind/bias"}) copy(b, a, only{bias});
  CHECK(bits_of(b) == bits_of(a));
  b.weights().variable("price/bias")[0] = 7;
  CHECK(bits_of(b) != bits_of(a));
  model<one, input<4, 3>> other;
  CHECK_THROWS_WITH(copy(b, other, only{"price"}), "copy: price/weight is [20, 1] here; there, nothing has that name");
  CHECK_THROWS_WITH(copy(b, other, only{"dense/bias"}), "copy: dense/bias is [8] here and [4] there");
  CHECK_THROWS_WITH(copy(b, a, only{"prize"}), "copy: only{'prize'} names no variable");
  CHECK_THROWS_WITH(b.weights().variable("prize"), "weights: nothing is called 'prize'");
}
