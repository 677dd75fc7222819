// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/loss.hpp>
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/masks.hpp"
#include "../support/layer_case.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

template <int Size> constexpr nn::embedding<5, Size> words{.mask_zero = true};

constexpr auto to_gru = nn::sequential(words<3>, nn::gru<4>{});
constexpr auto to_residual = nn::sequential(words<3>, nn::residual(nn::sequential(nn::dense<3>{}, nn::tanh{})), nn::lstm<4, return_sequences>{}, nn::global_average_pool{});
template <merge How> constexpr auto to_both_ways =
    nn::sequential(words<3>, nn::bidirectional<How>(nn::simple_rnn<4, return_sequences>{}), nn::time_distributed(nn::dense<2>{}), nn::global_average_pool{});
constexpr auto to_attention = nn::sequential(words<6>, nn::multi_head_attention<2>{}, nn::global_average_pool{});
constexpr auto after_masking = nn::sequential(nn::masking{.value = 0.5}, nn::simple_rnn<4>{});
constexpr auto states = [](auto x, auto h, auto c) {
  const auto [y, last_h, last_c] = nn::lstm<4, return_state>{}(x, initial_state(h, c));
  return concatenate<1>((y + last_h) / 2, last_c);   // y is last_h
};

TEST_CASE("the mask of an embedding goes on through layers") {
  check_layer<to_gru, fixtures::embedding_gru>("embedding/weight gru/kernel gru/recurrent_kernel gru/bias");
  check_layer<to_residual, fixtures::embedding_residual_lstm>("embedding/weight residual/dense/weight residual/dense/bias lstm/kernel lstm/recurrent_kernel lstm/bias");
  check_layer<to_attention, fixtures::embedding_attention>(
      "embedding/weight multi_head_attention/in_proj/weight multi_head_attention/in_proj/bias multi_head_attention/out_proj/weight multi_head_attention/out_proj/bias");
}

constexpr auto among_words = [](auto query, auto tokens) { return nn::attention{}(query, tokens | words<3>); };
constexpr auto added_words = [](auto query, auto tokens) { return nn::additive_attention{}(query, tokens | words<3>); };
TEST_CASE("a query among the words that are there") {
  check_layer<among_words, fixtures::attention>("lambda/embedding/weight");
  check_layer<added_words, fixtures::additive_attention>("lambda/embedding/weight lambda/additive_attention/scale");
}

TEST_CASE("steps of one number are missing") {   // which differences can't judge: a step moved away from it is there
  using f = fixtures::masking_simple_rnn;
  layer_machine<after_masking, shape<2, 5, 3>> m;
  m.set("simple_rnn/kernel", f::kernel).set("simple_rnn/recurrent_kernel", f::recurrent_kernel).set("simple_rnn/bias", f::bias).on(f::x, f::cotangent);
  CHECK_CLOSE(m.value(), f::out);
  CHECK_CLOSE(m.d_x(), f::d_x);
  CHECK_CLOSE(m.gradient("simple_rnn/kernel"), f::d_kernel);
}

TEST_CASE("both directions of masked steps, merged") {
  const std::string_view paths =
      "embedding/weight bidirectional/forward/kernel bidirectional/forward/recurrent_kernel bidirectional/forward/bias bidirectional/backward/kernel "
      "bidirectional/backward/recurrent_kernel bidirectional/backward/bias time_distributed/dense/weight time_distributed/dense/bias";
  check_layer<to_both_ways<merge::sum>, fixtures::embedding_bidirectional_sum>(paths);
  check_layer<to_both_ways<merge::multiply>, fixtures::embedding_bidirectional_mul>(paths);
  check_layer<to_both_ways<merge::average>, fixtures::embedding_bidirectional_ave>(paths);
}

/// The mask of a layer that was given one goes on from there.
constexpr auto given_mask = [](auto x) {
  const auto there = slice<2, 0, 1>(x) > 0;
  return call_layer(nn::gru<2, return_sequences>{}, x, squeeze<2>(there)) | nn::global_average_pool{};
};
constexpr auto given_twice = [](auto x) {
  const auto there = squeeze<2>(slice<2, 0, 1>(x) > 0);
  return nn::global_average_pool{}(call_layer(nn::gru<2, return_sequences>{}, x, there), there);
};
TEST_CASE("a mask that was given as an argument goes on too") {
  numbers x, cotangent{1, -2, 3, 0.5};
  for (int i = 0; i < 2 * 5 * 3; ++i) x.push_back(std::sin(1.7 * i * i));
  layer_machine<given_mask, shape<2, 5, 3>> a;
  layer_machine<given_twice, shape<2, 5, 3>> b;
  numbers kernel, recurrent;
  for (int i = 0; i < 18; ++i) kernel.push_back(std::cos(i));
  for (int i = 0; i < 12; ++i) recurrent.push_back(std::cos(2 * i));
  a.set("lambda/gru/kernel", kernel).set("lambda/gru/recurrent_kernel", recurrent).set("lambda/gru/bias", numbers(12)).on(x, cotangent);
  b.set("lambda/gru/kernel", kernel).set("lambda/gru/recurrent_kernel", recurrent).set("lambda/gru/bias", numbers(12)).on(x, cotangent);
  CHECK(std::equal(a.value().begin(), a.value().end(), b.value().begin()));
  CHECK(a.value()[0] != 0);
}

constexpr auto squares = [](auto x) {
  const auto there = squeeze<2>(slice<2, 0, 1>(x) > 0);
  return mean_loss(loss::mean_squared_error{}, nn::tanh{}(masked(x, there)), 0.5 * x);
};
constexpr auto squares_by_hand = [](auto x) {
  const auto there = slice<2, 0, 1>(x) > 0;
  return sum(where(there, square(tanh(x) - 0.5 * x), 0)) / (3 * sum(where(there, 1, 0)));
};
TEST_CASE("a loss is the mean over the steps that are there") {
  numbers x;
  for (int i = 0; i < 2 * 5 * 3; ++i) x.push_back(std::sin(1.7 * i * i));
  layer_machine<squares, shape<2, 5, 3>> a;
  layer_machine<squares_by_hand, shape<2, 5, 3>> b;
  a.on(x, numbers{1});
  b.on(x, numbers{1});
  CHECK_CLOSE(a.value(), b.value());
  CHECK_CLOSE(a.d_x(), b.d_x());
}

TEST_CASE("a state to begin with, and the one at the end") { check_layer<states, fixtures::lstm_states>("lambda/lstm/kernel lambda/lstm/recurrent_kernel lambda/lstm/bias"); }

/// A network on tokens, made of numbers.
constexpr auto tokens = [](auto x) {
  const auto e = cast<std::int32_t>(3 + 3 * tanh(x)) | words<3>;
  const auto [y, h, back] = call_layer(nn::bidirectional(nn::gru<3, return_sequences, return_state>{}), e);
  return (y | nn::multi_head_attention<2>{} | nn::global_average_pool{}) + concatenate<1>(h, back);
};
TEST_CASE("masks have the same bits on every backend") { check_backends<layer_step<tokens, shape<-3, 5>, true>>(2); }

}  // namespace
