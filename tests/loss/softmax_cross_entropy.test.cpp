// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/loss.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/losses.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST_CASE("cross-entropies") {
  using sparse = fixtures::sparse_softmax_cross_entropy;
  using dense = fixtures::softmax_cross_entropy;
  using smooth = fixtures::softmax_cross_entropy_smoothed;
  using binary = fixtures::binary_cross_entropy;
  using far = fixtures::binary_cross_entropy_large;
  check(example("sparse", [](auto x, auto t) { return loss::softmax_cross_entropy{}(x, t); }, sparse::out, 1,
                given<5, 4>(sparse::logits, sparse::d_logits), given_integers<5>(sparse::labels)),
        example<fixtures::sparse_softmax_cross_entropy_large>([](auto x, auto t) { return loss::softmax_cross_entropy{}(x, t); }).without_differences(),
        example("dense", [](auto x, auto t) { return loss::softmax_cross_entropy_dense{}(x, t); }, dense::out, 1,
                given<5, 4>(dense::logits, dense::d_logits), given<5, 4>(dense::targets)),
        example("smoothed", [](auto x, auto t) { return loss::softmax_cross_entropy{.label_smoothing = smooth::smoothing}(x, t); },
                smooth::out, 1, given<5, 4>(smooth::logits, smooth::d_logits), given_integers<5>(smooth::labels)),
        example("smoothed, dense", [](auto x, auto t) {
                  return loss::softmax_cross_entropy_dense{.label_smoothing = smooth::smoothing}(x, one_hot<4>(t));
                }, smooth::out, 1, given<5, 4>(smooth::logits, smooth::d_logits), given_integers<5>(smooth::labels)),
        example("binary", [](auto x, auto t) { return loss::binary_cross_entropy{}(x, t); }, binary::out, 1,
                given<6>(binary::logits, binary::d_logits), given<6>(binary::targets)),
        example("binary, large", [](auto x, auto t) { return loss::binary_cross_entropy{}(x, t); }, far::out, 1,
                given<4>(far::logits, far::d_logits), given<4>(far::targets)).without_differences(),
        // Half of the way at a logit of 0, where the two branches meet.
        example("binary at 0", [](auto x, auto t) { return loss::binary_cross_entropy{}(x, t); }, std::log(2.0), 1,
                given<2>(numbers{0, 0}, numbers{0.25, -0.25}), given<2>(numbers{0, 1})),
        example("masked class", [](auto x, auto t) { return loss::softmax_cross_entropy{}(x, t); }, std::log(2.0), 1,
                given<1, 3>(numbers{1, -infinity, 1}, numbers{-0.5, 0, 0.5}), given_integers<1>(numbers{0})).without_differences());
}

TEST_CASE("a common offset and a small loss cost no digits") {
  // By hand: ln 2 of two equal logits; log1p(exp(-40)) = 4.248354255291589e-18 of two that are 40 apart.
  const double scale = 1e18, small = 4.248354255291589;
  const auto sparse = [](auto x, auto t) { return 1e18 * loss::softmax_cross_entropy{}(x, t); };
  const auto dense = [](auto x, auto t) { return 1e18 * loss::softmax_cross_entropy_dense{}(x, t); };
  const auto binary = [](auto x, auto t) { return 1e18 * loss::binary_cross_entropy{}(x, t); };
  check(example("equal", [](auto x, auto t) { return loss::softmax_cross_entropy{}(x, t); }, std::log(2.0), 1,
                given<1, 2>(numbers{1e16, 1e16}, numbers{0.5, -0.5}), given_integers<1>(numbers{1})).without_differences(),
        example("equal, dense", [](auto x, auto t) { return loss::softmax_cross_entropy_dense{}(x, t); }, std::log(2.0), 1,
                given<1, 2>(numbers{1e16, 1e16}, numbers{0.5, -0.5}), given<1, 2>(numbers{0, 1})).without_differences(),
        example("equal, smoothed", [](auto x, auto t) { return loss::softmax_cross_entropy{.label_smoothing = 0.1}(x, t); }, std::log(3.0), 1,
                given<1, 3>(numbers(3, 1e16), numbers{0.3, -0.6, 0.3}), given_integers<1>(numbers{1})).without_differences(),
        example("small", sparse, small, 1, given<1, 2>(numbers{1000, 960}, numbers{-small, small}), given_integers<1>(numbers{0})).without_differences(),
        example("small, dense", dense, small, 1, given<1, 2>(numbers{1000, 960}), given<1, 2>(numbers{1, 0})),
        example("small, binary", binary, 2 * small / 2, 1, given<2>(numbers{40, -40}, numbers{-small / 2, small / 2}),
                given<2>(numbers{1, 0})).without_differences());
  CHECK(std::log1p(std::exp(-40.0)) * scale == doctest::Approx(small).epsilon(1e-15));
}

