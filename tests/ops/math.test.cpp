// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "unary.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("elementary functions") {
  check(UNARY(neg, moderate, -x), UNARY(square, moderate, square(x)), UNARY(reciprocal, positive, reciprocal(x)),
        UNARY(exp, moderate, exp(x)), UNARY(expm1, moderate, expm1(x)), UNARY(log, positive, log(x)),
        UNARY(log1p, positive, log1p(x)), UNARY(sqrt, positive, sqrt(x)), UNARY(rsqrt, positive, rsqrt(x)),
        UNARY(erf, moderate, erf(x)), UNARY(erfc, moderate, erfc(x)), UNARY(abs, moderate, abs(x)),
        UNARY(floor, moderate, floor(x)), UNARY(ceil, moderate, ceil(x)), UNARY(round, moderate, round(x)),
        UNARY(sign, moderate, sign(x)), UNARY(pow_3, moderate, pow(x, 3)), UNARY(pow_half, positive, pow(x, -0.5)),
        UNARY(clip, moderate, clip(x, -1.015625, 0.984375)));
}

}  // namespace
