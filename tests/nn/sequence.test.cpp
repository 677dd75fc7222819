// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/sequences.hpp"
#include "../support/layer_case.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr nn::simple_rnn<4, return_sequences> simple_rnn{};
constexpr nn::simple_rnn<4> simple_rnn_last{};
constexpr nn::gru<4, return_sequences> gru{};
constexpr nn::gru<4> gru_last{};
constexpr nn::lstm<4, return_sequences> lstm{};
constexpr nn::lstm<4> lstm_last{};
constexpr auto bidirectional = nn::bidirectional(nn::gru<4, return_sequences>{});
constexpr auto bidirectional_last = nn::bidirectional(nn::gru<4>{});
constexpr nn::embedding<7, 3> embedding{};
constexpr auto films = nn::time_distributed(nn::conv2d<3, 3>{});

TEST_CASE("simple recurrent layer: every state, masked, the last") {
  const std::string_view paths = "simple_rnn/kernel simple_rnn/recurrent_kernel simple_rnn/bias";
  check_layer<simple_rnn, fixtures::simple_rnn_all>(paths);
  check_layer<simple_rnn, fixtures::simple_rnn_masked>(paths);
  check_layer<simple_rnn_last, fixtures::simple_rnn_last>(paths);
}

TEST_CASE("gated recurrent unit: every state, masked, the last") {
  const std::string_view paths = "gru/kernel gru/recurrent_kernel gru/bias";
  check_layer<gru, fixtures::gru_all>(paths);
  check_layer<gru, fixtures::gru_masked>(paths);
  check_layer<gru_last, fixtures::gru_last>(paths);
}

TEST_CASE("long short-term memory, masked") {
  const std::string_view paths = "lstm/kernel lstm/recurrent_kernel lstm/bias";
  check_layer<lstm, fixtures::lstm_masked>(paths);
  check_layer<lstm_last, fixtures::lstm_last>(paths);
}

TEST_CASE("both directions") {
  const std::string_view paths =
      "bidirectional/forward/kernel bidirectional/forward/recurrent_kernel bidirectional/forward/bias "
      "bidirectional/backward/kernel bidirectional/backward/recurrent_kernel bidirectional/backward/bias";
  check_layer<bidirectional, fixtures::bidirectional_all>(paths);
  check_layer<bidirectional_last, fixtures::bidirectional_last>(paths);
}

TEST_CASE("embedding") { check_layer<embedding, fixtures::embedding>("embedding/weight"); }

TEST_CASE("a layer for every step") { check_layer<films, fixtures::time_distributed>("time_distributed/conv2d/weight time_distributed/conv2d/bias"); }

constexpr auto masked = [](auto x) { return call_layer(bidirectional, x, reshape<3, 5>(slice<2, 0, 1>(x)) < 0.5); };
constexpr auto tokens = [](auto x) {
  return cast<std::int32_t>(3 + 3 * tanh(x)) | nn::embedding<7, 3>{} | nn::gru<4>{};
};

TEST_CASE("masked recurrent layers and embeddings have the same bits on every backend") {
  check_backends<layer_step<masked, shape<-3, 5, 2>, true>>(2);
  check_backends<layer_step<tokens, shape<-3, 5>, true>>(2);
}

}  // namespace
