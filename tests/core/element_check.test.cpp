// SPDX-License-Identifier: Apache-2.0
// labels: exceptions
#undef TFX_CHECKS
#define TFX_CHECKS 1
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include <tfx/core/tensor.hpp>

using namespace tfx;

namespace {


template <class F> std::string what(F f) {
  try {
    f();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return {};
}

TEST_CASE("indices out of range are named where they are checked") {
  tensor<short, shape<2, 37>> t;
  tensor<short, shape<41>> v;
  const auto& c = t;
  int i = 0;
  CHECK(what([&] { t(i, i + 37) = 1; }) == "tensor [2, 37]: index 37 of axis 1 is out of range");
  CHECK(what([&] { t(i - 12, i) = 1; }) == "tensor [2, 37]: index -12 of axis 0 is out of range");
  CHECK(what([&] { (void)c[i + 2]; }) == "tensor [2, 37]: index 2 of axis 0 is out of range");
  CHECK(what([&] { t[1][i + 37] = 1; }) == "tensor [37]: index 37 is out of range");
  CHECK(what([&] { v[i - 2147483647] = 1; }) == "tensor [41]: index -2147483647 is out of range");
  CHECK(what([&] { t(1, 2) = t[1][2] = v[6] = 1; }).empty());
}

constexpr tensor<short, shape<2, 2>> in_constants = {{1, 2}, {3, 4}};
static_assert(in_constants(1, 0) == 3 && in_constants[0][1] == 2);

}  // namespace
