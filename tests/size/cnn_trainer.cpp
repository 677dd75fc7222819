// SPDX-License-Identifier: Apache-2.0
// budget: native=300000 any=300000
// A program that trains two convolutions and two dense layers on data in memory, evaluates and uses them.
#include <cstdint>
#include <vector>

#include <tfx/data/dataset.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr auto net =
    nn::sequential(nn::conv2d<32, 3>{}, nn::relu{}, nn::max_pool<2>{}, nn::conv2d<64, 3>{}, nn::relu{}, nn::max_pool<2>{},
                   nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
inline constexpr auto training =
    recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});

int main() {
  const std::vector<float> x(640 * 28 * 28, 0.5f);
  const std::vector<std::uint8_t> labels(640, 1);
  std::vector<float> y(64 * 10);
  const auto data = data::from_memory<shape<28, 28, 1>, shape<>, 10>(x, labels);
  model<net, input<64, 28, 28, 1>> classifier{seed{1}};
  classifier.fit<training>(data, {.epochs = 1});
  const double loss = classifier.evaluate<training>(data).loss;
  classifier.predict(x.data(), y.data(), 64);
  return loss < 1 ? int(y[0] > y[1]) : 2;
}
