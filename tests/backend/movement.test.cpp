// SPDX-License-Identifier: Apache-2.0
// labels: native
#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <vector>

#include <tfx/backend/simd/movement.hpp>
#include <tfx/ops/rearrange.hpp>

#include "guarded.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

/// What an epilogue was given, and how often.
template <class T> struct received {
  T* to;
  int cols;
  std::vector<int> times;
};
template <class T> inline received<T>* receiver = nullptr;
template <class T>
void receive(const call<T>&, int row, int rows, int col, int cols, const T* block, std::ptrdiff_t stride) {
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < cols; ++j) {
      const std::size_t at = std::size_t(row + i) * std::size_t(receiver<T>->cols) + std::size_t(col + j);
      receiver<T>->to[at] = block[i * stride + j];
      ++receiver<T>->times[at];
    }
}

struct generator {
  std::mt19937 engine{11};
  int operator()(int from, int to) { return std::uniform_int_distribution<int>(from, to)(engine); }
};

/// Runs a producer in parts, directly and through an epilogue, beside the operation's own definition.
template <class Producer, class F, class T>
void check(const geometry& g, const void* tiles, std::vector<void*> operands, int rows, int cols, int parts) {
  const std::size_t count = std::size_t(rows) * std::size_t(cols);
  const typename F::attributes known = g;
  const T* in[16] = {};
  for (std::size_t k = 0; k < operands.size(); ++k) in[k] = static_cast<const T*>(operands[k]);
  guarded<T> expected(count), direct(count), fused(count);
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) expected[std::size_t(r * cols + c)] = F::template element<T>(known, in, r, c, cols, 0);
  std::memset(direct.data(), 0xff, count * sizeof(T));
  std::memset(fused.data(), 0xff, count * sizeof(T));
  scratch_memory<T> scratch(Producer::scratch(g, rows, cols));
  call<T> a;
  a.operand = operands.data();
  a.rows = rows;
  a.cols = cols;
  a.geo = &g;
  a.scratch = scratch.data();
  a.tiles = tiles;
  a.parts = parts;
  received<T> r{fused.data(), cols, std::vector<int>(count, 0)};
  receiver<T> = &r;
  for (a.part = 0; a.part < parts; ++a.part) {
    Producer::run(a, direct.data(), nullptr);
    Producer::run(a, nullptr, &receive<T>);
  }
  CHECK(direct.same_bits(expected));
  CHECK(fused.same_bits(expected));
  CHECK(r.times == std::vector<int>(count, 1));
}

template <class F> backend::movement_forms forms_of(const typename F::attributes& g, int cols) {
  return {backend::make_movement(F::nest(g), F::operand(g), cols, true), backend::make_movement(F::nest(g), F::operand(g), cols, false)};
}

/// As a bounded batch has it: `present` of the leading extent's rows.
template <class F, class T> void check_view(const typename F::attributes& g, int elements, generator& pick, bool shrinks) {
  int rows = 1;
  for (int axis = 0; axis < 5; ++axis) rows *= g.extent[axis];
  int leading = 0;
  while (leading < 5 && g.extent[leading] == 1) ++leading;
  const int cols = g.extent[5], units = leading < 5 ? g.extent[leading] : 1;
  guarded<T> x{std::size_t(elements)}, fill(1);
  x.fill(unsigned(pick(1, 1000)));
  fill[0] = T(-7.5);
  const backend::movement_forms forms = forms_of<F>(g, cols);
  for (const int parts : {1, 2, 3, 7}) check<backend::simd_view<T>, F, T>(geometry::of(g), &forms, {x.data(), fill.data()}, rows, cols, parts);
  if (shrinks && units > 1)
    check<backend::simd_view<T>, F, T>(geometry::of(g), &forms, {x.data(), fill.data()}, rows / units * (units - 1), cols, 2);
}

dims random_shape(generator& pick) {
  dims s{};
  s.rank = pick(1, 5);
  int size = 1;
  for (int i = 0; i < s.rank; ++i) {
    const int most = size > 30'000 ? 3 : size > 2000 ? 12 : pick(0, 3) == 0 ? 300 : 40;
    size *= s.extent[i] = pick(1, most);
  }
  return s;
}

