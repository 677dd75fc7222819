// SPDX-License-Identifier: Apache-2.0
// labels: any heavy
// Statements on tensors against plain loops and the C library.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>

#include <tfx/expr/values.hpp>

using namespace tfx;

namespace {

template <class T, class S> tensor<T, S> samples(double scale, double shift) {
  tensor<T, S> t;
  for (int i = 0; i < t.size(); ++i) t.data()[i] = T(shift + scale * ((i * 37) % 41 - 20));
  return t;
}
template <class T, class F> void check_all(const T& found, double tolerance, F expected) {
  for (int i = 0; i < found.size(); ++i) {
    const double x = expected(i);
    REQUIRE(std::abs(double(found.data()[i]) - x) <= tolerance * (1 + std::abs(x)));
  }
}

}  // namespace

TEST_CASE("flat statements, also where the vectors do not come out even") {
  const auto a = samples<float, shape<5, 7>>(0.1, 0.3);
  const auto b = samples<float, shape<5, 7>>(0.05, -0.2);
  tensor c = tanh(2 * a + b) - exp(b) / (a * a + 1);
  check_all(c, 1e-6, [&](int i) {
    const double x = a.data()[i], y = b.data()[i];
    return std::tanh(2 * x + y) - std::exp(y) / (x * x + 1);
  });
  const auto d = samples<double, shape<1001>>(0.01, 0.5);
  tensor e = log1p(abs(d)) * sin(d) + pow(d * d + 1, 1.5);
  check_all(e, 1e-14, [&](int i) {
    const double x = d[i];
    return std::log1p(std::abs(x)) * std::sin(x) + std::pow(x * x + 1, 1.5);
  });
}

TEST_CASE("a statement with broadcasting and a reduction is the loop it says") {
  const auto a = samples<double, shape<6, 5>>(0.2, 0.1);
  const auto r = samples<double, shape<5>>(0.3, 0);
  tensor b = tanh(2 * a + r) - mean<1>(a, keep_dims);
  check_all(b, 1e-14, [&](int i) {
    double m = 0;
    for (int k = 0; k < 5; ++k) m += a(i / 5, k) / 5;
    return std::tanh(2 * a.data()[i] + r[i % 5]) - m;
  });
}

TEST_CASE("floating point that is no integer becomes one all the same") {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const tensor<float, shape<6>> a = {nan, infinity, -infinity, 3e9f, -2.9f, 300};
  CHECK(cast<int>(a) == tensor<int, shape<6>>{0, 2147483647, -2147483647 - 1, 2147483647, -2, 300});
  CHECK(cast<std::uint8_t>(a) == tensor<std::uint8_t, shape<6>>{0, 255, 0, 255, 0, 255});
  const tensor<int, shape<6>> assigned = a + 0;
  CHECK(assigned == cast<int>(a));
}

TEST_CASE("products") {
  const auto a = samples<double, shape<9, 17>>(0.2, 0.1);
  const auto b = samples<double, shape<17, 21>>(0.1, -0.3);
  tensor c = relu(matmul(a, b)) + 1;
  check_all(c, 1e-13, [&](int i) {
    double x = 0;
    for (int k = 0; k < 17; ++k) x += a(i / 21, k) * b(k, i % 21);
    return (x > 0 ? x : 0) + 1;
  });
  tensor d = matmul(transpose(b), transpose(a));
  tensor e = transpose(matmul(a, b));
  CHECK(d == e);
}

TEST_CASE("the result may overlap the operands") {
  auto a = samples<double, shape<40, 40>>(1, 0);  // on the heap
  const auto before = a;
  a = a + transpose(a);
  check_all(a, 0, [&](int i) { return before(i / 40, i % 40) + before(i % 40, i / 40); });
  a = matmul(a, before);
  tensor product = matmul(tensor(before + transpose(before)), before);
  CHECK(a == product);
  a -= mean<1>(a, keep_dims);
  tensor centred = product - mean<1>(product, keep_dims);
  CHECK(a == centred);

  // A view shifted by one element: what was read must not have been written.
  double memory[101];
  for (int i = 0; i < 101; ++i) memory[i] = i;
  tensor_view<double, shape<100>> to(memory + 1), from(memory);
  to = from * 2;
  for (int i = 0; i < 100; ++i) REQUIRE(memory[i + 1] == 2 * i);
}

