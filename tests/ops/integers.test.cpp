// SPDX-License-Identifier: Apache-2.0
#include <tfx/ops.hpp>

#include <doctest/doctest.h>

#include <limits>

#include "../support/machine.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

template <class E> using typed = var<shape<64>, E>;
template <class E> constexpr typed<E> input_of_type(builder& b) { return {b.add_input(shape<64>::value, dtype_of<E>, "x")}; }
constexpr void put_out(builder& b, auto v) { b.add_output(as_type(v.h, dtype_of<typename decltype(v)::value_type>)); }

/// Numbers all over a type, its ends among them.
template <class E> std::vector<E> spread_over(std::uint64_t seed) {
  using range = std::numeric_limits<E>;
  std::vector<E> x = {range::min(), range::max(), 0, 1, E(-1), E(range::max() / 2), E(range::max() / 2 + 1), 3};
  for (std::uint64_t word = seed; x.size() < 64;) {
    word = word * 6364136223846793005u + 1442695040888963407u;
    x.push_back(E(word >> (word >> 61 > 3 ? 20 : 62)));
  }
  return x;
}

template <class E> void record_arithmetic(builder& b) {
  scope top(b);
  const auto x = input_of_type<E>(b), y = input_of_type<E>(b);
  put_out(b, x + y);
  put_out(b, x - y);
  put_out(b, x * y);
  put_out(b, x / y);
  put_out(b, -x);
  put_out(b, maximum(x, y));
  put_out(b, minimum(x, y));
  put_out(b, x < y);
  put_out(b, x >= y);
  put_out(b, x == y);
  put_out(b, where(x < y, x, y));
  put_out(b, x + 1);
  put_out(b, relu(x));
  put_out(b, max(x));
  put_out(b, min(x));
  put_out(b, sum(x));
  b.finish();
}
/// The same in C++, wrapping around; a quotient by 0 is -1.
template <class E> std::vector<std::vector<E>> expected(const std::vector<E>& x, const std::vector<E>& y) {
  using W = std::uint64_t;
  std::vector<std::vector<E>> all(13, std::vector<E>(64));
  for (std::size_t i = 0; i < 64; ++i) {
    const E a = x[i], b = y[i];
    const E quotient = b == 0 ? E(-1) : std::is_signed_v<E> && b == E(-1) ? E(W(0) - W(a)) : E(a / b);
    const E each[] = {E(W(a) + W(b)), E(W(a) - W(b)), E(W(a) * W(b)), quotient, E(W(0) - W(a)), std::max(a, b), std::min(a, b),
                      E(a < b), E(a >= b), E(a == b), a < b ? a : b, E(W(a) + 1), std::max(a, E(0))};
    for (std::size_t k = 0; k < all.size(); ++k) all[k][i] = each[k];
  }
  return all;
}

/// A program's output as it lies in memory, as integers.
template <class T> std::vector<std::int64_t> integers(recorded_machine<T>& m, int k) {
  const leaf_info& l = m.leaf(first_io_space + k, 0);
  std::vector<std::int64_t> out(std::size_t(l.size));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const T word = load_stored<T>(further(m.values(l).data(), std::ptrdiff_t(i), form_of(l.type)), form_of(l.type));
    out[i] = is_whole(l.type) ? std::int64_t(whole_of(word)) : std::int64_t(word);
  }
  return out;
}
template <class T, class E> void put_integers(recorded_machine<T>& m, int k, const std::vector<E>& x) {
  const leaf_info& l = m.leaf(first_io_space + k, 0);
  for (std::size_t i = 0; i < x.size(); ++i) put_element<E>(m.values(l).data(), int(i), x[i]);
}
/// An integer as a word holds it: of one as large as the word, its bits.
template <class T, class E> std::int64_t as_held(E x) { return std::int64_t(whole_of(word_from<T>(x))); }

