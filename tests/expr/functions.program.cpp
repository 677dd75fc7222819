// SPDX-License-Identifier: Apache-2.0
// Prints what can be called on tensors, as docs/reference/operations.md writes it: `name: v` or `name: -`.
#include <cstdio>
#include <type_traits>

#include <tfx/expr/values.hpp>
#include <tfx/ops.hpp>

using namespace tfx;

namespace {

using matrix = tensor<float, shape<2, 2>>;
using row = tensor<float, shape<2>>;
using image = tensor<float, shape<1, 4, 4, 2>>;
using transforms = tensor<float, shape<1, 6>>;
using filters = tensor<float, shape<3, 3, 2, 1>>;
using spread = tensor<float, shape<3, 3, 1, 2>>;   // of a transposed convolution
using whole = tensor<int, shape<2>>;
using heads = tensor<float, shape<1, 2, 1, 2>>;

/// A call counts if it is an expression of tensors, as `==` is not, without a mistake.
template <class F, class... X> constexpr bool is_expression() {
  if constexpr (!std::is_invocable_v<F, X...>) return false;
  else if constexpr (!value_like<std::invoke_result_t<F, X...>>) return false;
  else return verdict<detail::statement<std::remove_cvref_t<std::invoke_result_t<F, X...>>>>::right;
}
template <class... X, class F> void tell(const char* name, F) { std::printf("%s: %s\n", name, is_expression<F, X...>() ? "v" : "-"); }

// A call that does not compile takes its function out of overload resolution.
#define OF_ONE(name, ...) tell<matrix>(name, [](auto x) -> decltype(__VA_ARGS__) { return __VA_ARGS__; });
#define OF(types, name, ...) tell<types>(name, [](auto x, auto y) -> decltype(__VA_ARGS__) { return __VA_ARGS__; });
#define COMMA ,

void element_by_element() {
  OF(matrix COMMA matrix, "+ - * /", ((x + y) * (x - y)) / y)
  OF_ONE("-", -x)
  OF(matrix COMMA matrix, "< <= > >=", (x < y) + (x <= y) + (x > y) + (x >= y))
  OF(matrix COMMA matrix, "==", x == y)
  OF(matrix COMMA matrix, "!=", x != y)
  OF(matrix COMMA matrix, "where(c, a, b)", where(x > y, x, y))
  OF(matrix COMMA matrix, "maximum(a, b)", maximum(x, y))
  OF(matrix COMMA matrix, "minimum(a, b)", minimum(x, y))
  OF_ONE("clip(x, lower, upper)", clip(x, -1, 1))
  OF_ONE("stop_gradient(x)", stop_gradient(x))
  OF_ONE("exp", exp(x))
  OF_ONE("expm1", expm1(x))
  OF_ONE("log", log(x))
  OF_ONE("log1p", log1p(x))
  OF_ONE("sqrt", sqrt(x))
  OF_ONE("rsqrt", rsqrt(x))
  OF_ONE("reciprocal", reciprocal(x))
  OF(matrix COMMA matrix, "pow(x, y)", pow(x, y))
  OF(matrix COMMA matrix, "xlogy(x, y)", xlogy(x, y))
  OF_ONE("sin", sin(x))
  OF_ONE("cos", cos(x))
  OF_ONE("tanh", tanh(x))
  OF_ONE("tan", tan(x))
  OF_ONE("asin", asin(x))
  OF_ONE("acos", acos(x))
  OF_ONE("atan", atan(x))
  OF(matrix COMMA matrix, "atan2(y, x)", atan2(y, x))
  OF_ONE("sinh", sinh(x))
  OF_ONE("cosh", cosh(x))
  OF_ONE("erf", erf(x))
  OF_ONE("erfc", erfc(x))
  OF_ONE("abs", abs(x))
  OF_ONE("sign", sign(x))
  OF_ONE("floor", floor(x))
  OF_ONE("ceil", ceil(x))
  OF_ONE("round", round(x))
}

void activations() {
  OF_ONE("relu", relu(x))
  OF_ONE("relu6", relu6(x))
  OF_ONE("leaky_relu(x, slope = 0.2)", leaky_relu(x, 0.1))
  OF_ONE("sigmoid", sigmoid(x))
  OF_ONE("hard_sigmoid", hard_sigmoid(x))
  OF_ONE("log_sigmoid", log_sigmoid(x))
  OF_ONE("softplus", softplus(x))
  OF_ONE("softsign", softsign(x))
  OF_ONE("mish", mish(x))
  OF_ONE("celu(x, alpha = 1)", celu(x, 1.0))
  OF_ONE("hard_tanh", hard_tanh(x))
  OF_ONE("tanh_shrink", tanh_shrink(x))
  OF_ONE("soft_shrink(x, bound = 0.5)", soft_shrink(x, 0.5))
  OF_ONE("hard_shrink(x, bound = 0.5)", hard_shrink(x, 0.5))
  OF_ONE("threshold(x, bound = 0, value = 0)", threshold(x, 0.0, 0.0))
  OF_ONE("squareplus(x, b = 4)", squareplus(x, 4.0))
  OF_ONE("glu<Axis = -1>(x)", glu(x))
  OF_ONE("elu", elu(x))
  OF_ONE("selu", selu(x))
  OF_ONE("gelu", gelu(x))
  OF_ONE("gelu_tanh", gelu_tanh(x))
  OF_ONE("silu", silu(x))
  OF_ONE("hard_silu", hard_silu(x))
  OF_ONE("square", square(x))
  OF_ONE("softmax<Axis = -1>", softmax<0>(x))
  OF_ONE("log_softmax<Axis = -1>", log_softmax<0>(x))
}

void reductions() {
  OF_ONE("sum<Axis...>(x)", sum<0>(x))
  OF_ONE("mean<Axis...>(x)", mean<0>(x))
  OF_ONE("max<Axis...>(x)", max<0>(x))
  OF_ONE("min<Axis...>(x)", min<0>(x))
  OF_ONE("variance<Axis...>(x)", variance<0>(x))
  OF_ONE("product<Axis...>(x)", product<0>(x))
  OF_ONE("log_sum_exp<Axis = -1, More...>(x)", log_sum_exp<0>(x))
  OF_ONE("argmax<Axis = -1>(x)", argmax<0>(x))
  OF_ONE("argmin<Axis = -1>(x)", argmin<0>(x))
  OF_ONE("top_k<K, Axis = -1>(x)", top_k<2>(x))
  OF_ONE("sort<Axis = -1>(x)", sort<0>(x))
  OF_ONE("argsort<Axis = -1>(x)", argsort<0>(x))
}

void products() {
  OF(matrix COMMA matrix, "matmul(a, b)", matmul(x, y))
  OF(matrix COMMA row, "matmul(a, v)", matmul(x, y))
  OF(row COMMA matrix, "matmul(v, b)", matmul(x, y))
  OF(row COMMA row, "dot(a, b)", dot(x, y))
  OF(row COMMA row, "outer(a, b)", outer(x, y))
  OF(whole COMMA whole, "requantise(sums, multiplier, shift)", requantise(x, y, y))
  OF(image COMMA filters, "conv2d<Option...>(x, w)", conv2d<same>(x, y))
  OF(image COMMA spread, "conv2d_transpose<Option...>(x, w)", conv2d_transpose<same>(x, y))
  OF(image COMMA image, "max_pool2d<Size, Option...>(x)", max_pool2d<2>(x) + max_pool2d<2>(y))
  OF(image COMMA image, "average_pool2d<Size, Option...>(x)", average_pool2d<2>(x) + average_pool2d<2>(y))
  OF(heads COMMA heads, "dot_product_attention<Option...>(q, k, v, scale = 0)", dot_product_attention(x, y, y))
  OF(heads COMMA heads, "dot_product_attention<Option...>(q, k, v, mask, scale = 0)", dot_product_attention(x, y, y, x))
}

void shapes_and_tables() {
  OF_ONE("reshape<Extent...>(x)", reshape<4>(x))
  OF_ONE("flatten(x)", flatten(x))
  OF_ONE("expand_dims<Axis>(x)", expand_dims<0>(x))
  OF_ONE("squeeze<Axis>(x)", squeeze<0>(expand_dims<0>(x)))
  OF_ONE("transpose(x)", transpose(x))
  OF_ONE("permute<Axis...>(x)", permute<1, 0>(x))
  OF_ONE("broadcast_to<shape<...>>(x)", broadcast_to<shape<3, 2, 2>>(x))
  OF_ONE("slice<Axis, Begin, End>(x)", slice<0, 0, 1>(x))
  OF_ONE("slice<Axis, Begin, End, Step>(x)", slice<0, 0, 2, 2>(x))
  OF_ONE("pad<Axis, Before, After>(x, value = 0)", pad<0, 1, 1>(x))
  OF_ONE("flip<Axis...>(x)", flip<0>(x))
  OF(image COMMA transforms, "affine_transform<Between = bilinear, Beyond = border::constant>(images, transforms, fill = 0)", affine_transform(x, y))
  OF_ONE("upsample_nearest<Axis, Factor>(x)", upsample_nearest<1, 2>(x))
  OF_ONE("upsample_linear<Axis, Factor>(x)", upsample_linear<1, 2>(x))
  OF(matrix COMMA matrix, "concatenate<Axis>(x...)", concatenate<0>(x, y))
  OF(matrix COMMA matrix, "stack<Axis = 0>(x...)", stack(x, y))
  OF_ONE("tile<Times...>(x)", tile<2, 2>(x))
  OF(matrix COMMA whole, "gather(table, index)", gather(x, y))
  OF(matrix COMMA whole, "take_along_last(x, index)", take_along_last(x, y))
  OF(whole COMMA whole, "one_hot<Classes>(index)", one_hot<3>(x) + one_hot<3>(y))
}

}  // namespace

int main() {
  element_by_element();
  activations();
  reductions();
  products();
  shapes_and_tables();
}
