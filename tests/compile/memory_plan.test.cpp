// SPDX-License-Identifier: Apache-2.0
// The arena: found out again from the schedule, launch by launch and iteration by iteration, with nothing taken from the plan
// but addresses.
#include <doctest/doctest.h>

#include <algorithm>

#include "../support/random_graph.hpp"
#include "../support/recorded_graph.hpp"
#include "../support/run_kernels.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

/// Runs through a schedule and notes for every arena element which launches wrote and read it, in order of time.
class arena_watch {
 public:
  explicit arena_watch(const compiled_graph& c) : c_(c), writer_(4 * std::size_t(c.arena.arena), -1) {}

  void run() {
    const kernel_lists& k = c_.kernels;
    for (int pc = 0; pc < k.steps.size(); ++pc) {
      const int at = k.steps[pc].at;
      if (k.steps[pc].kind == step_kind::launch) {
        launch(k.launches[at]);
      } else if (k.steps[pc].kind == step_kind::begin) {
        iteration_[at] = 0;
        trips_[at] = k.loops[at].counted ? std::min(2, k.loops[at].bound) : k.loops[at].bound;   // any number of trips will do
      } else if (++iteration_[at] < trips_[at]) {
        pc = k.loops[at].begin;
      }
    }
  }
  int highest = 0;       ///< one past the last element in use
  int unwritten = 0;     ///< elements read before anything was written there
  int outside = 0;       ///< ... or outside of the arena
  int overwritten = 0;   ///< elements that a launch reads as one value though another was written there since

 private:
  void launch(const launch_info& l) {
    const int q = l.group;
    for (int i = 0; i < c_.g.n_nodes; ++i) {
      if (c_.groups.group_of[i] != q || c_.g[i].op->kind == op_kind::result || c_.g[i].op->kind == op_kind::loop) continue;
      for (int k = 0; k < c_.g[i].count; ++k)
        if (const int a = c_.g.input(i, k); in_memory(a, q)) visit(a, false);
    }
    for (int i = 0; i < c_.g.n_nodes; ++i)
      if (c_.groups.group_of[i] == q && c_.groups.stored[i] && c_.g[i].op->kind != op_kind::assign && c_.g[i].op->kind != op_kind::result &&
          c_.g[i].op->kind != op_kind::loop)
        visit(i, true);
  }
  bool in_memory(int id, int q) const {
    const int root = c_.g.root(id);
    const op_kind kind = c_.g[root].op->kind;
    if (kind == op_kind::port) return is<carry_op>(c_.g[root]);
    if (kind == op_kind::leaf || kind == op_kind::constant || kind == op_kind::generate) return false;
    return kind == op_kind::result || c_.groups.group_of[root] != q;
  }
  /// The value that `id` shows: a node, or a carry, stack or join, whose memory several nodes write.
  int value_of(int id, int root) const {
    const op_kind kind = c_.g[root].op->kind;
    return kind == op_kind::port || kind == op_kind::result ? root : c_.g.root(id);
  }
  void visit(int id, bool writes) {
    const location w = locate(c_.g, c_.arena.home.data, c_.arena.history.data, id);
    const op_kind kind = c_.g[w.root].op->kind;
    if (kind == op_kind::leaf || kind == op_kind::constant || kind == op_kind::generate) return;
    std::ptrdiff_t from = w.offset;
    for (int t = 0; t < w.n_terms; ++t) {
      const address_term& a = w.terms[t];
      int slot = a.sign * iteration_[a.region] + (a.from < 0 ? 0 : trips_[a.from]) + a.shift;
      if (a.mod) slot &= a.mod - 1;
      from += std::ptrdiff_t(slot) * a.stride;
    }
    const int value = value_of(id, w.root), size = c_.g[id].shape.size();
    const dims& shape = c_.g[id].shape;
    const axis_steps lay = steps_in_memory(c_.g, id);
    const int bytes = bytes_of(form_of(c_.g[w.root].type));
    for (int e = 0; e < size * bytes; ++e) {
      std::ptrdiff_t at = from;
      for (int axis = shape.rank - 1, rest = e / bytes; axis >= 0; rest /= shape.extent[axis--]) at += rest % shape.extent[axis] * lay.step[axis];
      at = c_.arena.offset[w.root] * 4 + at * bytes + e % bytes;
      if (at < 0 || at >= c_.arena.arena * 4) {
        ++outside;
        continue;
      }
      highest = std::max(highest, int(at / 4) + 1);
      if (writes) writer_[std::size_t(at)] = value;
      else if (writer_[std::size_t(at)] < 0) ++unwritten;
      else if (writer_[std::size_t(at)] != value) ++overwritten;
    }
  }

  const compiled_graph& c_;
  std::vector<int> writer_;   ///< per byte: whose value it holds
  int iteration_[max_regions] = {}, trips_[max_regions] = {};
};

