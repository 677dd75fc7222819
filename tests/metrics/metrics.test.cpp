// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/metrics.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/losses.hpp"
#include "../fixtures/reduction.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("places of the largest and smallest") {
  using a = fixtures::argmax;
  using t = fixtures::argmax_ties;
  check(example("argmax<0>", [](auto x) { return argmax<0>(x); }, a::argmax_0, numbers{}, given<2, 3, 4>(a::x)),
        example("argmax<1>", [](auto x) { return argmax<1>(x); }, a::argmax_1, numbers{}, given<2, 3, 4>(a::x)),
        example("argmax", [](auto x) { return argmax(x); }, a::argmax_2, numbers{}, given<2, 3, 4>(a::x)),
        example("argmin<0>", [](auto x) { return argmin<0>(x); }, a::argmin_0, numbers{}, given<2, 3, 4>(a::x)),
        example("argmin<1>", [](auto x) { return argmin<1>(x); }, a::argmin_1, numbers{}, given<2, 3, 4>(a::x)),
        example("argmin", [](auto x) { return argmin<-1>(x); }, a::argmin_2, numbers{}, given<2, 3, 4>(a::x)),
        example("ties", [](auto x) { return argmax(x); }, t::out, numbers{}, given<3, 4>(t::x)));
}

TEST_CASE("accuracies") {
  using a = fixtures::accuracy;
  check(example("accuracy", [](auto y, auto t) { return metric::accuracy{}(y, t); }, a::out, numbers{}, given<8, 4>(a::logits),
                given_integers<8>(a::labels)),
        example("accuracy, one-hot", [](auto y, auto t) { return metric::accuracy{}(y, one_hot<4>(t)); }, a::out, numbers{},
                given<8, 4>(a::logits), given_integers<8>(a::labels)),
        example("top 2", [](auto y, auto t) { return metric::top_k_accuracy<2>{}(y, t); }, a::top_2, numbers{}, given<8, 4>(a::logits),
                given_integers<8>(a::labels)),
        example("top 1", [](auto y, auto t) { return metric::top_k_accuracy<1>{}(y, t); }, a::out, numbers{}, given<8, 4>(a::logits),
                given_integers<8>(a::labels)),
        example("binary", [](auto y, auto t) { return metric::binary_accuracy{}(y, t); }, 0.75, numbers{},
                given<4>(numbers{-1, 2, 3, -0.5}), given<4>(numbers{0, 1, 0, 0})),
        example("mean", [](auto y, auto t) { return metric::mean{}(y, t); }, 1.5, numbers{}, given<2>(numbers{1, 2}), given<2>(numbers{0, 0})));
}

TEST_CASE("a NaN is found first, and is never right") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  // argmax and argmin as NumPy's.
  const numbers x = {0, 1, nan, nan, 2, 1, 3, nan, 5, nan, nan, nan}, places = {2, 0, 1, 0};
  const numbers y = {nan, 1, 0, 2, nan, 1, 1, 2, 3};
  check(example("argmax", [](auto a) { return argmax(a); }, places, numbers{}, given<4, 3>(x)),
        example("argmin", [](auto a) { return argmin(a); }, places, numbers{}, given<4, 3>(x)),
        example("argmax<0>", [](auto a) { return argmax<0>(a); }, numbers{1, 2, 0}, numbers{}, given<4, 3>(x)),
        example("accuracy", [](auto a, auto t) { return metric::accuracy{}(a, t); }, 1.0 / 3, numbers{}, given<3, 3>(y), given_integers<3>(numbers{0, 0, 2})),
        example("accuracy, one-hot", [](auto a, auto t) { return metric::accuracy{}(a, t); }, 0.5, numbers{}, given<2, 2>(numbers{1, 2, 2, 1}),
                given<2, 2>(numbers{0, 1, nan, 0})),
        example("top 2", [](auto a, auto t) { return metric::top_k_accuracy<2>{}(a, t); }, 1.0 / 3, numbers{}, given<3, 3>(y), given_integers<3>(numbers{0, 0, 1})),
        example("no class", [](auto a, auto t) { return metric::top_k_accuracy<2>{}(a, t); }, 0, numbers{}, given<2, 3>(numbers{-1, -2, -3, -1, -2, -3}),
                given_integers<2>(numbers{-1, 3})),
        example("no class, and a K of more than all", [](auto a, auto t) { return metric::top_k_accuracy<5>{}(a, t); }, 1.0 / 4, numbers{},
                given<4, 2>(numbers{-1, -2, -1, -2, -infinity, -infinity, 1, 2}), given_integers<4>(numbers{-1, 2, 7, 0})),
        example("binary", [](auto a, auto t) { return metric::binary_accuracy{}(a, t); }, 0.5, numbers{}, given<4>(numbers{nan, nan, 1, -1}),
                given<4>(numbers{0, 1, 1, 0})));
}

TEST_CASE("an accuracy is a share of the rows present") {
  using a = fixtures::accuracy;
  check_rows(8, example("accuracy", [](auto y, auto t) { return metric::accuracy{}(y, t); }, a::out, numbers{}, given<-20, 4>(a::logits),
                given_integers<-20>(a::labels)));
}

}  // namespace
