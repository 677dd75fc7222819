// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include <tfx/lower/split_weights.hpp>
#include <tfx/nn.hpp>

#include "../support/machine.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

/// Weights that are read as they are, through a view, and not at all; what follows from them; a table and a convolution.
inline constexpr auto net = [](auto x) {
  const auto gain = exp(param<shape<6>>(x, "gain")) / 3.0;
  const auto flat = param<shape<24>>(x, "flat", init::ones{});
  (void)param<shape<5>>(x, "unused");
  const auto y = matmul(x * gain, reshape<6, 4>(flat)) + sum<0>(reshape<6, 4>(flat) * 0.125);
  return nn::batch_norm{}(y) * 2.0;
};
struct prediction {
  constexpr void operator()(builder& b) const {
    const var<shape<-3, 6>> x{b.add_input(dims{2, {3, 6}, true}, dtype::real_type, "x")};
    b.add_output(call_layer(net, x).h);
  }
};
struct weights : prediction {
  static constexpr void passes(builder& b) { weights_alone(b); }
};
struct rest : prediction {
  static constexpr void passes(builder& b) { weights_as_parameters(b); }
};

template <class T> void check_halves() {
  machine<prediction, interpreted, T> whole;
  machine<weights, interpreted, T> first;
  machine<rest, interpreted, T> second;
  whole.state.batch = first.state.batch = second.state.batch = 2;
  double phase = 0;
  const auto some = [&](const leaf_info& l) {
    numbers v(std::size_t(l.size));
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = 0.3 + std::fabs(std::sin(double(i) + phase));
    phase += 1;
    return v;
  };
  for (const leaf_info& l : whole.program.leaves) {
    if (l.space != parameter_space && l.space != state_space) continue;
    const numbers v = some(l);
    whole.put(l, v);
    first.put(first.leaf(whole.program.name(l)), v);
  }
  const numbers x = some(whole.leaf("x"));
  whole.put(whole.leaf("x"), x);
  second.put(second.leaf("x"), x);
  whole.run();
  first.run();
  REQUIRE(second.program.space_size[parameter_space] == first.program.space_size[slot_space]);
  CHECK(second.program.space_size[state_space] == 0);
  std::copy_n(first.at(slot_space), first.program.space_size[slot_space], second.at(parameter_space));
  second.run();
  CHECK(numbers_of(second.present(second.leaf("output"))) == numbers_of(whole.present(whole.leaf("output"))));
}

}  // namespace

TEST_CASE("a prediction from weights that were computed before has the same bits") {
  check_halves<float>();
  check_halves<double>();
}

TEST_CASE("only what the rest reads is kept") {
  builder b;
  record<rest>(b);
  REQUIRE(b.right());
  const list<int> number = tfx::detail::live_numbers(b);
  const list<char> known = known_from_weights(b);
  int computed = 0;
  for (int i = 0; i < b.nodes.size(); ++i) {
    const op_kind kind = b.nodes[i].op->kind;
    computed += number[i] >= 0 && known[i] && kind != op_kind::leaf && kind != op_kind::constant && kind != op_kind::view;
  }
  CHECK(computed == 0);
  // gain, flat, the sum, and the mean, scale and shift of the normalisation
  CHECK(b.space_size[parameter_space] == padded(6) + padded(24) + 4 * padded(4));
}