/// A chain of products, each as large as the one before.
void chain(builder& b, int length) {
  handle x = input(b, matrix(16, 16));
  const handle w = input(b, matrix(16, 16));
  for (int i = 0; i < length; ++i) x = matmul(tanh(x), w);
  b.add_output(x);
}
void perceptron_training(builder& b) {
  handle x = input(b, matrix(8, 20));
  list<int> wanted, names;
  const int widths[] = {20, 30, 30, 10};
  for (int i = 0; i < 3; ++i) {
    const char name[] = {'w', char('0' + i)};
    const int l = b.leaf(parameter_space, matrix(widths[i], widths[i + 1]), dtype::real_type, {name, 2}, init::zeros{}, false);
    wanted.push_back(b.leaf_node[l]);
    names.push_back(l);
    x = tanh(matmul(x, b.read(l)));
  }
  const handle loss = reshape(sum_axes(x * x, 3u), dims{});
  const list<int> d = gradients(loss, b.constant(1), wanted, names);
  for (int i = 0; i < 3; ++i) b.write(names[i], b.read(names[i]) - 0.1 * handle{&b, d[wanted[i]]});
  b.add_output(loss);
}
/// A recurrent network: histories and stacks live as long as both loops, the rest for one iteration.
void recurrent_training(builder& b, int steps) {
  const handle x = input(b, dims{3, {steps, 4, 6}, false});
  const int l = b.leaf(parameter_space, matrix(6, 6), dtype::real_type, "w", init::zeros{}, false);
  const handle w = b.read(l);
  region_info r;
  r.bound = steps;
  const int region = open_region(b, r);
  const handle h = new_carry(b.constant(0), matrix(4, 6));
  const handle row = slice_at(b, region, x.id, matrix(4, 6), false);
  set_next(h, tanh(matmul(h, w) + row));
  const handle last = final_of(h, close_region(b));
  const handle loss = reshape(sum_axes(last * last, 3u), dims{});
  list<int> wanted, names;
  wanted.push_back(w.id);
  names.push_back(l);
  const list<int> d = gradients(loss, b.constant(1), wanted, names);
  b.write(l, w - 0.1 * handle{&b, d[w.id]});
  b.add_output(loss);
}

void check_arena(const recorded_graph& r) {
  const compiled_graph c(r.b);
  arena_watch watch(c);
  watch.run();
  CHECK(watch.outside == 0);
  CHECK(watch.overwritten == 0);
  CHECK(watch.unwritten == 0);
  CHECK(watch.highest <= c.arena.arena);
  CHECK(c.arena.arena - watch.highest < leaf_alignment);   // nothing is there that nobody uses
  CHECK(c.arena.arena >= c.arena.live_peak);
  CHECK(c.arena.arena <= c.arena.unplanned);
  for (int i = 0; i < c.g.n_nodes; ++i) CHECK(c.arena.offset[i] % leaf_alignment == 0);
}

}  // namespace

TEST_CASE("a chain reuses memory: it needs two buffers, however long it is") {
  for (int length : {3, 10, 40}) {
    CAPTURE(length);
    const recorded_graph r([&](builder& b) { chain(b, length); });
    check_arena(r);
    const compiled_graph c(r.b);
    CHECK(c.arena.arena == 2 * 16 * 16);
    CHECK(c.arena.buffers >= length - 1);
  }
}

TEST_CASE("an elementwise result takes the place of what is not read again") {
  const recorded_graph r([](builder& b) {
    const handle w = input(b, matrix(16, 16));
    const handle x = matmul(input(b, matrix(16, 16)), w), y = matmul(input(b, matrix(16, 16)), w);
    b.add_output(matmul(tanh(x) * y, w));   // tanh and the product sit behind the second matmul, and read x where it lies
  });
  check_arena(r);
  const compiled_graph c(r.b);
  CHECK(c.arena.in_place == 1);
  CHECK(c.arena.arena == 16 * 16);
}
TEST_CASE("what a product reads is not overwritten while it does") {
  const recorded_graph r([](builder& b) {
    const handle w = input(b, matrix(16, 16));
    const handle x = tanh(matmul(input(b, matrix(16, 16)), w));
    b.add_output(matmul(tanh(matmul(x, w) + x), w));
  });
  check_arena(r);
  CHECK(compiled_graph(r.b).arena.in_place == 0);
}
TEST_CASE("what is read spread out is not overwritten") {
  const recorded_graph r([](builder& b) {
    const handle w = input(b, matrix(16, 16));
    const handle x = tanh(matmul(input(b, matrix(1, 16)), w));
    b.add_output(matmul(tanh(matmul(input(b, matrix(16, 16)), w) + x), w));
  });
  check_arena(r);
  CHECK(compiled_graph(r.b).arena.in_place == 0);
}
TEST_CASE("training programs") {
  const recorded_graph perceptron(perceptron_training);
  check_arena(perceptron);
  const compiled_graph c(perceptron.b);
  MESSAGE("perceptron: arena ", c.arena.arena, ", live peak ", c.arena.live_peak, ", without sharing ", c.arena.unplanned);
  CHECK(double(c.arena.arena) <= 1.1 * c.arena.live_peak);
}

TEST_CASE("loops keep what their reverse needs, and one iteration of the rest") {
  int arena[2] = {};
  for (int k = 0; k < 2; ++k) {
    const int steps = k ? 50 : 10;
    const recorded_graph r([&](builder& b) { recurrent_training(b, steps); });
    check_arena(r);
    const compiled_graph c(r.b);
    MESSAGE(steps, " steps: arena ", c.arena.arena, ", live peak ", c.arena.live_peak, ", without sharing ", c.arena.unplanned);
    arena[k] = c.arena.arena;
  }
  CHECK(arena[1] - arena[0] == 40 * 4 * 6);   // the history of the state, and nothing else, grows with the number of steps
}

TEST_CASE("buffers of random graphs do not overlap while both are in use") {
  double arena = 0, peak = 0, unplanned = 0;
  for (int seed = 1; seed <= 250; ++seed) {
    CAPTURE(seed);
    const recorded_graph r([&](builder& b) { random_graph(b, seed).record(20); });
    if (!r.b.right()) continue;
    check_arena(r);
    const compiled_graph c(r.b);
    arena += c.arena.arena;
    peak += c.arena.live_peak;
    unplanned += c.arena.unplanned;
  }
  MESSAGE("arena / live peak ", arena / peak, ", arena / without sharing ", arena / unplanned);
  CHECK(arena < 1.1 * peak);
}
