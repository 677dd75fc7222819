// SPDX-License-Identifier: Apache-2.0
// budget: native=30000 any=35000
// A program that uses a network with three layers for one row.
#include <cstdio>

#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr auto net =
    nn::sequential(nn::dense<256>{}, nn::relu{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});

int main() {
  static float x[784], y[10];
  model<net, input<1, 784>> classifier{seed{1}};
  while (std::fread(x, sizeof x, 1, stdin) == 1) {
    classifier.predict(x, y, 1);
    std::fwrite(y, sizeof y, 1, stdout);
  }
}
