// SPDX-License-Identifier: Apache-2.0
// libraries: z
// A loop of one's own: a step that trains, a step that tests, and what is between them. twins/own_loop.py is the same in PyTorch.
#include <cstdio>
#include <cstdlib>

#include <tfx/data/batches.hpp>
#include <tfx/data/fashion_mnist.hpp>
#include <tfx/expr/values.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

// region: steps
inline constexpr auto net = nn::sequential(nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::dropout{.rate = 0.2}, nn::dense<10>{});

struct learn {
  constexpr auto operator()(auto images, auto labels, auto rate) const {
    auto loss = loss::softmax_cross_entropy{}(net(images), labels);
    minimize(loss, optim::adam{.learning_rate = rate, .clip_norm = 1});
    return loss;
  }
};
struct test {   // minimises nothing, so nothing drops out
  constexpr auto operator()(auto images, auto labels) const { return metric::accuracy{}(net(images), labels); }
};
inline constexpr learn learn_step{};
inline constexpr test test_step{};
// end region

int main(int argc, char** argv) {
  auto [train, unseen] = data::fashion_mnist();
  // region: loop
  program<learn_step, input<64, 28, 28>, indices<64>, input<>> learning{seed{argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1}};
  program<test_step, input<64, 28, 28>, indices<64>> testing;
  double right = 0;
  for (unsigned epoch = 0; epoch < 3; ++epoch) {
    double sum = 0;
    for (auto& batch : data::batches<64>(train.first(12'000), {.epoch = epoch, .shuffle = true})) {
      auto [images, labels] = batch;
      sum += double(batch.rows) * learning(images, labels, 2e-3 / (1 + epoch));
    }
    copy(testing, learning);
    right = 0;
    for (auto& batch : data::batches<64>(unseen.first(2000))) {
      auto [images, labels] = batch;
      right += double(batch.rows) * testing(images, labels);
    }
    std::printf("epoch %u: loss %.3f, accuracy %.3f\n", epoch + 1, sum / 12'000, right / 2000);
  }
  // end region
  std::printf("accuracy %.3f\n", right / 2000);
}
