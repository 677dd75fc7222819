// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// The memory plan against what the launches say that they read and write.
#include <doctest/doctest.h>

#include <tfx/compile/buffers.hpp>
#include <tfx/tfx.hpp>

#include <tfx/ops/control_flow.hpp>

using namespace tfx;

namespace {

inline constexpr auto lenet = nn::sequential(
    nn::conv2d<6, 5, same>{}, nn::batch_norm{}, nn::relu{}, nn::max_pool<2>{},
    nn::conv2d<16, 5>{}, nn::relu{}, nn::max_pool<2>{},
    nn::flatten{}, nn::dense<120>{}, nn::relu{}, nn::dropout{}, nn::dense<10>{});
inline constexpr auto training =
    recipe(loss::softmax_cross_entropy{}, optim::adam{.clip_norm = 1.0}, metric::accuracy{});
using lenet_model = model<lenet, input<64, 28, 28, 1>>;

inline constexpr auto recurrent = [](auto x) {   // trained through a loop: the forward body's values are kept
  const auto w = param<shape<8, 8>>(x, "weight", init::glorot_uniform{}, 8, 8);
  const auto last = fori_loop<10>([&](auto, auto h) { return tanh(matmul(h, w)); }, x);
  const auto loss = mean(square(last));
  minimize(loss, optim::adam{});
  return loss;
};

template <class Plan> void check_plan() {
  const list<buffer_info> buffers = buffers_of<Plan>();
  CHECK(buffers.size() == Plan::memory.buffers);

  int end = 0;
  for (int i = 0; i < buffers.size(); ++i) {
    const buffer_info& a = buffers[i];
    CHECK(a.offset % leaf_alignment == 0);
    CHECK(a.offset >= 0);
    if (a.offset + a.size > end) end = a.offset + a.size;
    for (int j = 0; j < i; ++j) {
      const buffer_info& b = buffers[j];
      const bool same_time = a.from <= b.to && b.from <= a.to;
      const bool same_place = a.offset < b.offset + b.size && b.offset < a.offset + a.size;
      CHECK_FALSE((same_time && same_place));
    }
  }
  CHECK(end == Plan::memory.arena);

  int most = 0, all = 0;
  for (int t = 0; t < Plan::n_launches; ++t) {
    int alive = 0;
    for (int i = 0; i < buffers.size(); ++i)
      if (buffers[i].from <= t && t <= buffers[i].to) alive += buffers[i].size;
    if (alive > most) most = alive;
  }
  for (int i = 0; i < buffers.size(); ++i) all += buffers[i].size;
  CHECK(most == Plan::memory.live_peak);
  CHECK(all == Plan::memory.unplanned);

  // What a launch reads or writes in the arena lies in a buffer that is in use then.
  for (int t = 0; t < Plan::n_launches; ++t) {
    const launch_record& l = Plan::launches[std::size_t(t)];
    for (int k = 0; k < l.all_operands(); ++k) {
      const operand_info& o = Plan::operands[std::size_t(l.first_operand + k)];
      if (o.space != arena_space) continue;
      bool held = false;
      for (int i = 0; i < buffers.size(); ++i) {
        const buffer_info& b = buffers[i];
        held = held || (b.offset <= o.offset && o.offset < b.offset + b.size && b.from <= t && t <= b.to);
      }
      CHECK(held);
    }
  }
}

}  // namespace

TEST_CASE("buffers of a prediction") { check_plan<lenet_model::predict_plan>(); }
TEST_CASE("buffers of a training step") { check_plan<lenet_model::training_plan<training>>(); }
TEST_CASE("buffers of an evaluation") { check_plan<lenet_model::evaluation_plan<training>>(); }
TEST_CASE("buffers of a trained loop") { check_plan<program<recurrent, input<4, 8>>::plan_type>(); }
