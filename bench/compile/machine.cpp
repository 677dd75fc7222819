// SPDX-License-Identifier: Apache-2.0
// Prints what one core of this machine can do at most, as the `machine` that `explain_on` takes: multiply-adds in registers,
// and bytes read and written by a loop over a buffer that lies in each level.
#include <cstdio>

#include <tfx/compile/roofline.hpp>
#include <tfx/tfx.hpp>

#include "../support/ceilings.hpp"

int main() {
  using namespace tfx::bench;
  const tfx::machine on;
  std::printf("inline constexpr tfx::machine here{.gigaflops = %.1f, .levels = {", peak_flops() / 1e9);
  for (const tfx::machine::level& l : on.levels) {
    const std::size_t inside = l.bytes ? l.bytes / 2 : std::size_t(256) << 20;
    std::printf("%s{%zu, %.1f}", l.bytes == on.levels[0].bytes ? "" : ", ", l.bytes, bandwidth(inside, traffic::update) / 1e9);
  }
  std::printf("}};\n");
}
