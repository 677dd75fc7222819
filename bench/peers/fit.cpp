// SPDX-License-Identifier: Apache-2.0
//
// fit [--threads 1|2|4]
//
// One epoch of `fit` over 60,000 rows in memory: the network 784-256-128-10, batch 64, Adam, accuracy, in a new order,
// after an epoch that warms up. bench/peers/fit.py is the same in Keras. Prints a JSON object as tfx_peers does.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <tfx/backend/threads/backend.hpp>
#include <tfx/data/dataset.hpp>
#include <tfx/tfx.hpp>

namespace {

using namespace tfx;

inline constexpr auto mlp = nn::sequential(nn::dense<256>{}, nn::relu{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
inline constexpr auto training =
    recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});

template <class Backend> void measure(int threads) {
  constexpr int rows = 60000, features = 784;
  std::vector<float> x(std::size_t(rows) * features);
  std::vector<std::uint8_t> labels(rows);
  init::fill(init::normal{0, 1}, 1, 1, x.data(), rows * features, 0, 1);
  const random_stream which{.seed = 0, .site = 2};
  for (int i = 0; i < rows; ++i) labels[std::size_t(i)] = std::uint8_t(which.word(std::uint64_t(i)) % 10);
  const auto data = data::from_memory<shape<features>, shape<>, 10>(x, labels);
  model<mlp, input<64, features>, Backend> net;
  const auto history = net.template fit<training>(data, {.epochs = 2, .quiet = true});
  std::printf("{\"framework\": \"tfx\", \"threads\": %d, \"work\": \"mlp-fit-60000\", \"us\": %.0f}\n", threads,
              history.seconds()[1] * 1e6);
}

}  // namespace

int main(int count, char** arguments) {
  const int threads = count == 3 && std::string_view(arguments[1]) == "--threads" ? std::atoi(arguments[2]) : 1;
  if (threads == 1)
    measure<backend::simd<>>(1);
  else if (threads == 2)
    measure<backend::threads<2>>(2);
  else if (threads == 4)
    measure<backend::threads<4>>(4);
  else
    return std::fprintf(stderr, "fit: 1, 2 or 4 threads\n"), 2;
}
