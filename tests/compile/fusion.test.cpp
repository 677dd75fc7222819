// SPDX-License-Identifier: Apache-2.0
// Which node belongs to which kernel.
#include <doctest/doctest.h>

#include <string>

#include "../support/recorded_graph.hpp"
#include "../support/run_kernels.hpp"

#include <tfx/ops.hpp>

namespace {

using namespace tfx;
using namespace tfx::testing;

/// The first kernel of a graph, each operation with its phase.
template <class Record> std::string phases_of(Record record) {
  const recorded_graph r(record);
  REQUIRE(r.b.right());
  const compiled_graph c(r.b);
  CHECK(differing_elements(c) == 0);
  std::string text;
  for_work(c, c.kernels.launches[0], [&](const op_info& op, int phase, bool) {
    if (text.size()) text += ' ';
    text += std::to_string(phase) + ":" + std::string(op.name);
  });
  return text;
}

/// The kernels of a graph as text: "map: tanh add | matmul: relu | ..." in the order of the schedule, stored values with a star.
template <class Record> std::string kernels_of(Record record) {
  const recorded_graph r(record);
  REQUIRE(r.b.right());
  const compiled_graph c(r.b);
  CHECK(differing_elements(c) == 0);
  std::string text;
  for (int i = 0; i < c.kernels.launches.size(); ++i) {
    if (i) text += " | ";
    bool first = true;
    for_work(c, c.kernels.launches[i], [&](const op_info& op, int, bool stored) {
      if (!first) text += ' ';
      first = false;
      text += op.name;
      if (stored) text += '*';
    });
  }
  return text;
}

}  // namespace

TEST_CASE("a chain of elementwise work is one kernel") {
  CHECK(kernels_of([](builder& b) {
    const handle x = input(b, vector(10));
    const handle y = tanh(x) * 2.0;
    b.add_output(y + sigmoid(x));
  }) == "tanh multiply sigmoid add assign*");
}

TEST_CASE("elementwise work follows a product in its kernel") {
  CHECK(kernels_of([](builder& b) {
    const handle x = input(b, matrix(4, 6)), w = input(b, matrix(6, 5)), bias = input(b, vector(5));
    b.add_output(relu(matmul(x, w) + bias));
  }) == "matmul add relu assign*");
}

TEST_CASE("work on other leaves moves to the product that uses it, whose operands stay in front") {
  CHECK(kernels_of([](builder& b) {
    const handle x = input(b, matrix(4, 6)), w = input(b, matrix(6, 5)), u = input(b, matrix(4, 5));
    const handle half = 0.5 * u;
    b.add_output(half + matmul(x, w));
  }) == "multiply matmul add assign*");
}

TEST_CASE("reductions of rows and what lies between them are sweeps of one kernel") {
  CHECK(kernels_of([](builder& b) {
    const handle x = input(b, matrix(4, 6));
    const handle e = exp(x - max_axes(x, 2u));
    b.add_output(e * (1 / sum_axes(e, 2u)));
  }) == "max subtract exp sum divide multiply assign*");
  CHECK(kernels_of([](builder& b) {   // layer normalisation after a product
    const handle x = input(b, matrix(4, 3)), w = input(b, matrix(3, 6)), scale = input(b, vector(6));
    const handle y = matmul(x, w), centred = y - detail::mean_axes(y, 2u);
    b.add_output(centred / sqrt(detail::mean_axes(centred * centred, 2u) + 1e-3) * scale);
  }) == "matmul* | sum multiply subtract multiply sum multiply add sqrt divide multiply assign*");
}

TEST_CASE("work waits for the first sweep that reads it") {
  CHECK(phases_of([](builder& b) {   // the square is made where it is needed, not kept
    const handle x = input(b, matrix(4, 6)), y = x * 2.0, z = tanh(y);
    b.add_output(sum_axes(y, 2u) + sum_axes(z - sum_axes(y, 2u), 2u));
  }) == "0:multiply 2:tanh 0:sum 2:subtract 2:sum 3:add 3:assign");
}

TEST_CASE("a row that does not stay in the cache is not swept twice") {
  CHECK(kernels_of([](builder& b) {
    const handle x = input(b, matrix(2, max_swept_columns + 1));
    b.add_output(x - max_axes(x, 2u));
  }) == "max* | subtract assign*");
}

TEST_CASE("columns are swept again as rows are, if their rows are not too many") {
  CHECK(kernels_of([](builder& b) {
    const handle x = input(b, matrix(5, 3));
    b.add_output(x - max_axes(x, 1u));
  }) == "max* subtract assign*");
  CHECK(kernels_of([](builder& b) {
    const handle x = input(b, matrix(max_swept_rows + 1, 3));
    b.add_output(x - max_axes(x, 1u));
  }) == "max* | subtract assign*");
}

