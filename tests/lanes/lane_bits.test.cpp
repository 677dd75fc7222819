// SPDX-License-Identifier: Apache-2.0
// labels: native unsanitized
#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <iterator>

#include <tfx/backend/simd/lanes.hpp>
#include <tfx/lanes/lane.hpp>
#if defined(__SSE2__)
#include <tfx/backend/simd/wide.hpp>
#endif

namespace {

using namespace tfx::lanes;

struct function {
  const char* name;
  std::uint64_t hash_float, hash_double;  // the same in every build, with every compiler and for every processor
};

constexpr function functions[] = {
    {"exp", 0x169527ff21f9f6e3u, 0x7674c821ce195e23u},
    {"expm1", 0x62e31c4631daeb3eu, 0xc30af23c17f7ec23u},
    {"log", 0x2c88c61cfad673cdu, 0xace4de3c61390312u},
    {"log1p", 0x4455565ab9341857u, 0x1508fda58407f94bu},
    {"sqrt", 0xfaacc19d6e5a9443u, 0x4ae718ca671f31b7u},
    {"tanh", 0xa5cb7efaedf70ac7u, 0xa7686a914d6d00c5u},
    {"sigmoid", 0x7c12246c01b892c8u, 0x7e9d35adbb8d0dbeu},
    {"erf", 0x519d572830130a5fu, 0xeaee5f6889f2bdccu},
    {"erfc", 0x094123cba541afc6u, 0x200caef019b8f5f0u},
    {"normal distribution", 0xea0c9fee1f964e4du, 0x03e21dfc6b338a3eu},
    {"sin", 0x8ad94b6e43d11fd0u, 0xa0cd0bcdd712a810u},
    {"cos", 0x201833cfe7a0c3c6u, 0xc2dca3aebfde2a8du},
    {"pow", 0xb34be0a67da28770u, 0x6525377a1466e81du},
    {"floor+round", 0x1dec35ca59505d39u, 0x0f917c779f04366au},
    {"sign*abs", 0x728fd1e6ca956048u, 0x5ea312ed65ad290fu},
    {"max", 0x4ccf2bd73d441360u, 0x8ad52b92047e599bu},
    {"min", 0x91cbd10d52207167u, 0xc96f508bf6d6cde5u},
    {"at_least-at_most", 0xdd6d4b8cc006896cu, 0xfb88210305c0d46du},
    {"fma", 0xad30deeaebd9f723u, 0xc723968e9e597a5cu},
    {"product+sum", 0xae1e85a73913c35eu, 0x2de14217fd9547f4u},
    {"quotient", 0x98b3f7fc29936d5cu, 0x28d5f66bdce8e386u},
    {"select", 0xfb6fd413026511b4u, 0xffc6dabd8ac60a93u},
    {"as_lane+copysign", 0x472eee3c4fe6751bu, 0xb4244ec703f4201cu},
};
constexpr int function_count = int(std::size(functions));

template <class V> lane<V> apply(int f, lane<V> x, lane<V> y) {
  switch (f) {
    case 0:
      return exp(x);
    case 1:
      return expm1(x);
    case 2:
      return log(x);
    case 3:
      return log1p(x);
    case 4:
      return sqrt(x);
    case 5:
      return tanh(x);
    case 6:
      return sigmoid(x);
    case 7:
      return erf(x);
    case 8:
      return erfc(x);
    case 9: {
      const auto at = normal_distribution(x);
      return at.below + y * at.bell;
    }
    case 10:
      return sin(x);
    case 11:
      return cos(x);
    case 12:
      return pow(x, y);
    case 13:
      return floor(x) + round(y);
    case 14:
      return sign(x) * abs(y);
    case 15:
      return max(x, y);
    case 16:
      return min(x, y);
    case 17:
      return at_least(x, 0) - at_most(y, 1);
    case 18:
      return fma(x, y, x);
    case 19:
      return x * y + x;
    case 20:
      return x / y - y * x;
    case 21:
      return select((x < y && !(x == y)) || y != y, x, -y);
    default:
      return as_lane(x >= y) + copysign(x, y);
  }
}

/// Random bit patterns, moderate numbers, and the special values.
template <class T> struct arguments {
  static constexpr int size = 8192;
  T x[size], y[size];

  explicit arguments(std::uint64_t seed) {
    using word = typename exact::format<T>::word;
    std::uint64_t state = seed;
    const auto next = [&] {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      return state * 0x2545F4914F6CDD1Du;
    };
    const auto bits = [&] { return std::bit_cast<T>(static_cast<word>(next() >> (64 - 8 * sizeof(T)))); };
    const auto within = [&](double scale) {
      return static_cast<T>(static_cast<double>(static_cast<std::int64_t>(next())) * scale);
    };
    const T special[] = {exact::nan<T>, exact::infinity<T>, -exact::infinity<T>, T(0), -T(0), T(1), T(-1), T(2)};
    for (int i = 0; i < size; ++i) {
      x[i] = i % 4 == 1 ? within(0x1p-58) : i % 4 == 2 ? within(0x1p-62) : bits();
      y[i] = i % 2 == 1 ? within(0x1p-59) : bits();
      if (i % 16 == 3) y[i] = x[i];
      if (i % 32 == 5) x[i] = special[(i / 32) % 8];
      if (i % 32 == 7) y[i] = special[(i / 32) % 8];
    }
  }
};

template <class V> std::array<std::uint64_t, function_count> hashes() {
  using T = scalar_of<V>;
  using word = typename exact::format<T>::word;
  std::array<std::uint64_t, function_count> result{};
  for (std::uint64_t round = 1; round <= 60; ++round) {
    const arguments<T> from(round * 0x9E3779B97F4A7C15u);
    T to[arguments<T>::size];
    for (int f = 0; f < function_count; ++f) {
      for (int i = 0; i < from.size; i += traits<V>::width) {
        apply<V>(f, lane<V>::load(from.x + i), lane<V>::load(from.y + i)).put(to + i);
      }
      std::uint64_t& hash = result[std::size_t(f)];
      for (const T value : to) {
        const word pattern = value != value ? word(1) : std::bit_cast<word>(value);  // any NaN is as good as another
        hash = (hash ^ pattern) * 0x100000001b3u;
        hash ^= hash >> 29;
      }
    }
  }
  return result;
}

template <class V> void check_functions() {
  const auto found = hashes<V>();
  for (int f = 0; f < function_count; ++f) {
    const function& expected = functions[f];
    INFO(expected.name);
    CHECK(found[std::size_t(f)] == (sizeof(scalar_of<V>) == 4 ? expected.hash_float : expected.hash_double));
  }
}

}  // namespace

