// SPDX-License-Identifier: Apache-2.0
// Several products of one left operand, each a launch of its own, against one product whose right operands lie side by side:
// whether merging them would pay. Both give the same bits.
#include <chrono>
#include <cstdio>
#include <vector>

#include <tfx/tfx.hpp>

namespace {

using namespace tfx;

constexpr int features = 256;

struct three_products {
  constexpr auto operator()(auto x) const {
    return outputs(x | nn::dense<features>{}, x | nn::dense<features>{}, x | nn::dense<features>{});
  }
};
inline constexpr three_products apart{};
inline constexpr auto together = [](auto x) { return x | nn::dense<3 * features>{}; };

template <class Program> double microseconds(Program& program, const std::vector<float>& x) {
  double best = 1e30;
  for (int round = 0; round < 300; ++round) {
    const auto start = std::chrono::steady_clock::now();
    program(x);
    const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - start;
    if (taken.count() < best) best = taken.count();
  }
  return best;
}

template <int Rows> void compare() {
  program<apart, input<Rows, features>> three{seed{1}};
  program<together, input<Rows, features>> one{seed{1}};
  const std::vector<float> x(std::size_t{Rows} * features, 0.5f);
  const double before = microseconds(three, x), merged = microseconds(one, x);
  std::printf("[%4d, %d] by three of [%d, %d]: %8.1f us, by one of [%d, %d]: %8.1f us, ratio %.2f\n", Rows, features,
              features, features, before, features, 3 * features, merged, before / merged);
}

}  // namespace

int main() {
  compare<1>();
  compare<8>();
  compare<16>();
  compare<128>();
  compare<1024>();
}
