// SPDX-License-Identifier: Apache-2.0
#include <tfx/io/header.hpp>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "scratch.hpp"

namespace {

/// Two variables of one type.
template <class T> struct two_variables {
  T first[3], second[1];
  template <class F> void for_each_variable(F f) const {
    f("dense/weight", tfx::dims{2, {1, 3}, false}, first);
    f("dense/bias", tfx::dims{1, {1}, false}, second);
  }
};

template <class Model> std::string header_of(const Model& model, std::string_view name = "weights") {
  const scratch here;
  tfx::io::write_parameters_header(model, here / "weights.hpp", name);
  std::ifstream file(here / "weights.hpp");
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("a header with all numbers in order") {
  CHECK(header_of(two_variables<float>{{1, -0.75f, 0}, {0x1p-149f}}, "numbers") == R"(// Written by tfx::io::write_parameters_header.
#pragma once

inline constexpr float numbers[4] = {
    // dense/weight [1, 3]
    0x1p+0f, -0x1.8p-1f, 0x0p+0f,
    // dense/bias [1]
    0x1p-149f,
};
)");
}

TEST_CASE("literals keep every bit") {
  using tfx::io::detail::literal_of;
  for (const float x : {0.1f, -1e-40f, 3.4028235e38f, -0.0f, 1.0f / 3}) {
    const float back = std::strtof(literal_of(x).c_str(), nullptr);
    CHECK(__builtin_bit_cast(unsigned, back) == __builtin_bit_cast(unsigned, x));
  }
  for (const double x : {0.1, -5e-324, 1.7976931348623157e308, 1.0 / 3}) CHECK(std::strtod(literal_of(x).c_str(), nullptr) == x);
  CHECK(literal_of(-std::numeric_limits<float>::infinity()) == "-__builtin_inff()");
  CHECK(literal_of(std::numeric_limits<double>::infinity()) == "__builtin_inf()");
  CHECK(literal_of(std::nanf("")) == "__builtin_nanf(\"\")");
  CHECK(header_of(two_variables<double>{}).find("inline constexpr double weights[4]") != std::string::npos);
}

}  // namespace
