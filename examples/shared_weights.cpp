// SPDX-License-Identifier: Apache-2.0
// Eight threads predict with one network: its weights are shared, a session is what a thread computes in.
#include <cstdio>
#include <thread>
#include <vector>

#include <tfx/expr/values.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<512>{}, nn::relu{}, nn::dense<512>{}, nn::relu{}, nn::dense<10>{});
using questions = tensor<float, shape<100, 784>>;
using answers = tensor<float, shape<100, 10>>;

/// Are the answers of eight threads those of one?
template <class Weights> bool all_agree(const Weights& shared, const questions& x) {
  session alone{shared};
  const answers expected = alone.predict(x);   // 100 rows, 16 at a time
  std::vector<answers> found(8);
  std::vector<std::thread> threads;
  for (answers& mine : found)
    threads.emplace_back([&] {
      session own{shared};
      for (int again = 0; again < 3; ++again) mine = own.predict(x);
    });
  for (std::thread& t : threads) t.join();
  bool all = true;
  for (const answers& one : found) all = all && one == expected;
  return all;
}

int main() {
  const weights<net, input<16, 784>> w{seed{5}};
  const questions x = random_normal<100, 784>(1);
  std::printf("weights %zu bytes, a session %s\n", w.bytes, decltype(session{w})::bytes * 5 < w.bytes ? "less than a fifth of that" : "more");
  std::printf("eight threads: %s\n", all_agree(w, x) ? "the same bits" : "other bits");

  // What is read in another order than it lies in, copied into that order once for all of them.
  const auto server = frozen(w);
  std::printf("frozen: %s\n", all_agree(server, x) ? "the same bits" : "other bits");
}
