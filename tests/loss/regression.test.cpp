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

TEST_CASE("regression losses") {
  using mse = fixtures::mean_squared_error;
  using mae = fixtures::mean_absolute_error;
  using hub = fixtures::huber;
  check(example("squared", [](auto y, auto t) { return loss::mean_squared_error{}(y, t); }, mse::out, 1,
                given<4, 3>(mse::prediction, mse::d_prediction), given<4, 3>(mse::target, mse::d_target)),
        example("absolute", [](auto y, auto t) { return loss::mean_absolute_error{}(y, t); }, mae::out, 1,
                given<4, 3>(mae::prediction, mae::d_prediction), given<4, 3>(mae::target, mae::d_target)),
        example("huber", [](auto y, auto t) { return loss::huber{}(y, t); }, hub::out, 1,
                given<4, 3>(hub::prediction, hub::d_prediction), given<4, 3>(hub::target, hub::d_target)),
        example("huber, far away", [](auto y, auto t) { return loss::huber{.delta = 2}(y, t); }, infinity, 1,
                given<2>(numbers{infinity, -1e200}, numbers{1, -1}), given<2>(numbers{0, 0})).without_differences());
}

}  // namespace
