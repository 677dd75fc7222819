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
  l.layout.results = 1;
  l.layout.handed = 1;
  float block[120] = {};
  hand_over<float>(l.a, 2, 3, 4, 5, block, 16);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].rows == 3);
  CHECK(seen[0].cols == 5);
  CHECK(seen[0].at == std::vector<float*>{block, l.per_row + 2, l.per_column + 4, l.y + 24});
  CHECK(seen[0].step == std::vector<std::ptrdiff_t>{16, 1, 0, 10});
  l.step[1] = l.step[2] = {};   // numbers
  l.layout.results = 3;
  l.layout.handed = 5;   // the second one is stored elsewhere
  const float* const blocks[] = {block, nullptr, block + 60};
  seen.clear();
  hand_over<float>(l.a, 2, 3, 0, 10, blocks, 10);
  hand_over<float>(l.a, 2, 3, 0, 10, blocks, 16);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].rows == 1);
  CHECK(seen[0].cols == 30);
  CHECK(seen[0].at == std::vector<float*>{block, l.per_row, block + 60, l.y + 20});
  CHECK(seen[1].rows == 3);
  CHECK(seen[1].cols == 10);
}

TEST_CASE("loops around rows and columns are walked once, whatever the parts") {
  constexpr int outer[] = {3, 2, 4};
  for (const form kind : {form::map, form::rows, form::columns}) {
    for (const int parts : {1, 2, 3, 7, 40}) {
      CAPTURE(parts);
      launch l(kind);
      std::vector<float> memory(100'000), other(100'000);
      constexpr int stride[operands][3] = {{2000, 500, 100}, {0, 5, -7}, {11, 0, 0}, {-900, 40, 3}};   // no two the same
      l.address[0] = memory.data();
      for (int k = 1; k < operands; ++k) l.address[k] = other.data() + 20'000 * k;
      l.a.outer_loops = 3;
      l.a.outer = outer;
      l.a.outer_stride = &stride[0][0];
      l.a.cols = kind == form::columns ? 150 : 10;
      l.a.parts = parts;
      for (l.a.part = 0; l.a.part < parts; ++l.a.part) enter_nest(l.a);
      std::size_t call = 0;
      int row = 0, col = 0;
      for (int i = 0; i < 24; ++i) {
        const int place[] = {i / 8, i / 4 % 2, i % 4};
        for (row = col = 0; row < l.a.rows && col < l.a.cols;) {
          REQUIRE(call < seen.size());
          const entered& e = seen[call++];
          for (int k = 0; k < operands; ++k) {
            std::ptrdiff_t at = std::ptrdiff_t(row) * l.step[k].row + std::ptrdiff_t(col) * l.step[k].column;
            for (int n = 0; n < 3; ++n) at += place[n] * stride[k][n];
            CHECK(e.at[std::size_t(k)] == static_cast<float*>(l.address[k]) + at);
          }
          if (kind == form::columns) col += e.cols;
          else row += e.rows * e.cols / l.a.cols;   // a map may see its rows as one
        }
        CHECK((kind == form::columns ? col == l.a.cols : row == l.a.rows));
      }
      CHECK(call == seen.size());
    }
  }
}

/// z = x * y + s: x and z lie in order, y is one row again and again, s one number.
void multiply(const frame<float>& f) {
  seen.push_back({{}, {}, f.rows, f.cols});
  for (int r = 0; r < f.rows; ++r)
    for (int c = 0; c < f.cols; ++c)
      f.at[3][r * f.step[3] + c] = f.at[0][r * f.step[0] + c] * f.at[1][r * f.step[1] + c] + f.at[2][r * f.step[2]];
}
/// The same with y in bytes.
void multiply_bytes(const frame<float>& f) {
  seen.push_back({{}, {}, f.rows, f.cols});
  const auto* const y = reinterpret_cast<const std::int8_t*>(f.at[1]);
  for (int r = 0; r < f.rows; ++r)
    for (int c = 0; c < f.cols; ++c) f.at[3][r * f.step[3] + c] = f.at[0][r * f.step[0] + c] * y[r * f.step[1] + c] + *f.at[2];
}

TEST_CASE("many short rows are made long ones") {
  for (const int cols : {1, 3, 10, 64, 500}) {
    for (const bool bytes : {false, true}) {
      CAPTURE(cols);
      const int rows = 100'000 / cols;
      std::vector<float> x(std::size_t(rows * cols)), z(x.size(), -1), y(std::size_t(cols), 0);
      float number = 0.5f;
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = float(i % 1000);
      for (int c = 0; c < cols; ++c) {
        if (bytes) reinterpret_cast<std::int8_t*>(y.data())[c] = std::int8_t(c % 100 + 1);
        else y[std::size_t(c)] = float(c % 100 + 1);
      }
      launch l(form::map);
      void* const address[] = {x.data(), y.data(), &number, z.data()};
      const operand_step step[] = {{cols, 1}, {0, 1, bytes ? lies_as::int8 : lies_as::word}, {0, 0}, {cols, 1}};
      l.layout.folds = true;
      l.a.operand = address;
      l.a.step = step;
      l.a.kernel = bytes ? &multiply_bytes : &multiply;
      l.a.rows = rows;
      l.a.cols = cols;
      for (l.a.parts = 2; l.a.part < 2; ++l.a.part) enter(l.a);
      int wrong = 0;
      for (std::size_t i = 0; i < x.size(); ++i) wrong += z[i] != x[i] * float(int(i) % cols % 100 + 1) + 0.5f;
      CHECK(wrong == 0);
      CHECK(seen[0].cols == (cols == 500 ? 1000 : cols == 1 ? 1024 : 1024 / cols * cols));
    }
  }
}
