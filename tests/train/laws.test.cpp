// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <unistd.h>
#include <utility>

#include <tfx/io/safetensors.hpp>

#include "networks.hpp"

// Whatever is trained can be copied, moved, saved and loaded, and goes on bit by bit as it would have.

namespace {

using namespace networks;

const synthetic_rows& examples() {
  static const synthetic_rows made(64);
  return made;
}

struct small_step {
  constexpr auto operator()(auto x, auto target, auto rate) const {
    const auto loss = loss::softmax_cross_entropy{}(call_layer(cnn, x), target);
    minimize(loss, optim::adam{.learning_rate = rate});
    return loss;
  }
};
inline constexpr small_step step_of_cnn{};

/// What the laws need of a thing that is trained: its type, a step, and all that it goes on from.
template <const auto& Net> struct as_model {
  using type = model<Net, input<16, 28, 28>>;
  static double step(type& m, int i) {
    return m.template train_batch<training>(examples().image(i % 48), examples().label(i % 48), 16 - i % 3).loss;
  }
  static auto everything(type& m) { return checkpoint<training>(m); }
};
struct as_program {
  using type = program<step_of_cnn, input<16, 28, 28>, indices<16>, input<>>;
  static double step(type& p, int i) {
    const std::size_t rows = std::size_t(16 - i % 3);
    const std::span<const float> x(examples().image(i % 48), rows * image_size);
    const std::span<const std::int32_t> y(examples().label(i % 48), rows);
    return double(p(x, y, 1e-3));
  }
  static auto everything(type& p) { return checkpoint(p); }
};

template <class What> std::uint64_t state_of(typename What::type& t) { return fingerprint_of(What::everything(t)); }
template <class What> void train(typename What::type& t, int first, int past) {
  for (int i = first; i < past; ++i) What::step(t, i);
}

struct temporary_file {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("tfx_laws_" + std::to_string(::getpid()) + ".safetensors");
  ~temporary_file() { std::filesystem::remove(path); }
};

}  // namespace

TEST_CASE_TEMPLATE("whatever is trained", What, as_model<mlp>, as_model<cnn>, as_program) {
  using type = typename What::type;
  type original{seed{3}};
  train<What>(original, 0, 4);
  const std::uint64_t before = state_of<What>(original);
  type reference{seed{3}};
  train<What>(reference, 0, 8);
  const std::uint64_t after = state_of<What>(reference);
  REQUIRE(before != after);

  SUBCASE("is determined by its seed") {
    type other{seed{4}};
    train<What>(other, 0, 4);
    CHECK(state_of<What>(other) != before);
  }
  SUBCASE("has deep copies that train the same") {
    type twin = original;
    CHECK(state_of<What>(twin) == before);
    train<What>(twin, 4, 8);
    CHECK(state_of<What>(twin) == after);
    CHECK(state_of<What>(original) == before);
    train<What>(original, 4, 8);
    CHECK(state_of<What>(original) == after);
  }
  SUBCASE("can be assigned to what is trained already, and to itself") {
    type other{seed{9}};
    train<What>(other, 0, 2);
    other = original;
    CHECK(state_of<What>(other) == before);
    type& itself = other;
    other = itself;
    train<What>(other, 4, 8);
    CHECK(state_of<What>(other) == after);
    CHECK(state_of<What>(original) == before);
  }
  SUBCASE("moves, and what is left can be destroyed and assigned to") {
    type moved = std::move(original);
    CHECK(state_of<What>(moved) == before);
    original = type{seed{3}};
    train<What>(original, 0, 4);
    CHECK(state_of<What>(original) == before);
    type third{seed{1}};
    third = std::move(moved);
    train<What>(third, 4, 8);
    CHECK(state_of<What>(third) == after);
  }
  SUBCASE("outlives what it was copied from") {
    auto* first = new type{seed{3}};
    train<What>(*first, 0, 4);
    type twin = *first;
    delete first;
    train<What>(twin, 4, 8);
    CHECK(state_of<What>(twin) == after);
  }
  SUBCASE("is saved and loaded, and goes on") {
    const temporary_file file;
    auto everything = What::everything(original);
    save(everything, file.path);
    type other{seed{11}};
    auto target = What::everything(other);
    load(target, file.path);
    CHECK(state_of<What>(other) == before);
    train<What>(other, 4, 8);
    CHECK(state_of<What>(other) == after);
  }
  SUBCASE("without its optimizer's memory is saved and loaded as well") {
    const temporary_file file;
    save(original, file.path);
    type other{seed{11}};
    load(other, file.path);
    fingerprint ours, theirs;
    original.for_each_variable([&](std::string_view, const dims& s, auto* x) { ours.add(x, std::size_t(s.size()) * sizeof *x); });
    other.for_each_variable([&](std::string_view, const dims& s, auto* x) { theirs.add(x, std::size_t(s.size()) * sizeof *x); });
    CHECK(ours.value == theirs.value);
  }
}
