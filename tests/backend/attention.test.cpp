// SPDX-License-Identifier: Apache-2.0
// labels: native unsanitized
#include <tfx/backend/simd/attention.hpp>
#include <tfx/backend/simd/lanes.hpp>
#include <tfx/backend/simd/partial.hpp>
#include <tfx/ops/attention.hpp>

#include "fused.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;
using at = attention_geometry;

enum flag : int { is_causal = 1, is_masked = 2 };

/// What the compiler of a program knows about one attention: sequences, extents, flags, and how its operands lie.
template <int Sequences, int Queries, int Keys, int Heads, int Size, int Flags, bool Merged>
struct attention {
  static constexpr int features = Heads * Size, stride = Merged ? 3 * features : features;
  static constexpr attention_geometry geo = [] {
    attention_geometry g;
    g.queries = Queries;
    g.keys = Keys;
    g.heads = Heads;
    g.size = Size;
    g.causal = Flags & is_causal;
    g.masked = (Flags & is_masked) != 0;
    g.query_stride = g.key_stride = g.value_stride = stride;
    g.key_offset = Merged ? features : 0;
    g.value_offset = Merged ? 2 * features : 0;
    g.mask_sequence = Heads * Queries * Keys;
    g.mask_head = Queries * Keys;
    g.mask_query = Keys;
    return g;
  }();
  static constexpr int rows = Sequences * Queries;
};

/// Operands of one attention, each ending at an unreadable page.
template <class T, class Launch, int Sequences> struct operands {
  static constexpr attention_geometry g = Launch::geo;
  static constexpr std::size_t count(int rows) { return std::size_t(Sequences * rows * Launch::stride); }
  guarded<T> q{count(g.queries)}, k{count(g.keys)}, v{count(g.keys)}, scale{1},
      mask{std::size_t(Sequences * g.mask_sequence)}, dy{std::size_t(Launch::rows * Launch::features)};
  std::vector<void*> in;

  explicit operands(bool merged) {
    q.fill(1), k.fill(2), v.fill(3), mask.fill(4), dy.fill(5);  // some of the mask is 0
    scale[0] = T(0.75);
    in = {q.data(), merged ? q.data() : k.data(), merged ? q.data() : v.data(), scale.data()};
    if (g.masked) in.push_back(mask.data());
  }
};

template <class T, class Op, int Result = 0>
void by_definition(const attention_geometry& g, int rows, int cols, const std::vector<void*>& in, guarded<T>& y) {
  std::vector<const T*> read;
  for (void* p : in) read.push_back(static_cast<const T*>(p));
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c)
      if constexpr (results_of<Op> > 1) y[std::size_t(r * cols + c)] = Op::template element<T, Result>(g, read.data(), r, c, cols, 0);
      else y[std::size_t(r * cols + c)] = Op::template element<T>(g, read.data(), r, c, cols, 0);
}

