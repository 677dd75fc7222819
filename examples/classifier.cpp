// SPDX-License-Identifier: Apache-2.0
// libraries: z
// Ten lines to a trained network.
#include <cstdio>

#include <tfx/data/fashion_mnist.hpp>
#include <tfx/expr/values.hpp>
#include <tfx/io/safetensors.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr auto net =
    nn::sequential(nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::dropout{.rate = 0.2}, nn::dense<10>{});
inline constexpr auto training =
    recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});

int main() {
  auto data = data::fashion_mnist();                   // typed: images 28x28, labels 0..9
  model<net, input<64, 28, 28>> classifier{seed{42}};  // at most 64 images at a time; every shape checked here
  classifier.summary();
  classifier.fit<training>(data.train, {.epochs = 5, .validation = data.test});
  auto result = classifier.evaluate<training>(data.test);
  auto garment = argmax(classifier.predict(data.test.images[0]));
  save(classifier, "fashion.safetensors");

  std::printf("test accuracy %.4f, test loss %.4f\n", result.metrics[0], result.loss);
  std::printf("the first test image shows: %s\n", data.test.class_name(garment).data());
}
