// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <tfx/lower/fold_scales.hpp>
#include <tfx/nn.hpp>

#include "../support/machine.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

/// A network's prediction, with the pass or without it.
template <const auto& Net, class In, bool Folded> struct prediction {
  constexpr void operator()(builder& b) const {
    const var<In> x{b.add_input(In::value, dtype::real_type, "x")};
    b.add_output(call_layer(Net, x).h);
  }
};
template <const auto& Net, class In> struct folded : prediction<Net, In, true> {
  static constexpr void passes(builder& b) { fold_scales(b); }
};
template <const auto& Net, class In> using as_written = prediction<Net, In, false>;

/// Operations F that are needed and read more than weights.
template <class F, class Step> int needed() {
  builder b;
  record<Step>(b);
  REQUIRE(b.right());
  const list<int> number = tfx::detail::live_numbers(b);
  const list<char> known = known_from_weights(b);
  int n = 0;
  for (int i = 0; i < b.nodes.size(); ++i) n += number[i] >= 0 && is<F>(b.nodes[i]) && !known[i];
  return n;
}
template <const auto& Net, class In> bool is_folded() {
  return needed<multiply_op, folded<Net, In>>() < needed<multiply_op, as_written<Net, In>>();
}

double number_at(std::size_t i, double phase) { return std::sin(1.7 * double(i * i % 1013) + phase); }

/// Weights of a machine's network: numbers of both signs, variances and scales that are positive. `absolute`: sizes alone.
template <class Machine> void fill(Machine& m, bool absolute) {
  double phase = 0;
  for (const leaf_info& l : m.program.leaves) {
    const std::string_view path = m.program.name(l);
    numbers v(std::size_t(l.size));
    for (std::size_t i = 0; i < v.size(); ++i) {
      v[i] = double(float(number_at(i, phase)));
      if (path.ends_with("variance")) v[i] = double(float(0.2 + v[i] * v[i]));
      else if (absolute) v[i] = path.ends_with("mean") ? -std::fabs(v[i]) : std::fabs(v[i]);
    }
    phase += 0.7;
    if (l.space == parameter_space || l.space == state_space || path == "x") m.put(l, v);
  }
}
template <class Step, class T> numbers run(bool absolute) {
  machine<Step, interpreted, T> m;
  m.state.batch = 3;
  fill(m, absolute);
  m.run();
  return numbers_of(m.present(m.leaf("output")));
}

/// Results of one layer with sums of `terms` terms and its normalisation stay as near as is said; in double nearer.
template <const auto& Net, class In> void check_bound(int terms) {
  const numbers sizes = run<as_written<Net, In>, double>(true);
  const auto check_type = [&]<class T>(T) {
    const numbers before = run<as_written<Net, In>, T>(false), after = run<folded<Net, In>, T>(false);
    REQUIRE(before.size() == sizes.size());
    double most = 0;
    bool differs = false;
    for (std::size_t i = 0; i < before.size(); ++i) {
      most = std::max(most, std::fabs(before[i] - after[i]) / sizes[i]);
      differs = differs || before[i] != after[i];
    }
    CHECK(most <= (2 * terms + 8) * 0.5 * double(std::numeric_limits<T>::epsilon()));
    return differs;
  };
  CHECK(check_type(0.0f));   // else nothing was tried
  check_type(0.0);
}

inline constexpr auto dense = nn::sequential(nn::dense<5>{}, nn::batch_norm{});
inline constexpr auto convolution = nn::sequential(nn::conv2d<6, 3, same>{.bias = false}, nn::batch_norm{});
inline constexpr auto depthwise = nn::sequential(nn::conv2d<8, 3, same, stride<2>, groups<4>>{}, nn::batch_norm{});
inline constexpr auto of_positions = nn::sequential(nn::dense<7>{.bias = false}, nn::batch_norm{});
using row = shape<-4, 9>;
using image = shape<-4, 6, 5, 4>;
using positions = shape<-4, 3, 6>;

inline constexpr auto divided = [](auto x) { return (nn::dense<5>{}(x) - param<shape<5>>(x, "a")) / sqrt(param<shape<1, 5>>(x, "b") + 2.0) * 0.5; };
inline constexpr auto read_twice = [](auto x) {
  const auto y = nn::dense<5>{}(x);
  return y * param<shape<5>>(x, "a") + y;
};
inline constexpr auto by_rows = [](auto x) { return nn::dense<5>{}(x) * mean<1>(x, keep_dims); };
inline constexpr auto of_another_shape = [](auto x) { return reshape<x.dim.extent[0], 5, 2>(nn::dense<10>{.bias = false}(x)) * param<shape<5, 1>>(x, "a"); };
inline constexpr auto transposed = [](auto x) { return matmul(x, transpose(param<shape<5, 9>>(x, "w"))) * param<shape<5>>(x, "a"); };
inline constexpr auto shifted = nn::sequential(nn::dense<5>{}, nn::relu{});

}  // namespace

TEST_CASE("normalisation goes into the weights before it, within the bound") {
  check_bound<dense, row>(9);
  check_bound<convolution, image>(3 * 3 * 4);
  check_bound<depthwise, image>(3 * 3);
  check_bound<of_positions, positions>(6);
}

TEST_CASE("nothing but a product and one addition is left") {
  CHECK(needed<multiply_op, folded<dense, row>>() == 0);
  CHECK(needed<subtract_op, folded<dense, row>>() == 0);
  CHECK(needed<add_op, folded<dense, row>>() == 1);
  CHECK(needed<conv_op, folded<depthwise, image>>() == 1);
  CHECK(needed<add_op, folded<depthwise, image>>() == 1);
  CHECK(needed<divide_op, folded<divided, row>>() == 0);
}

TEST_CASE("what is no number for each column stays") {
  CHECK(is_folded<dense, row>());
  CHECK(is_folded<divided, row>());
  CHECK_FALSE(is_folded<read_twice, row>());
  CHECK_FALSE(is_folded<by_rows, row>());
  CHECK_FALSE(is_folded<of_another_shape, row>());
  CHECK_FALSE(is_folded<transposed, row>());
}

TEST_CASE("without a scale nothing changes") {
  CHECK(needed<add_op, folded<shifted, row>>() == 1);
  CHECK(run<folded<shifted, row>, float>(false) == run<as_written<shifted, row>, float>(false));
}
