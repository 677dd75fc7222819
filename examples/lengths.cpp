// SPDX-License-Identifier: Apache-2.0
// Sequences of any length, up to a longest one: a batch is as long as its longest sequence, and the next batch may have another length.
#include <cstdio>
#include <vector>

#include <tfx/tfx.hpp>

using namespace tfx;

// region: network
inline constexpr auto net = nn::sequential(nn::embedding<3, 4>{.mask_zero = true}, nn::gru<8>{}, nn::dense<2>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-2}, metric::accuracy{});
using counter = model<net, indices<32, up_to<12>>>;   // at most 32 texts of at most 12 words
// end region

/// Texts of the words 1 and 2, and whether there are more of the latter.
struct texts {
  std::vector<std::vector<int>> words;
  std::vector<int> more;

  texts(int count, int shortest, int longest, unsigned state) {
    const auto draw = [&](int below) { return int(((state = state * 1664525u + 1013904223u) >> 16) % unsigned(below)); };
    for (int i = 0; i < count; ++i) {
      int sum = 0;
      for (int& word : words.emplace_back(shortest + draw(longest - shortest + 1))) sum += 2 * (word = 1 + draw(2)) - 3;
      more.push_back(sum > 0);
    }
  }
};

int main() {
  // region: train
  const texts learn(2000, 1, 12, 1), held_back(500, 1, 12, 2);
  counter m{seed{3}};
  m.fit<training>(data::columns(learn.words, learn.more), {.epochs = 15, .quiet = true});
  const auto result = m.evaluate<training>(data::columns(held_back.words, held_back.more));
  // end region
  std::printf("of texts of any length %s are right\n", result["accuracy"] > 0.9 ? "nine in ten" : "too few");

  // region: predict
  const int five[] = {1, 2, 2, 1, 2};
  const auto y = m.predict(lengths{5}, five);
  // end region
  std::printf("12212 has %s\n", y[1] > y[0] ? "more of 2" : "no more of 2");

  // region: step
  auto learner = m.trainer<training>();   // a step of one's own, at a length of one's own
  const std::vector<std::int32_t> words = {1, 2, 2, 1, 1, 2}, more = {1, 0};
  const void* columns[] = {words.data(), more.data()};
  double given[decltype(learner)::values::all.elements];
  learner.run<true>(lengths{3}, columns, 2, given);
  // end region
}
