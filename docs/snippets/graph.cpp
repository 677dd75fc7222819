// SPDX-License-Identifier: Apache-2.0
// A network as a graph of its layers, and the table that the picture is made of.
#include <cstdio>

#include <tfx/tfx.hpp>
#include <tfx/train/graph_dot.hpp>

using namespace tfx;

// region: network
inline constexpr auto net = nn::sequential(nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::residual(nn::dense<128>{}),
                                           nn::named("head", nn::dense<10>{}), nn::softmax{});
// end region

// region: calls
constexpr semantic_view g = written_graph<net, input<64, 28, 28>>();

/// How many outputs the layer at `path` has; 0: there is no such layer.
constexpr int units_of(std::string_view path) {
  for (int c = 0; c < g.n_calls; ++c)
    for (int k = 0; k < g.calls[c].attributes && g.path(g.calls[c]) == path; ++k)
      if (g.attribute(g.calls[c], k).name == "units") return int(g.attribute(g.calls[c], k).value);
  return 0;
}
static_assert(units_of("dense") == 128 && units_of("head") == 10);
// end region

int main() {
  // region: draw
  constexpr std::string_view picture = graph_dot<net, input<64, 28, 28>>();
  std::printf("%.*s", int(picture.size()), picture.data());
  // end region
}
