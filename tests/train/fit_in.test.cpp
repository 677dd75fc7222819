// SPDX-License-Identifier: Apache-2.0
// labels: heavy unsanitized
// Training within a limit on its memory: the same bits, in an arena of at most that size.
#include <vector>

#include <doctest/doctest.h>

#include <tfx/backend/reference/interpret.hpp>
#include <tfx/backend/threads/backend.hpp>
#include <tfx/tfx.hpp>

#include "networks.hpp"

using namespace tfx;

namespace {

inline constexpr auto mlp =
    nn::sequential(nn::dense<64>{}, nn::repeat<6>(nn::sequential(nn::dense<64>{}, nn::relu{})), nn::dense<10>{});
inline constexpr auto cnn =
    nn::sequential(nn::reshape<8, 8, 4>{}, nn::conv2d<8, 3, same>{},
                   nn::repeat<4>(nn::sequential(nn::conv2d<8, 3, same>{}, nn::batch_norm{}, nn::relu{})),
                   nn::max_pool<2>{}, nn::flatten{}, nn::dropout{.rate = 0.2}, nn::dense<10>{});
// region: recipe
inline constexpr auto blocks = nn::sequential(
    nn::dense<64>{}, nn::repeat<12>(nn::residual(nn::sequential(nn::dense<64>{}, nn::relu{}, nn::dense<64>{}))),
    nn::dense<10>{});
inline constexpr auto kept = recipe(loss::softmax_cross_entropy{}, optim::adam{});
inline constexpr auto within = recipe(loss::softmax_cross_entropy{}, optim::adam{}, fit_in<256_KiB>);

using network = model<blocks, input<64, 256>>;
static_assert(network::training_plan<kept>::memory.arena * 4 > 400_KiB);
static_assert(network::training_plan<within>::memory.arena * 4 <= 256_KiB);
static_assert(mistake_in<blocks, input<64, 256>, within> == "");
// end region

template <std::size_t Bytes>
inline constexpr auto limited = recipe(loss::softmax_cross_entropy{}, optim::adam{}, fit_in<Bytes>, metric::accuracy{});
inline constexpr auto unlimited = recipe(loss::softmax_cross_entropy{}, optim::adam{}, metric::accuracy{});

static_assert(mistake_in<mlp, input<64, 256>, limited<30'000>> ==
              "the arena needs 84544 bytes at least, fit_in allows 30000");

template <class Model> void add_variables(const Model& m, networks::fingerprint& all) {
  m.for_each_variable([&](std::string_view, const dims& shape, const auto* data) {
    for (int i = 0; i < shape.size(); ++i) all.add_value(data[i]);
  });
}
/// Everything that training goes on from after a few steps, as one number.
template <class Model, const auto& Recipe> std::uint64_t after_steps(int steps) {
  constexpr int rows = 64, features = 256;
  std::vector<float> x(std::size_t(rows) * features);
  std::vector<std::int32_t> labels(rows);
  const random_stream numbers{.seed = 3};
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = uniform01<float>(numbers, i) - 0.5f;
  for (int i = 0; i < rows; ++i) labels[std::size_t(i)] = i * 7 % 10;
  Model m{seed{5}};
  for (int s = 0; s < steps; ++s) m.template train_batch<Recipe>(x.data(), labels.data(), s % 2 ? rows : 51);
  networks::fingerprint all;
  add_variables(m, all);
  return all.value;
}
template <const auto& Net, std::size_t Bytes, bool Everywhere = false> void check(const char* name) {
  using in = input<64, 256>;
  using simd = model<Net, in>;
  using plan = typename simd::template training_plan<limited<Bytes>>;
  using before = typename simd::template training_plan<unlimited>;
  MESSAGE(std::string(name), ": arena ", before::memory.arena * 4, " -> ", plan::memory.arena * 4, " bytes, FLOPs ",
          before::kernels.flops, " -> ", plan::kernels.flops);
  CHECK(before::memory.arena * 4 > int(Bytes));
  CHECK(plan::memory.arena * 4 <= int(Bytes));
  CHECK(plan::kernels.flops > before::kernels.flops);
  const std::uint64_t expected = after_steps<simd, unlimited>(4);
  CHECK(after_steps<simd, limited<Bytes>>(4) == expected);
  if constexpr (Everywhere) {
    CHECK(after_steps<model<Net, in, backend::threads<3>>, limited<Bytes>>(4) == expected);
    CHECK(after_steps<model<Net, in, backend::reference>, limited<Bytes>>(4) == expected);
  }
}

}  // namespace

TEST_CASE("an mlp") { check<mlp, 100'000>("mlp"); }
TEST_CASE("a cnn with batch norm and dropout") { check<cnn, 1'100'000, true>("cnn"); }
TEST_CASE("residual blocks") { check<blocks, 180'000>("residual blocks"); }
