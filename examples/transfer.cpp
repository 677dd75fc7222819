// SPDX-License-Identifier: Apache-2.0
// libraries: z
// A part of a network that PyTorch has trained, for another task: shoes were told from clothes, now there are ten kinds.
// twins/transfer.py is the same in PyTorch, and has written the file.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <tfx/data/fashion_mnist.hpp>
#include <tfx/io/safetensors.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

// region: network
inline constexpr auto body = nn::named("body", nn::sequential(
    nn::conv2d<8, 3, same>{}, nn::batch_norm{.epsilon = 1e-5}, nn::relu{}, nn::max_pool<2>{},
    nn::conv2d<16, 3, same>{}, nn::batch_norm{.epsilon = 1e-5}, nn::relu{}, nn::max_pool<2>{}));
inline constexpr auto net = nn::sequential(nn::reshape<28, 28, 1>{}, nn::evaluating(nn::frozen(body)), nn::flatten{}, nn::named("head", nn::dense<10>{}));
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 2e-3}, metric::accuracy{});
// end region

int main(int argc, char** argv) {
  const auto file = std::filesystem::path(__FILE__).parent_path() / "twins/transfer.safetensors";
  auto [train, test] = data::fashion_mnist();
  // region: part
  model<net, image<64, 28, 28>> classifier{seed{argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1}};
  const int read = load(classifier, file,
                        {.only = "body", .names = io::names::torch(), .rename = {{"body/conv2d", "conv1"}, {"body/batch_norm", "bn1"}, {"body/conv2d_1", "conv2"}, {"body/batch_norm_1", "bn2"}}});
  classifier.fit<training>(train.first(2000), {.epochs = 5, .quiet = true});
  auto result = classifier.evaluate<training>(test.first(2000));
  // end region
  std::printf("%d variables of the body are PyTorch's; %d numbers are trained\n", read, classifier.trainable_parameter_count);
  std::printf("accuracy %.3f\n", result["accuracy"]);
}
