// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include <tfx/core/random.hpp>

TEST_CASE_TEMPLATE("uniform numbers have the moments of a uniform distribution", T, float, double) {
  const tfx::random_stream stream{7, 11, 13};
  constexpr int count = 1 << 18;
  double sum = 0, squares = 0, neighbours = 0, previous = 0;
  int histogram[16] = {};
  for (int i = 0; i < count; ++i) {
    const double u = static_cast<double>(tfx::uniform01<T>(stream, static_cast<std::uint64_t>(i)));
    CHECK_UNARY(u >= 0 && u < 1);
    const double x = u - 0.5;
    sum += x;
    squares += x * x;
    neighbours += x * previous;
    previous = x;
    ++histogram[static_cast<int>(16 * u)];
  }
  // Five standard errors.
  CHECK(std::fabs(sum / count) < 5 * std::sqrt(1 / 12.0 / count));
  CHECK(squares / count == doctest::Approx(1 / 12.0).epsilon(5 * std::sqrt(0.8 / count)));
  CHECK(std::fabs(neighbours / count) < 5 * (1 / 12.0) / std::sqrt(count));
  double chi_squared = 0;
  for (int n : histogram) chi_squared += (n - count / 16.0) * (n - count / 16.0) / (count / 16.0);
  CHECK(chi_squared < 50);  // 15 degrees of freedom: probability 1e-5
}

TEST_CASE("float and double draw the same numbers up to rounding") {
  const tfx::random_stream stream{1, 2, 3};
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const double fine = tfx::uniform01<double>(stream, i),
                 coarse = static_cast<double>(tfx::uniform01<float>(stream, i));
    CHECK_UNARY(fine >= coarse && fine < coarse + 0x1p-24);
  }
}

TEST_CASE("seed, step, site and element all matter") {
  const tfx::random_stream stream{1, 2, 3};
  const std::uint32_t word = stream.word(5);
  CHECK(word != tfx::random_stream{2, 2, 3}.word(5));
  CHECK(word != tfx::random_stream{1 + (1ull << 32), 2, 3}.word(5));
  CHECK(word != tfx::random_stream{1, 3, 3}.word(5));
  CHECK(word != tfx::random_stream{1, 2 + (1ull << 32), 3}.word(5));
  CHECK(word != tfx::random_stream{1, 2, 4}.word(5));
  CHECK(word != stream.word(6));
  CHECK(word != stream.word(5 + (1ull << 34)));
}
