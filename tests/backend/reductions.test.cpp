// SPDX-License-Identifier: Apache-2.0
// labels: native
// Kernels that reduce, on vectors and without: the same bits at every size, and nothing touched behind an operand.
#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include <tfx/expr/run.hpp>
#include <tfx/tfx.hpp>

#include "guarded.hpp"

namespace {

using namespace tfx;

struct softmax_rows {
  constexpr auto operator()(auto x) const { return softmax(x); }
};
/// Two reductions of a row, and values that are kept from one sweep to the next.
struct normalized_rows {
  constexpr auto operator()(auto x) const {
    const auto centred = x - mean<1>(x, keep_dims);
    return centred / sqrt(mean<1>(centred * centred, keep_dims) + 1e-5);
  }
};
struct scaled_rows {
  constexpr auto operator()(auto x) const { return x * sum<1>(x * x, keep_dims); }
};
struct sum_of_all {
  constexpr auto operator()(auto x) const { return sum(x); }
};
struct sums_of_columns {
  constexpr auto operator()(auto x) const { return sum<0>(x * x); }
};

/// The only kernel of F, which is called at extents other than its own.
template <class F> struct only_kernel {
  struct step {
    constexpr void operator()(builder& b) const {
      using S = shape<4, 8>;
      tfx::detail::give(b, F{}(var<S>{b.add_input(S::value, dtype::real_type, "x")}));
    }
  };
  using P = plan<step>;
  static_assert(P::n_launches == 1);
  using code = detail::code_of<P, 0>;
  using facts = kernel_facts<code>;
  static constexpr int operands = facts::n_operands;
};

/// One run of a kernel over operands of its own, each before a page that cannot be touched.
template <class F, class T> struct guarded_run {
  using K = only_kernel<F>;
  using facts = typename K::facts;
  std::vector<std::unique_ptr<test::guarded<T>>> operand;
  int rows, cols;

  guarded_run(int r, int c) : rows(r), cols(c) {
    for (int k = 0; k < K::operands; ++k) {
      const operand_info& o = K::P::operands[std::size_t(k)];
      const int size = (o.step.row != 0 ? r : 1) * (o.step.column != 0 ? c : 1);
      operand.push_back(std::make_unique<test::guarded<T>>(std::size_t(size)));
      if (o.space == constant_space) (*operand.back())[0] = K::P::constants[std::size_t(o.offset)].template word<T>();
      else if (o.space == first_io_space) operand.back()->fill(std::uint64_t(r * 100 + c));
    }
  }
  /// In `parts` parts; the rows from `split` on in a second call.
  template <class Backend> void run(int parts, int split, int set = -1) {
    constexpr std::size_t strands = 64;
    test::scratch_memory<T> scratch(std::size_t(facts::kept.count) * std::size_t(kept_pitch(cols)) *
                                    std::size_t(facts::template rows_together<Backend>(cols)));
    test::scratch_memory<T> sums(std::size_t(column_sums * facts::n_reductions) * std::size_t(padded_columns(cols)) + strands);
    run_state now;
    std::vector<operand_step> steps;
    for (int k = 0; k < K::operands; ++k) steps.push_back({full(k) ? cols : step(k).row, step(k).column});
    const launch_layout layout = {.operands = K::operands, .kind = facts::kind};
    call<T> a;
    a.step = steps.data();
    a.layout = &layout;
    a.cols = cols;
    a.run = &now;
    a.scratch = scratch.data();
    a.sums = sums.data();
    a.parts = parts;
    for (int first = 0; first < rows; first = split) {
      std::vector<void*> at;
      for (int k = 0; k < K::operands; ++k)
        at.push_back(operand[std::size_t(k)]->data() + (full(k) ? first * cols : 0));
      a.operand = at.data();
      a.before = first;
      if (first > 0) split = rows;
      a.rows = split - first;
      a.last = split == rows;
      for (a.part = 0; a.part < parts; ++a.part) run_part<Backend>(a, set);
    }
  }
  /// On vectors of one of the instruction sets that a build for any processor chooses from, or as it chooses.
  template <class Backend> static void run_part(call<T>& a, [[maybe_unused]] int set) {
    using entry = kernel_entry<Backend, T, typename K::code>;
    a.kernel = &entry::run;
#if defined(TFX_SIMD_CHOOSES)
    if constexpr (requires { typename entry::kernel_of; }) {
      static int chosen;
      chosen = set;
      if (set >= 0) a.kernel = [](const frame<T>& f) { Backend::template with_lanes<T>(typename entry::kernel_of{f}, chosen); };
    }
#endif
    enter(a);
  }
  static constexpr operand_step step(int k) { return K::P::operands[std::size_t(k)].step; }
  static constexpr bool full(int k) { return step(k).row != 0 && step(k).column != 0; }
  bool same_bits(guarded_run& other) const {
    bool same = true;
    for (std::size_t k = 0; k < operand.size(); ++k) same = same && operand[k]->same_bits(*other.operand[k]);
    return same;
  }
};

template <class F, class T, class Backend> void check_on(int rows, int cols, int parts, int split, int set = -1) {
  CAPTURE(rows);
  CAPTURE(cols);
  CAPTURE(set);
  guarded_run<F, T> expected(rows, cols), found(rows, cols);
  expected.template run<backend::scalar>(1, rows);
  found.template run<Backend>(parts, split, set);
  CHECK(found.same_bits(expected));
}
template <class F, class T> void check_at(int rows, int cols, int parts = 1, int split = 0) {
  if (split == 0) split = rows;
#if defined(TFX_SIMD_CHOOSES)
  for (int set = backend::instruction_set(); set < backend::instruction_sets; ++set)
    check_on<F, T, backend::simd<>>(rows, cols, parts, split, set);
#else
  check_on<F, T, backend::simd<>>(rows, cols, parts, split);
#endif
}
/// Extents around those of vectors, strands, and blocks of both.
template <class F, class T> void check_sizes() {
  for (int cols = 1; cols <= 140; ++cols) check_at<F, T>(3, cols);
  for (int rows = 1; rows <= 18; ++rows) check_at<F, T>(rows, 70, 1 + rows % 3);
  for (const int cols : {255, 512, 1000, 2047, 4096, 4097, 4150, 8200, 9000}) check_at<F, T>(2, cols);
}

}  // namespace

TEST_CASE_TEMPLATE("rows that are reduced once and more often", T, float, double) {
  check_sizes<softmax_rows, T>();
  check_sizes<normalized_rows, T>();
  check_sizes<scaled_rows, T>();
}

TEST_CASE_TEMPLATE("everything reduced to one number", T, float, double) {
  check_sizes<sum_of_all, T>();
  for (const int rows : {70, 300}) check_at<sum_of_all, T>(rows, 1000);
}

TEST_CASE_TEMPLATE("columns, in one call and in two", T, float, double) {
  check_sizes<sums_of_columns, T>();
  for (const int rows : {31, 32, 33, 64, 100, 4095, 4096, 4097, 8200}) check_at<sums_of_columns, T>(rows, 9);
  for (const int cols : {300, 1023, 1024, 1025, 1300}) check_at<sums_of_columns, T>(40, cols, 2);
  for (const int split : {1, 31, 32, 33, 64, 70}) check_at<sums_of_columns, T>(71, 150, 1, split);
}
