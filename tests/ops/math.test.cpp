// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "unary.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("elementary functions") {
  check(unary<fixtures::neg>([](auto x) { return -x; }),
        unary<fixtures::square>([](auto x) { return square(x); }),
        unary<fixtures::reciprocal>([](auto x) { return reciprocal(x); }, positive),
        unary<fixtures::exp>([](auto x) { return exp(x); }),
        unary<fixtures::expm1>([](auto x) { return expm1(x); }),
        unary<fixtures::log>([](auto x) { return log(x); }, positive),
        unary<fixtures::log1p>([](auto x) { return log1p(x); }, positive),
        unary<fixtures::sqrt>([](auto x) { return sqrt(x); }, positive),
        unary<fixtures::rsqrt>([](auto x) { return rsqrt(x); }, positive),
        unary<fixtures::erf>([](auto x) { return erf(x); }),
        unary<fixtures::erfc>([](auto x) { return erfc(x); }),
        unary<fixtures::abs>([](auto x) { return abs(x); }),
        unary<fixtures::floor>([](auto x) { return floor(x); }),
        unary<fixtures::ceil>([](auto x) { return ceil(x); }),
        unary<fixtures::round>([](auto x) { return round(x); }),
        unary<fixtures::sign>([](auto x) { return sign(x); }),
        unary<fixtures::pow_3>([](auto x) { return pow(x, 3); }),
        unary<fixtures::pow_half>([](auto x) { return pow(x, -0.5); }, positive),
        unary<fixtures::clip>([](auto x) { return clip(x, -1.015625, 0.984375); }));
}

}  // namespace
