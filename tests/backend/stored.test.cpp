// SPDX-License-Identifier: Apache-2.0
// labels: native
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <tfx/tfx.hpp>

#include "guarded.hpp"
#include "vectors.hpp"

namespace {

using namespace tfx;

/// What a register has for an element, by the conversions of the language.
template <lies_as As, class T, class E> T expected_word(E x) {
  if constexpr (As == lies_as::boolean) {
    return T(x);
  } else if constexpr (std::is_integral_v<E>) {
    using integer = lanes::integer_of<T>;
    using same = std::conditional_t<std::is_signed_v<E>, integer, std::make_unsigned_t<integer>>;
    if constexpr (sizeof(E) > sizeof(integer)) {
      using limits = std::numeric_limits<same>;
      x = x > E(limits::max()) ? E(limits::max()) : x < E(limits::min()) ? E(limits::min()) : x;
    }
    return std::bit_cast<T>(integer(same(x)));
  } else {
    return T(float(x));
  }
}

template <lies_as As, class T> bool equal(T a, T b) {
  const bool number = As < lies_as::int8;
  return (number && a != a && b != b) || std::memcmp(&a, &b, sizeof(T)) == 0;
}

/// The first n elements of a vector: as words, put again, and the last one in all lanes.
template <lies_as As, class T> struct moved {
  static constexpr int most = 64 / int(sizeof(T));
  const void* from;
  const void* last;
  void* to;
  int n;
  int& width;
  T* words;
  T* lasts;

  template <class V> TFX_INLINE void operator()() const {
    width = lanes::traits<V>::width;
    if (n > width) return;
    const V x = lanes::stored<As, V>::load(from, n);
    lanes::traits<V>::put(words, x);
    lanes::stored<As, V>::put(to, x, n);
    lanes::traits<V>::put(lasts, lanes::stored<As, V>::splat(last));
  }
};

/// Runs of n of the values, at the end of readable memory, for every n up to a vector.
template <lies_as As, class T, class E> int wrong(const std::vector<E>& values, int set) {
  int wrong = 0, width = 1;
  for (int n = 1; n <= width; ++n) {
    const auto count = std::size_t(n);
    test::guarded<E> from(count), to(count + 1);
    T words[moved<As, T>::most], lasts[moved<As, T>::most];
    const auto bytes = [&](test::guarded<E>& of) { return reinterpret_cast<unsigned char*>(of.data()); };
    for (std::size_t first = 0; first + count <= values.size(); first += count) {
      std::memcpy(bytes(from), values.data() + first, sizeof(E) * count);
      std::memset(bytes(to), 0x5a, sizeof(E) * (count + 1));
      test::with_vectors<T>(moved<As, T>{from.data(), &from[count - 1], to.data() + 1, n, width, words, lasts}, set);
      if (n > width) return wrong;
      for (int i = 0; i < width; ++i) {
        const T expected = i < n ? expected_word<As, T>(from[std::size_t(i)]) : T(0);
        wrong += !equal<As>(words[i], expected) + !equal<As>(lasts[i], expected_word<As, T>(from[count - 1]));
        if (i < n) wrong += !equal<As>(expected_word<As, T>(to[std::size_t(i) + 1]), expected);
      }
      for (std::size_t i = 0; i < sizeof(E); ++i) wrong += bytes(to)[i] != 0x5a;
    }
    // What lies behind the n elements stays.
    std::vector<unsigned char> area(sizeof(E) * std::size_t(width + 1), 0x33);
    test::with_vectors<T>(moved<As, T>{from.data(), from.data(), area.data(), n, width, words, lasts}, set);
    for (std::size_t i = sizeof(E) * count; i < area.size(); ++i) wrong += area[i] != 0x33;
  }
  return wrong;
}

template <class E> std::vector<E> of_all_bits() {
  using word = std::conditional_t<sizeof(E) == 1, std::uint8_t, std::uint16_t>;
  std::vector<E> values;
  for (int i = 0; i < (sizeof(E) == 1 ? 1024 : 65536); ++i) values.push_back(std::bit_cast<E>(word(i)));
  return values;
}
template <class E> std::vector<E> integers() {
  using limits = std::numeric_limits<E>;
  std::vector<E> values;
  for (int round = 0; round < 9; ++round)
    for (std::uint64_t x : {std::uint64_t(limits::min()), std::uint64_t(limits::max()), std::uint64_t(0), std::uint64_t(1), ~std::uint64_t(0),
                            std::uint64_t(0x7fffffff), std::uint64_t(0x80000000), std::uint64_t(0xffffffff), std::uint64_t(0x100000000),
                            ~std::uint64_t(0x7fffffff), ~std::uint64_t(0x80000000), std::uint64_t(16777217), std::uint64_t(0x123456789abcdef)})
      values.push_back(E(x));
  return values;
}
std::vector<float> floats() {
  std::vector<float> values = {0.f, -0.f, 1.f, -1.f, 0x1p-149f, -0x1p-149f, 0x1.fffffcp-127f, 0x1p-126f, 0x1.fffffep127f, HUGE_VALF, -HUGE_VALF, NAN};
  std::uint64_t state = 1;
  for (int i = 0; i < 5000; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    values.push_back(std::bit_cast<float>(std::uint32_t(state >> 32)));
  }
  return values;
}

}  // namespace

TEST_CASE_TEMPLATE("elements of every type are loaded and put, and nothing beyond them", T, float, double) {
  std::vector<std::uint8_t> booleans;
  for (int i = 0; i < 300; ++i) booleans.push_back(std::uint8_t(i * i % 7 % 2));
  for (const int set : test::vector_sets()) {
    CAPTURE(set);
    CHECK(wrong<lies_as::bfloat16, T>(of_all_bits<bfloat16>(), set) == 0);
    CHECK(wrong<lies_as::float16, T>(of_all_bits<float16>(), set) == 0);
    CHECK(wrong<lies_as::int16, T>(of_all_bits<std::int16_t>(), set) == 0);
    CHECK(wrong<lies_as::uint16, T>(of_all_bits<std::uint16_t>(), set) == 0);
    CHECK(wrong<lies_as::int8, T>(of_all_bits<std::int8_t>(), set) == 0);
    CHECK(wrong<lies_as::uint8, T>(of_all_bits<std::uint8_t>(), set) == 0);
    CHECK(wrong<lies_as::boolean, T>(booleans, set) == 0);
    CHECK(wrong<lies_as::int32, T>(integers<std::int32_t>(), set) == 0);
    CHECK(wrong<lies_as::uint32, T>(integers<std::uint32_t>(), set) == 0);
    CHECK(wrong<lies_as::int64, T>(integers<std::int64_t>(), set) == 0);
    CHECK(wrong<lies_as::uint64, T>(integers<std::uint64_t>(), set) == 0);
    CHECK(wrong<lies_as::float32, T>(floats(), set) == 0);
    if (sizeof(T) == 4) CHECK(wrong<lies_as::word, float>(floats(), set) == 0);
  }
}
