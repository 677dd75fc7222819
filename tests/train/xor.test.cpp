// SPDX-License-Identifier: Apache-2.0
// labels: bare
#include <tfx/loss.hpp>
#include <tfx/metrics.hpp>
#include <tfx/nn.hpp>
#include <tfx/optim.hpp>
#include <tfx/train/model.hpp>

#include <doctest/doctest.h>

namespace {

inline constexpr auto net = tfx::nn::sequential(tfx::nn::dense<16>{}, tfx::nn::tanh{}, tfx::nn::dense<2>{});
inline constexpr auto training = tfx::recipe(tfx::loss::softmax_cross_entropy{}, tfx::optim::adam{.learning_rate = 1e-2}, tfx::metric::accuracy{});

TEST_CASE("learns the exclusive or, with and without exceptions") {
  tfx::model<net, tfx::input<4, 2>> model{tfx::seed{1}};
  const float x[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  const std::int32_t classes[4] = {0, 1, 1, 0};
  const double before = model.evaluate_batch<training>(x[0], classes, 4).loss;
  for (int i = 0; i < 300; ++i) model.train_batch<training>(x[0], classes, 4);
  const auto after = model.evaluate_batch<training>(x[0], classes, 4);
  CHECK(before > 0.5);
  CHECK(after.loss < 0.01);
  CHECK(after.metrics[0] == 1);
  float logits[4][2];
  model.predict(x[0], logits[0], 4);
  for (int i = 0; i < 4; ++i) CHECK((logits[i][1] > logits[i][0]) == (classes[i] == 1));
}

}  // namespace
