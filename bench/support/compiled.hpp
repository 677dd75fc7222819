// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <tfx/expr/run.hpp>
#include <tfx/tfx.hpp>

#include "ceilings.hpp"

namespace tfx::bench {

/// A function of traced values, compiled for one thread, over memory of its own: what remains is the work itself.
///
///     compiled<decltype([](auto x, auto y) { return x + y; }), shape<64>, shape<64>> sum;
///     sum.run();
///
/// The inputs are pseudo-random numbers from -0.5 to 0.5. `F` returns a value or `outputs(...)`.
template <class F, class... Shape> class compiled {
  struct step {
    template <std::size_t... I> static constexpr auto call(builder& b, std::index_sequence<I...>) {
      handle in[] = {b.add_input(Shape::value, dtype::real_type, "x")...};
      return F{}(var<Shape>{in[I]}...);
    }
    constexpr void operator()(builder& b) const { tfx::detail::give(b, call(b, std::index_sequence_for<Shape...>{})); }
  };
  using P = plan<step>;
  using E = executable<P, backend::simd<>, float>;
  static constexpr int inputs = int(sizeof...(Shape));

 public:
  compiled() : arena_(E::arena_elements + 1) {
    std::uint32_t word = 1;
    for (int s = first_io_space; s < P::spaces; ++s) {
      space_.emplace_back(std::size_t(P::space_size(s)) + 16);
      b_.base[s] = space_.back().data();
      for (int i = 0; i < P::space_size(s); ++i) {
        word = word * 1664525u + 1013904223u;
        b_.base[s][i] = float(word >> 8) * 0x1p-24f - 0.5f;
      }
    }
    b_.base[arena_space] = arena_.data();
    b_.base[constant_space] = const_cast<float*>(tfx::detail::plan_constants<P, float>::all.value);  // read only
    b_.base[counter_space] = counters_;
    b_.scratch = arena_.data() + P::arena_elements;
  }

  float* input(int k) { return b_.base[first_io_space + k]; }
  float* output(int k) { return b_.base[first_io_space + inputs + k]; }
  /// The result k is written over the input i, of which only elementwise work may read.
  void in_place(int k, int i) { b_.base[first_io_space + inputs + k] = input(i); }
  void run() { E::run(b_); }

 private:
  aligned_buffer arena_;
  std::vector<aligned_buffer> space_;
  float counters_[P::n_regions + 1] = {};
  bindings<float> b_;
};

}  // namespace tfx::bench
