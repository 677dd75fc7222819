// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "../fixtures/attention.hpp"
#include "../fixtures/layers.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Two heads, their queries, keys and values side by side, as one product makes them.
template <auto... Option, class S, class T> constexpr auto of_columns(var<S, T> all) {
  constexpr int third = S::value.extent[2] / 3;
  const auto part = [&]<int K>(std::integral_constant<int, K>) {
    return reshape<S::value.extent[0], S::value.extent[1], 2, third / 2>(slice<2, K * third, (K + 1) * third>(all));
  };
  return dot_product_attention<Option...>(part(std::integral_constant<int, 0>{}),
                                          part(std::integral_constant<int, 1>{}),
                                          part(std::integral_constant<int, 2>{}));
}

/// Stored queries, keys and values [batch, steps, size] as those of one head.
template <class Case, class Function, class... More> auto one_head(std::string_view name, Function f, More... more) {
  return example(name, f, Case::out, Case::cotangent, given<2, 4, 1, 3>(Case::query, Case::d_query),
                 given<2, 4, 1, 3>(Case::key, Case::d_key), given<2, 4, 1, 3>(Case::value, Case::d_value), more...)
      .with_floor(Case::gradient_floor);
}

TEST_CASE("attention and its gradients") {
  check(example<fixtures::dot_product_attention>([](auto q, auto k, auto v) { return dot_product_attention(q, k, v); }),
        example<fixtures::dot_product_attention_causal>([](auto q, auto k, auto v) { return dot_product_attention<causal>(q, k, v); }),
        one_head<fixtures::attention>("one head", [](auto q, auto k, auto v) { return dot_product_attention(q, k, v); }),
        one_head<fixtures::attention_causal>("one head, causal", [](auto q, auto k, auto v) { return dot_product_attention<causal>(q, k, v); }));
}

TEST_CASE("the gradients of attention have gradients") {
  check(example<fixtures::dot_product_attention_gradients>([](auto q, auto k, auto v, auto dy) {
    const auto y = dot_product_attention(q, k, v);
    return concatenate<3>(gradient_of(y, dy, q), gradient_of(y, dy, k), gradient_of(y, dy, v));
  }));
}

TEST_CASE("attention with a mask") {
  using c = fixtures::dot_product_attention_causal;
  constexpr auto masked = [](auto q, auto k, auto v, auto mask) { return dot_product_attention(q, k, v, mask); };
  check(example<fixtures::dot_product_attention_masked>(masked),
        example("a mask as causality is one", masked, c::out, c::cotangent, given<2, 4, 2, 3>(c::q, c::d_q), given<2, 4, 2, 3>(c::k, c::d_k),
                given<2, 4, 2, 3>(c::v, c::d_v), given<4, 4>(numbers{1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1}))
            .with_floor(c::gradient_floor),
        one_head<fixtures::attention>("one number", masked, given<1>(numbers{2})),
        // A query that sees nothing gives 0.
        example(
            "nothing", [](auto q, auto k, auto v, auto mask) { return dot_product_attention(q, k, v, mask); },
            numbers{0, 0, 3, 4}, numbers{1, 1, 1, 1}, given<1, 2, 1, 2>(numbers{1, 2, 3, 4}, numbers{0, 0, 0, 0}),
            given<1, 2, 1, 2>(numbers{1, 2, 3, 4}, numbers{0, 0, 0, 0}),
            given<1, 2, 1, 2>(numbers{1, 2, 3, 4}, numbers{0, 0, 1, 1}), given<2, 2>(numbers{0, 0, 0, 1})));
}

TEST_CASE("attention reads columns of one matrix, and its gradient is one") {
  using f = fixtures::dot_product_attention_causal;
  check(example(
            "merged", [](auto q, auto k, auto v) { return of_columns<causal>(concatenate<2>(q, k, v)); }, f::out,
            f::cotangent, given<2, 4, 6>(f::q, f::d_q), given<2, 4, 6>(f::k, f::d_k), given<2, 4, 6>(f::v, f::d_v))
            .with_floor(f::gradient_floor),
        example(
            "keys and values",
            [](auto q, auto k, auto v) {
              const auto both = concatenate<2>(k, v);
              return dot_product_attention<causal>(reshape<2, 4, 2, 3>(q), reshape<2, 4, 2, 3>(slice<2, 0, 6>(both)),
                                                   reshape<2, 4, 2, 3>(slice<2, 6, 12>(both)));
            },
            f::out, f::cotangent, given<2, 4, 6>(f::q, f::d_q), given<2, 4, 6>(f::k, f::d_k),
            given<2, 4, 6>(f::v, f::d_v))
            .with_floor(f::gradient_floor));
}

TEST_CASE("attention over scores that overflow, and a scale of one's own") {
  check(example(
            "large", [](auto q, auto k, auto v) { return dot_product_attention(q, k, v); }, numbers{1, -2},
            numbers{1, 1}, given<1, 1, 1, 2>(numbers{1000, 1000}), given<1, 2, 1, 2>(numbers{1000, 1000, -1000, 1000}),
            given<1, 2, 1, 2>(numbers{1, -2, 3, 4}, numbers{1, 1, 0, 0}))
            .without_differences(),
        example(
            "scale", [](auto q, auto k, auto v) { return dot_product_attention(q, k, v, 0.25); },
            given<1, 3, 1, 2>(numbers{1, 2, 3, -1, 0.5, 1}, numerically),
            given<1, 3, 1, 2>(numbers{-1, 2, 1, 0.5, 2, 1}, numerically),
            given<1, 3, 1, 2>(numbers{1, 0, 2, 3, -1, 4}, numerically)));
}

TEST_CASE("what is not a number shows in its own query alone") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  check(example(
            "query", [](auto q, auto k, auto v) { return dot_product_attention(q, k, v); }, numbers{nan, nan, 2, 2},
            numbers{1, 1, 1, 1}, given<1, 2, 1, 2>(numbers{nan, 1, 0, 0}), given<1, 2, 1, 2>(numbers{1, 1, 1, 1}),
            given<1, 2, 1, 2>(numbers{1, 2, 3, 2})),
        example(
            "infinite", [](auto q, auto k, auto v) { return dot_product_attention(q, k, v); }, numbers{3, 2},
            numbers{1, 1}, given<1, 1, 1, 2>(numbers{1, 0}), given<1, 2, 1, 2>(numbers{-infinity, 1, 1, 1}),
            given<1, 2, 1, 2>(numbers{1, 2, 3, 2})));
}

}  // namespace