TEST_CASE_TEMPLATE("views are what their definition says", T, float, double) {
  generator pick;
  for (int trial = 0; trial < 120; ++trial) {
    const dims from = random_shape(pick);
    dims to = from;
    movement_geometry g{};
    bool batch_leads = true;
    CAPTURE(trial);
    switch (pick(0, 3)) {
      case 0: {   // permuted
        int order[max_rank] = {0, 1, 2, 3, 4, 5};
        for (int i = from.rank - 1; i > 0; --i) std::swap(order[i], order[pick(0, i)]);
        batch_leads = order[0] == 0;
        for (int k = 0; k < from.rank; ++k) to.extent[k] = from.extent[order[k]];
        g = detail::movement_to(to);
        for (int k = 0; k < from.rank; ++k) g.step[g.aligned(k, from.rank)] = detail::step_of(from, order[k]);
        break;
      }
      case 1: {   // spread
        dims narrow = from;
        for (int i = 0; i < from.rank; ++i)
          if (pick(0, 1)) narrow.extent[i] = 1;
        g = detail::movement_to(to);
        for (int i = 0; i < from.rank; ++i)
          g.step[g.aligned(i, from.rank)] = narrow.extent[i] == 1 ? 0 : detail::step_of(narrow, i);
        break;
      }
      case 2: {   // cut
        int first = 0;
        for (int i = 0; i < from.rank; ++i) {
          const int begin = pick(0, from.extent[i] - 1);
          to.extent[i] = pick(1, from.extent[i] - begin);
          first += begin * detail::step_of(from, i);
        }
        g = detail::movement_to(to);
        g.first = first;
        for (int i = 0; i < from.rank; ++i) g.step[g.aligned(i, from.rank)] = detail::step_of(from, i);
        break;
      }
      default: {   // turned round
        g = detail::movement_to(to);
        for (int i = 0; i < from.rank; ++i) {
          const int step = detail::step_of(from, i);
          const bool turned = pick(0, 1);
          batch_leads = batch_leads && (i > 0 || !turned);
          g.step[g.aligned(i, from.rank)] = turned ? -step : step;
          if (turned) g.first += (from.extent[i] - 1) * step;
        }
      }
    }
    check_view<permute_op, T>(g, from.size(), pick, batch_leads);
  }
}

TEST_CASE_TEMPLATE("padding stands around the input", T, float, double) {
  generator pick;
  for (int trial = 0; trial < 60; ++trial) {
    CAPTURE(trial);
    const dims from = random_shape(pick);
    dims to = from;
    int before[max_rank] = {};
    for (int i = 0; i < from.rank; ++i) {
      before[i] = pick(0, 1) ? pick(0, 3) : 0;
      to.extent[i] += before[i] + (pick(0, 1) ? pick(0, 3) : 0);
    }
    padding_geometry g = detail::geometry_of_result<padding_geometry>(to);
    for (int i = 0; i < max_rank; ++i) {
      const int axis = i - (max_rank - from.rank);
      g.before[i] = axis < 0 ? 0 : before[axis];
      g.inner[i] = axis < 0 ? 1 : from.extent[axis];
    }
    check_view<pad_op, T>(g, from.size(), pick, false);
  }
}

TEST_CASE_TEMPLATE("matrices stand side by side", T, float, double) {
  generator pick;
  for (int trial = 0; trial < 40; ++trial) {
    CAPTURE(trial);
    concatenate_geometry widths{};
    geometry g;
    const int rows = pick(1, 60);
    int cols = 0;
    std::vector<std::unique_ptr<guarded<T>>> parts;
    std::vector<void*> operands;
    const bool pairs = trial % 5 == 0;   // two columns, as parts of complex numbers
    for (int count = pairs ? 2 : pick(1, 16); g.operands < count;) {
      const int width = widths.width[g.operands++] = pairs ? 1 : pick(0, 9) == 0 ? pick(1, 5000) : pick(1, 40);
      cols += width;
      parts.push_back(std::make_unique<guarded<T>>(std::size_t(rows) * std::size_t(width)));
      parts.back()->fill(unsigned(trial * 20 + g.operands));
      operands.push_back(parts.back()->data());
    }
    const int operands_of_all = g.operands;
    g = geometry::of(widths);
    g.operands = operands_of_all;
    for (const int n : {1, 2, 3, 7}) check<backend::simd_concatenate<T, concatenate_geometry>, concatenate_op, T>(g, nullptr, operands, rows, cols, n);
  }
}

}  // namespace
