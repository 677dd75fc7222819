// SPDX-License-Identifier: Apache-2.0
// labels: native
// Rounding to narrower formats, and integers in the registers of numbers.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <tfx/tfx.hpp>
#include <tfx/core/convert.hpp>
#include <tfx/lanes/integers.hpp>
#include <tfx/lanes/narrow.hpp>

#include "vectors.hpp"

namespace {

using namespace tfx;
namespace math = lanes::math;

enum class job { to_bfloat16, to_float16, to_float32, number, unsigned_number, integer, unsigned_integer, wrap_8, wrap_16, wrap_32,
                       wrap_unsigned_8, wrap_unsigned_16, less, divide, unsigned_divide, unsigned_shift };

template <class T> using register_bits = lanes::integer_of<T>;
template <class T> using unsigned_word_of = std::make_unsigned_t<register_bits<T>>;

/// An operation on lanes; integers are the bits of numbers.
template <job Which, class V> TFX_INLINE constexpr V apply(V x, V y) {
  using L = lanes::traits<V>;
  using I = lanes::integer_of<V>;
  const I a = L::bits(x), b = L::bits(y);
  using enum job;
  if constexpr (Which == to_bfloat16) return math::round_to<bfloat16>(x);
  else if constexpr (Which == to_float16) return math::round_to<float16>(x);
  else if constexpr (Which == to_float32) return math::round_to<float>(x);
  else if constexpr (Which == number) return math::number<V>(a);
  else if constexpr (Which == unsigned_number) return math::unsigned_number<V>(a);
  else if constexpr (Which == integer) return L::from_bits(math::integer(x));
  else if constexpr (Which == unsigned_integer) return L::from_bits(math::unsigned_integer(x));
  else if constexpr (Which == wrap_8) return L::from_bits(math::wrap<8>(a));
  else if constexpr (Which == wrap_16) return L::from_bits(math::wrap<16>(a));
  else if constexpr (Which == wrap_32) return L::from_bits(math::wrap<32>(a));
  else if constexpr (Which == wrap_unsigned_8) return L::from_bits(math::wrap_unsigned<8>(a));
  else if constexpr (Which == wrap_unsigned_16) return L::from_bits(math::wrap_unsigned<16>(a));
  else if constexpr (Which == less) return L::from_bits(lanes::traits<I>::select(math::unsigned_less(a, b), a, b));
  else if constexpr (Which == divide) return L::from_bits(math::divide(a, b));
  else if constexpr (Which == unsigned_divide) return L::from_bits(math::unsigned_divide(a, b));
  else return L::from_bits(math::unsigned_shr(a, 5));
}

/// The same by the conversions and operations of the language.
template <job Which, class T> T expected(T x, T y) {
  using integer_type = register_bits<T>;
  using word = unsigned_word_of<T>;
  const auto a = std::bit_cast<integer_type>(x), b = std::bit_cast<integer_type>(y);
  const auto u = word(a), v = word(b);
  const auto in_register = [](auto z) { return std::bit_cast<T>(integer_type(z)); };
  using enum job;
  if constexpr (Which == to_bfloat16) return T(float(bfloat16(x)));
  else if constexpr (Which == to_float16) return T(float(float16(x)));
  else if constexpr (Which == to_float32) return T(float(x));
  else if constexpr (Which == number) return T(a);
  else if constexpr (Which == unsigned_number) return T(u);
  else if constexpr (Which == integer) return in_register(converted<integer_type>(x));
  else if constexpr (Which == unsigned_integer) return in_register(converted<word>(x));
  else if constexpr (Which == wrap_8) return in_register(std::int8_t(a));
  else if constexpr (Which == wrap_16) return in_register(std::int16_t(a));
  else if constexpr (Which == wrap_32) return in_register(std::int32_t(a));
  else if constexpr (Which == wrap_unsigned_8) return in_register(std::uint8_t(a));
  else if constexpr (Which == wrap_unsigned_16) return in_register(std::uint16_t(a));
  else if constexpr (Which == less) return in_register(u < v ? u : v);
  else if constexpr (Which == divide) return in_register(b == 0 ? -1 : b == -1 ? integer_type(word(0) - u) : a / b);
  else if constexpr (Which == unsigned_divide) return in_register(v == 0 ? word(-1) : word(u / v));
  else return in_register(word(u >> 5));
}

template <job Which, class T> struct applied {
  const T* x;
  const T* y;
  T* to;
  int count;
  template <class V> TFX_INLINE void operator()() const {
    using L = lanes::traits<V>;
    for (int i = 0; i < count; i += L::width) L::put(to + i, apply<Which>(L::load(x + i), L::load(y + i)));
  }
};

/// TensorFlow Lite's MultiplyByQuantizedMultiplier, with gemmlowp's SaturatingRoundingDoublingHighMul and RoundingDivideByPOT.
std::int32_t by_quantized(std::int32_t x, std::int32_t multiplier, int shift) {
  const int left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
  const std::int32_t a = std::int32_t(std::uint32_t(x) << left);
  std::int32_t high = std::numeric_limits<std::int32_t>::max();
  if (a != multiplier || a != std::numeric_limits<std::int32_t>::min()) {
    const std::int64_t ab = std::int64_t(a) * multiplier, nudge = ab >= 0 ? 1 << 30 : 1 - (1 << 30);
    high = std::int32_t((ab + nudge) / (std::int64_t(1) << 31));
  }
  const std::int32_t mask = std::int32_t((std::int64_t(1) << right) - 1), rest = high & mask, threshold = (mask >> 1) + (high < 0 ? 1 : 0);
  return (high >> right) + (rest > threshold ? 1 : 0);
}
template <class T> struct quantized {
  const T* x;
  const T* multiplier;
  const T* shift;
  T* to;
  int count;
  template <class V> TFX_INLINE void operator()() const {
    using L = lanes::traits<V>;
    for (int i = 0; i < count; i += L::width)
      L::put(to + i, L::from_bits(math::multiply_by_quantized(L::bits(L::load(x + i)), L::bits(L::load(multiplier + i)), L::bits(L::load(shift + i)))));
  }
};

/// Numbers and bits of all kinds, a multiple of 16 of them.
template <class T> std::vector<T> arguments() {
  using word = unsigned_word_of<T>;
  std::vector<T> x;
  constexpr T edges[] = {T(0.5), T(1), T(1.5), T(127.5), T(0x1p31), T(0x1p32), T(0x1p63), T(0x1p64), T(65504), T(65520), T(65519.99), T(0x1p-24), T(0x1p-25),
                         T(0x1.8p-24), T(0x1p-14), T(0x1.ffcp-15), T(0x1p-126), T(0x1p-133), T(0x1p-134), T(0x1.8p-133), T(0x1.fffffep127), T(0x1.ff0p127), T(0x1.fep127), T(0)};
  for (const T edge : edges)
    for (const T sign : {T(1), T(-1)})
      for (const T near : {edge, std::nextafter(edge, T(-HUGE_VAL)), std::nextafter(edge, T(HUGE_VAL))}) x.push_back(sign * near);
  for (const T special : {std::numeric_limits<T>::infinity(), -std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::max()})
    x.push_back(special);
  for (const std::int64_t integer : {0ll, 1ll, -1ll, 3ll, -3ll, 10ll, 255ll, 128ll, -128ll, 65535ll, 16777217ll, 33554435ll, 2147483647ll, -2147483648ll, 9007199254740993ll, 9223372036854775807ll, -9223372036854775807ll - 1})
    x.push_back(std::bit_cast<T>(register_bits<T>(integer)));
  // Halves between neighbours of 16 bits, and their neighbours.
  for (int bits = 0; bits < 65536; bits += 7)
    for (const float z : {float(bfloat16::from_bits(std::uint16_t(bits))), float(float16::from_bits(std::uint16_t(bits)))}) {
      const auto a = std::bit_cast<std::uint32_t>(z);
      for (const std::uint32_t low : {0x8000u, 0x7fffu, 0x8001u, 0x1000u, 0xfffu, 0x1001u}) x.push_back(T(std::bit_cast<float>(a + low)));
    }
  std::uint64_t state = 1;
  for (int i = 0; i < 40000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const std::uint64_t bits = state >> (64 - 8 * sizeof(T));
    x.push_back(i % 3 == 0 ? T(std::int64_t(state)) * (i % 2 == 0 ? T(0x1p-32) : T(1)) : std::bit_cast<T>(word(i % 3 == 1 ? bits >> (i % 40 % (8 * int(sizeof(T)))) : bits)));
  }
  while (x.size() % 16 != 0) x.push_back(T(1));
  return x;
}

template <class T> const std::vector<T> numbers = arguments<T>();

template <job Which, class T> int wrong(int set) {
  const std::vector<T>& x = numbers<T>;
  std::vector<T> y(x.size()), found(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[(i * 7919 + 13) % x.size()];
  test::with_vectors<T>(applied<Which, T>{x.data(), y.data(), found.data(), int(x.size())}, set);
  int wrong = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const T right = expected<Which>(x[i], y[i]);
    const bool same = Which < job::integer && right != right ? found[i] != found[i] : std::memcmp(&right, &found[i], sizeof(T)) == 0;
    wrong += !same;
  }
  return wrong;
}

}  // namespace

