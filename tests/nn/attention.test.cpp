// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/attention.hpp"
#include "../support/layer.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr nn::multi_head_attention<2> attention{};
constexpr nn::multi_head_attention<2, causal> causal_attention{};
constexpr nn::transformer_encoder<2, 5> first{};
constexpr nn::transformer_encoder<2, 5, nn::tanh> last{.normalize_first = false};
constexpr nn::transformer_encoder<2, 5, nn::gelu_tanh, causal> dropping{.dropout = 0.25};
constexpr auto masked = [](auto x) {
  return call_layer(attention, x, relu(reshape<1, 1, 4>(slice<2, 0, 1>(slice<0, 0, 1>(x)))));
};

TEST_CASE("multi-head attention") {
  namespace f = fixtures::multi_head_attention;
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

TEST_CASE("causal attention does not see what comes later") {
  namespace f = fixtures::multi_head_attention;
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

template <const auto& Block, class F> void check_block(const F& f) {
  layer_machine<Block, shape<-3, 4, 6>> m;
  m.state.batch = 2;
  for (const auto& p : f.parameters) m.set("transformer_encoder/" + p.path, p.value);
  m.on(f.x, f.cotangent);
  CHECK_CLOSE(m.value(), f.out);
  CHECK_CLOSE(m.d_x(), f.d_x);
  for (const auto& p : f.parameters) {
    INFO(p.path);
    CHECK_CLOSE(m.gradient("transformer_encoder/" + p.path), p.gradient);
  }
}

/// A fixture's members as an object.
struct block_case {
  numbers x, out, cotangent, d_x;
  struct parameter {
    std::string path;
    numbers value, gradient;
  };
  std::vector<parameter> parameters;
};
#define PARAMETER(name, path, member) \
  { path, numbers_of(fixtures::name::member), numbers_of(fixtures::name::d_##member) }
#define BLOCK(name)                                                                                                    \
  block_case {                                                                                                         \
    numbers_of(fixtures::name::x), numbers_of(fixtures::name::out), numbers_of(fixtures::name::cotangent),             \
        numbers_of(fixtures::name::d_x), {                                                                             \
      PARAMETER(name, "multi_head_attention/in_proj/weight", in_weight),                                               \
          PARAMETER(name, "multi_head_attention/in_proj/bias", in_bias),                                               \
          PARAMETER(name, "multi_head_attention/out_proj/weight", out_weight),                                         \
          PARAMETER(name, "multi_head_attention/out_proj/bias", out_bias), PARAMETER(name, "dense/weight", up_weight), \
          PARAMETER(name, "dense/bias", up_bias), PARAMETER(name, "dense_1/weight", down_weight),                      \
          PARAMETER(name, "dense_1/bias", down_bias), PARAMETER(name, "layer_norm/scale", scale_1),                    \
          PARAMETER(name, "layer_norm/shift", shift_1), PARAMETER(name, "layer_norm_1/scale", scale_2),                \
          PARAMETER(name, "layer_norm_1/shift", shift_2)                                                               \
    }                                                                                                                  \
  }

TEST_CASE("transformer encoder, normalisation first and last") {
  check_block<first>(BLOCK(transformer_encoder));
  check_block<last>(BLOCK(transformer_encoder_last));
}

TEST_CASE("encoder and masked attention have the same bits on every backend") {
  check_backends<layer_step<dropping, shape<-3, 35, 6>, true>>(2);
  check_backends<layer_step<masked, shape<2, 4, 6>, true>>();
}

}  // namespace
