// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// What bodies do besides computing: states that they write, masks that they draw, gradients taken inside them, and a batch of
// which only some rows are present.
#include <doctest/doctest.h>

#include <tfx/ops.hpp>
#include <tfx/ops/control_flow.hpp>

#include <tfx/backend/simd/backend.hpp>

#include "../support/traced.hpp"

namespace {

using namespace tfx;
using testing::check;
using testing::check_rows;
using testing::example;
using testing::given;
using testing::gradient_of;
using testing::machine;
using testing::numbers;
using testing::numerically;

numbers some(int n, double phase) {
  numbers x;
  for (int i = 0; i < n; ++i) x.push_back(std::sin(1.7 * i * i + phase) * 0.9);
  return x;
}

constexpr auto cube = [](auto x) { return x * x * x; };
constexpr int T = 5, U = 2, B = 3, H = 4;

template <class S> constexpr var<S> input(builder& b, std::string_view name) { return {b.add_input(S::value, dtype::real_type, name)}; }
template <class S> constexpr int a_state(builder& b, std::string_view name) { return b.local_leaf(state_space, S::value, name, init::zeros{}, 0, 0); }

/// A state written in a loop in a loop, one in the outer loop, one in a branch.
struct writes_states {
  constexpr void operator()(builder& b) const {
    const auto x = input<shape<T, U, B, H>>(b, "x");
    const auto h0 = input<shape<B, H>>(b, "h0");
    const int mean_of = a_state<shape<H>>(b, "mean"), count = a_state<shape<>>(b, "count"), positive = a_state<shape<>>(b, "positive");
    const auto [last, kept] = scan([&](auto h, auto rows) {
      b.write(count, b.read(count) + 1.0);
      const auto inner = scan([&](auto c, auto row) {
        b.write(mean_of, 0.9 * b.read(mean_of) + 0.1 * mean<0>(row).h);
        return std::pair{0.5 * c + row, c};
      }, h, rows).first;
      const auto z = cond(sum(rows) > 0, [&](auto v) {
        b.write(positive, b.read(positive) + 1.0);
        return v * var<shape<>>{b.read(count)};
      }, [](auto v) { return 0.5 * v; }, inner);
      return std::pair{z, var<shape<H>>{b.read(mean_of)}};
    }, h0, x);
    b.add_output(last.h);
    b.add_output(kept.h);
  }
};

/// A state read in a branch is a factor of what is differentiated.
struct reads_a_state {
  constexpr void operator()(builder& b) const {
    const auto p = input<shape<>>(b, "p");
    const auto x = input<shape<H>>(b, "x");
    const int factor = a_state<shape<H>>(b, "factor");
    const auto y = cond(p, [&](auto v) {
      const var<shape<H>> f{b.read(factor)};
      b.write(factor, 2.0 * f.h);
      return square(v) * f;
    }, [](auto v) { return v; }, x);
    b.add_output(gradient_of(sum(y), var<shape<>>{b.constant(1)}, x).h);
  }
};

/// Masks differ from iteration to iteration, and the reverse body draws the same ones.
constexpr auto drops = [](auto x, auto w) {
  auto [last, all] = scan([=](auto h, auto rows) {
    auto inner = scan([=](auto c, auto row) {
      auto dropped = tanh(c * w + row);
      dropped.h = dropped.h * dropout_mask(dropped.h, 0.4);
      return std::pair{dropped + 0.3 * c, dropped};
    }, h, rows);
    return inner;
  }, 0 * w, x);
  return mean(square(last)) + mean(cube(all));
};
constexpr auto masks = [](auto x) {
  return scan([](auto c, auto row) {
    row.h = row.h * dropout_mask(row.h, 0.5);
    return std::pair{c, row};
  }, 0 * mean(x), x).second;
};

/// The gradient of the norm of a loop's gradients.
constexpr auto second_order = [](auto x, auto w, auto h0) {
  auto [last, all] = scan([=](auto h, auto row) {
    auto next = tanh(matmul(h, w) + row) * row;
    return std::pair{next, h * next};
  }, h0, x);
  auto loss = mean(cube(last)) + mean(cube(all));
  const var<shape<>> one{x.h.graph->constant(1)};
  return sum(square(gradient_of(loss, one, w))) + sum(square(gradient_of(loss, one, h0))) + sum(square(gradient_of(loss, one, x)));
};
/// Gradient descent in a loop, differentiated with respect to what does not change in it.
constexpr auto descends = [](auto x, auto w0, auto u, auto outer) {
  auto w = scan([=](auto now, auto row) {
    auto y = tanh(matmul(matmul(row, outer), now)) * u;
    auto loss = mean(square(y));
    return std::pair{now - 0.5 * gradient_of(loss, var<shape<>>{x.h.graph->constant(1)}, now), loss};
  }, w0, x).first;
  return mean(cube(w));
};

/// A recurrent network on [batch, steps, features] of which `rows` are there.
constexpr auto bounded_rnn = [](auto x, auto w, auto u) {
  auto z = time_first(x);
  auto h0 = matmul(0 * mean<1>(x), w);
  auto [last, all] = scan([=](auto h, auto row) {
    auto next = tanh(matmul(row, w) + matmul(h, u));
    return std::pair{next, next};
  }, h0, z);
  auto ys = batch_first(all);
  return mean(square(last)) + mean(cube(ys)) + mean(max<1>(ys));
};
constexpr auto bounded_sequence = [](auto x, auto w) {
  auto h0 = matmul(0 * mean<1>(x), w);
  return batch_first(scan([=](auto h, auto row) {
    auto next = 0.5 * h + matmul(row, w);
    return std::pair{next, next};
  }, h0, time_first(x)).second);
};

}  // namespace

