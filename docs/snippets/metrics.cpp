// SPDX-License-Identifier: Apache-2.0
// What the page on metrics shows: points in the plane, of which a small network learns which of three fans they lie in.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <tfx/tfx.hpp>

using namespace tfx;

// region: own
/// Which place the label has on average, 1 being the largest output.
struct mean_rank {
  static constexpr int counts = 2;
  constexpr auto count(auto y, auto label) const {   // of one batch
    auto own = sum<1>(where(one_hot<3>(label), y, 0), keep_dims);
    auto rank = sum<1>(y >= own);
    return outputs(sum(rank), sum(rank > 0));
  }
  double finish(const double* c) const { return c[0] / c[1]; }
};
// end region

// region: recipe
inline constexpr auto net = nn::sequential(nn::dense<8>{}, nn::tanh{}, nn::dense<3>{});
inline constexpr auto training = recipe(
    loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 0.02}, metric::accuracy{}, metric::confusion_matrix<3>{},
    metric::f1_score<3>{}, metric::named("f1_micro", metric::f1_score<3>{.over = metric::micro}), mean_rank{});
// end region

int main() {
  constexpr int n = 150;
  std::vector<float> points;
  std::vector<std::int32_t> fan;
  for (int i = 0; i < n; ++i) {
    const float angle = 0.08f * float(i * 29 % 79), away = 0.3f + 0.01f * float(i * 13 % 97);
    points.insert(points.end(), {away * std::cos(angle), away * std::sin(angle)});
    fan.push_back(int(angle + 0.35f * std::sin(40.f * angle)) % 3);
  }
  model<net, input<n, 2>> m{seed{1}};
  for (int step = 0; step < 300; ++step) m.train_batch<training>(points.data(), fan.data(), n);

  // region: read
  const auto result = m.evaluate_batch<training>(points.data(), fan.data(), n);
  for (const auto name : result.names()) std::printf("%.*s %.3f\n", int(name.size()), name.data(), result[name]);
  const auto cells = result.counts("confusion_matrix");
  for (std::size_t row = 0; row < 3; ++row) std::printf("%4.0f %4.0f %4.0f\n", cells[3 * row], cells[3 * row + 1], cells[3 * row + 2]);
  // end region
}
