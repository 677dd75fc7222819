// SPDX-License-Identifier: Apache-2.0
// labels: any heavy
// Gradients of functions of tensors at run time, against central differences and against the same in constant
// evaluation.
#include <doctest/doctest.h>

#include <cmath>
#include <span>

#include <tfx/autodiff/custom_gradient.hpp>
#include <tfx/autodiff/transform.hpp>
#include <tfx/expr/values.hpp>

#include "../support/gradient_check.hpp"

using namespace tfx;

namespace {

template <class S> tensor<double, S> samples(double scale, double shift) {
  tensor<double, S> t;
  for (int i = 0; i < t.size(); ++i) t.data()[i] = shift + scale * ((i * 37) % 41 - 20);
  return t;
}

/// The error of grad(f) at x; further arguments are constants.
template <class F, class S, class... More>
double gradient_error_of(const F& f, const tensor<double, S>& x, const More&... more) {
  const auto slope = grad(f)(x, more...);
  const auto value = compiled(f);
  const auto at = [&](std::span<const double> numbers) {
    tensor<double, S> y;
    for (int i = 0; i < y.size(); ++i) y.data()[i] = numbers[std::size_t(i)];
    return value(y, more...);
  };
  return testing::max_gradient_error(at, std::span<const double>(x.data(), std::size_t(x.size())),
                                     std::span<const double>(slope.data(), std::size_t(slope.size())));
}

constexpr auto network = [](auto w, auto b, auto x) { return mean(square(tanh(matmul(x, w) + b))); };
constexpr auto attention = [](auto q, auto k, auto v) {
  return sum(square(matmul(softmax(matmul(q, transpose(k)) / 2), v)));
};

}  // namespace

TEST_CASE("gradients are those of central differences") {
  const auto w = samples<shape<5, 4>>(0.05, 0.01);
  const auto b = samples<shape<4>>(0.1, 0);
  const auto x = samples<shape<7, 5>>(0.04, 0.2);
  CHECK(gradient_error_of(network, w, b, x) < 1e-8);
  CHECK(gradient_error_of(attention, samples<shape<3, 4>>(0.05, 0.1), samples<shape<6, 4>>(0.04, -0.1),
                          samples<shape<6, 2>>(0.1, 0)) < 1e-8);
  CHECK(gradient_error_of([](auto v) { return sum(variance<0>(exp(v)) * max<1>(transpose(v))); },
                          samples<shape<4, 3>>(0.07, 0.3)) < 1e-8);
}

TEST_CASE("a Hessian times a vector is the derivative of the gradient along it") {
  const auto x = samples<shape<6>>(0.1, 0.3), v = samples<shape<6>>(-0.2, 1);
  constexpr auto f = [](auto y) { return sum(exp(sin(y)) * mean(square(y))); };
  const tensor h = hvp(f)(x, v);
  const double step = 1e-5;
  const tensor after = grad(f)(tensor(x + step * v)), before = grad(f)(tensor(x - step * v));
  for (int i = 0; i < 6; ++i) CHECK(h[i] == doctest::Approx((after[i] - before[i]) / (2 * step)).epsilon(1e-7));
  const tensor full = jacobian(grad(f))(x);
  const tensor product = matmul(full, reshape<6, 1>(v));
  for (int i = 0; i < 6; ++i) {
    CHECK(h[i] == doctest::Approx(product(i, 0)).epsilon(1e-13));
    for (int k = 0; k < i; ++k) CHECK(full(i, k) == doctest::Approx(full(k, i)).epsilon(1e-13));
  }
}

TEST_CASE("forward and reverse mode agree") {
  constexpr auto f = [](auto x) { return matmul(tanh(x), transpose(x)); };
  const auto x = samples<shape<3, 4>>(0.1, 0.05), dx = samples<shape<3, 4>>(0.3, -0.1);
  const auto u = samples<shape<3, 3>>(0.2, 0.7);
  const double forward = sum(u * jvp(f)(x, dx)), backward = sum(vjp(f)(x, u) * dx);
  CHECK(forward == doctest::Approx(backward).epsilon(1e-13));
}

TEST_CASE("run time and compile time give the same bits") {
  constexpr tensor<float, shape<3, 2>> x = {{0.1f, -0.7f}, {1.3f, 0.2f}, {-0.4f, 0.9f}};
  constexpr tensor<float, shape<2, 3>> w = {{0.3f, 0.5f, -0.2f}, {0.7f, -0.1f, 0.6f}};
  constexpr tensor<float, shape<3>> b = {0.1f, 0.2f, 0.3f};
  constexpr auto now = value_and_grad<0, 1>(network)(w, b, x);
  const auto later = value_and_grad<0, 1>(network)(w, b, x);
  CHECK(now.get<0>() == later.get<0>());
  CHECK(now.get<1>() == later.get<1>());
  CHECK(now.get<2>() == later.get<2>());
}

TEST_CASE("captured numbers, views and expressions as arguments") {
  double k = 0.5;
  const auto f = [k](auto x) { return sum(k * x * x); };
  tensor<double, shape<2, 3>> a = {{1, 2, 3}, {4, 5, 6}};
  CHECK(grad(f)(a[1]) == tensor<double, shape<3>>{4, 5, 6});
  CHECK(grad(f)(a + 1) == tensor<double, shape<2, 3>>{{2, 3, 4}, {5, 6, 7}});
  k = 7;  // captured by value above
  CHECK(grad(f)(3.0) == 3.0);
}

TEST_CASE("labels are integers beside what is differentiated") {
  constexpr auto loss = [](auto logits, auto label) { return -mean(sum<1>(log_softmax(logits) * one_hot<3>(label))); };
  const tensor<double, shape<2, 3>> logits = {{1, 2, 3}, {0.5, -1, 0}};
  const tensor<int, shape<2>> label = {2, 0};
  CHECK(gradient_error_of(loss, logits, label) < 1e-8);
}

TEST_CASE("gradients of many arguments at once") {
  constexpr auto squares = [](auto... x) { return sum((... + (x * x))); };
  const tensor<double, shape<2>> x = {1, 2};
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    const auto slopes = value_and_grad<int(I)...>(squares)((x * double(I)).eval()...);
    CHECK(slopes.template get<0>() == doctest::Approx(5.0 * 19 * 20 * 39 / 6));
    CHECK(slopes.template get<20>() == tensor<double, shape<2>>{38, 76});
  }(std::make_index_sequence<20>{});
}

TEST_CASE("a rule of one's own is used, and the value keeps its bits") {
  constexpr auto through = custom_gradient([](auto x) { return round(x); }, [](auto, auto, auto dy) { return dy; });
  const tensor<float, shape<3>> x = {0.4f, 1.6f, 1.0f};
  CHECK(compiled(through)(x) == tensor<float, shape<3>>{0, 2, 1});
  const tensor slope = grad([=](auto v) { return sum(through(exp(v)) * v); })(x);
  for (int i = 0; i < 3; ++i) {
    const double e = std::exp(double(x[i]));
    CHECK(slope[i] == doctest::Approx(std::nearbyint(e) + e * double(x[i])).epsilon(1e-6));
  }
}
