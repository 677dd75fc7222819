// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include <tfx/backend/reference/interpret.hpp>
#include <tfx/backend/threads/backend.hpp>
#include <tfx/train.hpp>

namespace tfx::testing {

/// An input with a length in place of all that it has.
template <int Length, class In> struct fixed_input;
template <int Length, int... Extent> struct fixed_input<Length, input<Extent...>> {
  using type = input<(Extent < 0 ? Length : Extent)...>;
};
template <int Length, int... Extent> struct fixed_input<Length, indices<Extent...>> {
  using type = indices<(Extent < 0 ? Length : Extent)...>;
};

/// Numbers between -2 and 2, or rows of a table of 7.
template <class In> auto some_numbers(int rows, int seed) {
  using element = std::conditional_t<std::is_same_v<typename In::value_type, real>, float, std::int32_t>;
  constexpr dims s = In::shape_type::value;
  std::vector<element> v(std::size_t(rows * (s.size() / s.extent[0])));
  for (std::size_t i = 0; i < v.size(); ++i) {
    const int n = int((i * 37 + std::size_t(seed) * 11) % 101);
    v[i] = std::is_same_v<element, float> ? element(float(n - 50) / 25) : element(n % 7);
  }
  return v;
}

/// Everything that a program gives, one number after the other; of tensors the rows that are present.
class all_numbers {
public:
  std::vector<double> values;

  all_numbers(int rows, int batch) : rows_(rows), batch_(batch) {}
  void add(float x) { values.push_back(x); }
  void add(const std::vector<float>& x) { values.insert(values.end(), x.begin(), x.end()); }
  template <class E, class S> void add(const tensor<E, S>& x) {
    const int n = x.size(), present = S::value.rank > 0 && S::value.extent[0] == batch_ ? n / batch_ * rows_ : n;
    for (int i = 0; i < present; ++i) values.push_back(double(x.data()[i]));
  }
  template <class... X> void add(const std::tuple<X...>& all) {
    std::apply([&](const auto&... x) { (add(x), ...); }, all);
  }

private:
  int rows_, batch_;
};

/// A program with one length at `Length` against the same one with that extent: all that they give in some calls, and what they
/// have learnt then, has the same bits; or differs by less than `tolerance` of the largest number.
template <class Backend, const auto& F, class... In> struct at_lengths {
  using varying = program_on<Backend, F, In...>;
  static constexpr int batch = std::tuple_element_t<0, std::tuple<In...>>::shape_type::value.extent[0];

  template <int Length> static void check(int rows, double tolerance = 0, int calls = 1) {
    program_on<backend::simd<>, F, typename fixed_input<Length, In>::type...> fixed{seed{3}};
    varying of_length{seed{3}};
    CAPTURE(Length);
    CAPTURE(rows);
    for (int call = 0; call < calls; ++call) {
      all_numbers expected(rows, batch), given(rows, batch);
      int k = 0;
      const std::tuple x{some_numbers<typename fixed_input<Length, In>::type>(rows, k++ + call)...};
      std::apply([&](const auto&... v) { expected.add(fixed(v...)); }, x);
      std::apply([&](const auto&... v) { given.add(of_length(lengths{Length}, v...)); }, x);
      same(given.values, expected.values, tolerance);
    }
    std::vector<double> learnt, wanted;
    of_length.for_each_variable([&](auto, const dims& s, const float* v) { learnt.insert(learnt.end(), v, v + s.size()); });
    fixed.for_each_variable([&](auto, const dims& s, const float* v) { wanted.insert(wanted.end(), v, v + s.size()); });
    same(learnt, wanted, tolerance);
  }
  static void same(const std::vector<double>& given, const std::vector<double>& expected, double tolerance) {
    REQUIRE(given.size() == expected.size());
    double largest = 0, apart = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
      largest = std::max(largest, std::abs(expected[i]));
      const double here = std::abs(given[i] - expected[i]);
      if (!(here <= apart)) apart = here;
    }
    CHECK(apart <= tolerance * largest);
  }
};

/// On vectors at several lengths and numbers of rows, and node by node.
template <const auto& F, class... In> void check_lengths(double tolerance = 0, int calls = 1) {
  using on_vectors = at_lengths<backend::simd<>, F, In...>;
  using node_by_node = at_lengths<backend::reference, F, In...>;
  const int batch = on_vectors::batch;
  for (const int rows : {1, batch / 2 + 1, batch}) {
    on_vectors::template check<1>(rows, tolerance, calls);
    on_vectors::template check<7>(rows, tolerance, calls);
    on_vectors::template check<20>(rows, tolerance, calls);
    node_by_node::template check<7>(rows, tolerance, calls);
  }
}

}  // namespace tfx::testing
