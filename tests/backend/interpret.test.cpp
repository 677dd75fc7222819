// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// The interpreter against written-out loops, the compiled backends against the interpreter, and the search for values
// that are not finite.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <tfx/ops.hpp>

#include <tfx/backend/debug/debug.hpp>
#include <tfx/backend/host.hpp>
#include <tfx/backend/reference/interpret.hpp>

using namespace tfx;

namespace {

/// Memory for one run of a plan on a backend.
template <class Step, class Backend, class T> struct runner {
  using P = plan<Step>;
  using E = executable<P, Backend, T>;
  std::vector<T> arena = std::vector<T>(E::arena_elements + 16);
  std::vector<T> constants = std::vector<T>(P::constants.size() + 16),
                 counters = std::vector<T>(std::size_t(P::n_regions) + 1), batch = std::vector<T>(16);
  std::vector<std::vector<T>> spaces = std::vector<std::vector<T>>(max_spaces);
  bindings<T> b{};

  explicit runner(int rows = 0) {
    for (std::size_t i = 0; i < P::constants.size(); ++i) constants[i] = P::constants[i].template word<T>();
    for (int s = parameter_space; s < P::spaces; ++s) {
      spaces[std::size_t(s)].resize(std::size_t(P::space_size(s)) + 16);
      for (std::size_t i = 0; i < spaces[std::size_t(s)].size(); ++i)
        spaces[std::size_t(s)][i] = T(0.1 * double((i * 7 + std::size_t(s)) % 11) - 0.4);
      b.base[s] = spaces[std::size_t(s)].data();
    }
    batch[0] = T(rows);
    batch[1] = T(1) / T(rows ? rows : 1);
    b.base[arena_space] = arena.data();
    b.base[constant_space] = constants.data();
    b.base[counter_space] = counters.data();
    b.base[batch_space] = batch.data();
    b.scratch = arena.data() + (E::arena_elements - E::scratch_elements);
    b.run.batch = rows;
    b.run.seed = 3;
  }
  std::vector<T>& io(int k) { return spaces[std::size_t(first_io_space + k)]; }
  void run() { E::run(b); }
};

template <class T> bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// h <- tanh(x_t + w h) over 5 rows of x; outputs the last h, all h, and the gradients of sum(last^2) + sum(all).
struct recurrence {
  constexpr void operator()(builder& b) const {
    const handle x = b.add_input(dims{2, {5, 3}, false}, dtype::real_type, "x");
    const handle w = b.add_input(dims{1, {3}, false}, dtype::real_type, "w");
    const int body = open_region(b, {.bound = 5});
    const handle h = new_carry(b.constant(0), dims{1, {3}, false});
    const handle next = tanh(slice_at(b, body, x.id, dims{1, {3}, false}, false) + w * h);
    set_next(h, next);
    const int row = pin(next, dims{1, {3}, false}).id;
    const int loop = close_region(b);
    const handle last = final_of(h, loop);
    const handle all = stack_of(b, row);
    const handle loss = sum_axes(last * last, 1) + sum_axes(reshape(all, dims{1, {15}, false}), 1);
    b.add_output(last);
    b.add_output(all);
    list<int> wanted, names;
    wanted.push_back(x.id);
    wanted.push_back(w.id);
    names.push_back(-1);
    names.push_back(-1);
    const list<int> g = gradients(reshape(loss, dims{}), b.constant(1), wanted, names);
    b.add_output({&b, g[x.id]});
    b.add_output({&b, g[w.id]});
  }
};

/// Halves x until it is below 1, counting; at most 20 times. Then |y|, by two branches.
struct halving {
  constexpr void operator()(builder& b) const {
    const handle x = b.add_input(dims{}, dtype::real_type, "x");
    const handle y = b.add_input(dims{}, dtype::real_type, "y");
    region_info r{.bound = 20};
    const handle still = pin(x >= b.constant(1), dims{});
    open_region(b, r);
    const handle value = new_carry(x, dims{}), count = new_carry(b.constant(0), dims{}), go = new_carry(still, dims{});
    const handle half = value * 0.5;
    set_next(value, half);
    set_next(count, count + 1);
    set_next(go, half >= b.constant(1));
    const int loop = close_region(b, go.id);
    b.add_output(final_of(value, loop));
    b.add_output(final_of(count, loop));

    const handle negative = pin(y < b.constant(0), dims{});
    open_region(b, {.branch = true, .sense = true});
    const int minus = pin(-y, dims{}).id;
    close_region(b, negative.id);
    open_region(b, {.branch = true, .sense = false});
    const int plus = pin(y, dims{}).id;
    const int second = close_region(b, negative.id);
    b.add_output({&b, b.emit_at<join_op>(0, dims{}, dtype::real_type, 0, minus, second, plus)});
  }
};

/// Two states that change places.
struct exchange {
  constexpr void operator()(builder& b) const {
    const int p = b.local_leaf(state_space, dims{1, {3}, false}, "p", {}, 1, 1);
    const int q = b.local_leaf(state_space, dims{1, {3}, false}, "q", {}, 1, 1);
    const handle old_p = b.read(p), old_q = b.read(q);
    b.write(p, old_q);
    b.write(q, old_p);
  }
};

/// A bounded batch: a mean over the rows that are there, and their products.
struct partial_batch {
  constexpr void operator()(builder& b) const {
    const var<shape<-6, 4>> x{b.add_input(dims{2, {6, 4}, true}, dtype::real_type, "x")};
    const var<shape<4, 5>> w{b.add_input(dims{2, {4, 5}, false}, dtype::real_type, "w")};
    const auto y = softmax(matmul(x, w));
    b.add_output(y.h);
    b.add_output(mean(y * y).h);
    b.add_output(matmul(transpose(x), y).h);
  }
};

struct deep {
  constexpr void operator()(builder& b) const {
    const var<shape<2, 3>> x{b.add_input(dims{2, {2, 3}, false}, dtype::real_type, "x")};
    scope block(b, "block");
    b.line = 31;
    const auto y = log(x - 1);
    scope head(b, "head");
    b.line = 47;
    b.add_output((exp(y) + 2).h);
  }
};

}  // namespace

