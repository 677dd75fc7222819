// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <cstring>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include <tfx/backend/reference/interpret.hpp>
#include <tfx/backend/threads/backend.hpp>
#include <tfx/tfx.hpp>

namespace {

using namespace tfx;

/// Every kind of launch that a run can have: convolutions, pooling, batch statistics, dropout, sums over the batch.
inline constexpr auto net =
    nn::sequential(nn::conv2d<24, 3, same>{}, nn::batch_norm{}, nn::relu{}, nn::max_pool<2>{}, nn::dropout{.rate = 0.2},
                   nn::conv2d<20, 3>{}, nn::relu{}, nn::average_pool<2>{}, nn::flatten{}, nn::dense<10>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-2});
constexpr int batch = 48, pixels = 30 * 30;
template <const auto& Net, class Backend> using network_of = model<Net, input<batch, 30, 30, 1>, Backend>;
template <class Backend> using network = network_of<net, Backend>;

/// Each image by itself, and with loops around rows and columns: parts of images read in place, means over pixels, a softmax
/// over an axis in the middle.
struct excite {
  static constexpr std::string_view name = "excite";
  constexpr auto operator()(tensor_expression auto x) const {
    auto y = slice<1, 2, 26>(x);
    return y * sigmoid(mean<1, 2>(y, keep_dims)) + 0.1 * softmax<1>(y);
  }
};
inline constexpr auto by_image = nn::sequential(nn::conv2d<24, 3, same>{}, nn::relu{}, excite{}, nn::conv2d<20, 3>{}, nn::relu{},
                                                nn::global_average_pool{}, nn::dense<10>{});

template <class Plan> constexpr bool runs_are_disjoint() {
  int after = 0;
  for (int k = 0; k < Plan::n_runs; ++k) {
    const batch_run& r = Plan::runs[std::size_t(k)];
    if (r.first < after || r.last <= r.first || r.last >= Plan::n_launches || r.rows < 1 || r.rows >= batch) return false;
    after = r.last + 1;
  }
  return Plan::n_runs > 0;
}

/// More than a run takes at a time.
constexpr int few = 14;

/// Parameters, state and predictions after steps with some rows.
template <const auto& Net, class Backend> std::vector<float> trained() {
  auto m = std::make_unique<network_of<Net, Backend>>();
  std::vector<float> x(few * pixels), all(few * 10);
  std::vector<std::int32_t> labels(few);
  init::fill(init::normal{0, 1}, 1, 1, x.data(), few * pixels, 0, 1);
  for (int i = 0; i < few; ++i) labels[std::size_t(i)] = i % 10;
  for (const int rows : {few, few - 3}) m->template train_batch<training>(x.data(), labels.data(), rows);
  m->predict(x.data(), all.data(), few - 1);
  m->for_each_variable([&](auto, const dims& s, const float* from) { all.insert(all.end(), from, from + s.size()); });
  return all;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("programs over a large batch have runs, over a small one none") {
  CHECK(runs_are_disjoint<network<backend::simd<>>::predict_plan>());
  CHECK(runs_are_disjoint<network<backend::simd<>>::training_plan<training>>());
  CHECK(model<net, input<2, 30, 30, 1>>::predict_plan::n_runs == 0);
}

TEST_CASE("what only a run uses has room for some rows") {
  using large = network<backend::simd<>>::predict_plan;
  using small = model<net, input<1, 30, 30, 1>>::predict_plan;
  CHECK(large::arena_elements < batch * small::arena_elements);
}

TEST_CASE("threads take rows of their own through a run, unless it adds the batch up") {
  using three = backend::threads<3>;
  using predicting = executable<network<three>::predict_plan, three, float>;
  using learning = executable<network<three>::training_plan<training>, three, float>;
  CHECK(predicting::shared_runs[0].parts == 3);
  CHECK(predicting::room_per_part > 0);
  CHECK(predicting::scratch_elements >= predicting::sums_end + 2 * predicting::room_per_part);
  CHECK(learning::shared_runs[0].parts == 1);   // batch statistics
  CHECK(executable<network<three>::predict_plan, backend::simd<>, float>::room_per_part == 0);
}

template <const auto& Net> void check_bits() {
  CHECK(network_of<Net, backend::simd<>>::template training_plan<training>::runs[0].rows < few - 3);   // several times through a run
  const std::vector<float> expected = trained<Net, backend::reference>();   // node by node: it knows of no runs
  CHECK(same_bits(trained<Net, backend::simd<>>(), expected));
  CHECK(same_bits(trained<Net, backend::scalar>(), expected));
  CHECK(same_bits(trained<Net, backend::threads<3>>(), expected));
}
TEST_CASE("a run gives the bits of the whole batch at once, on every backend") { check_bits<net>(); }
TEST_CASE("and so it does where images are reduced by themselves") { check_bits<by_image>(); }