TEST_CASE_TEMPLATE("numbers are rounded, and integers computed, as the language does it", T, float, double) {
  for (const int set : test::vector_sets()) {
    CAPTURE(set);
    CHECK(wrong<job::to_bfloat16, T>(set) == 0);
    CHECK(wrong<job::to_float16, T>(set) == 0);
    CHECK(wrong<job::to_float32, T>(set) == 0);
    CHECK(wrong<job::number, T>(set) == 0);
    CHECK(wrong<job::unsigned_number, T>(set) == 0);
    CHECK(wrong<job::integer, T>(set) == 0);
    CHECK(wrong<job::unsigned_integer, T>(set) == 0);
    CHECK(wrong<job::wrap_8, T>(set) == 0);
    CHECK(wrong<job::wrap_16, T>(set) == 0);
    CHECK(wrong<job::wrap_32, T>(set) == 0);
    CHECK(wrong<job::wrap_unsigned_8, T>(set) == 0);
    CHECK(wrong<job::wrap_unsigned_16, T>(set) == 0);
    CHECK(wrong<job::less, T>(set) == 0);
    CHECK(wrong<job::divide, T>(set) == 0);
    CHECK(wrong<job::unsigned_divide, T>(set) == 0);
    CHECK(wrong<job::unsigned_shift, T>(set) == 0);
  }
}