TEST_CASE("any axes are reduced, and what is spread over them is read in place") {
  CHECK(kernels_of([](builder& b) {
    const handle x = input(b, dims{3, {4, 5, 3}, false});
    const handle e = exp(x - max_axes(x, 2u));
    b.add_output(e / sum_axes(e, 2u));
  }) == "max* subtract exp sum* divide assign*");
  CHECK(kernels_of([](builder& b) {
    const handle x = input(b, dims{4, {4, 5, 6, 3}, false}), s = input(b, dims{4, {4, 1, 1, 3}, false});
    b.add_output(tanh(x * s));
  }) == "multiply tanh assign*");
}

TEST_CASE("what moves is read where it lies if it makes lines") {
  CHECK(kernels_of([](builder& b) {
    const handle x = input(b, dims{3, {4, 5, 32}, false});
    b.add_output(permute(x, detail::axis_order{{1, 0, 2}}) * slice_box(permute(x, detail::axis_order{{1, 0, 2}}), {}, dims{3, {5, 4, 32}, false}));
  }) == "multiply assign*");
  CHECK(kernels_of([](builder& b) {
    const handle x = input(b, dims{2, {40, 64}, false});
    b.add_output(slice_box(x, {}, dims{2, {40, 32}, false}) + slice_box(x, detail::box{{0, 32}}, dims{2, {40, 32}, false}));
  }) == "add assign*");
  CHECK(kernels_of([](builder& b) {
    const handle x = input(b, matrix(40, 64));
    b.add_output(1 + transpose(x));
  }) == "permute add assign*");
}

TEST_CASE("a leaf that a second sweep reads again is overwritten after it") {
  CHECK(kernels_of([](builder& b) {
    const int p = state(b, "p", matrix(4, 6));
    const handle s = b.read(p), y = s * 2.0, x = input(b, matrix(4, 6));
    b.write(p, y);
    b.add_output(s * (1 / sum_axes(y * x, 2u)));
  }) == "multiply* multiply sum divide multiply assign* | assign*");
}

TEST_CASE("several reductions along one axis share a kernel, along two axes they do not") {
  CHECK(kernels_of([](builder& b) {
    const handle x = input(b, matrix(4, 6));
    const handle y = tanh(x);
    b.add_output(sum_axes(y, 2u));
    b.add_output(max_axes(y, 2u));
  }) == "tanh sum max assign* assign*");
  const std::string two = kernels_of([](builder& b) {
    const handle x = input(b, matrix(4, 6));
    const handle y = tanh(x);
    b.add_output(sum_axes(y, 1u));
    b.add_output(sum_axes(y, 2u));
  });
  CHECK(two.find(" | ") != two.npos);
}

TEST_CASE("everything of a vector is one row, broadcasting makes it a matrix again") {
  auto flat = [](auto record) {
    const recorded_graph r(record);
    const compiled_graph c(r.b);
    CHECK(differing_elements(c) == 0);
    std::string shapes;
    for (int i = 0; i < c.kernels.launches.size(); ++i)
      shapes += std::to_string(c.kernels.launches[i].rows) + "x" + std::to_string(c.kernels.launches[i].cols) + " ";
    return shapes;
  };
  CHECK(flat([](builder& b) { b.add_output(tanh(input(b, matrix(8, 9)))); }) == "1x72 ");
  CHECK(flat([](builder& b) { b.add_output(input(b, matrix(8, 9)) + input(b, vector(9))); }) == "8x9 ");
  CHECK(flat([](builder& b) { b.add_output(input(b, matrix(8, 9)) + input(b, matrix(8, 1))); }) == "8x9 ");
  CHECK(flat([](builder& b) { b.add_output(input(b, matrix(8, 9)) + input(b, {})); }) == "1x72 ");
  // The sum of everything is defined over one row; what is broadcast is made in a kernel of its own.
  CHECK(flat([](builder& b) { b.add_output(sum_axes(input(b, matrix(8, 9)) * input(b, matrix(8, 9)), 3u)); }).starts_with("1x72 "));
  CHECK(flat([](builder& b) { b.add_output(sum_axes(input(b, matrix(8, 9)) * input(b, vector(9)), 3u)); }).starts_with("8x9 1x72 "));
  // A mask is drawn by place, and a row of places is the same as the matrix.
  CHECK(flat([](builder& b) {
    const handle x = input(b, matrix(8, 9));
    b.add_output(x * dropout_mask(x, 0.5));
  }) == "1x72 ");
  CHECK(flat([](builder& b) {
    const handle x = input(b, matrix(8, 9));
    b.add_output(x + column_index(*x.graph, x.shape()));
  }) == "8x9 ");
}

