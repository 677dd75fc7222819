// SPDX-License-Identifier: Apache-2.0
// labels: native
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <tfx/backend/simd/random.hpp>
#include <tfx/lanes/random.hpp>

using namespace tfx;

TEST_CASE_TEMPLATE("words are those of the stream, from any element and in any number", V, float, xsimd::batch<float>,
                   xsimd::batch<double>) {
  const random_stream stream{0x123456789abcdefu, 0x7654321012u, 99};
  for (std::uint64_t first : {std::uint64_t(0), std::uint64_t(3), (std::uint64_t(1) << 34) - 8}) {
    for (int count : {1, 5, 64, 131}) {
      for (int plane : {0, 1}) {
        std::vector<std::uint32_t> words(std::size_t(count), 0u);
        lanes::random_words<V>(stream, first, count, words.data(), plane);
        int wrong = 0;
        for (int i = 0; i < count; ++i) wrong += words[std::size_t(i)] != stream.word(first + std::uint64_t(i), plane);
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE_TEMPLATE("a batch draws the numbers that scalars draw", V, xsimd::batch<float>, xsimd::batch<double>) {
  using T = lanes::scalar_of<V>;
  constexpr int width = lanes::traits<V>::width;
  const random_stream stream{4, 5, 6};
  for (std::uint64_t first : {std::uint64_t(0), std::uint64_t(64), std::uint64_t(7)}) {
    T uniform[width], normal[width];
    lanes::traits<V>::put(uniform, lanes::uniform<V>(stream, first));
    lanes::traits<V>::put(normal, lanes::normal<V>(stream, first));
    for (int i = 0; i < width; ++i) {
      CHECK(uniform[i] == uniform01<T>(stream, first + std::uint64_t(i)));
      CHECK(normal[i] == lanes::normal<T>(stream, first + std::uint64_t(i)));
    }
  }
}

TEST_CASE_TEMPLATE("normal numbers have the moments of the normal distribution", V, xsimd::batch<float>,
                   xsimd::batch<double>) {
  using T = lanes::scalar_of<V>;
  constexpr int width = lanes::traits<V>::width, count = 1 << 18;
  const random_stream stream{8, 0, 1};
  double moments[5] = {};
  for (int at = 0; at < count; at += width) {
    T x[width];
    lanes::traits<V>::put(x, lanes::normal<V>(stream, std::uint64_t(at)));
    for (T value : x) {
      for (int k = 1; k <= 4; ++k) moments[k] += std::pow(static_cast<double>(value), k) / count;
    }
  }
  // Five standard errors; the variance of x^k is E x^2k - (E x^k)^2.
  const double error = 5 / std::sqrt(count);
  CHECK(std::fabs(moments[1]) < error);
  CHECK(std::fabs(moments[2] - 1) < error * std::sqrt(2.0));
  CHECK(std::fabs(moments[3]) < error * std::sqrt(15.0));
  CHECK(std::fabs(moments[4] - 3) < error * std::sqrt(96.0));
}
