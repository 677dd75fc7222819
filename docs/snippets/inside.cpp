// SPDX-License-Identifier: Apache-2.0
// What lies inside of a network: an activation as an output, a layer alone, and both as tests see them.
#include <cstdio>
#include <iostream>
#include <vector>

#include <tfx/expr/print.hpp>
#include <tfx/expr/values.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

// region: activation
inline constexpr auto body = nn::named("body", nn::sequential(nn::dense<8>{}, nn::relu{}));
inline constexpr auto head = nn::named("head", nn::dense<2>{});
inline constexpr auto net = [](auto x) { return x | body | head; };
inline constexpr auto net_and_body = [](auto x) {
  auto h = x | body;
  return outputs(h | head, h);
};
// end region

// region: layer
inline constexpr auto alone = [](auto x) { return x | nn::layer_norm{}; };   // minimises nothing: in evaluation mode
// end region

int main() {
  model<net, input<16, 4>> trained{seed{1}};
  const std::vector<float> x = {1, 2, 3, 4};

  // region: look
  model<net_and_body, input<16, 4>> opened;
  copy(opened, trained);                                     // the same paths, so the same parameters
  auto [answer, hidden] = opened.predict(x);
  int active = 0;
  for (float h : hidden) active += h > 0;
  std::printf("the same answer: %s; %d of %d active\n", answer == trained.predict(x) ? "yes" : "no", active, hidden.size());
  // end region

  // region: run
  program<alone, input<1, 4>> layer;
  std::cout << layer(x) << '\n';
  for (float& scale : layer.variable("layer_norm/scale")) scale = 10;
  std::cout << layer(x) << '\n';
  // end region
}
