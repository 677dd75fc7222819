// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// What is computed again has the bits of what was kept, and the arena has the size that was asked for.
#include <string>

#include <doctest/doctest.h>

#include <tfx/compile/recompute.hpp>
#include <tfx/core/random.hpp>

#include "../support/random_graph.hpp"
#include "../support/recorded_graph.hpp"
#include "../support/run_kernels.hpp"
#include "networks.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

/// Every value that may be made again is, for half of the values.
void check_any_choice(const compiled_graph& c, std::uint64_t seed) {
  const random_stream coin{.seed = seed};
  const detail::fusion_view f = detail::view_of(c.groups);
  const detail::recompute_search search(c.g, f);
  list<int> late_from(c.g.n_nodes, 0);
  int dropped = 0;
  for (int r = 0; r < search.values.size(); ++r) {
    const detail::kept_value& v = search.values[r];
    if (v.fixed || coin.word(std::uint64_t(r)) % 2) continue;
    late_from[v.node] = v.late;
    ++dropped;
  }
  const rewritten_graph after = detail::rewrite(c.g, f, late_from.data);
  CAPTURE(dropped);
  CHECK(differing_elements(compiled_graph(after.view(c.g)), c) == 0);
}

handle weight(builder& b, int i, int size) {
  const char name[] = {'w', char('a' + i)};
  return b.read(b.leaf(parameter_space, matrix(size, size), dtype::real_type, {name, 2}, init::zeros{}, false));
}
/// x, f(x), f(f(x)), ... and then a sum that reads them in the opposite order, as a backward pass does.
void there_and_back(builder& b, int length, int size) {
  list<handle> values;
  values.push_back(testing::input(b, matrix(size, size)));
  for (int i = 0; i < length; ++i) values.push_back(tanh(matmul(values[i], weight(b, i, size))));
  handle back = values[length];
  for (int i = length - 1; i > 0; --i) back = matmul(back, values[i]);
  b.add_output(back);
}

}  // namespace

TEST_CASE("any choice gives the same bits") {
  for (int seed = 1; seed <= 400; ++seed) {
    builder b;
    scope top(b);
    random_graph(b, seed).record(seed % 4 ? 12 : 50);
    if (!b.right()) continue;
    b.finish();
    read_in_place(b);
    CAPTURE(seed);
    check_any_choice(compiled_graph(b), std::uint64_t(seed));
  }
}

TEST_CASE("a chain that is read backwards") {
  constexpr int length = 16, size = 16;
  const recorded_graph r([](builder& b) { there_and_back(b, length, size); });
  const compiled_graph c(r.b);
  REQUIRE(c.arena.arena >= length * size * size);
  for (int kept : {12, 9, 8}) {
    CAPTURE(kept);
    const int limit = kept * size * size;
    const auto choice = choose_recomputation<4000>(c.g, limit);
    CHECK(choice.fits);
    CHECK(choice.arena <= limit);
    CHECK(choice.arena_before == c.arena.arena);
    CHECK(choice.flops <= length * (2LL * size * size * size + size * size));  // one more forward pass
    const detail::fusion_view f = detail::view_of(c.groups);
    const rewritten_graph after = detail::rewrite(c.g, f, choice.late_from);
    const compiled_graph again(after.view(c.g));
    CHECK(again.arena.arena == choice.arena);
    CHECK(again.kernels.flops == c.kernels.flops + choice.flops);
    CHECK(again.kernels.distinct.size() == c.kernels.distinct.size());  // the same kernels, launched more often
    CHECK(differing_elements(again, c) == 0);
  }
}

TEST_CASE("where there is room nothing changes, and where there can be none the least is named") {
  const recorded_graph r([](builder& b) { there_and_back(b, 16, 16); });
  const compiled_graph c(r.b);
  const auto enough = choose_recomputation<4000>(c.g, c.arena.arena);
  CHECK(enough.fits);
  CHECK(enough.recomputed == 0);
  CHECK(enough.nodes == c.g.n_nodes);
  const auto none = choose_recomputation<4000>(c.g, 3 * 16 * 16);  // a product and what it is made of
  CHECK(!none.fits);
  CHECK(none.arena > 3 * 16 * 16);
  CHECK(none.arena <= 8 * 16 * 16);
  CHECK(choose_recomputation<4000>(c.g, none.arena).fits);
}

namespace {

template <const auto& Net, class Input> void check_network(const std::string& name, double share) {
  builder b;
  record<detail::recipe_step<Net, detail::list_of_inputs<Input>, networks::training, true>>(b);
  const compiled_graph c(b);
  const int limit = int(share * c.arena.arena);
  const auto choice = std::make_unique<recompute_choice<6000>>(choose_recomputation<6000>(c.g, limit));
  MESSAGE(name, ": arena ", 4LL * choice->arena_before, " -> ", 4LL * choice->arena, " bytes, ", choice->recomputed,
          " values again, FLOPs ", c.kernels.flops, " + ", choice->flops);
  CHECK(choice->fits);
  CHECK(choice->arena <= limit);
  CHECK(30 * choice->flops <= 11 * c.kernels.flops);  // a training step is about three forward passes
}

}  // namespace

TEST_CASE("training within a share of the memory") {
  check_network<networks::deep_mlp, tfx::input<64, 256>>("deep mlp", 0.6);
  check_network<networks::deep_cnn, tfx::input<16, 16, 16, 8>>("deep cnn", 0.7);
  check_network<networks::residual_blocks, tfx::input<64, 784>>("32 residual blocks", 0.75);
  check_network<networks::residual_blocks, tfx::input<64, 784>>("32 residual blocks", 0.35);
  check_network<networks::resnet18, tfx::input<32, 32, 32, 3>>("ResNet-18", 0.7);
}
