// SPDX-License-Identifier: Apache-2.0
// Types of complex results, and what is said of operations that take no complex numbers.
#include <type_traits>

#include <tfx/autodiff/transform.hpp>
#include <tfx/expr/complex.hpp>
#include <tfx/tfx.hpp>
using namespace tfx;

namespace {

using z = var<shape<2, 3>, complex_number>;
template <class X, class S, class T> constexpr bool is_of = std::is_same_v<X, var<S, T>>;
static_assert(is_of<decltype(z{} + var<shape<3>>{}), shape<2, 3>, complex_number>);
static_assert(is_of<decltype(var<shape<3>, bool>{} * complex64(0, 1)), shape<3>, complex_number>);
static_assert(is_of<decltype(2 / var<shape<>, complex_number>{}), shape<>, complex_number>);
static_assert(is_of<decltype(abs(z{})), shape<2, 3>, real> && is_of<decltype(z{} == 1), shape<2, 3>, bool>);
static_assert(is_of<decltype(where(var<shape<2, 1>, bool>{}, z{}, 0)), shape<2, 3>, complex_number>);
static_assert(is_of<decltype(cast<complex128>(var<shape<4>, int>{})), shape<4>, complex_number>);
static_assert(std::is_same_v<decltype(tensor<complex64, shape<2>>{} * tensor<float, shape<2>>{} + 1.0)::value_type, complex64>);
static_assert(std::is_same_v<decltype(abs(tensor<complex128, shape<2>>{}))::value_type, double>);

}  // namespace

inline constexpr auto exponential = [](auto x) { return abs(exp(x)); };
static_assert(mistake_in<exponential, input_of<complex64, 4, 3>> ==
    "exp takes no complex numbers; there are + - * / == !=, where, abs, angle, conj, real_part and imag_part");
inline constexpr auto compared = [](auto x) { return x < 1; };
static_assert(mistake_in<compared, input_of<complex64, 4, 3>> ==
    "less takes no complex numbers; there are + - * / == !=, where, abs, angle, conj, real_part and imag_part");
inline constexpr auto shares = [](auto x) { return softmax(x); };
static_assert(mistake_in<shares, input_of<complex64, 4, 3>> ==
    "an operation takes no complex numbers; there are + - * / == !=, where, abs, angle, conj, real_part and imag_part");
inline constexpr auto dropped = [](auto x) { return cast<float>(x); };
static_assert(mistake_in<dropped, input_of<complex64, 4, 3>> == "cast: a complex number is no real; take its real_part, imag_part, abs or angle");
inline constexpr auto wide = [](auto x) { return x + cast<complex64>(param<shape<4>>(abs(x), "w")); };
static_assert(mistake_in<wide, input_of<complex64, 4, 3>> == "add: [4, 3] and [4] cannot be broadcast together");
inline constexpr auto slope = [](auto x) { return grad([](auto y) { return sum(y * y); })(x); };
static_assert(mistake_in<slope, input_of<complex64, 4, 3>> == "grad: the function gives a complex number; take its real_part, imag_part or abs");
inline constexpr auto layers = nn::sequential(nn::dense<3>{});
static_assert(mistake_in<layers, input_of<complex64, 4, 3>> ==
    "an operation at dense (line 40) takes no complex numbers; there are + - * / == !=, where, abs, angle, conj, real_part and imag_part");
