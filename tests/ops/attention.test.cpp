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

#define ATTENTION(name, queries, ...)                                         \
  example(#name, __VA_ARGS__, fixtures::name::out, fixtures::name::cotangent, \
          given<2, queries, 2, 3>(fixtures::name::q, fixtures::name::d_q),    \
          given<2, 4, 2, 3>(fixtures::name::k, fixtures::name::d_k),          \
          given<2, 4, 2, 3>(fixtures::name::v, fixtures::name::d_v))

#define ONE_HEAD(name)                                               \
  given<2, 4, 1, 3>(fixtures::name::query, fixtures::name::d_query), \
      given<2, 4, 1, 3>(fixtures::name::key, fixtures::name::d_key), \
      given<2, 4, 1, 3>(fixtures::name::value, fixtures::name::d_value)

TEST_CASE("attention and its gradients") {
  check(ATTENTION(dot_product_attention, 5, [](auto q, auto k, auto v) { return dot_product_attention(q, k, v); }),
        ATTENTION(dot_product_attention_causal, 4,
                  [](auto q, auto k, auto v) { return dot_product_attention<causal>(q, k, v); }),
        example(
            "one head", [](auto q, auto k, auto v) { return dot_product_attention(q, k, v); }, fixtures::attention::out,
            fixtures::attention::cotangent, ONE_HEAD(attention)),
        example(
            "one head, causal", [](auto q, auto k, auto v) { return dot_product_attention<causal>(q, k, v); },
            fixtures::attention_causal::out, fixtures::attention_causal::cotangent, ONE_HEAD(attention_causal)));
}

TEST_CASE("attention with a mask") {
  namespace f = fixtures::dot_product_attention_masked;
  check(example(
            "a mask for all heads",
            [](auto q, auto k, auto v, auto mask) { return dot_product_attention(q, k, v, mask); }, f::out,
            f::cotangent, given<2, 5, 2, 3>(f::q, f::d_q), given<2, 4, 2, 3>(f::k, f::d_k),
            given<2, 4, 2, 3>(f::v, f::d_v), given<2, 1, 5, 4>(f::mask)),
        example(
            "a mask as causality is one",
            [](auto q, auto k, auto v, auto mask) { return dot_product_attention(q, k, v, mask); },
            fixtures::dot_product_attention_causal::out, fixtures::dot_product_attention_causal::cotangent,
            given<2, 4, 2, 3>(fixtures::dot_product_attention_causal::q, fixtures::dot_product_attention_causal::d_q),
            given<2, 4, 2, 3>(fixtures::dot_product_attention_causal::k, fixtures::dot_product_attention_causal::d_k),
            given<2, 4, 2, 3>(fixtures::dot_product_attention_causal::v, fixtures::dot_product_attention_causal::d_v),
            given<4, 4>(numbers{1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 1})),
        example(
            "one number", [](auto q, auto k, auto v, auto mask) { return dot_product_attention(q, k, v, mask); },
            fixtures::attention::out, fixtures::attention::cotangent, ONE_HEAD(attention), given<1>(numbers{2})),
        // A query that sees nothing gives 0.
        example(
            "nothing", [](auto q, auto k, auto v, auto mask) { return dot_product_attention(q, k, v, mask); },
            numbers{0, 0, 3, 4}, numbers{1, 1, 1, 1}, given<1, 2, 1, 2>(numbers{1, 2, 3, 4}, numbers{0, 0, 0, 0}),
            given<1, 2, 1, 2>(numbers{1, 2, 3, 4}, numbers{0, 0, 0, 0}),
            given<1, 2, 1, 2>(numbers{1, 2, 3, 4}, numbers{0, 0, 1, 1}), given<2, 2>(numbers{0, 0, 0, 1})));
}

TEST_CASE("attention reads columns of one matrix, and its gradient is one") {
  namespace f = fixtures::dot_product_attention_causal;
  check(example(
            "merged", [](auto q, auto k, auto v) { return of_columns<causal>(concatenate<2>(q, k, v)); }, f::out,
            f::cotangent, given<2, 4, 6>(f::q, f::d_q), given<2, 4, 6>(f::k, f::d_k), given<2, 4, 6>(f::v, f::d_v)),
        example(
            "keys and values",
            [](auto q, auto k, auto v) {
              const auto both = concatenate<2>(k, v);
              return dot_product_attention<causal>(reshape<2, 4, 2, 3>(q), reshape<2, 4, 2, 3>(slice<2, 0, 6>(both)),
                                                   reshape<2, 4, 2, 3>(slice<2, 6, 12>(both)));
            },
            f::out, f::cotangent, given<2, 4, 6>(f::q, f::d_q), given<2, 4, 6>(f::k, f::d_k),
            given<2, 4, 6>(f::v, f::d_v)));
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
