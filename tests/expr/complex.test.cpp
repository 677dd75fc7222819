// SPDX-License-Identifier: Apache-2.0
// Complex numbers in statements, functions and programs against NumPy and JAX, at zeros, infinities and NaN too.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <tfx/autodiff/transform.hpp>
#include <tfx/expr/complex.hpp>
#include <tfx/expr/values.hpp>
#include <tfx/tfx.hpp>

#include "../fixtures/complex.hpp"

using namespace tfx;
namespace stored = tfx::fixtures::complex_numbers;

namespace {

constexpr int count = int(sizeof(stored::a) / sizeof(stored::a[0])), random_ones = int(sizeof(stored::at) / sizeof(stored::at[0]));
using numbers = tensor<complex128, shape<count>>;
template <int N> tensor<complex128, shape<N>> read(const double (&from)[N][2]) {
  tensor<complex128, shape<N>> to;
  for (int i = 0; i < N; ++i) to[i] = complex128(from[i][0], from[i][1]);
  return to;
}
bool same_part(double found, double expected, double size) {
  if (std::isnan(expected) || std::isinf(expected)) return std::isnan(expected) ? std::isnan(found) : found == expected;
  return std::abs(found - expected) <= 1e-14 * (std::isfinite(size) ? size : std::abs(expected));
}
template <class T, int N> void check_all(const tensor<T, shape<N>>& found, const double (&expected)[N][2]) {
  for (int i = 0; i < N; ++i) {
    CAPTURE(i);
    const double size = std::hypot(expected[i][0], expected[i][1]);
    REQUIRE(same_part(std::real(found[i]), expected[i][0], size));
    REQUIRE(same_part(std::imag(found[i]), expected[i][1], size));
  }
}

struct all_of_them {
  constexpr auto operator()(auto a, auto b) const {
    auto product = param<shape<3>>(a, "gain", init::ones{}) * a * b;
    return outputs(product, a / b, abs(a), sum<1>(a), where(a == b, a, complex64(0, 1)), a != b);
  }
};
inline constexpr all_of_them step{};

template <class Backend> std::vector<float> bits_on() {
  program_on<Backend, step, input_of<complex64, 5, 3>, input_of<complex64, 5, 3>> p{seed{1}};
  std::vector<complex64> a, b;
  for (int i = 0; i < 15; ++i) {
    a.emplace_back(float(i) / 7 - 1, 0.3f * float(i % 4));
    b.emplace_back(1.5f - float(i) / 9, float(i % 3) - 1.1f);
  }
  b[4] = a[4];
  auto [product, quotient, size, sums, chosen, differ] = p(a, b);
  std::vector<float> all(size.begin(), size.end());
  const auto add = [&](const auto& t) {
    for (const complex64 z : t) all.insert(all.end(), {z.real(), z.imag()});
  };
  add(product), add(quotient), add(sums), add(chosen);
  CHECK(chosen(1, 1) == a[4]);
  CHECK(chosen(1, 2) == complex64(0, 1));
  CHECK((!differ(1, 1) && differ(0, 0)));
  CHECK(std::abs(product(1, 1) - a[4] * b[4]) < 1e-6f);
  CHECK(std::abs(sums[2] - (a[6] + a[7] + a[8])) < 1e-6f);
  return all;
}

}  // namespace

TEST_CASE("complex arithmetic is NumPy's") {
  const numbers a = read(stored::a), b = read(stored::b);
  check_all(numbers(a + b), stored::sum);
  check_all(numbers(a - b), stored::difference);
  check_all(numbers(a * b), stored::product);
  check_all(numbers(a / b), stored::quotient);
  check_all(tensor<double, shape<count>>(abs(a)), stored::size);
  check_all(tensor<double, shape<count>>(angle(a)), stored::angle);
  const tensor<bool, shape<count>> equals = equal(a, b), differs = not_equal(a, b);
  for (int i = 0; i < count; ++i) REQUIRE((equals[i] == (a[i] == b[i]) && differs[i] != equals[i]));
}

