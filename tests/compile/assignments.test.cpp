// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// What is written takes effect after everything has been read, whatever is fused into one kernel.
#include <doctest/doctest.h>

#include <tfx/ops.hpp>

#include "../support/recorded_graph.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

struct swaps {
  constexpr void operator()(builder& b) const {
    const int p = state(b, "p", vector(5)), q = state(b, "q", vector(5));
    const handle x = b.read(p), y = b.read(q);
    b.write(p, y);
    b.write(q, x);
  }
};
struct rotates {
  constexpr void operator()(builder& b) const {
    const int p = state(b, "p", vector(5)), q = state(b, "q", vector(5)), r = state(b, "r", vector(5));
    const handle x = b.read(p), y = b.read(q), z = b.read(r);
    b.write(p, y);
    b.write(q, z + 1.0);
    b.write(r, 2.0 * x);
    b.add_output(x);
  }
};
/// The second assignment reads what the first one overwrites, and nothing else.
struct remembers_the_old_value {
  constexpr void operator()(builder& b) const {
    const int w = state(b, "w", vector(7)), old = state(b, "old", vector(7));
    const handle x = b.read(w);
    b.write(w, 0.5 * x);
    b.write(old, x + 1.0);
  }
};
struct remembers_a_function {
  constexpr void operator()(builder& b) const {
    const int w = state(b, "w", vector(7)), old = state(b, "old", vector(7)), older = state(b, "older", vector(7));
    const handle x = b.read(w), y = b.read(old);
    b.write(w, 0.5 * x + input(b, vector(7)));
    b.write(older, tanh(x) * tanh(y));
    b.write(old, tanh(x) - 1.0);
  }
};
struct gives_out_a_view {
  constexpr void operator()(builder& b) const {
    const int w = state(b, "w", matrix(2, 6));
    const handle x = b.read(w);
    b.write(w, x * 2.0);
    b.add_output(reshape(x, matrix(4, 3)));
    b.add_output(reshape(x, matrix(6, 2)) + 1.0);
    b.add_output(x);
  }
};
/// A product reads all of what its epilogue overwrites, and the epilogue reads it too.
struct multiplies_itself {
  constexpr void operator()(builder& b) const {
    const int w = state(b, "w", matrix(6, 6));
    const handle x = b.read(w);
    b.write(w, x - 0.1 * matmul(x, x));
  }
};
struct multiplies_itself_first {
  constexpr void operator()(builder& b) const {
    const int w = state(b, "w", matrix(6, 6));
    const handle x = b.read(w);
    b.write(w, matmul(x, x) * 0.3);
  }
};
/// A square matrix reads a vector along one axis and overwrites it along the other.
struct overwrites_across {
  constexpr void operator()(builder& b) const {
    const int v = state(b, "v", matrix(8, 1));
    const handle x = input(b, matrix(8, 8)), old = b.read(v);
    b.write(v, sum_axes(x - reshape(old, vector(8)), 2u));
  }
};
struct overwrites_across_rows {
  constexpr void operator()(builder& b) const {
    const int v = state(b, "v", vector(8));
    const handle x = input(b, matrix(8, 8)), old = b.read(v);
    b.write(v, reshape(sum_axes(x * reshape(old, matrix(8, 1)), 1u), vector(8)));
  }
};
struct overwrites_along {
  constexpr void operator()(builder& b) const {
    const int v = state(b, "v", vector(8)), u = state(b, "u", matrix(5, 1)), s = state(b, "s", {});
    const handle x = input(b, matrix(5, 8)), total = b.read(s);
    b.write(v, 0.9 * b.read(v) + reshape(sum_axes(x - b.read(v), 1u), vector(8)));
    b.write(u, 0.9 * b.read(u) + sum_axes(x - b.read(u), 2u));
    b.write(s, total + reshape(sum_axes(x * total, 3u), {}));
  }
};
/// The rest of a kernel reads a leaf that its first half overwrites: one column, so that both halves have one shape.
struct one_column {
  constexpr void operator()(builder& b) const {
    const int w = state(b, "w", matrix(9, 1)), v = state(b, "v", vector(1));
    const handle x = b.read(w);
    const handle y = x * 2.0;
    const handle total = handle{&b, b.emit<sum_op>(matrix(9, 1), dtype::real_type, over_columns, y.id)};
    b.add_output(total + x);
    b.write(w, y);
    b.write(v, reshape(handle{&b, b.emit<sum_op>(vector(1), dtype::real_type, over_rows, y.id)}, vector(1)) + b.read(v));
  }
};
/// Broadcast in one kernel, overwritten in another.
struct broadcasts_and_overwrites {
  constexpr void operator()(builder& b) const {
    const int v = state(b, "v", vector(8)), s = state(b, "s", {});
    const handle x = input(b, matrix(5, 8));
    b.write(v, b.read(v) * 1.5);
    b.write(s, b.read(s) * 1.5);
    b.add_output(x * b.read(b.find("v", state_space)));
    b.add_output(tanh(x) + handle{&b, b.leaf_node[v]} * handle{&b, b.leaf_node[s]});
  }
};
/// Values that wait for their reader read a leaf that is overwritten before.
struct late_readers {
  constexpr void operator()(builder& b) const {
    const int u = state(b, "u", vector(6)), v = state(b, "v", vector(6)), w = state(b, "w", vector(6));
    const handle x = b.read(u), y = b.read(v), z = b.read(w);
    const handle shared = x * y;
    b.write(u, z - 1.0);
    b.write(v, shared + x);
    b.write(w, shared * shared);
    b.add_output(y * z);
    b.add_output(sum_axes(x * z, 1u));
  }
};
/// An update whose gradient comes from the value that it overwrites.
struct trains {
  constexpr void operator()(builder& b) const {
    const handle x = input(b, matrix(4, 6));
    const int leaf = b.local_leaf(parameter_space, matrix(6, 6), "w", init::zeros{}, 0, 0), slow = state(b, "slow", matrix(6, 6));
    const handle w = b.read(leaf);
    const handle y = tanh(matmul(tanh(matmul(x, w)), w));
    const handle loss = reshape(sum_axes(y * y, 3u), {});
    list<int> wanted, names;
    wanted.push_back(w.id);
    names.push_back(leaf);
    const list<int> d = gradients(loss, b.constant(1), wanted, names);
    b.write(leaf, w - 0.1 * handle{&b, d[w.id]});
    b.write(slow, 0.9 * b.read(slow) + 0.1 * b.read(leaf));
    b.add_output(loss);
    b.add_output(sum_axes(w, 1u));
  }
};
/// Large constants, and zeros with a sign.
struct constants {
  constexpr void operator()(builder& b) const {
    const handle x = input(b, vector(5));
    b.add_output(x * 1e30 + -1e9);
    b.add_output(x * b.constant(-0.0));
    b.add_output(x * b.constant(0.0));
    b.add_output(maximum(x * 1e300, -1e-300));
  }
};

}  // namespace

TEST_CASE("states that change places") { check_backends<swaps, rotates>(); }
TEST_CASE("old values are read before they are overwritten") {
  check_backends<remembers_the_old_value, remembers_a_function, gives_out_a_view, late_readers, broadcasts_and_overwrites>();
}
TEST_CASE("products read all of their operands before one is overwritten") { check_backends<multiplies_itself, multiplies_itself_first>(); }
TEST_CASE("reductions read all of what they overwrite") { check_backends<overwrites_across, overwrites_across_rows, overwrites_along, one_column>(); }
TEST_CASE("training in place") { check_backends<trains>(); }
TEST_CASE("constants keep their bits") { check_backends<constants>(); }
