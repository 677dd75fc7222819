// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/math.hpp>
#include <tfx/ops/slice.hpp>

namespace tfx {

/// dy where y > 0, else 0: the derivative of relu from its result.
struct relu_gradient_op : elementwise<relu_gradient_op> {
  static constexpr auto apply(auto y, auto dy) { return select(y > decltype(y)(0), dy, decltype(y)(0)); }
  static constexpr auto derivative(auto y, auto, auto, auto d) { return parts(handle{}, detail::apply_map<relu_gradient_op>(y, d)); }
};
/// Rectified linear unit.
///
///     y = max(x, 0)
///
/// Gradient   dx = dy where y > 0, else 0
struct relu_op : elementwise<relu_op> {
  static constexpr bool integers = true, keeps_values = true;
  using of_unsigned = stop_gradient_op;   // itself
  static constexpr auto apply(auto x) { return at_least(x, decltype(x)(0)); }
  static constexpr auto derivative(auto, auto y, auto dy) { return detail::apply_map<relu_gradient_op>(y, dy); }
};
inline constexpr auto relu = make_operation<relu_op>;

/// Logistic function.
///
///     y = 1 / (1 + exp(-x))
///
/// Gradient   dx = dy * y * (1 - y)
struct sigmoid_op : elementwise<sigmoid_op> {
  static constexpr auto apply(auto x) { return sigmoid(x); }
  static constexpr auto derivative(auto, auto y, auto dy) { return dy * (y * (1 - y)); }
};
inline constexpr auto sigmoid = make_operation<sigmoid_op>;

namespace detail {
/// The name of the function that `F` is the type of: without a closing `_function`.
template <class F> inline constexpr std::string_view composed_name = [] {
  constexpr std::string_view name = type_name<F>(), ending = "_function";
  return name.ends_with(ending) ? name.substr(0, name.size() - ending.size()) : name;
}();
}  // namespace detail

/// A function composed of operations, callable on traced values and tensors like an operation itself. `F` is stateless and
/// has `static constexpr auto traced(auto x...)`.
template <class F> struct composed {
  using functor = F;
  template <class... X> requires some_traced<X...> constexpr auto operator()(X... x) const {
    const call_mark here(detail::builder_of(x...), detail::composed_name<F>, {traced_or_none(x)...});
    return here.gives(F::traced(x...));
  }
  template <class... X> requires some_value<X...> constexpr auto operator()(X&&... x) const {
    return make_expression<composed>(static_cast<X&&>(x)...);
  }
};

struct square_function {
  static constexpr auto traced(auto x) { return x * x; }
};
inline constexpr composed<square_function> square{};

/// Softplus, the smooth form of relu.
///
///     y = log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|))
///
/// Gradient   dx = dy * sigmoid(x)
/// Numerics   never overflows, and keeps its digits for x far below 0
struct softplus_function_op : elementwise<softplus_function_op> {
  static constexpr std::string_view name = "softplus";
  static constexpr auto apply(auto x) { return at_least(x, decltype(x)(0)) + log1p(exp(-abs(x))); }
  static constexpr auto derivative(auto x, auto, auto dy) { return dy * detail::apply_map<sigmoid_op>(x); }
};
inline constexpr auto softplus = make_operation<softplus_function_op>;

/// log(sigmoid(x)) = -softplus(-x), accurate where sigmoid underflows.
struct log_sigmoid_function {
  static constexpr auto traced(auto x) { return -softplus(-x); }
};
inline constexpr composed<log_sigmoid_function> log_sigmoid{};

namespace detail {
}  // namespace detail

/// dy * y'(x) of gelu: from the input alone, so that nothing but the input is kept for it.
struct gelu_gradient_op : elementwise<gelu_gradient_op> {
  static constexpr std::string_view name = "gelu_gradient";
  static TFX_INLINE constexpr auto apply(auto x, auto dy) {
    using L = decltype(x);
    const auto normal = normal_distribution(x);
    return dy * fma(at_most(at_least(x, L(-40)), L(40)), L(0.39894228040143268) * normal.bell, normal.below);
  }
  static constexpr auto derivative(auto x, auto dy, auto, auto d) {
    const auto near = detail::confined<40>(x), near_square = near * near;
    return parts(d * dy * ((2 - near_square) * (0.39894228040143268 * exp(-0.5 * near_square))), detail::apply_map<gelu_gradient_op>(x, d));
  }
};
/// Gaussian error linear unit, x * P(N <= x), exact.
///
///     y = x / 2 * (1 + erf(x / sqrt(2)))
///
/// Numerics   to its own digits also far below 0, where it is small; -0 at minus infinity
/// Source     Hendrycks and Gimpel 2016
struct gelu_function_op : elementwise<gelu_function_op> {
  static constexpr std::string_view name = "gelu";
  static TFX_INLINE constexpr auto apply(auto x) { return at_least(x, decltype(x)(-40)) * normal_distribution(x).below; }
  static constexpr auto derivative(auto x, auto, auto dy) { return detail::apply_map<gelu_gradient_op>(x, dy); }
};
inline constexpr auto gelu = make_operation<gelu_function_op>;

namespace detail {
/// What the tanh form of gelu is made of: y = x * s, s = (1 + tanh(u)) / 2 = sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3).
struct gelu_tanh_terms {
  static constexpr double slope = 1.5957691216057308, cubic = 0.071354816272600252;   // of 2 u = slope * x + cubic * x^3
  static constexpr auto twice_u(auto x) { return x * (slope + cubic * x * x); }
  static constexpr auto twice_u_slope(auto x) { return slope + 3 * cubic * x * x; }
};
}  // namespace detail
/// dy * y'(x) of gelu_tanh, with y' = s + x s (1 - s) (2 u)'.
struct gelu_tanh_gradient_op : elementwise<gelu_tanh_gradient_op> {
  static constexpr std::string_view name = "gelu_tanh_gradient";
  static TFX_INLINE constexpr auto apply(auto x, auto dy) {
    using L = decltype(x);
    const L near = at_most(at_least(x, L(-30)), L(30)), s = 1 / (1 + exp(-detail::gelu_tanh_terms::twice_u(near)));
    return dy * (s * (1 + near * (1 - s) * detail::gelu_tanh_terms::twice_u_slope(near)));
  }
  static constexpr auto derivative(auto x, auto dy, auto, auto d) {
    const auto near = detail::confined<30>(x);
    const auto s = detail::apply_map<sigmoid_op>(detail::gelu_tanh_terms::twice_u(near));
    const auto w = detail::gelu_tanh_terms::twice_u_slope(near);
    const auto second = s * (1 - s) * (2 * w + near * ((1 - 2 * s) * w * w + 6 * detail::gelu_tanh_terms::cubic * near));
    return parts(d * dy * second, detail::apply_map<gelu_tanh_gradient_op>(x, d));
  }
};
/// Gaussian error linear unit with tanh in place of erf: what Keras and PyTorch call approximate.
///
///     y = x / 2 * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
///
/// Numerics   never the difference 1 - tanh; far below 0 the rounding of the exponent counts, up to 100 ULP (double 1000)
/// Source     Hendrycks and Gimpel 2016, equation 2
struct gelu_tanh_op : elementwise<gelu_tanh_op> {
  static TFX_INLINE constexpr auto apply(auto x) {
    const auto low = at_least(x, decltype(x)(-30));
    return low / (1 + exp(-detail::gelu_tanh_terms::twice_u(low)));
  }
  static constexpr auto derivative(auto x, auto, auto dy) { return detail::apply_map<gelu_tanh_gradient_op>(x, dy); }
};
inline constexpr auto gelu_tanh = make_operation<gelu_tanh_op>;

/// x * sigmoid(x), also called swish.
///
/// Gradient   dx = dy * (s + x s (1 - s)),   s = sigmoid(x)
/// Numerics   at most 4 ULP; -0 at minus infinity, and from about -1e-36 (double -1e-305) on
struct silu_op : elementwise<silu_op> {
  static TFX_INLINE constexpr auto apply(auto x) {
    using L = decltype(x);
    return at_least(x, L(-800)) / (L(1) + exp(-x));
  }
  static constexpr auto derivative(auto x, auto, auto dy) {
    const auto near = detail::confined<800>(x), s = detail::apply_map<sigmoid_op>(near);
    return dy * (s + near * (s * (1 - s)));
  }
};
inline constexpr auto silu = make_operation<silu_op>;

/// x where x > 0, else exp(x) - 1.
struct elu_function {
  static constexpr auto traced(auto x) { return where(x > 0, x, expm1(minimum(x, 0))); }
};
inline constexpr composed<elu_function> elu{};

/// Self-normalising exponential unit.
///
/// Source     Klambauer et al. 2017
struct selu_function {
  static constexpr auto traced(auto x) {
    return 1.0507009873554805 * where(x > 0, x, 1.6732632423543772 * expm1(minimum(x, 0)));
  }
};
inline constexpr composed<selu_function> selu{};

/// min(max(x, 0), 6).
///
/// Gradient   dy where 0 < x < 6, else 0
struct relu6_op : elementwise<relu6_op> {
  static constexpr auto apply(auto x) { return at_most(at_least(x, decltype(x)(0)), decltype(x)(6)); }
  static constexpr auto derivative(auto x, auto, auto dy) { return where(x > 0, where(x < 6, dy, 0), 0); }
};
inline constexpr auto relu6 = make_operation<relu6_op>;

/// relu6(x + 3) / 6: 0 below -3, 1 above 3, a line between.
struct hard_sigmoid_function {
  static constexpr auto traced(auto x) { return relu6(x + 3) / 6; }
};
inline constexpr composed<hard_sigmoid_function> hard_sigmoid{};

/// x * hard_sigmoid(x), also called hard swish.
///
/// Source     Howard et al. 2019
struct hard_silu_function {
  static constexpr auto traced(auto x) { return maximum(x, -3) * hard_sigmoid(x); }   // which is 0 below
};
inline constexpr composed<hard_silu_function> hard_silu{};

/// x * tanh(softplus(x)).
///
/// Numerics   as `silu`
/// Source     Misra 2019
struct mish_op : elementwise<mish_op> {
  static constexpr auto apply(auto x) {
    using L = decltype(x);
    return at_least(x, L(-800)) * tanh(softplus_function_op::apply(x));
  }
  static constexpr auto derivative(auto x, auto, auto dy) {
    const auto near = detail::confined<800>(x), t = tanh(detail::apply_map<softplus_function_op>(near));
    return dy * (t + near * ((1 - t * t) * detail::apply_map<sigmoid_op>(near)));
  }
};
inline constexpr auto mish = make_operation<mish_op>;

/// x / (1 + |x|).
///
/// Gradient   dx = dy / (1 + |x|)^2
struct softsign_op : elementwise<softsign_op> {
  static constexpr auto apply(auto x) {
    using L = decltype(x);
    const L near = at_most(at_least(x, L(-0x1p60)), L(0x1p60));   // beyond that it is 1, at infinity too
    return near / (L(1) + abs(near));
  }
  static constexpr auto derivative(auto x, auto, auto dy) {
    const auto share = 1 / (1 + abs(x));
    return dy * (share * share);
  }
};
inline constexpr auto softsign = make_operation<softsign_op>;

/// x where x > 0, else slope * x. The default is Keras's function's; Keras's layer has 0.3, PyTorch and JAX have 0.01.
template <traced X> constexpr auto leaky_relu(X x, double slope = 0.2) { return where(x > 0, x, slope * x); }

/// x where x > 0, else alpha * (exp(x / alpha) - 1): continuous slopes for every alpha.
///
/// Source     Barron 2017
template <traced X> constexpr auto celu(X x, double alpha = 1) { return where(x > 0, x, alpha * expm1(minimum(x, 0) / alpha)); }

/// x between -1 and 1.
struct hard_tanh_function {
  static constexpr auto traced(auto x) { return clip(x, -1, 1); }
};
inline constexpr composed<hard_tanh_function> hard_tanh{};

/// x - tanh(x).
struct tanh_shrink_function {
  static constexpr auto traced(auto x) { return x - tanh(x); }
};
inline constexpr composed<tanh_shrink_function> tanh_shrink{};

/// x nearer to 0 by `bound`, and 0 within it.
template <traced X> constexpr auto soft_shrink(X x, double bound = 0.5) { return where(x > bound, x - bound, where(x < -bound, x + bound, 0)); }
/// x, and 0 where |x| <= bound.
template <traced X> constexpr auto hard_shrink(X x, double bound = 0.5) { return where(abs(x) > bound, x, 0); }
/// x, and `value` where x <= bound.
template <traced X> constexpr auto threshold(X x, double bound = 0, double value = 0) { return where(x > bound, x, value); }

/// (x + sqrt(x^2 + b)) / 2: as softplus, without exponentials.
///
/// Source     Barron 2021
template <traced X> constexpr auto squareplus(X x, double b = 4) { return 0.5 * (x + sqrt(x * x + b)); }

/// Gated linear unit: a * sigmoid(b) of the two halves of an axis, by default the last.
///
/// Shape      x: S  ->  S with half of that axis
/// Errors     axis out of range, or of an odd extent
/// Source     Dauphin et al. 2017
template <int Axis = -1, class S, class T> constexpr auto glu(var<S, T> x, source_line at = {}) {
  constexpr int axis = Axis < 0 ? Axis + S::value.rank : Axis;
  if constexpr (!detail::is_free_axis(S::value, axis) || S::value.extent[axis] % 2 != 0) {
    x.h.graph->line = at.value;
    x.h.graph->complain("glu", at_path{}, ": there are no halves of axis ", Axis, " of ", S::value);
    return x;
  } else {
    constexpr int half = S::value.extent[axis] / 2;
    return slice<axis, 0, half>(x, at) * sigmoid(slice<axis, half, 2 * half>(x, at));
  }
}

}  // namespace tfx
