// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "../fixtures/contraction.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("of a batch, only the rows present count") {
  namespace m = fixtures::matmul;
  check_rows(3,
             example("x y", [](auto x, auto y) { return matmul(x, y); }, m::out, m::cotangent, given<-7, 4>(m::x, m::d_x),
                     given<4, 5>(m::y, m::d_y)),
             example("x^T y", [](auto x, auto y) { return matmul(transpose(x), y); }, given<-7, 4>(m::x, numerically),
                     given<-7, 5>(m::out, numerically)),
             example("mean", [](auto x) { return mean(x * x) + sum(mean<0>(x)); }, given<-7, 4>(m::x, numerically)),
             example("centred", [](auto x) { return x * (x - mean<0>(x)) / sqrt(variance<0>(x) + 0.1); }, given<-7, 4>(m::x, numerically)),
             example("softmax", [](auto x) { return log_softmax(x) * softmax(x); }, given<-7, 4>(m::x, numerically)));
}

}  // namespace
