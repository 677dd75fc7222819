// SPDX-License-Identifier: Apache-2.0
// Transformations in constant evaluation, against derivatives worked out by hand.
#include <string_view>

#include <tfx/autodiff/custom_gradient.hpp>
#include <tfx/autodiff/transform.hpp>
#include <tfx/expr/values.hpp>

using namespace tfx;

namespace {

constexpr bool near(double a, double b, double tolerance = 1e-14) { return a - b < tolerance && b - a < tolerance; }

// ---- numbers
constexpr auto parabola = [](auto x) { return x * x + 2 * x - 5; };
static_assert(parabola(3.0) == 10.0);
static_assert(grad(parabola)(3.0) == 8.0);
static_assert(grad(grad(parabola))(3.0) == 2.0);
static_assert(grad(grad(grad(parabola)))(3.0) == 0.0);
static_assert(grad(parabola)(3) == 8.0 && grad(parabola)(3.0f) == 8.0f);
static_assert(std::is_same_v<decltype(grad(parabola)(3.0f)), float> &&
              std::is_same_v<decltype(grad(parabola)(3)), double>);

// d/dx tanh(x) e^-x = (1 - tanh^2 - tanh) e^-x
constexpr auto squashed = [](auto x) { return tanh(x) * exp(-x); };
static_assert(near(grad(squashed)(0.5), 0.19671643804788844));

// ---- what is captured
constexpr auto scaled(double k) {
  return [k](auto x) { return k * x * x; };
}
constexpr auto five_times = scaled(5);
static_assert(grad(scaled(5))(3.0) == 30.0);
static_assert(grad(fixed<five_times>)(3.0) == 30.0);
static_assert(grad(grad(scaled(5)))(3.0) == 10.0);

// ---- a variable and a copy of it are two variables: x * d/dy (x y) at y = x is x^2
static_assert(grad([](auto x) { return x * grad([x](auto y) { return x * y; })(x); })(3.0) == 6.0);
static_assert(grad([](auto x) { return grad<0>([](auto a, auto b) { return a * b; })(x, x); })(3.0) == 1.0);

// ---- tensors
constexpr auto mean_squared = [](auto w, auto b, auto x, auto y) { return mean(square(matmul(x, w) + b - y)); };
constexpr auto fit = value_and_grad<0, 1>(mean_squared)(
    tensor<double, shape<2, 1>>{{1}, {2}}, tensor<double, shape<1>>{0.5},
    tensor<double, shape<3, 2>>{{1, 2}, {3, 4}, {5, 6}}, tensor<double, shape<3, 1>>{{1}, {2}, {3}});
// x w + b - y = 4.5, 9.5, 14.5
static_assert(near(fit.get<0>(), (4.5 * 4.5 + 9.5 * 9.5 + 14.5 * 14.5) / 3, 1e-12));
static_assert(near(fit.get<1>()(0, 0), 2. / 3 * (4.5 * 1 + 9.5 * 3 + 14.5 * 5), 1e-12));
static_assert(near(fit.get<2>()[0], 2. / 3 * (4.5 + 9.5 + 14.5), 1e-12));

using vector = tensor<double, shape<3>>;
using matrix = tensor<double, shape<3, 3>>;
constexpr vector point = {1, 2, 3}, direction = {1, 0, 2};
constexpr auto cube = [](auto x) { return x * x * x; };
constexpr auto sum_of_cubes = [](auto x) { return sum(cube(x)); };
static_assert(jvp(cube)(point, direction) == vector{3, 0, 54});
static_assert(vjp(cube)(point, direction) == vector{3, 0, 54});
static_assert(jacobian(cube)(point) == matrix{{3, 0, 0}, {0, 12, 0}, {0, 0, 27}});
static_assert(grad(sum_of_cubes)(point) == vector{3, 12, 27});
static_assert(hvp(sum_of_cubes)(point, direction) == vector{6, 0, 36});

// J = A for x -> A x; in general jvp is J v and vjp is J^T u.
constexpr tensor<double, shape<2, 3>> mixing = {{1, 2, 3}, {4, 5, 6}};
constexpr auto apply_mixing = [](auto a, auto x) { return reshape<2>(matmul(a, reshape<3, 1>(x))); };
constexpr auto pulled = vjp(apply_mixing)(mixing, point, tensor<double, shape<2>>{1, -1});
static_assert(pulled.get<0>() == tensor<double, shape<2, 3>>{{1, 2, 3}, {-1, -2, -3}} &&
              pulled.get<1>() == vector{-3, -3, -3});
static_assert(jvp(apply_mixing)(mixing, point, tensor<double, shape<2, 3>>{{0, 0, 1}, {0, 0, 0}}, direction) ==
              tensor<double, shape<2>>{3 + 7, 16});

// ---- nesting in any order
static_assert(jacobian(grad(sum_of_cubes))(point) == matrix{{6, 0, 0}, {0, 12, 0}, {0, 0, 18}});
static_assert(grad([](auto x) { return sum(jacobian(cube)(x)); })(point) == vector{6, 12, 18});
static_assert(jvp(grad(sum_of_cubes))(point, direction) == vector{6, 0, 36});
static_assert(grad([](auto x) { return sum(jvp(cube)(x, x)); })(point) == vector{9, 36, 81});
static_assert(grad([](auto x) { return sum(hvp(sum_of_cubes)(x, x)); })(point) == vector{12, 24, 36});
static_assert(vjp(compiled(cube))(point, direction) == vector{3, 0, 54});

// ---- an operation of one's own
struct log_cosh_op : elementwise<log_cosh_op> {
  static constexpr auto apply(auto x) { return abs(x) + log1p(exp(-2 * abs(x))) - 0.69314718055994531; }
  static constexpr auto derivative(auto x, auto, auto dy) { return dy * tanh(x); }
};
constexpr auto log_cosh = make_operation<log_cosh_op>;
static_assert(near(log_cosh(1.0), 0.43378083048302719));
static_assert(near(grad(log_cosh)(1.0), 0.76159415595576489));
static_assert(near(grad(grad(log_cosh))(1.0), 0.41997434161402607));
static_assert(near(tensor(log_cosh(point))[0], 0.43378083048302719));

struct largest_op : elementwise<largest_op> {
  static constexpr auto apply(auto a, auto b) { return max(a, b); }
};
constexpr auto largest = make_operation<largest_op>;

// ---- a derivative of one's own
constexpr auto through = custom_gradient([](auto x) { return round(x); }, [](auto, auto, auto dy) { return dy; });
static_assert(through(2.6) == 3.0 && grad(through)(2.6) == 1.0);
static_assert(grad([](auto x) { return through(x) * x; })(2.6) == 3.0 + 2.6);
constexpr auto clipped =
    custom_gradient([](auto a, auto b) { return a * b; },
                    [](auto a, auto b, auto, auto dy) { return bundle(minimum(dy * b, 1), maximum(dy * a, -1)); });
constexpr auto both =
    grad<0, 1>([](auto a, auto b) { return sum(clipped(a, b)); })(tensor<double, shape<2>>{5, -7}, 3.0);
static_assert(both.get<0>() == tensor<double, shape<2>>{1, 1} && both.get<1>() == 5 - 1);
static_assert(grad(grad(custom_gradient([](auto x) { return x; },
                                        [](auto x, auto, auto dy) { return dy * x * x; })))(3.0) == 6.0);

// ---- mistakes: the whole sentence
template <class F, class... X> constexpr bool says(const F&, std::string_view expected, const X&...) {
  return verdict<detail::call_step<F, detail::argument_handle<X>...>>::value() == expected;
}
static_assert(says(grad(cube), "grad: the function gives [3], not one number; sum or mean it, or ask for its jacobian",
                   point));
static_assert(says(grad(sum_of_cubes),
                   "grad: an argument of integers has no gradient; name the others, as in grad<0>(f)",
                   tensor<int, shape<3>>{}));
static_assert(says(vjp(cube), "vjp: the function gives [3], the cotangent is [2]", point, tensor<double, shape<2>>{}));
static_assert(says(hvp(sum_of_cubes), "hvp: the argument is [3], the direction [2]", point,
                   tensor<double, shape<2>>{}));
static_assert(says(
    grad([](auto x) { return sum(largest(x, x)); }),
    "largest has no derivative, but an argument is trained through it; add one, or stop_gradient / nn::frozen", point));

/// The gradient of the gradient of a product over a batch whose rows are counted when it runs.
constexpr bool refuses_products_over_the_batch() {
  builder b;
  scope top(b);
  const var<shape<-4, 3>> x{b.add_input(dims{2, {4, 3}, true}, dtype::real_type, "x")};
  grad([](auto v) { return sum(square(grad([](auto u) { return sum(product<0>(u)); })(v))); })(x);
  return std::string_view(b.wrong.text, std::size_t(b.wrong.size)) == "product over the batch has no second derivative";
}
static_assert(refuses_products_over_the_batch());

}  // namespace