TEST_CASE("reductions of what is drawn") {
  for (unsigned axes : {1u, 2u, 3u}) {
    CAPTURE(axes);
    const recorded_graph r([axes](builder& b) {
      const handle x = input(b, matrix(8, 9));
      b.add_output(sum_axes(dropout_mask(x, 0.5), axes) + 0.0 * sum_axes(x, axes));
      b.add_output(sum_axes(column_index(*x.graph, x.shape()), axes));
      b.add_output(sum_axes(x, axes) * dropout_mask(sum_axes(x, axes), 0.5));
      b.add_output(x * dropout_mask(input(b, vector(9)), 0.5));
      b.add_output(x * dropout_mask(input(b, matrix(8, 1)), 0.5));
    });
    CHECK(differing_elements(compiled_graph(r.b)) == 0);
  }
}

TEST_CASE("groups are limited, and so are their operands") {
  for (int n : {40, 64, 65, 100, 200, 400}) {
    CAPTURE(n);
    const recorded_graph sum([n](builder& b) {   // every term is a leaf of its own
      handle total = b.constant(0);
      for (int i = 0; i < n / 3; ++i) {
        const char name[] = {'s', char('a' + i / 26), char('a' + i % 26)};
        total = total + 0.5 * b.read(state(b, {name, 3}, vector(7)));
      }
      b.add_output(total);
    });
    const recorded_graph chosen([n](builder& b) {   // three operands per node
      handle x = input(b, vector(7));
      for (int i = 0; i < n / 4; ++i) {
        const char p[] = {'p', char('a' + i / 26), char('a' + i % 26)}, q[] = {'q', char('a' + i / 26), char('a' + i % 26)};
        const handle c = b.read(state(b, {p, 3}, vector(7))), y = b.read(state(b, {q, 3}, vector(7)));
        x = tfx::detail::map_node<where_op>(c, y, x) + tfx::detail::map_node<where_op>(y, c, x);
      }
      b.add_output(x);
    });
    const recorded_graph chain([n](builder& b) {
      handle x = input(b, vector(7));
      for (int i = 0; i < n; ++i) x = tanh(x) + 0.01;
      b.add_output(x);
      b.add_output(sum_axes(x, 1u));
    });
    for (const recorded_graph* r : {&sum, &chosen, &chain}) {
      const compiled_graph c(r->b);
      CHECK(differing_elements(c) == 0);
      for (int i = 0; i < c.kernels.launches.size(); ++i) {
        CHECK(c.kernels.launches[i].operands < instruction::operand_flag);
        CHECK(c.kernels.launches[i].instructions < instruction::operand_flag);
      }
    }
  }
}

TEST_CASE("what is used twice is looked at once") {
  const recorded_graph r([](builder& b) {
    const int p = state(b, "p", matrix(4, 5)), q = state(b, "q", matrix(4, 5));
    handle x = b.read(p);
    for (int i = 0; i < 90; ++i) x = 0.5 * (x * x - x);
    b.write(p, b.read(p) * b.read(q));
    b.write(q, x);
    b.add_output(sum_axes(x, 3u));
  });
  CHECK(differing_elements(compiled_graph(r.b)) == 0);
}

TEST_CASE("views between kernels") {
  const recorded_graph r([](builder& b) {
    const handle x = input(b, matrix(6, 8));
    const handle y = tanh(x);
    b.add_output(reshape(y, matrix(8, 6)) + 1.0);
    b.add_output(reshape(reshape(y * 2.0, vector(48)) + 1.0, matrix(12, 4)) * y.graph->constant(2));
    b.add_output(sum_axes(reshape(sigmoid(x), matrix(16, 3)), 2u));
    b.add_output(sum_axes(reshape(y, matrix(16, 3)), 1u));
    b.add_output(matmul(reshape(y, matrix(16, 3)), reshape(y, matrix(3, 16))));
    b.add_output(reshape(x, matrix(16, 3)));
  });
  CHECK(differing_elements(compiled_graph(r.b)) == 0);
}

TEST_CASE("work that does not change stays outside of loops") {
  const recorded_graph r([](builder& b) {
    const handle x = input(b, matrix(5, 7)), w = input(b, vector(7));
    region_info loop;
    loop.bound = 5;
    const int region = open_region(b, loop);
    const handle c = new_carry(b.constant(0), vector(7));
    set_next(c, c + slice_at(b, region, x.id, vector(7), false) * tanh(w));
    b.add_output(final_of(c, close_region(b)));
  });
  const compiled_graph c(r.b);
  CHECK(differing_elements(c) == 0);
  bool inside = false;
  for (int i = 0; i < c.kernels.steps.size(); ++i) {
    const step_info s = c.kernels.steps[i];
    if (s.kind != step_kind::launch) {
      inside = s.kind == step_kind::begin;
      continue;
    }
    const launch_info& l = c.kernels.launches[s.at];
    for (int k = 0; k < l.instructions; ++k)
      if (c.kernels.code[l.first_instruction + k].op->name == "tanh") CHECK_FALSE(inside);
  }
}
