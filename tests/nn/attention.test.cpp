// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/attention.hpp"
#include "../support/layer_case.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr nn::multi_head_attention<2> attention{};
constexpr nn::multi_head_attention<2, causal> causal_attention{};
constexpr nn::cross_attention<2> cross_attention{};
constexpr nn::transformer_encoder<2, 5> first{};
constexpr nn::transformer_encoder<2, 5, nn::tanh> last{.normalize_first = false};
constexpr nn::transformer_encoder<2, 5, nn::gelu_tanh, causal> dropping{.dropout = 0.25};
constexpr auto masked = [](auto x) {
  return call_layer(attention, x, relu(reshape<1, 1, 4>(slice<2, 0, 1>(slice<0, 0, 1>(x)))));
};

TEST_CASE("multi-head attention") {
  using f = fixtures::multi_head_attention;
  layer_machine<attention, shape<-3, 4, 6>> m;
  m.state.batch = 2;
  const std::string in = "multi_head_attention/in_proj/", out = "multi_head_attention/out_proj/";
  CHECK(m.paths() == in + "weight " + in + "bias " + out + "weight " + out + "bias");
  m.set(in + "weight", f::in_weight)
      .set(in + "bias", f::in_bias)
      .set(out + "weight", f::out_weight)
      .set(out + "bias", f::out_bias);
  m.on(f::x, f::cotangent);
  CHECK_CLOSE(m.value(), f::out);
  CHECK_CLOSE(m.d_x(), f::d_x);
  CHECK_CLOSE(m.gradient(in + "weight"), f::d_in_weight);
  CHECK_CLOSE(m.gradient(in + "bias"), f::d_in_bias);
  CHECK_CLOSE(m.gradient(out + "weight"), f::d_out_weight);
  CHECK_CLOSE(m.gradient(out + "bias"), f::d_out_bias);
}

TEST_CASE("attention to another sequence, of which a mask leaves out steps") {
  check_layer<cross_attention, fixtures::cross_attention>(
      "cross_attention/q_proj/weight cross_attention/q_proj/bias cross_attention/kv_proj/weight cross_attention/kv_proj/bias "
      "cross_attention/out_proj/weight cross_attention/out_proj/bias");
}

TEST_CASE("causal attention does not see what comes later") {
  using f = fixtures::multi_head_attention;
  layer_machine<causal_attention, shape<2, 4, 6>> m;
  const auto past = [&](auto x) {
    m.on(x, f::cotangent);
    return numbers(m.value().begin(), m.value().begin() + 3 * 6);
  };
  numbers x = numbers_of(f::x);
  const numbers before = past(x);
  for (std::size_t i = 3 * 6; i < 4 * 6; ++i) x[i] += 1;
  CHECK(past(x) == before);
}

template <const auto& Block, class Case> void check_block() {
  layer_machine<Block, shape<-3, 4, 6>> m;
  m.state.batch = 2;
  const auto for_each_parameter = [](auto visit) {
    const auto one = [&](const std::string& path, const auto& value, const auto& gradient) {
      INFO(path);
      visit("transformer_encoder/" + path, value, gradient);
    };
    one("multi_head_attention/in_proj/weight", Case::in_weight, Case::d_in_weight);
    one("multi_head_attention/in_proj/bias", Case::in_bias, Case::d_in_bias);
    one("multi_head_attention/out_proj/weight", Case::out_weight, Case::d_out_weight);
    one("multi_head_attention/out_proj/bias", Case::out_bias, Case::d_out_bias);
    one("dense/weight", Case::up_weight, Case::d_up_weight);
    one("dense/bias", Case::up_bias, Case::d_up_bias);
    one("dense_1/weight", Case::down_weight, Case::d_down_weight);
    one("dense_1/bias", Case::down_bias, Case::d_down_bias);
    one("layer_norm/scale", Case::scale_1, Case::d_scale_1);
    one("layer_norm/shift", Case::shift_1, Case::d_shift_1);
    one("layer_norm_1/scale", Case::scale_2, Case::d_scale_2);
    one("layer_norm_1/shift", Case::shift_2, Case::d_shift_2);
  };
  for_each_parameter([&](const std::string& path, const auto& value, const auto&) { m.set(path, value); });
  m.on(Case::x, Case::cotangent);
  CHECK_CLOSE(m.value(), Case::out);
  CHECK_CLOSE(m.d_x(), Case::d_x);
  for_each_parameter([&](const std::string& path, const auto&, const auto& gradient) { CHECK_CLOSE(m.gradient(path), gradient); });
}

TEST_CASE("transformer encoder, normalisation first and last") {
  check_block<first, fixtures::transformer_encoder>();
  check_block<last, fixtures::transformer_encoder_last>();
}

TEST_CASE("encoder and masked attention have the same bits on every backend") {
  check_backends<layer_step<dropping, shape<-3, 35, 6>, true>>(2);
  check_backends<layer_step<masked, shape<2, 4, 6>, true>>();
}

}  // namespace