TEST_CASE("gradients with respect to complex values are JAX's") {
  constexpr auto f = [](auto z) { return sum(abs(z * z / (z + complex128(2, -1))) + angle(z) * real_part(z) + imag_part(conj(z) * complex128(1, 3))); };
  const auto gradient = grad(f)(read(stored::at));
  for (int i = 0; i < random_ones; ++i) {
    CAPTURE(i);
    REQUIRE(std::abs(gradient[i] - complex128(stored::gradient[i][0], stored::gradient[i][1])) <= 1e-12 * (1 + std::abs(gradient[i])));
  }
  CHECK(grad([](auto z) { return abs(z); })(complex128(0, 0)) == complex128(0, 0));
}

TEST_CASE("complex statements: numbers beside them, in place, rows of others, while compiling") {
  constexpr auto squares = [] {
    tensor<complex64, shape<2>> z = {complex64(1, 2), 3};
    return tensor<complex64, shape<2>>(z * z - complex64(0, 1) * z / 2);
  }();
  static_assert(squares[0] == complex64(-2, 3.5f) && squares[1] == complex64(9, -1.5f));
  tensor<complex64, shape<2, 3>> z;
  for (int i = 0; i < 6; ++i) z.data()[i] = complex64(float(i), 1);
  const tensor<float, shape<3>> x = {1, 2, 3};
  tensor shifted = z + x;
  CHECK(shifted(1, 2) == complex64(8, 1));
  z = z * complex64(0, 1) + 1.0;
  CHECK((z(0, 0) == complex64(0, 0) && z(1, 2) == complex64(0, 5)));
  z[1] = make_complex(x, -x);
  CHECK(z(1, 1) == complex64(2, -2));
  z += z;
  CHECK(z(1, 1) == complex64(4, -4));
  CHECK(complex64(sum(z[1])) == complex64(12, -12));
  CHECK(tensor(where(x > 1.5, z[1], complex64(0, 1)))[0] == complex64(0, 1));
}

TEST_CASE("complex inputs and outputs of programs, with the same bits on every backend") {
  const std::vector<float> on_vectors = bits_on<backend::simd<>>();
  CHECK(on_vectors == bits_on<backend::scalar>());
  CHECK(on_vectors == bits_on<backend::reference>());
}

TEST_CASE("products and means of complex matrices") {
  tensor<complex128, shape<2, 3>> a;
  for (int i = 0; i < 6; ++i) a.data()[i] = complex128(i - 2, i % 2 + 0.5);
  const tensor<complex128, shape<3>> x = {complex128(1, 1), complex128(0, -2), complex128(0.5, 3)};
  const tensor<complex128, shape<2>> y = {complex128(2, 1), complex128(-1, 4)};
  const tensor squared = matmul(a, transpose(a));
  const tensor<complex128, shape<2>> column = matmul(a, x), means = mean<0>(conj(reshape<3, 2>(a)));
  const tensor<complex128, shape<3>> row = matmul(y, a);
  for (int i = 0; i < 2; ++i) {
    complex128 expected = 0, mean = 0;
    for (int k = 0; k < 3; ++k) {
      expected += a(i, k) * x[k];
      mean += std::conj(a.data()[2 * k + i]) / 3.0;
      CHECK(std::abs(row[k] - (y[0] * a(0, k) + y[1] * a(1, k))) < 1e-14);
    }
    CHECK(std::abs(column[i] - expected) < 1e-14);
    CHECK(std::abs(means[i] - mean) < 1e-14);
    for (int j = 0; j < 2; ++j) CHECK(std::abs(squared(i, j) - (a(i, 0) * a(j, 0) + a(i, 1) * a(j, 1) + a(i, 2) * a(j, 2))) < 1e-14);
  }
}
