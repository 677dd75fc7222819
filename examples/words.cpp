// SPDX-License-Identifier: Apache-2.0
// Sentences of up to 16 words: are there more kind words in one than unkind ones? An LSTM reads them in order, attention all at once.
// What fills short sentences up, the word 0, is left out by both. twins/words.py is the same in Keras.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <tfx/data/split.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

// region: networks
inline constexpr auto recurrent = nn::sequential(nn::embedding<40, 16>{.mask_zero = true}, nn::lstm<24>{}, nn::dense<2>{});
inline constexpr auto attentive = nn::sequential(nn::embedding<40, 16>{.mask_zero = true}, nn::residual(nn::multi_head_attention<2>{}),
                                                 nn::global_average_pool{}, nn::dense<2>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 4e-3}, metric::accuracy{});
// end region

/// A number in [0, 1) for every row and column, the same in every language.
double noise(int row, int column) {
  const double s = std::sin(row * 12.9898 + column * 78.233) * 43758.5453;
  return s - std::floor(s);
}

template <const auto& Net> double trained(seed s, auto& learn, auto& test) {
  model<Net, indices<32, 16>> m{s};
  m.template fit<training>(learn, {.epochs = 8, .quiet = true});
  return m.template evaluate<training>(test)["accuracy"];
}

int main(int argc, char** argv) {
  std::vector<std::array<int, 16>> sentences;
  std::vector<int> kind;
  for (int i = 0; i < 3000; ++i) {
    std::array<int, 16> words{};
    const int length = 4 + int(13 * noise(i, 0));
    int sum = 0;
    for (int t = 0; t < length; ++t) {
      words[std::size_t(t)] = 1 + int(39 * noise(i, t + 1));   // 1 to 10 are kind, 11 to 20 are not
      sum += words[std::size_t(t)] <= 10 ? 1 : words[std::size_t(t)] <= 20 ? -1 : 0;
    }
    sentences.push_back(words);
    kind.push_back(sum > 0);
  }
  auto [learn, test] = data::split(data::columns(sentences, kind), 2000);
  const seed s{argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1};
  std::printf("attention accuracy %.3f\n", trained<attentive>(s, learn, test));
  std::printf("LSTM accuracy %.3f\n", trained<recurrent>(s, learn, test));
}