TEST_CASE_TEMPLATE("a recurrence and its gradients are the loops they say", Backend, backend::reference,
                   backend::host, backend::debug) {
  runner<recurrence, Backend, double> r;
  r.run();
  double h[6][3] = {};
  const std::vector<double>&x = r.io(0), &w = r.io(1);
  for (int t = 0; t < 5; ++t)
    for (int i = 0; i < 3; ++i) h[t + 1][i] = std::tanh(x[std::size_t(t * 3 + i)] + w[std::size_t(i)] * h[t][i]);
  double dh[3] = {}, dw[3] = {}, dx[5][3] = {};
  for (int i = 0; i < 3; ++i) dh[i] = 2 * h[5][i];
  for (int t = 4; t >= 0; --t)
    for (int i = 0; i < 3; ++i) {
      const double d = (dh[i] + 1) * (1 - h[t + 1][i] * h[t + 1][i]);
      dx[t][i] = d;
      dw[i] += d * h[t][i];
      dh[i] = d * w[std::size_t(i)];
    }
  for (int i = 0; i < 3; ++i) {
    CHECK(r.io(2)[std::size_t(i)] == doctest::Approx(h[5][i]).epsilon(1e-14));
    CHECK(r.io(5)[std::size_t(i)] == doctest::Approx(dw[i]).epsilon(1e-13));
    for (int t = 0; t < 5; ++t) {
      CHECK(r.io(3)[std::size_t(t * 3 + i)] == doctest::Approx(h[t + 1][i]).epsilon(1e-14));
      CHECK(r.io(4)[std::size_t(t * 3 + i)] == doctest::Approx(dx[t][i]).epsilon(1e-13));
    }
  }
}

TEST_CASE_TEMPLATE("a loop that ends by itself, and branches", Backend, backend::reference, backend::host) {
  for (const double start : {0.25, 1.0, 100.0, 1e9}) {
    runner<halving, Backend, double> r;
    r.io(0)[0] = start;
    r.io(1)[0] = start > 1 ? -2.5 : 3.5;
    r.run();
    double value = start;
    int count = 0;
    while (value >= 1 && count < 20) {
      value /= 2;
      ++count;
    }
    CHECK(r.io(2)[0] == value);
    CHECK(r.io(3)[0] == count);
    CHECK(r.io(4)[0] == (start > 1 ? 2.5 : 3.5));
  }
}

TEST_CASE_TEMPLATE("assignments take effect together", Backend, backend::reference, backend::host) {
  runner<exchange, Backend, float> r;
  const std::vector<float> before = r.spaces[state_space];
  r.run();
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(r.spaces[state_space][i] == before[16 + i]);
    CHECK(r.spaces[state_space][16 + i] == before[i]);
  }
}

TEST_CASE("only the rows that are there count, with the same bits on every backend") {
  for (const int rows : {1, 4, 6}) {
    runner<partial_batch, backend::reference, float> oracle(rows);
    runner<partial_batch, backend::host, float> compiled(rows);
    runner<partial_batch, backend::scalar, float> scalar(rows);
    oracle.run();
    compiled.run();
    scalar.run();
    for (int k = 2; k < 5; ++k) {
      CHECK(same_bits(oracle.io(k), compiled.io(k)));
      CHECK(same_bits(oracle.io(k), scalar.io(k)));
    }
    double squares = 0;
    for (int i = 0; i < rows * 5; ++i)
      squares += double(oracle.io(2)[std::size_t(i)]) * double(oracle.io(2)[std::size_t(i)]);
    CHECK(oracle.io(3)[0] == doctest::Approx(squares / (rows * 5)).epsilon(1e-6));
  }
}

TEST_CASE("a recorder is interpreted as it is") {
  builder b;
  record<recurrence>(b);
  runner<recurrence, backend::reference, double> frozen, live;
  frozen.run();
  interpret<double>(b, live.b.base, live.b.run);
  for (int k = 2; k < 6; ++k) CHECK(same_bits(frozen.io(k), live.io(k)));
}

TEST_CASE("debug names the first operation that makes a value that is not finite") {
  static std::vector<backend::bad_value> seen;
  seen.clear();
  backend::debug::on_bad_value = [](const backend::bad_value& v) { seen.push_back(v); };
  runner<deep, backend::debug, float> r;
  r.io(0).assign(r.io(0).size(), 2);
  r.run();
  CHECK(seen.empty());
  r.io(0)[4] = 1;  // log(0)
  r.run();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].operation == "log");
  CHECK(seen[0].path == "block");
  CHECK(seen[0].line == 31);
  CHECK(seen[0].element == 4);
  CHECK(seen[0].shape == dims{2, {2, 3}, false});
  CHECK(seen[0].value == -INFINITY);
  CHECK_FALSE(seen[0].bad_input);
  r.io(0)[4] = NAN;
  r.run();
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].operation == "subtract");
  CHECK(seen[1].bad_input);
  backend::debug::on_bad_value = &backend::print_bad_value;
}
