// SPDX-License-Identifier: Apache-2.0
// labels: any
#include <tfx/backend/simd/backend.hpp>
#include <tfx/ops.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <limits>

#include "../support/machine.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr int rows = 21, depth = 70, cols = 37, zero_point = -3;

/// A quantised layer: bytes by bytes, a bias, a scale of each column, and bytes again.
struct layer {
  template <class E, int... Extent> static constexpr var<shape<Extent...>, E> given(builder& b) {
    return {b.add_input(shape<Extent...>::value, dtype_of<E>, "x")};
  }
  constexpr void operator()(builder& b) const {
    const auto x = given<std::int8_t, rows, depth>(b);
    const auto w = given<std::int8_t, depth, cols>(b);
    const auto bias = given<std::int32_t, cols>(b);
    const auto multiplier = given<std::int32_t, cols>(b);
    const auto shift = given<std::int32_t, cols>(b);
    const auto y = requantise(matmul(x, w) + bias, multiplier, shift) + zero_point;
    b.add_output(cast<std::int8_t>(minimum(maximum(y, -128), 127)).h);
  }
};

/// TensorFlow Lite's MultiplyByQuantizedMultiplier.
std::int32_t by_quantized(std::int32_t x, std::int32_t multiplier, int shift) {
  const int left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
  const std::int64_t ab = std::int64_t(std::int32_t(std::uint32_t(x) << left)) * multiplier, nudge = ab >= 0 ? 1 << 30 : 1 - (1 << 30);
  const auto high = std::int32_t((ab + nudge) / (std::int64_t(1) << 31));
  const auto mask = std::int32_t((std::int64_t(1) << right) - 1), rest = high & mask, threshold = (mask >> 1) + (high < 0 ? 1 : 0);
  return (high >> right) + (rest > threshold ? 1 : 0);
}

template <class Backend, class T> int wrong() {
  machine<layer, Backend, T> m;
  std::int8_t x[rows][depth], w[depth][cols];
  std::int32_t bias[cols], multiplier[cols], shift[cols];
  std::uint64_t state = 7;
  const auto next = [&] { return std::uint32_t((state = state * 6364136223846793005u + 1442695040888963407u) >> 32); };
  for (auto& row : x) for (auto& each : row) each = std::int8_t(next() >> 8);
  for (auto& row : w) for (auto& each : row) each = std::int8_t(next() >> 8);
  for (int c = 0; c < cols; ++c) {
    bias[c] = std::int32_t(next() >> 16) - 32768;
    multiplier[c] = std::int32_t(0x40000000u | next() >> 2);
    shift[c] = -5 - std::int32_t(next() % 8);
  }
  void* outputs = nullptr;
  int input = 0;
  for (const leaf_info& l : m.program.leaves) {
    void* const to = m.values(l).data();
    const auto put_integers = [&](const std::int32_t* from) {
      for (int c = 0; c < cols; ++c) static_cast<T*>(to)[c] = word_of<T>(from[c], true);
    };
    switch (input++) {
      case 0: std::memcpy(to, x, sizeof x); break;
      case 1: std::memcpy(to, w, sizeof w); break;
      case 2: put_integers(bias); break;
      case 3: put_integers(multiplier); break;
      case 4: put_integers(shift); break;
      default: outputs = to;
    }
  }
  m.run();
  int wrong = 0;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) {
      std::int32_t sum = bias[c];
      for (int k = 0; k < depth; ++k) sum += x[r][k] * w[k][c];
      const std::int32_t y = by_quantized(sum, multiplier[c], shift[c]) + zero_point;
      wrong += static_cast<const std::int8_t*>(outputs)[r * cols + c] != (y < -128 ? -128 : y > 127 ? 127 : y);
    }
  return wrong;
}

}  // namespace

TEST_CASE("a quantised layer gives the integers of TensorFlow Lite, on every backend") {
  CHECK(wrong<backend::reference, float>() == 0);
  CHECK(wrong<backend::scalar, float>() == 0);
  CHECK(wrong<backend::simd<>, float>() == 0);
  CHECK(wrong<backend::simd<>, double>() == 0);
}
