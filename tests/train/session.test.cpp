// SPDX-License-Identifier: Apache-2.0
// labels: threads
// Threads share weights: each has a session, all have the same bits, and nobody copies anything.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <thread>
#include <vector>

#include <tfx/tfx.hpp>

namespace {

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<96>{}, nn::batch_norm{}, nn::relu{}, nn::dense<80>{}, nn::tanh{}, nn::dense<7>{});
using shared = weights<net, input<16, 40>>;
using rows = tensor<float, shape<50, 40>>;
using answers = tensor<float, shape<50, 7>>;

rows questions() {
  rows x;
  for (int i = 0; i < x.size(); ++i) x.data()[i] = std::sin(float(i) * 0.7f);
  return x;
}
/// From as many threads at once, again and again: are all answers those?
template <class Weights> bool all_give(const Weights& w, const rows& x, const answers& expected) {
  bool right[8] = {};
  std::vector<std::thread> threads;
  for (bool& mine : right)
    threads.emplace_back([&] {
      session s{w};
      mine = true;
      for (int k = 0; k < 20; ++k) mine = mine && std::memcmp(answers(s.predict(x)).data(), expected.data(), sizeof(float) * 350) == 0;
    });
  for (std::thread& t : threads) t.join();
  bool all = true;
  for (const bool one : right) all = all && one;
  return all;
}

}  // namespace

TEST_CASE("eight threads predict with one const object") {
  const shared w{seed{3}};
  const rows x = questions();
  session alone{w};
  const answers expected = alone.predict(x);
  CHECK(all_give(w, x, expected));
  const auto server = frozen(w);
  CHECK(all_give(server, x, expected));
  const auto folded = frozen(w, fold_batch_norm);
  session of_folded{folded};
  const answers nearly = of_folded.predict(x);
  CHECK(all_give(folded, x, nearly));
  CHECK(std::fabs(nearly(3, 2) - expected(3, 2)) < 1e-5f);
}

TEST_CASE("a model's weights are shared while nobody trains them") {
  model<net, input<16, 40>> m{seed{3}};
  const rows x = questions();
  CHECK(all_give(m.weights(), x, m.predict(x)));
}

TEST_CASE("what holds what") {
  static_assert(shared::bytes >= std::size_t(40 * 96 + 4 * 96 + 97 * 80 + 81 * 7) * sizeof(float) && shared::bytes < 60000);
  static_assert(session<shared>::bytes < 40000);
  static_assert(sizeof(session<shared>) < 4096);
}
