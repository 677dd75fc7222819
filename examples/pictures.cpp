// SPDX-License-Identifier: Apache-2.0
// libraries: z
// Pictures of clothes: a residual network, pictures that change while training, weights that are kept small, and what was taken
// for what. twins/pictures.py is the same in Keras.
#include <cstdio>
#include <cstdlib>

#include <tfx/data/fashion_mnist.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

// region: network
struct block {
  constexpr auto operator()(auto x) const {
    auto h = x | nn::conv2d<16, 3, same>{} | nn::batch_norm{.momentum = 0.9} | nn::relu{} | nn::conv2d<16, 3, same>{} | nn::batch_norm{.momentum = 0.9};
    return relu(x + h);
  }
};
inline constexpr auto net = nn::sequential(nn::reshape<28, 28, 1>{}, nn::random_flip{flips::horizontal}, nn::random_translation{.height_factor = 0.05, .width_factor = 0.05},
                                           nn::conv2d<16, 3, same, stride<2>>{}, nn::relu{}, block{}, nn::max_pool<2>{}, nn::flatten{}, nn::dense<10>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{} + penalty::l2{1e-4, "*/weight"}, optim::adam{.learning_rate = 2e-3},
                                        metric::accuracy{}, metric::confusion_matrix<10>{});
// end region

int main(int argc, char** argv) {
  auto [train, test] = data::fashion_mnist();
  // region: training
  model<net, image<64, 28, 28>> classifier{seed{argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1}};
  classifier.fit<training>(train.first(6000), {.epochs = 4, .quiet = true});
  auto result = classifier.evaluate<training>(test.first(2000));
  auto taken = result.counts("confusion_matrix");
  // end region
  std::printf("shirts taken for shirts %.0f, for T-shirts %.0f, for pullovers %.0f\n", taken[66], taken[60], taken[62]);
  std::printf("accuracy %.3f\n", result["accuracy"]);
}