TEST_CASE_TEMPLATE("states written in bodies go on from iteration to iteration", Backend, backend::scalar, backend::simd<>, testing::interpreted) {
  machine<writes_states, Backend, double> m;
  const numbers x = some(T * U * B * H, 0.2), h0 = some(B * H, 1.0);
  m.put(m.leaf("x"), x);
  m.put(m.leaf("h0"), h0);
  numbers h = h0, average(H), seen;
  double count = 0, positive = 0;
  for (int run = 0; run < 3; ++run) {
    CAPTURE(run);
    m.run();
    h = h0;
    seen.clear();
    for (int t = 0; t < T; ++t) {
      double total = 0;
      ++count;
      for (int u = 0; u < U; ++u)
        for (int j = 0; j < H; ++j) {
          double s = 0;
          for (int i = 0; i < B; ++i) {
            const double v = x[std::size_t(((t * U + u) * B + i) * H + j)];
            s += v;
            h[std::size_t(i * H + j)] = 0.5 * h[std::size_t(i * H + j)] + v;
          }
          total += s;
          average[std::size_t(j)] = 0.9 * average[std::size_t(j)] + 0.1 * s / B;
        }
      positive += total > 0;
      for (double& v : h) v *= total > 0 ? count : 0.5;
      seen.insert(seen.end(), average.begin(), average.end());
    }
    CHECK(m.values("count")[0] == count);
    CHECK(m.values("positive")[0] == positive);
    CHECK(testing::difference(m.values("mean"), average) < 1e-14);
    CHECK(testing::difference(m.values(m.leaf(first_io_space + 2, 0)), h) < 1e-14);
    CHECK(testing::difference(m.values(m.leaf(first_io_space + 3, 0)), seen) < 1e-14);
  }
}

TEST_CASE_TEMPLATE("a state read in a branch is there for its gradient", Backend, backend::scalar, backend::simd<>, testing::interpreted) {
  machine<reads_a_state, Backend, double> m;
  m.put(m.leaf("x"), numbers{1, 2, 3, 4});
  m.put(m.leaf("factor"), numbers{5, 6, 7, 8});
  m.put(m.leaf("p"), numbers{1});
  m.run();
  CHECK(testing::difference(m.values(m.leaf(first_io_space + 2, 0)), {2 * 5, 4 * 6, 6 * 7, 8 * 8}) == 0);
  CHECK(testing::difference(m.values("factor"), {10, 12, 14, 16}) == 0);
  m.put(m.leaf("p"), numbers{0});
  m.run();
  CHECK(testing::difference(m.values(m.leaf(first_io_space + 2, 0)), {1, 1, 1, 1}) == 0);
  CHECK(testing::difference(m.values("factor"), {10, 12, 14, 16}) == 0);
}

TEST_CASE("the reverse body draws the masks of the forward body") {
  check(example("drops", drops, given<T, U, B, H>(some(T * U * B * H, 0.3), numerically), given<B, H>(some(B * H, 1.4), numerically)));
}

TEST_CASE("every iteration draws a mask of its own") {
  constexpr int rows = 40, columns = 50;
  const auto e = example("masks", masks, given<rows, columns>(numbers(rows * columns, 1)));
  testing::recorded_machine<double> m(e.record);
  int leaf = 0;
  testing::detail::fill_inputs(m, e, leaf);
  m.run();
  const auto y = m.values(m.leaf(testing::outputs_space, 0));
  int kept = 0, repeated = 0;
  for (int t = 0; t < rows; ++t)
    for (int j = 0; j < columns; ++j) {
      const double v = y[std::size_t(t * columns + j)];
      CHECK((v == 0 || v == 2));
      kept += v != 0;
      repeated += t > 0 && v == y[std::size_t((t - 1) * columns + j)];
    }
  // Binomial with 2000 and 1950 trials: five deviations.
  CHECK(std::abs(kept - 1000) < 5 * 22.4);
  CHECK(std::abs(repeated - 975) < 5 * 22.1);
}

TEST_CASE("gradients of gradients of loops") {
  check(example("second order", second_order, given<3, 2, 3>(some(18, 0.3), numerically), given<3, 3>(some(9, 0.8), numerically),
                given<2, 3>(some(6, 1.9), numerically)));
}

TEST_CASE("gradients taken inside a loop") {
  check(example("descends", descends, given<3, 2, 3>(some(18, 0.3), numerically), given<3, 3>(some(9, 0.8), numerically),
                given<3>(some(3, 1.9), numerically), given<3, 3>(some(9, 2.8), numerically)));
}

TEST_CASE("only the rows present go through a loop") {
  constexpr int most = 5, steps = 4, in = 3;
  const numbers w = some(in * H, 0.6), u = some(H * H, 1.6);
  for (int rows : {1, 3, 5}) {
    CAPTURE(rows);
    check_rows(rows, example("rnn", bounded_rnn, given<-most, steps, in>(some(rows * steps * in, 0.1), numerically), given<in, H>(w, numerically),
                             given<H, H>(u, numerically)));
    check_rows(rows, example("sequence", bounded_sequence, given<-most, steps, in>(some(rows * steps * in, 0.1), numerically), given<in, H>(w, numerically)));
  }
}
