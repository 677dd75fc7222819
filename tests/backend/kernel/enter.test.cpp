// SPDX-License-Identifier: Apache-2.0
// From launches to frames: what a kernel is told.
#include <doctest/doctest.h>

#include <vector>

#include <tfx/backend/kernel/enter.hpp>

namespace {

using namespace tfx;

struct entered {
  std::vector<float*> at;
  std::vector<std::ptrdiff_t> step;
  int rows, cols;
};
std::vector<entered> seen;
constexpr int operands = 4;
void note(const frame<float>& f) {
  seen.push_back({{f.at, f.at + operands}, {f.step, f.step + operands}, f.rows, f.cols});
}

/// x and y of 6 x 10 elements, a number per row, and a number per column.
struct launch {
  float x[60] = {}, y[60] = {}, per_row[6] = {}, per_column[10] = {};
  void* address[operands] = {x, per_row, per_column, y};
  operand_step step[operands] = {{10, 1}, {1, 0}, {0, 1}, {10, 1}};
  launch_layout layout;
  call<float> a;

  explicit launch(form kind) {
    seen.clear();
    a.operand = address;
    a.step = step;
    layout.operands = operands;
    layout.kind = kind;
    a.layout = &layout;
    a.kernel = &note;
    a.rows = 6;
    a.cols = 10;
  }
};

}  // namespace

TEST_CASE("addresses and steps") {
  launch l(form::map);
  enter(l.a);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].rows == 6);
  CHECK(seen[0].cols == 10);
  CHECK(seen[0].at == std::vector<float*>{l.x, l.per_row, l.per_column, l.y});
  CHECK(seen[0].step == std::vector<std::ptrdiff_t>{10, 1, 0, 10});
}

TEST_CASE("parts have rows of their own, or columns where rows are reduced") {
  for (const form kind : {form::map, form::rows}) {
    launch l(kind);
    for (l.a.parts = 4; l.a.part < 4; ++l.a.part) enter(l.a);
    int rows = 0;
    for (const entered& e : seen) {
      CHECK(e.at == std::vector<float*>{l.x + rows * 10, l.per_row + rows, l.per_column, l.y + rows * 10});
      CHECK(e.cols == 10);
      rows += e.rows;
    }
    CHECK(rows == 6);
  }
  launch l(form::columns);
  l.a.cols = 200;   // the memory is not touched
  for (l.a.parts = 2; l.a.part < 2; ++l.a.part) enter(l.a);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].cols + seen[1].cols == 200);
  CHECK(seen[1].at == std::vector<float*>{l.x + seen[0].cols, l.per_row, l.per_column + seen[0].cols, l.y + seen[0].cols});
}

TEST_CASE("a block is an operand, and one row where all operands are") {
  launch l(form::map);
  l.layout.block[0] = 0;
  float block[120] = {};
  hand_over<float>(l.a, 2, 3, 4, 5, block, 16);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].rows == 3);
  CHECK(seen[0].cols == 5);
  CHECK(seen[0].at == std::vector<float*>{block, l.per_row + 2, l.per_column + 4, l.y + 24});
  CHECK(seen[0].step == std::vector<std::ptrdiff_t>{16, 1, 0, 10});
  l.step[1] = l.step[2] = {};   // numbers
  l.layout.block[1] = 2;
  seen.clear();
  hand_over<float>(l.a, 2, 3, 0, 10, block, 10, block + 60);
  hand_over<float>(l.a, 2, 3, 0, 10, block, 16, block + 60);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].rows == 1);
  CHECK(seen[0].cols == 30);
  CHECK(seen[0].at == std::vector<float*>{block, l.per_row, block + 60, l.y + 20});
  CHECK(seen[1].rows == 3);
  CHECK(seen[1].cols == 10);
}