template <class T, int Sequences, int Queries, int Keys, int Heads, int Size, int Flags, bool Merged>
void check_type() {
  using launch = attention<Sequences, Queries, Keys, Heads, Size, Flags, Merged>;
  using vectors = xsimd::batch<T>;
  operands<T, launch, Sequences> o(Merged);
  CAPTURE(Queries);
  CAPTURE(Keys);
  CAPTURE(Size);
  CAPTURE(Flags);
  {
    using producer = backend::simd_attention<T, vectors>;
    guarded<T> y(std::size_t(launch::rows * launch::features));
    by_definition<T, attention_op>(launch::geo, launch::rows, launch::features, o.in, y);
    for (const int parts : {1, 2, 3, 7})
      check_producer<T, producer>(launch::geo, producer::template tiles<launch>(), launch::rows, launch::rows,
                                  launch::features, 0, o.in, y, parts);
    check_producer<T, backend::simd_attention<T, T>>(launch::geo, producer::template tiles<launch>(), launch::rows,
                                                     launch::rows, launch::features, 0, o.in, y, 1);
  }
  o.in.push_back(o.dy.data());
  const std::size_t queries = std::size_t(launch::rows * launch::features), keys = std::size_t(Sequences * Keys * launch::features);
  guarded<T> dq(queries), dk(keys), dv(keys);
  by_definition<T, attention_gradient_op, 0>(launch::geo, launch::rows, launch::features, o.in, dq);
  by_definition<T, attention_gradient_op, 1>(launch::geo, Sequences * Keys, launch::features, o.in, dk);
  by_definition<T, attention_gradient_op, 2>(launch::geo, Sequences * Keys, launch::features, o.in, dv);
  const auto check_sets = [&](int parts, auto check) {
    const auto* const all = static_cast<const backend::tile_table<T>*>(backend::simd_attention_gradient<T, vectors>::template tiles<launch>());
    for (int set = backend::instruction_set(); set < backend::instruction_sets; ++set) {
      if (set == 2 && parts != 3) continue;   // the portable kernels are slow
      CAPTURE(set);
      backend::tile_table<T> table = *all;
      for (backend::tile_set<T>& each : table.set) each = all->set[set];
      check(&table);
    }
  };
  for (const int parts : {1, 2, 3, 7}) {
    CAPTURE(parts);
    check_sets(parts, [&](const void* tiles) {
      const auto gradients = [&]<unsigned Wanted>(std::integral_constant<unsigned, Wanted>, std::vector<guarded<T>*> expected) {
        CAPTURE(Wanted);
        for (const bool negates : {false, true})   // a kernel sees matrices of equal rows
          if (!negates || Wanted == 1 || Queries == Keys)
            check_fused<T, attention_gradient_op, Wanted>(launch::geo, tiles, launch::rows, launch::rows, launch::features, o.in, expected, parts, negates);
      };
      gradients(std::integral_constant<unsigned, 7>{}, {&dq, &dk, &dv});
      gradients(std::integral_constant<unsigned, 1>{}, {&dq});
      gradients(std::integral_constant<unsigned, 6>{}, {&dk, &dv});
      gradients(std::integral_constant<unsigned, 4>{}, {&dv});
    });
  }
  if constexpr (Queries == Keys) {
    guarded<T> d(3 * queries);
    by_definition<T, attention_matrix_gradient_op>(launch::geo, launch::rows, 3 * launch::features, o.in, d);
    for (const int parts : {1, 2, 3, 7})
      check_sets(parts, [&](const void* tiles) {
        for (const bool negates : {false, true})
          check_fused<T, attention_matrix_gradient_op>(launch::geo, tiles, launch::rows, launch::rows, 3 * launch::features, o.in, {&d}, parts, negates);
      });
  }
}

template <int Sequences, int Queries, int Keys, int Heads, int Size, int Flags = 0, bool Merged = false> void check() {
  check_type<float, Sequences, Queries, Keys, Heads, Size, Flags, Merged>();
  check_type<double, Sequences, Queries, Keys, Heads, Size, Flags, Merged>();
}

}  // namespace

TEST_CASE("attention gives the bits of its definition") {
  check<1, 1, 1, 1, 1>();
  check<2, 3, 5, 2, 4>();
  check<1, 17, 33, 1, 16>();
  check<1, 33, 7, 2, 7>();
}

TEST_CASE("attention reads queries, keys and values out of one matrix") { check<2, 9, 9, 2, 5, 0, true>(); }

TEST_CASE("attention with masks") {
  check<2, 13, 13, 2, 6, is_masked>();
  check<1, 4, 66, 1, 3, is_masked>();
}

// The definition makes a row anew for each element: minutes, where a fused multiply-add is a call of the library.
#if defined(__FMA__) || defined(__aarch64__)

TEST_CASE("attention of several blocks of queries and of keys") {
  check<1, 5, 70, 1, 40>();
  check<1, 68, 68, 2, 8, 0, true>();
  check<2, 16, 16, 1, 33, 0, true>();
  check<1, 70, 70, 1, 4, is_causal, true>();
  check<1, 80, 9, 1, 4, is_causal>();
  check<1, 9, 75, 1, 4, is_causal>();
  check<1, 66, 66, 2, 3, is_causal | is_masked, true>();
}

TEST_CASE("attention over more keys than one block of a sum") { check_type<float, 1, 1, 4100, 1, 2, 0, false>(); }

#else

TEST_CASE("attention of several blocks of queries and of keys") {
  MESSAGE("skipped: this build has no fused multiply-add; the build for this processor runs it");
}

#endif
