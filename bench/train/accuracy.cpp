// SPDX-License-Identifier: Apache-2.0
// libraries: z
// What networks get on Fashion-MNIST, as a Markdown table: test accuracy after the last epoch, of three seeds, beside
// that of Keras with the same network, initialisers, optimizer, batch size and number of epochs.
//
//     bench/train/accuracy            # all networks, about 20 minutes on two cores
//     bench/train/accuracy mlp        # those whose name contains the word
#include <cstdint>
#include <cstdio>
#include <string_view>

#include <tfx/backend/threads/backend.hpp>
#include <tfx/data/fashion_mnist.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

namespace {

inline constexpr auto training =
    recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});

inline constexpr auto mlp =
    nn::sequential(nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::dropout{.rate = 0.2}, nn::dense<10>{});

inline constexpr auto deeper_mlp = nn::sequential(  //
    nn::flatten{}, nn::dense<256>{}, nn::relu{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});

template <auto Padding> constexpr auto convolutional() {
  return nn::sequential(nn::reshape<28, 28, 1>{},                                          //
                        nn::conv2d<32, 3, Padding>{}, nn::relu{}, nn::max_pool<2>{},       //
                        nn::conv2d<64, 3, Padding>{}, nn::relu{}, nn::max_pool<2>{},       //
                        nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
}
inline constexpr auto cnn_same = convolutional<same>();
inline constexpr auto cnn_valid = convolutional<valid>();

/// One row of the table. `keras` is the mean over the same number of seeds.
template <const auto& Net>
void compare(std::string_view name, int epochs, double keras, std::string_view wanted,
             const data::fashion_mnist_data& data) {
  if (name.find(wanted) == name.npos) return;
  constexpr int seeds = 3;
  double reached[seeds], sum = 0, seconds = 0;
  for (int i = 0; i < seeds; ++i) {
    model<Net, input<64, 28, 28>, backend::threads<2>> network{seed{std::uint64_t(i) + 1}};
    const auto history = network.template fit<training>(data.train, {.epochs = epochs, .quiet = true});
    for (const double epoch : history.seconds()) seconds += epoch;
    reached[i] = network.template evaluate<training>(data.test).metrics[0];
    sum += reached[i];
  }
  const double mean = sum / seeds;
  std::printf("| %.*s | %d | %.4f | %.4f | %.4f | %.4f | %.4f | %+.2f | %.1f |\n", int(name.size()), name.data(),
              epochs, reached[0], reached[1], reached[2], mean, keras, 100 * (mean - keras),
              seconds / (seeds * epochs));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  const auto data = data::fashion_mnist();
  std::puts("| network | epochs | seed 1 | seed 2 | seed 3 | mean | Keras | difference, points | s/epoch |");
  std::puts("|---|---|---|---|---|---|---|---|---|");
  compare<mlp>("mlp 784-128-10, dropout 0.2", 10, 0.881, wanted, data);
  compare<deeper_mlp>("mlp 784-256-128-10", 10, 0.883, wanted, data);
  compare<cnn_same>("cnn 32-64-128-10, same", 5, 0.9005, wanted, data);
  compare<cnn_valid>("cnn 32-64-128-10, valid", 5, 0.9005, wanted, data);
}
