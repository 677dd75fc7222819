// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <tfx/init/initializer.hpp>

#include "../fixtures/initialisers.hpp"

namespace {

using namespace tfx;

constexpr int count = 1 << 17;

struct sample {
  double mean = 0, deviation = 0, least = 0, most = 0;
};

sample draw(const initializer& how, int fan_in, int fan_out) {
  std::vector<float> x(count);
  init::fill(how, fan_in, fan_out, x.data(), count, 42, site_of("dense/weight", 12));
  sample result;
  for (float value : x) {
    result.mean += static_cast<double>(value) / count;
    result.least = std::fmin(result.least, static_cast<double>(value));
    result.most = std::fmax(result.most, static_cast<double>(value));
  }
  for (float value : x) result.deviation += std::pow(static_cast<double>(value) - result.mean, 2) / count;
  result.deviation = std::sqrt(result.deviation);
  return result;
}

void check_uniform(const initializer& how, int fan_in, int fan_out, double limit) {
  const sample s = draw(how, fan_in, fan_out);
  CHECK(s.deviation == doctest::Approx(limit / std::sqrt(3.0)).epsilon(0.01));
  CHECK(std::fabs(s.mean) < 0.01 * limit);
  CHECK(s.most <= limit * 1.0000001);
  CHECK(s.most > 0.999 * limit);
  CHECK(s.least >= -limit * 1.0000001);
  CHECK(s.least < -0.999 * limit);
}

void check_normal(const initializer& how, int fan_in, int fan_out, double deviation, double parent) {
  const sample s = draw(how, fan_in, fan_out);
  CHECK(s.deviation == doctest::Approx(deviation).epsilon(0.01));
  CHECK(std::fabs(s.mean) < 0.015 * deviation);
  CHECK(s.most <= 2.000001 * parent);
  CHECK(s.most > 1.99 * parent);
  CHECK(s.least >= -2.000001 * parent);
}

struct layer {
  initializer kernel = init::glorot_uniform{};
  initializer bias = init::zeros{};
};
constexpr layer both_spellings{.kernel = init::he_normal{}, .bias = init::ones()};
static_assert(both_spellings.kernel == init::he_normal() && both_spellings.bias == init::constant(1));
static_assert(init::he_normal() == init::variance_scaling(2) && init::he_normal() != init::lecun_normal());

struct numbers {
  float v[8] = {};
};
constexpr numbers in_the_compiler = [] {
  numbers n;
  init::fill(init::he_normal{}, 10, 5, n.v, 8, 7, 1);
  return n;
}();

}  // namespace

TEST_CASE("variance scaling has the limits of Keras") {
  using d = fixtures::dense_bounds;
  check_uniform(init::glorot_uniform{}, d::fan_in, d::fan_out, d::glorot_uniform_limit);
  check_uniform(init::he_uniform{}, d::fan_in, d::fan_out, d::he_uniform_limit);
  check_uniform(init::lecun_uniform{}, d::fan_in, d::fan_out, d::lecun_uniform_limit);
  check_normal(init::glorot_normal{}, d::fan_in, d::fan_out, d::glorot_normal_stddev, d::glorot_normal_parent_stddev);
  check_normal(init::he_normal{}, d::fan_in, d::fan_out, d::he_normal_stddev, d::he_normal_parent_stddev);
  check_normal(init::lecun_normal{}, d::fan_in, d::fan_out, d::lecun_normal_stddev, d::lecun_normal_parent_stddev);
}

TEST_CASE("fans count the receptive field") {
  using c = fixtures::conv2d_bounds;
  using d = fixtures::depthwise_conv2d_bounds;
  CHECK(init::fans_of(2, 4, 3 * 3) == init::fans{c::fan_in, c::fan_out});
  CHECK(init::fans_of(2, 1, 3 * 3) == init::fans{d::fan_in, d::fan_out});
  check_uniform(init::glorot_uniform{}, c::fan_in, c::fan_out, c::glorot_uniform_limit);
}

TEST_CASE("plain distributions") {
  const sample u = draw(init::uniform(-1, 3), 1, 1);
  CHECK(u.mean == doctest::Approx(1).epsilon(0.01));
  CHECK(u.deviation == doctest::Approx(4 / std::sqrt(12.0)).epsilon(0.01));
  const sample n = draw(init::normal(2, 0.5), 1, 1);
  CHECK(n.mean == doctest::Approx(2).epsilon(0.01));
  CHECK(n.deviation == doctest::Approx(0.5).epsilon(0.01));
  const sample t = draw(init::truncated_normal(0, 0.5), 1, 1);
  CHECK(t.deviation == doctest::Approx(0.5 * 0.87962566103423978).epsilon(0.01));
  CHECK(t.most <= 1.0);
  float x[2] = {9, 9};
  init::fill(init::zeros{}, 1, 1, x, 1, 0, 0);
  CHECK(x[0] == 0);
  CHECK(x[1] == 9);
}

TEST_CASE("the numbers depend on seed and site, not on how many there are or where they are made") {
  float many[100], few[8], other[8];
  init::fill(init::he_normal{}, 10, 5, many, 100, 7, 1);
  init::fill(init::he_normal{}, 10, 5, few, 8, 7, 1);
  init::fill(init::he_normal{}, 10, 5, other, 8, 7, 2);
  for (int i = 0; i < 8; ++i) {
    CHECK(many[i] == few[i]);
    CHECK(in_the_compiler.v[i] == few[i]);
    CHECK(other[i] != few[i]);
  }
}

TEST_CASE("orthogonal matrices have orthonormal rows, or columns if they have more rows") {
  auto check = [](int rows, int cols) {
    std::vector<double> m(std::size_t(rows * cols));
    init::fill(init::orthogonal{}, rows, cols, m.data(), rows * cols, 42, 1);
    const bool wide = rows < cols;
    const int lines = wide ? rows : cols, length = wide ? cols : rows;
    double total = 0;
    for (int a = 0; a < lines; ++a)
      for (int b = 0; b <= a; ++b) {
        double product = 0;
        for (int k = 0; k < length; ++k) product += wide ? m[std::size_t(a * cols + k)] * m[std::size_t(b * cols + k)] : m[std::size_t(k * cols + a)] * m[std::size_t(k * cols + b)];
        CHECK(std::fabs(product - (a == b)) < 1e-14);
      }
    for (const double x : m) total += x;
    CHECK(std::fabs(total) < 4 * std::sqrt(double(lines)));   // of deviation sqrt(lines): nothing favours a sign
  };
  check(20, 20);
  check(16, 64);
  check(50, 8);
  check(1, 9);
}