TEST_CASE_TEMPLATE("every function gives the same bits in every build", V, float, xsimd::batch<float>, double,
                   xsimd::batch<double>) {
  check_functions<V>();
}
#if defined(__SSE2__)
TEST_CASE_TEMPLATE("and with vectors of the compiler's, of 16 bytes; wider ones are for functions that have them", V, wide<float, 4>, wide<double, 2>) { check_functions<V>(); }
#endif

namespace {

// Evaluated in the compiler.
template <class T> constexpr T at = T(0.7853);
template <class T> constexpr T constants[] = {exp(lane<T>(at<T>)).v,
                                              expm1(lane<T>(at<T>)).v,
                                              log(lane<T>(at<T>)).v,
                                              log1p(lane<T>(at<T>)).v,
                                              sqrt(lane<T>(at<T>)).v,
                                              tanh(lane<T>(at<T>)).v,
                                              sigmoid(lane<T>(at<T>)).v,
                                              erf(lane<T>(at<T>)).v,
                                              erfc(lane<T>(at<T>)).v,
                                              normal_distribution(lane<T>(at<T>)).below.v + T(-2.75) * normal_distribution(lane<T>(at<T>)).bell.v,
                                              sin(lane<T>(at<T>)).v,
                                              cos(lane<T>(at<T>)).v,
                                              pow(lane<T>(at<T>), lane<T>(T(-2.75))).v};

}  // namespace

TEST_CASE_TEMPLATE("constants have the bits of run-time results", V, float, xsimd::batch<float>, double,
                   xsimd::batch<double>) {
  using T = scalar_of<V>;
  volatile T argument = at<T>;
  const lane<V> x(static_cast<T>(argument));
  for (int f = 0; f < int(std::size(constants<T>)); ++f) {
    INFO(functions[f].name);
    T result[traits<V>::width];
    apply<V>(f, x, lane<V>(T(-2.75))).put(result);
    for (const T value : result) CHECK(value == constants<T>[f]);
  }
}
