// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/lower/trace.hpp>

namespace tfx::testing {

/// A recorder with what `record(builder&)` has written on it, finished.
struct recorded_graph {
  builder b;
  template <class Record> explicit recorded_graph(Record record) {
    scope top(b);
    record(b);
    b.finish();
    spread_repeated(b);
    join_padded(b);
    join_in_place(b);
    read_in_place(b);
  }
};
constexpr handle input(builder& b, dims shape) { return b.add_input(shape, dtype::real_type, "x"); }
constexpr int state(builder& b, std::string_view name, dims shape) {
  return b.local_leaf(state_space, shape, name, init::zeros{}, 0, 0);
}

constexpr dims matrix(int rows, int columns) { return {2, {rows, columns}, false}; }
constexpr dims vector(int n) { return {1, {n}, false}; }

}  // namespace tfx::testing
