// Elements of other types than the program's own: integers, bytes, truth values, bfloat16.
#include <cstdint>
#include <cstdio>
#include <vector>

#include <tfx/expr/values.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

// Bytes of images are read where they lie; only registers hold numbers. Labels are integers, masks one byte each.
struct look {
  constexpr auto operator()(auto images, auto labels) const {
    auto pixels = images * (1.0 / 255) - 0.5;
    auto bright = images > 127;                       // bool
    auto table = param<shape<10, 3>>(labels, "table", init::normal{0, 1});
    return outputs(mean<1>(pixels), sum<1>(bright), bright, gather(table, labels), one_hot<10>(labels));
  }
};
inline constexpr look step{};

// Products round their operands and results to bfloat16; parameters, sums and the end of the network stay float.
inline constexpr auto network = nn::sequential(nn::dense<64>{}, nn::relu{}, nn::dense<64>{}, nn::relu{}, nn::dense<4>{});
inline constexpr auto narrow = nn::in_precision<bfloat16>(network);
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-2}, metric::accuracy{});

template <const auto& Net> void train(const char* name) {
  model<Net, input<64, 6>> m{seed{1}};
  std::vector<float> x(64 * 6);
  std::vector<std::int32_t> labels(64);
  for (int i = 0; i < 64; ++i) {
    labels[std::size_t(i)] = i % 4;
    for (int k = 0; k < 6; ++k) x[std::size_t(i * 6 + k)] = float((i * 7919 + k * 104729) % 97) / 97 + (k == i % 4 ? 0.5f : 0);
  }
  double loss = 0;
  for (int epoch = 0; epoch < 200; ++epoch) loss = m.template train_batch<training>(x.data(), labels.data(), 64).loss;
  std::printf("%-8s loss after 200 steps %.5f\n", name, loss);
}

int main() {
  // Integers are integers: they wrap around, divide towards zero, and lose no digit.
  tensor<int, shape<4>> a = {7, -7, 2147483647, 16777217}, b = {2, 2, 1, 0};
  tensor<int, shape<4>> sums = a + b, quotients = a / b;
  for (int i = 0; i < 4; ++i) std::printf("%11d + %d = %11d   / %d = %d\n", a[i], b[i], sums[i], b[i], quotients[i]);
  tensor<std::uint8_t, shape<2>> u = {200, 100}, v = {100, 200};
  tensor<std::uint8_t, shape<2>> wrapped = u + v;
  tensor<int, shape<2>> wide = cast<int>(u) + v;
  std::printf("bytes 200 + 100 = %d, as int %d\n\n", wrapped[0], wide[0]);

  program<step, input_of<std::uint8_t, 2, 4>, indices<2>> p{seed{3}};
  const std::vector<std::uint8_t> images = {0, 64, 128, 255, 255, 255, 0, 0};
  const std::vector<std::int32_t> labels = {3, 9};
  auto [means, counts, bright, rows, hot] = p(images, labels);
  for (int i = 0; i < 2; ++i) {
    std::printf("mean %+.4f, %d bright:", double(means[i]), counts[i]);
    for (int k = 0; k < 4; ++k) std::printf(" %d", int(bright(i, k)));
    std::printf(", hot at %d: %g\n", labels[std::size_t(i)], double(hot(i, labels[std::size_t(i)])));
  }
  std::puts("");
  train<network>("float");
  train<narrow>("bfloat16");
}
