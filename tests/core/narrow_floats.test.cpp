// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>

#include <tfx/core/element.hpp>

namespace {

using namespace tfx;

constexpr int mantissa_of(bfloat16) { return 7; }
constexpr int mantissa_of(float16) { return 10; }

/// The number that finite bits stand for.
template <class E> double number(int bits) {
  const int mantissa = mantissa_of(E()), bias = mantissa == 7 ? 127 : 15;
  const int exponent = bits >> mantissa, low = bits & ((1 << mantissa) - 1);
  return exponent == 0 ? std::ldexp(low, 1 - bias - mantissa) : std::ldexp(low + (1 << mantissa), exponent - bias - mantissa);
}

}  // namespace

TEST_CASE_TEMPLATE("all numbers of 16 bits are what their bits say, and numbers between two become the nearer one, or the even one", E, bfloat16, float16) {
  const int infinity = ((1 << (15 - mantissa_of(E()))) - 1) << mantissa_of(E());
  int wrong = 0;
  const auto check = [&](double x, int bits) {
    wrong += E(x).bits != bits;
    wrong += E(-x).bits != (bits | 0x8000);
  };
  for (int bits = 0; bits < infinity; ++bits) {
    const double x = number<E>(bits), next = number<E>(bits + 1), middle = (x + next) / 2;
    wrong += double(float(E::from_bits(std::uint16_t(bits)))) != x;
    wrong += double(float(E::from_bits(std::uint16_t(bits | 0x8000)))) != -x || !std::signbit(float(E::from_bits(std::uint16_t(bits | 0x8000))));
    check(x, bits);
    check(middle, bits + bits % 2);
    check(std::nextafter(middle, 0.0), bits);
    check(std::nextafter(middle, 1e300), bits + 1);
    if (float(middle) == middle) {
      wrong += E(float(middle)).bits != bits + bits % 2;
      wrong += E(std::nextafter(float(middle), 0.f)).bits != bits;
      wrong += E(std::nextafter(float(middle), HUGE_VALF)).bits != bits + 1;
    }
  }
  check(1e300, infinity);
  check(HUGE_VAL, infinity);
  check(0x1p-1074, 0);
  CHECK(wrong == 0);
  for (int bits = infinity + 1; bits < 0x8000; ++bits) wrong += !std::isnan(float(E::from_bits(std::uint16_t(bits))));
  CHECK(wrong == 0);
  CHECK(std::isnan(float(E(NAN))));
  CHECK(std::isnan(float(E(std::nan("")))));
  CHECK(float(E::from_bits(std::uint16_t(infinity))) == HUGE_VALF);
}

TEST_CASE("they are values of the language") {
  static_assert(bfloat16(1.5f) + 1 == 2.5f && float16(0.1) != 0.1f && sizeof(bfloat16) == 2 && sizeof(float16) == 2);
  static_assert(bfloat16(0x1.008p0).bits == 0x3f80 && bfloat16(0x1.00801p0).bits == 0x3f80 && bfloat16(0x1.0100000000001p0).bits == 0x3f81);
  static_assert(!std::is_convertible_v<float, bfloat16> && !std::is_convertible_v<double, float16> && std::is_convertible_v<float16, float>);
  static_assert(dtype_of<bfloat16> == dtype::bfloat16 && size_of(dtype::float16) == 2 && name_of(dtype::uint64) == "uint64");
}
