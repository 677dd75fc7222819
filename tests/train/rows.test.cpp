// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <doctest/doctest.h>

#include "networks.hpp"

// A program compiled for at most N rows is right for every number of rows up to N, bit by bit.

namespace {

using namespace networks;

const synthetic_rows& examples() {
  static const synthetic_rows made(320);
  return made;
}

template <const auto& Net, int Bound> std::uint64_t trained_by(int rows, int steps) {
  model<Net, input<Bound, 28, 28>> m{seed{7}};
  for (int i = 0; i < steps; ++i) m.template train_batch<training>(examples().image(i * rows), examples().label(i * rows), rows);
  return fingerprint_of(checkpoint<training>(m));
}
/// Two batch sizes in turn, as at the end of an epoch.
template <const auto& Net, int Bound> std::uint64_t trained_by_two(int rows, int last, int steps) {
  model<Net, input<Bound, 28, 28>> m{seed{7}};
  for (int i = 0; i < steps; ++i) {
    const int n = i % 2 ? last : rows;
    m.template train_batch<training>(examples().image(i * 8), examples().label(i * 8), n);
  }
  return fingerprint_of(checkpoint<training>(m));
}

template <const auto& Net, int Bound> void rows_are_independent() {
  model<Net, input<Bound, 28, 28>> m{seed{7}};
  for (int i = 0; i < 5; ++i) m.template train_batch<training>(examples().image(i * Bound), examples().label(i * Bound), Bound);
  std::vector<float> all(Bound * classes), some(Bound * classes);
  m.predict(examples().image(0), all.data(), Bound);
  for (int rows : {1, 2, 7, Bound - 1})
    for (int first : {0, 1, Bound - rows}) {
      if (first + rows > Bound) continue;
      m.predict(examples().image(first), some.data(), rows);
      CAPTURE(rows);
      CAPTURE(first);
      CHECK(std::memcmp(some.data(), all.data() + first * classes, std::size_t(rows) * classes * sizeof(float)) == 0);
    }
}

}  // namespace

TEST_CASE("a partial batch trains as a program of exactly that batch does") {
  CHECK(trained_by<mlp, 64>(5, 10) == trained_by<mlp, 5>(5, 10));
  CHECK(trained_by<cnn, 64>(5, 10) == trained_by<cnn, 5>(5, 10));
  CHECK(trained_by<mlp, 64>(1, 10) == trained_by<mlp, 5>(1, 10));
  CHECK(trained_by<mlp, 64>(5, 10) != trained_by<mlp, 64>(4, 10));
}

TEST_CASE("batches of different sizes in turn") {
  CHECK(trained_by_two<mlp, 64>(5, 3, 10) == trained_by_two<mlp, 5>(5, 3, 10));
  CHECK(trained_by_two<cnn, 64>(5, 3, 10) == trained_by_two<cnn, 5>(5, 3, 10));
}

TEST_CASE("a row's prediction does not depend on the batch it is in") {
  rows_are_independent<mlp, 64>();
  rows_are_independent<cnn, 64>();
}

TEST_CASE("evaluating a batch is the mean of its parts") {
  model<mlp, input<64, 28, 28>> m{seed{7}};
  double parts = 0;
  for (int i = 0; i < 64; ++i) parts += m.evaluate_batch<training>(examples().image(i), examples().label(i), 1).loss / 64;
  CHECK(m.evaluate_batch<training>(examples().image(0), examples().label(0), 64).loss == doctest::Approx(parts).epsilon(1e-6));
}