template <class T, class E, bool Kernels> void check_arithmetic() {
  CAPTURE(name_of(dtype_of<E>));
  CAPTURE(sizeof(T));
  recorded_machine<T> m(&record_arithmetic<E>);
  const std::vector<E> x = spread_over<E>(3), y = spread_over<E>(11);
  put_integers(m, 0, x);
  put_integers(m, 1, y);
  if constexpr (Kernels) m.run_kernels();
  else m.run();
  const auto wanted = expected(x, y);
  for (std::size_t k = 0; k < wanted.size(); ++k) {
    CAPTURE(k);
    const std::vector<std::int64_t> found = integers(m, int(k) + 2);
    int wrong = 0;
    for (std::size_t i = 0; i < 64; ++i) wrong += found[i] != (k >= 7 && k <= 9 ? std::int64_t(wanted[k][i]) : as_held<T>(wanted[k][i]));
    CHECK(wrong == 0);
  }
  using total = cpp_type<dtype_of<detail::total_of<E>>>;
  std::uint64_t sum = 0;
  for (const E e : x) sum += std::uint64_t(e);
  CHECK(integers(m, 15)[0] == as_held<T>(*std::max_element(x.begin(), x.end())));
  CHECK(integers(m, 16)[0] == as_held<T>(*std::min_element(x.begin(), x.end())));
  CHECK(integers(m, 17)[0] == as_held<T>(total(sum)));
}
template <class... E> void check_types() {
  (check_arithmetic<double, E, false>(), ...);
  (check_arithmetic<double, E, true>(), ...);
  auto in_float = []<class F>(std::type_identity<F>) {
    if constexpr (sizeof(F) <= 4) check_arithmetic<float, F, false>();
  };
  (in_float(std::type_identity<E>{}), ...);
}

TEST_CASE("integers of all types wrap around, in words of both sizes") {
  check_types<std::int8_t, std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t>();
}

TEST_CASE("numbers become integers towards zero, and the nearest end") {
  recorded_machine<float> m(+[](builder& b) {
    scope top(b);
    const auto x = input_of_type<real>(b);
    for (const dtype t : {dtype::int8, dtype::uint8, dtype::int16, dtype::uint16, dtype::int32, dtype::uint32, dtype::boolean}) b.add_output(as_type(x.h, t));
    b.finish();
  });
  std::vector<float> x = {0, -0.f, 0.9f, -0.9f, 1.5f, -1.5f, 127.5f, -128.9f, 255.9f, 256, 32767.9f, -32769, 65535.9f, 1e9f, -1e9f, 3e9f, 4294967040.f, 5e9f, -5e9f,
                          std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()};
  x.resize(64);
  m.put(m.leaf(first_io_space, 0), x);
  m.run();
  auto check = [&]<class E>(std::type_identity<E>, int k) {
    CAPTURE(name_of(dtype_of<E>));
    const std::vector<std::int64_t> found = integers(m, k);
    for (std::size_t i = 0; i < 64; ++i) CHECK(found[i] == (std::is_same_v<E, bool> ? std::int64_t(converted<E>(x[i])) : as_held<float>(converted<E>(x[i]))));
  };
  check(std::type_identity<std::int8_t>{}, 1);
  check(std::type_identity<std::uint8_t>{}, 2);
  check(std::type_identity<std::int16_t>{}, 3);
  check(std::type_identity<std::uint16_t>{}, 4);
  check(std::type_identity<std::int32_t>{}, 5);
  check(std::type_identity<std::uint32_t>{}, 6);
  check(std::type_identity<bool>{}, 7);
}

TEST_CASE("types of results") {
  builder b;
  scope top(b);
  const auto u = input_of_type<std::uint8_t>(b);
  const auto i = input_of_type<std::int32_t>(b);
  const auto t = input_of_type<bool>(b);
  const auto h = input_of_type<bfloat16>(b);
  const auto x = input_of_type<real>(b);
  const auto is = [](auto v, auto e) { return std::is_same_v<typename decltype(v)::value_type, decltype(e)> && v.h.type() == dtype_of<decltype(e)>; };
  CHECK(is(u + u, std::uint8_t{}));
  CHECK(is(u + 1, std::uint8_t{}));
  CHECK(is(u + i, std::int32_t{}));
  CHECK(is(u * 0.5, real{}));
  CHECK(is(u + x, real{}));
  CHECK(is(t + t, std::int32_t{}));
  CHECK(is(t * x, real{}));
  CHECK(is(u < i, bool{}));
  CHECK(is(exp(i), real{}));
  CHECK(is(h + h, real{}));
  CHECK(is(maximum(h, h), bfloat16{}));
  CHECK(is(relu(h), bfloat16{}));
  CHECK(is(sum(u), std::uint32_t{}));
  CHECK(is(sum(t), std::int32_t{}));
  CHECK(is(mean(i), real{}));
  CHECK(is(max(u), std::uint8_t{}));
  CHECK(is(where(t, u, i), std::int32_t{}));
  CHECK(is(argmax(u), std::int32_t{}));
}

}  // namespace