TEST_CASE("what cannot happen counts as nothing") {
  // log(1 + 1 / e) and softmax - p over the classes that are left.
  const double loss = std::log1p(std::exp(-1.0)), p = 1 / (1 + std::exp(-1.0));
  check(example("dense", [](auto x, auto t) { return loss::softmax_cross_entropy_dense{}(x, t); }, loss, 1,
                given<1, 3>(numbers{-infinity, 0, 1}, numbers{0, 1 - p, p - 1}), given<1, 3>(numbers{0, 0, 1}, numbers{0, 1 + loss, loss})).without_differences(),
        example("all but the label", [](auto x, auto t) { return loss::softmax_cross_entropy{}(x, t); }, 0, 1,
                given<1, 3>(numbers{-infinity, 5, -infinity}, numbers{0, 0, 0}), given_integers<1>(numbers{1})).without_differences(),
        example("the label", [](auto x, auto t) { return loss::softmax_cross_entropy{}(x, t); }, infinity, 1,
                given<1, 3>(numbers{0, -infinity, 0}, numbers{0.5, -1, 0.5}), given_integers<1>(numbers{1})).without_differences(),
        example("binary", [](auto x, auto t) { return loss::binary_cross_entropy{}(x, t); }, 0, 1,
                given<2>(numbers{infinity, -infinity}, numbers{0, 0}), given<2>(numbers{1, 0})).without_differences(),
        example("binary, wrong", [](auto x, auto t) { return loss::binary_cross_entropy{}(x, t); }, infinity, 1,
                given<2>(numbers{infinity, -infinity}, numbers{0.5, -0.5}), given<2>(numbers{0, 1})).without_differences());
}

TEST_CASE("a loss of what is not a number is none") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  check(example("label", [](auto x, auto t) { return loss::softmax_cross_entropy{}(x, t); }, nan, 1, given<1, 3>(numbers{nan, 1, 2}), given_integers<1>(numbers{0})),
        example("other", [](auto x, auto t) { return loss::softmax_cross_entropy{}(x, t); }, nan, 1, given<1, 3>(numbers{nan, 1, 2}), given_integers<1>(numbers{2})),
        example("dense", [](auto x, auto t) { return loss::softmax_cross_entropy_dense{}(x, t); }, nan, 1, given<1, 3>(numbers{nan, 1, 2}), given<1, 3>(numbers{0, 1, 0})),
        example("binary", [](auto x, auto t) { return loss::binary_cross_entropy{}(x, t); }, nan, 1, given<2>(numbers{nan, 1}), given<2>(numbers{0, 1})),
        example("huber", [](auto x, auto t) { return loss::huber{}(x, t); }, nan, 1, given<2>(numbers{nan, 1}), given<2>(numbers{0, 1})));
}

TEST_CASE("the mean is over the rows present") {
  using sparse = fixtures::sparse_softmax_cross_entropy;
  check_rows(5,
             example("sparse", [](auto x, auto t) { return loss::softmax_cross_entropy{}(x, t); }, sparse::out, 1,
                     given<-9, 4>(sparse::logits, sparse::d_logits), given_integers<-9>(sparse::labels)),
             example("squared", [](auto y, auto t) { return loss::mean_squared_error{}(y, t); }, 1, 1,
                     given<-9, 2>(numbers(10, 3), numbers(10, 0.2)), given<-9, 2>(numbers(10, 2))));
}

}  // namespace
