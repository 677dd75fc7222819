// SPDX-License-Identifier: Apache-2.0
// Prints what one core of this machine can do at most, as the `machine` that `explain_on` takes: multiply-adds in registers,
// and bytes read and written by a loop over a buffer that lies in each level.
#include <chrono>
#include <cstdio>

#include <tfx/compile/roofline.hpp>
#include <tfx/tfx.hpp>

#include "../backend/peak.hpp"

namespace {

/// 10^9 bytes per second, the best of several rounds.
double bandwidth(std::size_t bytes) {
  const std::size_t count = bytes / sizeof(float);
  tfx::bench::aligned_buffer buffer(count, 1);
  float* const x = buffer.data();
  const std::size_t sweeps = bytes < (std::size_t(64) << 20) ? (std::size_t(64) << 20) / bytes : 1;
  double best = 0;
  for (int round = 0; round < 8; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t s = 0; s < sweeps; ++s) {
      for (std::size_t i = 0; i < count; ++i) x[i] *= 1.0001f;
      benchmark::ClobberMemory();
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const double rate = 2 * double(sweeps) * double(bytes) / seconds.count() * 1e-9;
    if (rate > best) best = rate;
  }
  return best;
}

}  // namespace

int main() {
  tfx::machine on;
  on.gigaflops = 2 * tfx::bench::peak() * 1e-9;
  std::printf("inline constexpr tfx::machine here{.gigaflops = %.1f, .levels = {", on.gigaflops);
  for (const tfx::machine::level& l : on.levels) {
    const std::size_t inside = l.bytes ? l.bytes / 2 : std::size_t(256) << 20;
    std::printf("%s{%zu, %.1f}", l.bytes == on.levels[0].bytes ? "" : ", ", l.bytes, bandwidth(inside));
  }
  std::printf("}};\n");
}
