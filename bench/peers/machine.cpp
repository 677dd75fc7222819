// SPDX-License-Identifier: Apache-2.0
//
// machine: prints what one core of this machine can do at most, as one JSON object: floating-point operations per
// second, and bytes per second from each level of the memory.
#include <array>
#include <cstdio>

#include "../support/ceilings.hpp"

int main() {
  using namespace tfx::bench;
  std::printf("{\"lanes\": %d, \"gflops\": %.1f, \"levels\": [", int(vector::size), peak_flops() / 1e9);
  const char* separator = "";
  for (const level& one : levels()) {
    std::printf("%s{\"name\": \"%s\", \"bytes\": %zu, \"read\": %.1f, \"copy\": %.1f}", separator, one.name, one.bytes,
                bandwidth(one.bytes, traffic::read) / 1e9, bandwidth(one.bytes, traffic::copy) / 1e9);
    separator = ", ";
  }
  std::puts("]}");
}
