// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <bit>

#include <tfx/backend/reference/interpret.hpp>
#include <tfx/backend/threads/backend.hpp>

#include "networks.hpp"

// The memory that a program says it needs is what it uses: all of it, and nothing beyond.

namespace {

using namespace networks;

/// Numbers that no computation writes: NaNs with a payload.
constexpr std::uint32_t untouched = 0x7fa5'5a5au;
constexpr std::size_t guard = 4096;

/// All memory of one run, with guards behind the arena and behind the scratch memory.
template <class Plan, class Backend> struct watched_run {
  using exe = executable<Plan, Backend, float>;
  std::vector<std::vector<float>> space;
  detail::buffer<float> arena, scratch;

  watched_run() : space(max_spaces), arena(std::size_t(exe::arena_elements - exe::scratch_elements) + guard), scratch(exe::scratch_elements + guard) {
    for (int s = parameter_space; s < Plan::spaces; ++s) space[std::size_t(s)].assign(std::size_t(Plan::space_size(s)) + 32, 0.0f);
    space[batch_space].resize(32);
    space[counter_space].resize(max_regions + 16);
    for (const constant_info& c : Plan::constants) space[constant_space].push_back(c.word<float>());
    space[constant_space].resize(space[constant_space].size() + 32);
    const random_stream numbers{.seed = 5};
    for (int s : {int(parameter_space), int(state_space), int(first_io_space)})
      for (std::size_t i = 0; i < space[std::size_t(s)].size(); ++i) space[std::size_t(s)][i] = uniform01<float>(numbers, i) * 0.1f + 0.01f;
  }
  void run(int rows, std::uint32_t fill) {
    for (auto* b : {&arena, &scratch})
      for (std::size_t i = 0; i < b->size(); ++i) b->data()[i] = std::bit_cast<float>(fill);
    space[batch_space][0] = float(rows);
    space[batch_space][1] = 1 / float(rows);
    bindings<float> b;
    for (int s = parameter_space; s < max_spaces; ++s) b.base[s] = space[std::size_t(s)].data();
    b.base[arena_space] = arena.data();
    b.scratch = scratch.data();
    b.run = {1, 1, rows};
    exe::run(b);
  }
  /// Elements up to the last one that was written.
  static std::size_t used(const detail::buffer<float>& b) {
    std::size_t n = b.size();
    while (n > 0 && std::bit_cast<std::uint32_t>(b.data()[n - 1]) == untouched) --n;
    return n;
  }
  /// Everything that outlives the run.
  std::uint64_t results() const {
    fingerprint all;
    for (int s = parameter_space; s < Plan::spaces; ++s)
      for (const float x : space[std::size_t(s)]) all.add_value(x);
    return all.value;
  }
};

template <class Plan, class Backend> void arena_is_used(const char* name) {
  CAPTURE(name);
  using watched = watched_run<Plan, Backend>;
  using exe = typename watched::exe;
  constexpr std::size_t arena = exe::arena_elements - exe::scratch_elements;
  watched w;
  w.run(64, untouched);
  CHECK(std::size_t(padded(int(watched::used(w.arena)))) == arena);
  CHECK(watched::used(w.scratch) <= exe::scratch_elements);

  // Fewer rows need no more, and what lay in the arena before does not matter.
  watched zero, nan;
  zero.run(13, 0);
  nan.run(13, untouched);
  CHECK(watched::used(nan.arena) <= arena);
  CHECK(watched::used(nan.scratch) <= exe::scratch_elements);
  CHECK(zero.results() == nan.results());
}

template <const auto& Net, class Backend> void of_all_plans() {
  using m = model<Net, input<64, 28, 28>, Backend>;
  arena_is_used<typename m::template training_plan<training>, Backend>("training");
  arena_is_used<typename m::template evaluation_plan<training>, Backend>("evaluation");
  arena_is_used<typename m::predict_plan, Backend>("prediction");
}

}  // namespace

TEST_CASE("the arena of an mlp is used up, and not exceeded") {
  of_all_plans<mlp, backend::simd<>>();
  of_all_plans<mlp, backend::threads<4>>();
}
TEST_CASE("the arena of a cnn is used up, and not exceeded") {
  of_all_plans<cnn, backend::simd<>>();
  of_all_plans<cnn, backend::threads<4>>();
}
TEST_CASE("the oracle's memory as well") { of_all_plans<mlp, backend::reference>(); }
