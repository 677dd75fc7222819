// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <tfx/lanes/lane.hpp>

namespace {

using tfx::lanes::lane;
namespace exact = tfx::lanes::exact;

template <class V> constexpr V leaky(V x) { return select(x > 0, x, 0.25 * x); }

template <class T> constexpr bool arithmetic() {
  using V = lane<T>;
  const T inf = exact::infinity<T>, nan = exact::nan<T>;
  return leaky(V(-2)).v == T(-0.5) && leaky(V(3)).v == 3 && fma(V(2), V(3), V(1)).v == 7 && sqrt(V(9)).v == 3 &&
         (V(1) / V(0)).v == inf && (-V(1) / V(0)).v == -inf && exact::is_nan((V(0) / V(0)).v) &&
         exact::is_nan((V(inf) - V(inf)).v) && (V(inf) * V(2)).v == inf && exact::is_nan(max(V(nan), V(1)).v) &&
         exact::is_nan(max(V(1), V(nan)).v) && exact::is_nan(min(V(nan), V(1)).v) &&
         exact::is_nan(at_least(V(nan), V(0)).v) && at_least(V(-1), V(0)).v == 0 && at_most(V(7), V(6)).v == 6 &&
         max(V(2), 3).v == 3 && min(V(2), 3).v == 2 && as_lane(V(1) < 2).v == 1 &&
         as_lane(V(1) > 2 || V(1) == 2).v == 0 && !any(V(nan) == V(nan)) && any(V(nan) != V(nan)) &&
         floor(V(-2.5)).v == -3 && floor(V(2.5)).v == 2 && round(V(2.5)).v == 2 && round(V(3.5)).v == 4 &&
         round(V(-0.25)).v == 0 && exact::is_negative(round(V(-0.25)).v) && abs(V(-2)).v == 2 && sign(V(-3)).v == -1 &&
         sign(V(0)).v == 0;
}
static_assert(arithmetic<float>());
static_assert(arithmetic<double>());

template <class T> constexpr bool limits() {
  using V = lane<T>;
  const T inf = exact::infinity<T>;
  return exp(V(0)).v == 1 && exp(V(1000)).v == inf && exp(V(inf)).v == inf && exp(V(-inf)).v == 0 &&
         exp(V(-1000)).v == 0 && expm1(V(0)).v == 0 && expm1(V(-1000)).v == -1 && expm1(V(inf)).v == inf &&
         log(V(1)).v == 0 && log(V(0)).v == -inf && exact::is_nan(log(V(-1)).v) && log(V(inf)).v == inf &&
         log1p(V(0)).v == 0 && log1p(V(-1)).v == -inf && exact::is_nan(log1p(V(-2)).v) && log1p(V(inf)).v == inf &&
         tanh(V(0)).v == 0 && tanh(V(inf)).v == 1 && tanh(V(-inf)).v == -1 && sigmoid(V(0)).v == T(0.5) &&
         sigmoid(V(inf)).v == 1 && sigmoid(V(-inf)).v == 0 && erf(V(0)).v == 0 && erf(V(inf)).v == 1 &&
         erf(V(-inf)).v == -1 && erfc(V(0)).v == 1 && erfc(V(inf)).v == 0 &&
         erfc(V(-inf)).v == 2 && sin(V(0)).v == 0 && cos(V(0)).v == 1 && exact::is_nan(sin(V(inf)).v) && exact::is_nan(cos(V(-inf)).v);
}
static_assert(limits<float>());
static_assert(limits<double>());

template <class T> constexpr bool powers() {
  using V = lane<T>;
  const T inf = exact::infinity<T>, nan = exact::nan<T>;
  return pow(V(2), V(10)).v == 1024 && pow(V(-2), V(3)).v == -8 && pow(V(-2), V(2)).v == 4 &&
         exact::is_nan(pow(V(-2), V(0.5)).v) && pow(V(nan), V(0)).v == 1 && pow(V(1), V(nan)).v == 1 &&
         exact::is_nan(pow(V(nan), V(1)).v) && pow(V(0), V(-1)).v == inf && pow(-V(0), V(-1)).v == -inf &&
         pow(V(0), V(2)).v == 0 && pow(V(inf), V(2)).v == inf && pow(V(inf), V(-2)).v == 0 &&
         pow(V(-inf), V(3)).v == -inf && pow(V(0.5), V(inf)).v == 0 && pow(V(0.5), V(-inf)).v == inf &&
         pow(V(-1), V(inf)).v == 1 && pow(V(9), V(0.5)).v == 3;
}
static_assert(powers<float>());
static_assert(powers<double>());

constexpr bool integers() {
  using V = lane<int>;
  return (V(3) * 2 + 1 == V(7)).v && abs(V(-3)).v == 3 && max(V(2), 3).v == 3 && (V(-7) / 2).v == -3 &&
         (V(0x7fffffff) + 1).v == -0x7fffffff - 1 && sign(V(-9)).v == -1 && select(V(1) < 2, V(4), V(5)).v == 4;
}
static_assert(integers());

// (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24 needs 25 bits: a rounded product loses the last one, a fused sum keeps it.
constexpr lane<float> just_above_one(0x1.001p0f);
static_assert((just_above_one * just_above_one - 0x1.002p0f).v == 0);
static_assert(fma(just_above_one, just_above_one, lane<float>(-0x1.002p0f)).v == 0x1p-24f);

}  // namespace

// Where the compiler knows the answer itself, the emulation for those that don't is checked against it.
#if defined(__GNUC__) && !defined(__clang__)
namespace {

template <class T> constexpr int wrong_fma(int count) {
  std::uint64_t state = 88172645463325252u;
  const auto next = [&] {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  };
  const auto number = [&](int spread) {  // a random mantissa times 2^-spread ... 2^spread
    const T mantissa = T(1) + T(next() >> 11) * T(0x1p-53);
    T scale = 1;
    for (int n = int(next() % unsigned(2 * spread + 1)) - spread; n != 0; n += n > 0 ? -1 : 1)
      scale *= n > 0 ? T(2) : T(0.5);
    return next() % 2 == 0 ? mantissa * scale : -mantissa * scale;
  };
  int wrong = 0;
  for (int i = 0; i < count; ++i) {
    const T a = number(8), b = number(8);
    const T c = i % 3 == 0 ? -(a * b) : i % 3 == 1 ? number(8) : number(60);
    T expected = 0;
    if constexpr (sizeof(T) == 4)
      expected = __builtin_fmaf(a, b, c);
    else
      expected = __builtin_fma(a, b, c);
    if (exact::fma(a, b, c) != expected) ++wrong;
  }
  return wrong;
}
static_assert(wrong_fma<float>(1500) == 0);
static_assert(wrong_fma<double>(1500) == 0);

}  // namespace
#endif