TEST_CASE_TEMPLATE("products with quantized multipliers are those of TensorFlow Lite", T, float, double) {
  constexpr int count = 1 << 16;
  std::vector<T> x(count), multiplier(count), shift(count), found(count);
  const auto in_register = [](std::int64_t z) { return std::bit_cast<T>(register_bits<T>(z)); };
  const auto integer = [](T z) { return std::int32_t(std::bit_cast<register_bits<T>>(z)); };
  std::uint64_t state = 3;
  const auto next = [&] { return state = state * 6364136223846793005u + 1442695040888963407u, std::uint32_t(state >> 32); };
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = in_register(std::int32_t(next()) >> (i % 32));
    multiplier[i] = in_register(i % 97 == 0 ? 0 : i % 89 == 0 ? std::numeric_limits<std::int32_t>::min() : i % 83 == 0 ? 0x7fffffff : std::int32_t(0x40000000u | (next() >> 2)));
    if (i % 89 == 0 && i % 2 == 0) x[i] = multiplier[i];
    shift[i] = in_register(i % 3 == 0 ? std::int64_t(next() % 31) : -std::int64_t(next() % 32));
    if (i % 89 == 0) shift[i] = in_register(0);
  }
  for (const int set : test::vector_sets()) {
    CAPTURE(set);
    test::with_vectors<T>(quantized<T>{x.data(), multiplier.data(), shift.data(), found.data(), count}, set);
    int wrong = 0;
    for (std::size_t i = 0; i < count; ++i) wrong += std::bit_cast<register_bits<T>>(found[i]) != by_quantized(integer(x[i]), integer(multiplier[i]), integer(shift[i]));
    CHECK(wrong == 0);
  }
}

TEST_CASE("and in constants") {
  static_assert(math::multiply_by_quantized(1000, 0x60000000, -2) == 188 && math::multiply_by_quantized(-1000, 0x60000000, -2) == -188 && math::multiply_by_quantized(3, 0x40000000, 1) == 3);
  static_assert(math::round_to<bfloat16>(1.00390625f) == 1 && math::round_to<bfloat16>(1.01171875f) == 1.015625f && math::round_to<bfloat16>(1.0039062500001) == 1.0078125);
  static_assert(math::round_to<float16>(65519.99f) == 65504 && math::round_to<float16>(-65520.0) < -1e300 && math::round_to<float>(0x1.8p-149) == 0x1p-148);
  static_assert(math::integer(3e9f) == 2147483647 && math::integer(-2.9) == -2 && math::unsigned_integer(-1.f) == 0 && math::unsigned_integer(4294967040.f) == -256);
  static_assert(math::number<float>(16777217) == 16777216 && math::unsigned_number<float>(-1) == 0x1p32f && math::unsigned_number<double>(-1) == 0x1p64);
  static_assert(math::unsigned_divide(-1, 2) == 2147483647 && math::divide(std::numeric_limits<std::int32_t>::min(), -1) == std::numeric_limits<std::int32_t>::min());
}
