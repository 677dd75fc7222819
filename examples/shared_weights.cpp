// SPDX-License-Identifier: Apache-2.0
// Eight threads predict with one network: its weights are shared, a session is what a thread computes in. twins/shared_weights.py is
// the same in PyTorch.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include <tfx/expr/values.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<512>{}, nn::relu{}, nn::dense<512>{}, nn::relu{}, nn::dense<10>{});
using answers = tensor<float, shape<100, 10>>;

/// Are the answers of eight threads those of one?
template <class Weights> bool all_agree(const Weights& shared, const auto& questions) {
  session alone{shared};
  const answers expected = alone.predict(questions);   // 100 rows, 16 at a time
  std::vector<answers> found(8);
  std::vector<std::thread> threads;
  for (answers& mine : found)
    threads.emplace_back([&] {
      session own{shared};
      for (int again = 0; again < 3; ++again) mine = own.predict(questions);
    });
  for (std::thread& t : threads) t.join();
  bool all = true;
  for (const answers& one : found) all = all && one == expected;
  return all;
}

int main(int argc, char** argv) {
  const double seed = argc > 1 ? std::atof(argv[1]) : 1;
  weights<net, input<16, 784>> made;
  made.for_each_variable([&](auto, const dims& shape, float* w) {   // numbers that the twin has as well
    for (int i = 0; i < shape.size(); ++i) w[i] = float(std::sin((i + 1) * (1 + seed)) / std::sqrt(double(shape.extent[0])));
  });
  tensor<float, shape<100, 784>> questions;
  for (int i = 0; i < questions.size(); ++i) questions.data()[i] = float(std::sin((i + 1) * 0.1));

  const auto& w = made;
  std::printf("weights %zu bytes, a session %s\n", w.bytes, decltype(session{w})::bytes * 5 < w.bytes ? "less than a fifth of that" : "more");
  std::printf("eight threads: %s\n", all_agree(w, questions) ? "the same bits" : "other bits");

  // What is read in another order than it lies in, copied into that order once for all of them.
  const auto server = frozen(w);
  std::printf("frozen: %s\n", all_agree(server, questions) ? "the same bits" : "other bits");
  double sum = 0;
  const answers given = session{server}.predict(questions);
  for (int i = 0; i < given.size(); ++i) sum += std::fabs(given.data()[i]) / given.size();
  std::printf("mean answer %.5f\n", sum);
}
