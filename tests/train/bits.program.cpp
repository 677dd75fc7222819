// SPDX-License-Identifier: Apache-2.0
// bits.program [MLP_STEPS [CNN_STEPS [ENCODER_STEPS [ORACLE_STEPS [BACKEND]]]]]
//
// Trains networks on every backend, or on one, and prints what came out of it, one line per network, backend and number of steps:
// the last loss and a fingerprint of all weights, states and optimizer memory. Runs quantised layers too, and prints a
// fingerprint of what they give. Lines with the same first words must be the same in every build of this file.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <tfx/backend/reference/interpret.hpp>
#include <tfx/backend/threads/backend.hpp>

#include "../support/without_vectors.hpp"
#include "networks.hpp"

namespace {

using namespace networks;

constexpr int batch = 64, rows = 1000;   // not a multiple: batches wrap around at different rows

const char* wanted = nullptr;   // the one backend, or all

template <const auto& Net, class Backend> void train(const char* name, const char* backend, int steps, const synthetic_rows& data) {
  if (wanted && std::strcmp(wanted, backend) != 0) return;
  model<Net, input<batch, 28, 28>, Backend> m{seed{42}};
  double loss = 0;
  for (int i = 0; i < steps; ++i) {
    const int first = i * batch % (rows - batch);
    loss = m.template train_batch<training>(data.image(first), data.label(first), batch).loss;
  }
  std::printf("%s %d %s: loss %.9g, fingerprint %016llx\n", name, steps, backend, loss,
              static_cast<unsigned long long>(fingerprint_of(checkpoint<training>(m))));
  std::fflush(stdout);
}

/// Two layers of bytes: sums of integers in the units of their results.
struct quantised {
  static constexpr int rows = 70, inputs = 300, hidden = 100, outputs = 17;
  constexpr auto operator()(auto x) const {
    const auto layer = [](auto a, auto weights) {
      return cast<std::int8_t>(minimum(maximum(requantise(matmul(a, cast<std::int8_t>(weights)), 0x5a3c9e17, -10) + 5, -128), 127));
    };
    auto h = layer(x, param<shape<inputs, hidden>>(x, "first", init::normal{0, 60}));
    return tfx::outputs(h, layer(h, param<shape<hidden, outputs>>(h, "second", init::normal{0, 60})));
  }
};
inline constexpr quantised quantised_layers{};

template <class Backend> void run_quantised(const char* backend) {
  using q = quantised;
  if (wanted && std::strcmp(wanted, backend) != 0) return;
  const random_stream noise{.seed = 1, .site = 3};
  std::vector<std::int8_t> x(std::size_t(q::rows) * q::inputs);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::int8_t(noise.word(i));
  program_on<Backend, quantised_layers, input_of<std::int8_t, q::rows, q::inputs>> p{seed{1}};
  fingerprint all;
  auto [h, y] = p(x);
  for (int i = 0; i < q::rows; ++i) {
    for (int k = 0; k < q::hidden; ++k) all.add_value(std::int8_t(h(i, k)));
    for (int k = 0; k < q::outputs; ++k) all.add_value(std::int8_t(y(i, k)));
  }
  std::printf("quantised 1 %s: fingerprint %016llx\n", backend, static_cast<unsigned long long>(all.value));
}
void run_quantised_everywhere() {
#ifdef EVERY_BACKEND
  run_quantised<backend::reference>("reference");
  run_quantised<backend::scalar>("scalar");
  run_quantised<backend::threads<3>>("threads<3>");
#if defined(TFX_SIMD_CHOOSES)
  run_quantised<testing::without_vectors<float>>("without vectors");
#endif
#endif
  run_quantised<backend::simd<>>("simd");
}

template <const auto& Net> void train_everywhere(const char* name, int steps, int oracle_steps, const synthetic_rows& data) {
#ifdef EVERY_BACKEND
  train<Net, backend::reference>(name, "reference", oracle_steps, data);
  train<Net, backend::scalar>(name, "scalar", oracle_steps, data);
  train<Net, backend::threads<1>>(name, "threads<1>", steps, data);
  train<Net, backend::threads<2>>(name, "threads<2>", steps, data);
  train<Net, backend::threads<3>>(name, "threads<3>", steps, data);
  train<Net, backend::threads<4>>(name, "threads<4>", steps, data);
  train<Net, backend::threads<7>>(name, "threads<7>", steps, data);
  train<Net, backend::simd<>>(name, "simd", steps, data);
#if defined(TFX_SIMD_CHOOSES)
  train<Net, testing::without_vectors<float>>(name, "without vectors", oracle_steps, data);
  train<Net, testing::without_vectors<float>>(name, "without vectors", steps, data);
#endif
#endif
  train<Net, backend::simd<>>(name, "simd", oracle_steps, data);
  train<Net, backend::simd<>>(name, "simd", steps, data);
}

}  // namespace

int main(int count, char** arguments) {
  auto number = [&](int at, int otherwise) { return at < count ? std::atoi(arguments[at]) : otherwise; };
  const int oracle_steps = number(4, 3);
  if (count > 5) wanted = arguments[5];
  const synthetic_rows data(rows);
  run_quantised_everywhere();
  train_everywhere<mlp>("mlp", number(1, 500), oracle_steps, data);
  train_everywhere<narrow_mlp>("mlp_in_bfloat16", number(1, 500) / 5, oracle_steps, data);
  train_everywhere<cnn>("cnn", number(2, 60), oracle_steps, data);
  train_everywhere<encoder>("encoder", number(3, 60), oracle_steps, data);
}
