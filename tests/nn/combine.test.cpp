// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/layers.hpp"
#include "../support/layer.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

/// The paths of a network's parameters: no kernel is compiled for them.
template <const auto& Net, class In> struct collecting {
  constexpr void operator()(builder& b) const {
    b.training = true;
    b.add_output(call_layer(Net, var<In>{b.add_input(In::value, dtype::real_type, "x")}).h);
  }
};
template <const auto& Net, class In> std::string paths() {
  constexpr auto& graph = traced_step<collecting<Net, In>>::graph;
  std::string all;
  for (const leaf_info& l : graph.leaves) {
    if (l.space == parameter_space && l.size) all.append(all.empty() ? "" : " ").append(graph.view().name(l)).append(l.trainable ? "" : "*");
  }
  return all;
}

struct block {
  constexpr auto operator()(tensor_expression auto x) const { return x | nn::dense<4>{} | nn::relu{} | nn::dense<4>{}; }
};
struct gain {
  constexpr auto operator()(tensor_expression auto x) const { return x * param<shape<4>>(x, "gain", init::ones{}); }
};

constexpr auto two_dense = nn::sequential(nn::dense<4>{}, nn::relu{}, nn::dense<4>{.bias = false});
constexpr auto repeated = nn::repeat<2>(block{});
constexpr auto named = nn::sequential(nn::named("stem", nn::dense<4>{}), nn::named("head", two_dense));
constexpr auto shared = nn::sequential(nn::shared("tied", nn::dense<4>{.bias = false}), nn::shared("tied", nn::dense<4>{.bias = false}));
constexpr auto frozen = nn::sequential(nn::frozen(nn::dense<4>{.bias = false}), nn::dense<4>{.bias = false});
constexpr auto own = nn::sequential(gain{}, nn::repeat<2>(gain{}));

TEST_CASE("parameters are named after the layers that made them") {
  using in = shape<2, 4>;
  CHECK(paths<two_dense, in>() == "dense/weight dense/bias dense_1/weight");
  CHECK(paths<repeated, in>() ==
        "repeat/0/block/dense/weight repeat/0/block/dense/bias repeat/0/block/dense_1/weight repeat/0/block/dense_1/bias "
        "repeat/1/block/dense/weight repeat/1/block/dense/bias repeat/1/block/dense_1/weight repeat/1/block/dense_1/bias");
  CHECK(paths<named, in>() == "stem/weight stem/bias head/dense/weight head/dense/bias head/dense_1/weight");
  CHECK(paths<shared, in>() == "tied/weight");
  CHECK(paths<frozen, in>() == "dense/weight* dense_1/weight");
  CHECK(paths<own, in>() == "gain/gain repeat/0/gain/gain repeat/1/gain/gain");
}

TEST_CASE("a shared layer has one weight, and the sum of both gradients") {
  // y = x w w: with w = 2 the gradient of sum(y) is x w + x w.
  static constexpr auto net = nn::sequential(nn::shared("w", nn::dense<1>{.bias = false}), nn::shared("w", nn::dense<1>{.bias = false}));
  layer_machine<net, shape<3, 1>> m;
  m.set("w/weight", numbers{2}).on(numbers{1, 2, 3}, numbers{1, 1, 1});
  CHECK_CLOSE(m.value(), (numbers{4, 8, 12}));
  CHECK_CLOSE(m.gradient("w/weight"), (numbers{24}));
  CHECK_CLOSE(m.d_x(), (numbers{4, 4, 4}));
}

TEST_CASE("gradients flow through a frozen layer and around a residual branch") {
  static constexpr auto net = nn::sequential(nn::residual(nn::frozen(nn::dense<1>{.bias = false})), nn::dense<1>{});
  layer_machine<net, shape<2, 1>> m;   // y = (x + 3 x) * 5 + 1
  CHECK(m.paths() == "residual/dense/weight dense/weight dense/bias");
  m.set("residual/dense/weight", numbers{3}).set("dense/weight", numbers{5}).set("dense/bias", numbers{1}).on(numbers{1, 2}, numbers{1, 10});
  CHECK_CLOSE(m.value(), (numbers{21, 41}));
  CHECK_CLOSE(m.gradient("dense/weight"), (numbers{84}));
  CHECK_CLOSE(m.gradient("dense/bias"), (numbers{11}));
  CHECK_CLOSE(m.d_x(), (numbers{20, 200}));
}

TEST_CASE("flatten and reshape keep the batch in front") {
  static constexpr auto net = nn::sequential(nn::reshape<2, 2, 1>{}, nn::max_pool<2>{}, nn::flatten{}, nn::dense<1>{.bias = false});
  layer_machine<net, shape<-5, 4>> m;
  m.state.batch = 2;
  m.set("dense/weight", numbers{2}).on(numbers{1, 5, 2, 3, 9, 8, 7, 6}, numbers{1, 1});
  CHECK_CLOSE(m.value(), (numbers{10, 18}));
  CHECK_CLOSE(m.d_x(), (numbers{0, 2, 0, 0, 2, 0, 0, 0}));
}

TEST_CASE("pooling layers") {
  static constexpr auto net = nn::sequential(nn::average_pool<2>{}, nn::global_max_pool{});
  static constexpr auto mean = nn::sequential(nn::max_pool<>{}, nn::global_average_pool{});
  const numbers image = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  layer_machine<net, shape<1, 4, 4, 1>> m;
  m.on(image, numbers{4});
  CHECK_CLOSE(m.value(), (numbers{13.5}));
  CHECK_CLOSE(m.d_x(), (numbers{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1}));
  layer_machine<mean, shape<1, 4, 4, 1>> n;
  n.on(image, numbers{4});
  CHECK_CLOSE(n.value(), (numbers{11}));
  CHECK_CLOSE(n.d_x(), (numbers{0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1}));
}

}  // namespace
