// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/simd/backend.hpp>

#include "traced.hpp"
#include "without_vectors.hpp"

namespace tfx::testing {

/// Fills everything that a program reads with numbers without a pattern.
template <class Machine> void fill_everything(Machine& m, double phase) {
  int i = -1;
  for (const leaf_info& l : m.program.leaves) {
    ++i;
    if (l.space == batch_space) continue;
    auto values = m.values(l);
    for (std::size_t k = 0; k < values.size(); ++k) values[k] = decltype(m.poison)(std::sin(1.7 * double(k * k) + double(i) + phase));
  }
}

/// Runs a step twice on two backends; how many elements of states, parameters and outputs have other bits.
template <class Step, class T, class One, class Other> int differing(int rows = 0) {
  machine<Step, One, T> a;
  machine<Step, Other, T> b;
  a.state.batch = b.state.batch = rows;
  fill_everything(a, 0.3);
  fill_everything(b, 0.3);
  int n = 0;
  for (int run = 0; run < 2; ++run) {
    a.run();
    b.run();
    for (const leaf_info& l : a.program.leaves)
      if (l.space != batch_space) n += different_bits<T>(a.values(l), b.values(l));
  }
  return n;
}

/// The bits of every backend are those of the interpreter, which runs one node after the other.
template <class... Step> void check_backends(int rows = 0) {
  auto one = [&]<class S>(std::type_identity<S>) {
    INFO(std::string(label_of<S>));
    CHECK(differing<S, float, backend::reference, backend::scalar>(rows) == 0);
    CHECK(differing<S, float, backend::reference, backend::simd<>>(rows) == 0);
    CHECK(differing<S, double, backend::reference, backend::simd<>>(rows) == 0);
#if defined(TFX_SIMD_CHOOSES)
    CHECK(differing<S, float, backend::reference, without_vectors<float>>(rows) == 0);
    CHECK(differing<S, double, backend::reference, without_vectors<double>>(rows) == 0);
#endif
  };
  (one(std::type_identity<Step>{}), ...);
}

/// Examples as `check` checks them, and compiled into one program: the bits of the backends. `rows`: present in this run, where
/// the shapes are bounded.
template <class... Example> void check_compiled_rows(int rows, const Example&... example) {
  check_rows(rows, example...);
  using step = detail::recorded_functions<typename Example::recorded...>;
  const traced_example* const all[] = {&example...};
  auto one = [&]<class T, class Backend>(std::type_identity<T>, std::type_identity<Backend>) {
    CAPTURE(sizeof(T));
    machine<step, backend::reference, T> a;
    machine<step, Backend, T> b;
    auto run = [&](auto& m) {
      m.state.batch = rows;
      int next = 0;
      for (const traced_example* e : all) detail::fill_inputs(m, *e, next);
      m.run();
    };
    run(a);
    run(b);
    for (const leaf_info& l : a.program.leaves) {
      CAPTURE(l.offset);
      if (l.space == outputs_space) CHECK(different_bits<T>(a.values(l), b.values(l)) == 0);
    }
  };
  one(std::type_identity<double>{}, std::type_identity<backend::simd<>>{});
  one(std::type_identity<float>{}, std::type_identity<backend::simd<>>{});
  one(std::type_identity<float>{}, std::type_identity<backend::scalar>{});
}
template <class... Example> void check_compiled(const Example&... example) { check_compiled_rows(0, example...); }

}  // namespace tfx::testing
