// SPDX-License-Identifier: Apache-2.0
#include <tfx/backend/simd/backend.hpp>
#include <tfx/ops.hpp>

#include <doctest/doctest.h>

#include <cstring>

#include "../support/machine.hpp"
#include "../support/without_vectors.hpp"

// Programs whose values lie in memory in all forms: the bits of every backend are those of the interpreter.
namespace {

using namespace tfx;
using namespace tfx::testing;

template <class E, int... Extent> constexpr var<shape<Extent...>, E> given(builder& b) {
  return {b.add_input(shape<Extent...>::value, dtype_of<E>, "x")};
}
constexpr void give(builder& b, auto... v) { (b.add_output(as_type(v.h, dtype_of<typename decltype(v)::value_type>)), ...); }
template <class E> constexpr auto as(auto x) { return var<typename decltype(x)::shape_type, E>{as_type(x.h, dtype_of<E>)}; }

/// Element by element, rows of 37: ends of vectors.
struct maps {
  constexpr void operator()(builder& b) const {
    const auto u = given<std::uint8_t, 5, 37>(b);
    const auto s = given<std::int8_t, 5, 37>(b);
    const auto i = given<std::int32_t, 5, 37>(b);
    const auto t = given<bool, 5, 37>(b);
    const auto h = given<bfloat16, 5, 37>(b);
    const auto f = given<float16, 37>(b);
    const auto w = given<std::uint16_t, 5, 1>(b);
    const auto x = given<real, 5, 37>(b);
    give(b, u * (1.0 / 255) + x, as<bfloat16>(h * 2 + x), as<float16>(f - x), where(t, u, s), s + u, i / (i - 1), u < w, relu(h), as<std::int8_t>(x * 100), i == 3, as<bool>(i - 2));
  }
};
/// Reductions of rows and of columns in one and in several sweeps, and what is stored between.
struct sweeps {
  constexpr void operator()(builder& b) const {
    const auto u = given<std::uint8_t, 41, 70>(b);
    const auto h = given<bfloat16, 41, 70>(b);
    const auto i = given<std::int32_t, 41, 70>(b);
    const auto e = exp(h - max<1>(h, keep_dims));
    const auto narrow = as<bfloat16>(e / sum<1>(e, keep_dims));
    give(b, sum<1>(u), sum<0>(u), max<0>(u), mean<0>(h), narrow, narrow - mean<0>(narrow, keep_dims), min<1>(i), argmax(u), argmax<0>(h), sum(u > 100), sum<0>(i));
  }
};
/// Products, which read narrow operands as they lie: of many rows and of few, transposed, and with an epilogue.
struct products {
  constexpr void operator()(builder& b) const {
    const auto h = given<bfloat16, 21, 70>(b);
    const auto k = given<bfloat16, 70, 45>(b);
    const auto few = given<bfloat16, 3, 70>(b);
    const auto f = given<float16, 21, 70>(b);
    const auto x = given<real, 21, 70>(b);
    const auto t = given<bool, 21, 70>(b);
    const auto s = given<std::int8_t, 21, 70>(b);
    const auto r = given<std::int8_t, 70, 45>(b);
    const auto u = given<std::uint8_t, 70, 45>(b);
    give(b, relu(matmul(h, k) - 1), as<bfloat16>(matmul(few, k)), matmul(few, k), matmul(transpose(h), h), matmul(h, transpose(h)), matmul(f, k), matmul(x, k), matmul(t, k),
         matmul(s, r), matmul(s, r) / 3 + matmul(h, k), matmul(transpose(s), s), matmul(s, transpose(s)), matmul(s, u));
  }
};
/// What moves elements, and reads them where they lie.
struct movements {
  constexpr void operator()(builder& b) const {
    const auto u = given<std::uint8_t, 6, 20, 9>(b);
    const auto h = given<bfloat16, 9, 34>(b);
    const auto rows = given<std::int32_t, 11>(b);
    give(b, permute<2, 0, 1>(u) + 1, slice<1, 3, 17>(u) * 0.5, flip<0>(h), pad<0, 1, 2>(u), concatenate<1>(u, u), gather(h, rows), transpose(h) * 2, reshape<20, 54>(u),
         max<2>(u), as<float16>(matmul(h, transpose(h))), one_hot<9>(rows), broadcast_to<shape<3, 9, 34>>(h));
  }
};

template <class Step, class T, class One, class Other> int differing_bytes() {
  machine<Step, One, T> a;
  machine<Step, Other, T> b;
  auto run = [](auto& m) {
    std::uint64_t word = 5;
    for (const leaf_info& l : m.program.leaves) {
      std::memset(static_cast<void*>(m.values(l).data()), 0, m.values(l).size_bytes());
      for (int k = 0; k < l.size; ++k) {
        word = word * 6364136223846793005u + 1442695040888963407u;
        const int number = int(word >> 40 & 0xffff) - 32768;
        T value = word_of<T>(l.type == dtype::int32 ? number % 13 : number, is_whole(l.type));
        if (l.type == dtype::boolean) value = T(number & 1);
        else if (!is_whole(l.type)) value = T(float(number) / 4096);
        if (l.type == dtype::bfloat16) value = T(bfloat16(value));
        if (l.type == dtype::float16) value = T(float16(value));
        put_stored<T>(further(m.values(l).data(), k, form_of(l.type)), value, form_of(l.type));
      }
    }
    m.run();
  };
  run(a);
  run(b);
  int n = 0;
  for (const leaf_info& l : a.program.leaves) {
    const int bytes = l.size * (form_of(l.type) == lies_as::word ? int(sizeof(T)) : bytes_of(form_of(l.type)));
    const auto *x = reinterpret_cast<const char*>(a.values(l).data()), *y = reinterpret_cast<const char*>(b.values(l).data());
    int own = 0;
    for (int k = 0; k < bytes; ++k) own += x[k] != y[k];
    if (own) MESSAGE("leaf ", l.space - first_io_space, " ", std::string(name_of(l.type)), ": ", own);
    n += own;
  }
  return n;
}

template <class Step> void check() {
  CHECK(differing_bytes<Step, float, backend::reference, backend::scalar>() == 0);
  CHECK(differing_bytes<Step, float, backend::reference, backend::simd<>>() == 0);
  CHECK(differing_bytes<Step, double, backend::reference, backend::simd<>>() == 0);
#if defined(TFX_SIMD_CHOOSES)
  CHECK(differing_bytes<Step, float, backend::reference, without_vectors<float>>() == 0);
#endif
}

TEST_CASE("elements of all types, one by one") { check<maps>(); }
TEST_CASE("elements of all types, reduced") { check<sweeps>(); }
TEST_CASE("elements of all types, moved") { check<movements>(); }
TEST_CASE("and multiplied, as they lie") { check<products>(); }

}  // namespace