TEST_CASE("a lazy expression refers to what has a name and owns the rest") {
  auto a = samples<float, shape<2, 3>>(1, 0);
  const auto make = [](const tensor<float, shape<2, 3>>& x) { return relu(2 * x + tensor<float, shape<3>>{1, 2, 3}); };
  auto kept = make(a);
  tensor first = kept + kept;
  check_all(first, 0, [&](int i) { return 2 * std::fmax(0., 2 * double(a.data()[i]) + i % 3 + 1); });
  a(1, 2) = 100;
  CHECK(kept.eval()(1, 2) == 203);
  tensor<float, shape<50, 50>> big = samples<float, shape<50, 50>>(1, 0);
  auto owns_heap = tensor(big) + 1;
  auto copied = owns_heap;
  big = zeros<50, 50>();
  CHECK(copied.eval() == owns_heap.eval());
  CHECK(copied.eval()(0, 0) == -19);
}

TEST_CASE("integers and truth values are converted at the boundary") {
  const tensor<int, shape<4>> index = {2, 0, 1, 2};
  const tensor<float, shape<3, 2>> table = {{1, 2}, {3, 4}, {5, 6}};
  CHECK(gather(table, index) == tensor<float, shape<4, 2>>{{5, 6}, {1, 2}, {3, 4}, {5, 6}});
  CHECK(one_hot<3>(index) == tensor<float, shape<4, 3>>{{0, 0, 1}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}});
  tensor<std::int64_t, shape<2>> wide = {1LL << 40, -5};
  wide = wide * 3 + 1;
  CHECK(wide[0] == 3 * (1LL << 40) + 1);
  const tensor<bool, shape<4>> chosen = index > 0;
  CHECK(sum(where(chosen, index, 0)) == 5);
}

TEST_CASE("a number beside integers is one of theirs") {
  const tensor<std::uint8_t, shape<3>> bytes = {0, 100, 255};
  const tensor<std::uint64_t, shape<1>> wide = {~std::uint64_t(0)};
  int limit = 300;
  tensor<bool, shape<3>> below;
  CHECK_THROWS_WITH(below = bytes < limit, "300 is no uint8; cast the other operand to a type that has it");
  CHECK_THROWS_WITH(below = not_equal(bytes, -1), "-1 is no uint8; cast the other operand to a type that has it");
  CHECK_THROWS_WITH((void)(wide > -1), "-1 is no uint64; cast the other operand to a type that has it");
  CHECK_THROWS_WITH((void)(tensor<int, shape<1>>{7} / 3000000000), "3000000000 is no int32; cast the other operand to a type that has it");
  below = cast<int>(bytes) < limit;
  CHECK(sum(below) == 3);
  below = bytes < 255;
  CHECK(sum(below) == 2);
  CHECK(sum(wide > 18446744073709551614u) == 1);
}

TEST_CASE("tensors of 16-bit numbers hold what is rounded, and compute as the numbers that they are") {
  const tensor<float, shape<4>> x = {1, 1.00390625f, -3.14159f, 1e30f};
  const tensor<bfloat16, shape<4>> rounded = cast<bfloat16>(x), given = {1, 1, bfloat16(-3.14159f), 1e30};   // a tie, to even
  CHECK(rounded == given);
  const tensor<float16, shape<4>> half = cast<float16>(x);
  CHECK(float(half[1]) == 1.00390625f);
  CHECK(float(half[3]) == std::numeric_limits<float>::infinity());
  const tensor<float, shape<4>> twice = rounded * 2 + half;
  CHECK(twice[1] == 2 + 1.00390625f);
  const tensor<bfloat16, shape<4>> positive = relu(rounded);
  CHECK(float(positive[2]) == 0);
  CHECK(float(positive[3]) == float(given[3]));
  CHECK(sum(slice<0, 0, 3>(rounded)) == 2 + float(given[2]));
}

TEST_CASE("random numbers are the stored ones, whatever the extents") {
  // Philox4x32-10 with key (42, 0), counter 0: the first word's upper 24 bits.
  const auto u = random_uniform<5>(42);
  const auto v = random_uniform<3, 7>(42);
  for (int i = 0; i < 5; ++i) CHECK(u[i] == v.data()[i]);
  CHECK(u[0] == uniform01<float>({42, 0, 0}, 0));
  const auto n = random_normal<shape<20000>, double>(7);
  double m = 0, s = 0;
  for (double x : n) m += x / 20000;
  for (double x : n) s += (x - m) * (x - m) / 20000;
  CHECK(std::abs(m) < 4 / std::sqrt(20000.));
  CHECK(std::abs(s - 1) < 4 * std::sqrt(2 / 20000.));
}
