// SPDX-License-Identifier: Apache-2.0
// labels: threads
#include <doctest/doctest.h>

#include <thread>

#include <tfx/backend/threads/backend.hpp>

#include "networks.hpp"

// Whole programs on threads: the same bits as on one, also when several of them run at once, and when there are more
// threads than processors.

namespace {

using namespace networks;

constexpr int rows = 32;
const synthetic_rows& examples() {
  static const synthetic_rows made(64);
  return made;
}

struct small_step {
  constexpr auto operator()(auto x, auto target, auto rate) const {
    const auto loss = loss::softmax_cross_entropy{}(call_layer(mlp, x), target);
    minimize(loss, optim::adam{.learning_rate = rate});
    return loss;
  }
};
inline constexpr small_step step_of_mlp{};

template <const auto& Net, class Backend> std::uint64_t trained(std::uint64_t from, int steps = 3) {
  model<Net, input<rows, 28, 28>, Backend> m{seed{from}};
  for (int i = 0; i < steps; ++i) m.template train_batch<training>(examples().image(i), examples().label(i), rows - i);
  return fingerprint_of(checkpoint<training>(m));
}
template <class Backend> std::uint64_t trained_by_program(std::uint64_t from, int steps = 3) {
  program_on<Backend, step_of_mlp, input<rows, 28, 28>, indices<rows>, input<>> step{seed{from}};
  for (int i = 0; i < steps; ++i) {
    const std::size_t n = std::size_t(rows - i);
    step(std::span<const float>(examples().image(i), n * image_size), std::span<const std::int32_t>(examples().label(i), n), 1e-3);
  }
  return fingerprint_of(checkpoint(step));
}

/// Results of f(0), f(1), ... each on a thread of the application.
template <int Count, class F> std::vector<std::uint64_t> at_once(F f) {
  std::vector<std::uint64_t> result(Count);
  std::vector<std::thread> threads;
  for (int i = 0; i < Count; ++i) threads.emplace_back([&, i] { result[std::size_t(i)] = f(i); });
  for (std::thread& t : threads) t.join();
  return result;
}

}  // namespace

TEST_CASE("models on threads have the bits of one thread") {
  CHECK(trained<mlp, backend::threads<2>>(1) == trained<mlp, backend::simd<>>(1));
  CHECK(trained<mlp, backend::threads<4>>(1) == trained<mlp, backend::simd<>>(1));
  CHECK(trained<cnn, backend::threads<2>>(1) == trained<cnn, backend::simd<>>(1));
  CHECK(trained<cnn, backend::threads<4>>(1) == trained<cnn, backend::simd<>>(1));
}

TEST_CASE("programs on threads have the bits of one thread") {
  const std::uint64_t expected = trained_by_program<backend::simd<>>(1);
  CHECK(trained_by_program<backend::threads<2>>(1) == expected);
  CHECK(trained_by_program<backend::threads<4>>(1) == expected);
}

TEST_CASE("two models in two threads of the application, sharing a pool") {
  const auto both = at_once<2>([](int i) { return trained<mlp, backend::threads<2>>(std::uint64_t(i)); });
  CHECK(both[0] == trained<mlp, backend::simd<>>(0));
  CHECK(both[1] == trained<mlp, backend::simd<>>(1));
}

TEST_CASE("models of different kinds and pools of different sizes at once") {
  const auto all = at_once<4>([](int i) {
    if (i == 0) return trained<cnn, backend::threads<2>>(0);
    if (i == 1) return trained<mlp, backend::threads<4>>(1);
    if (i == 2) return trained_by_program<backend::threads<4>>(2);
    return trained<cnn, backend::simd<>>(3);
  });
  CHECK(all[0] == trained<cnn, backend::simd<>>(0));
  CHECK(all[1] == trained<mlp, backend::simd<>>(1));
  CHECK(all[2] == trained_by_program<backend::simd<>>(2));
  CHECK(all[3] == trained<cnn, backend::simd<>>(3));
}

TEST_CASE("more threads than processors") {
  CHECK(trained<mlp, backend::threads<16>>(1, 2) == trained<mlp, backend::simd<>>(1, 2));
  const auto all = at_once<3>([](int i) { return trained<mlp, backend::threads<16>>(std::uint64_t(i), 2); });
  for (int i = 0; i < 3; ++i) CHECK(all[std::size_t(i)] == trained<mlp, backend::simd<>>(std::uint64_t(i), 2));
}

TEST_CASE("one predictor per thread, on the same weights") {
  using predictor = model<mlp, input<rows, 28, 28>, backend::threads<2>>;
  const predictor trained_one{seed{5}};
  const auto all = at_once<3>([&](int) {
    predictor mine = trained_one;
    std::vector<float> out(rows * classes);
    mine.predict(examples().image(0), out.data(), rows);
    fingerprint f;
    f.add(out.data(), out.size() * sizeof(float));
    return f.value;
  });
  CHECK(all[0] == all[1]);
  CHECK(all[1] == all[2]);
}
