// SPDX-License-Identifier: Apache-2.0
// budget: native=170000 any=320000
// A program that trains an encoder block with dropout on data in memory, evaluates and uses it.
#include <cstdint>
#include <vector>

#include <tfx/data/dataset.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::transformer_encoder<4, 128>{.dropout = 0.1}, nn::flatten{}, nn::dense<10>{});
inline constexpr auto training =
    recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});

int main() {
  const std::vector<float> x(640 * 16 * 64, 0.5f);
  const std::vector<std::uint8_t> labels(640, 1);
  std::vector<float> y(64 * 10);
  const auto data = data::from_memory<shape<16, 64>, shape<>, 10>(x, labels);
  model<net, input<64, 16, 64>> classifier{seed{1}};
  classifier.fit<training>(data, {.epochs = 1});
  const double loss = classifier.evaluate<training>(data).loss;
  classifier.predict(x.data(), y.data(), 64);
  return loss < 1 ? int(y[0] > y[1]) : 2;
}
