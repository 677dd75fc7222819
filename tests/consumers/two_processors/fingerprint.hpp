// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

#include <tfx/backend/simd/lanes.hpp>
#include <tfx/lanes/lane.hpp>

/// The bits of a few thousand results of each elementary function, hashed: with scalars, and with the vectors of the processor
/// that this translation unit is compiled for.
struct fingerprints {
  std::uint64_t scalar, vector;
  bool operator==(const fingerprints&) const = default;
};

fingerprints baseline_fingerprints();
fingerprints avx2_fingerprints();

namespace {

template <class V> std::uint64_t fingerprint() {
  constexpr int count = 4096;
  constexpr int width = int(sizeof(V) / sizeof(float));
  std::uint64_t hash = 14695981039346656037u;
  float in[width], out[width];
  const auto add = [&](auto result) {
    result.put(out);
    for (float y : out) {
      std::uint32_t bits;
      std::memcpy(&bits, &y, sizeof bits);
      // A sum, since scalars and vectors take the functions in another order.
      hash += (bits ^ (bits >> 15)) * 1099511628211u;
    }
  };
  for (int first = 0; first < count; first += width) {
    for (int i = 0; i < width; ++i) in[i] = float(first + i) * 0.0043f - 8.8f;
    const auto x = tfx::lanes::lane<V>::load(in);
    add(exp(x));
    add(tanh(x));
    add(log(abs(x)));
    add(sqrt(abs(x)) / (x * x + 1) - x);
  }
  return hash;
}

}  // namespace
