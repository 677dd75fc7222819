// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include <tfx/tfx.hpp>

/// What a recipe shows of examples, whatever batches they come in.
namespace tfx::testing {

struct as_it_is {
  static constexpr bool transparent = true;
  constexpr auto operator()(auto x) const { return x * 1.0; }
};
inline constexpr auto outputs_given = nn::sequential(as_it_is{});

/// In double, `cut` of at most `Rows` examples at a time, of outputs of `Columns` numbers; each with a weight if there are some.
template <const auto& Recipe, int Rows, int Columns, bool Weighted, class X, class Target>
auto evaluated(int cut, const X& x, const Target& target, const std::vector<double>& weight) {
  using net = model<outputs_given, input<Rows, Columns>, backend::simd<>, double>;
  using trainer = typename net::template trainer_type<Recipe>;
  using wanted = typename trainer::template target<0>;
  using values = typename trainer::values;
  net m;
  auto t = m.template trainer<Recipe>();
  const int rows = int(x.size()) / Columns, each = int(target.size()) / rows;
  const std::vector<double> outputs(x.begin(), x.end());
  std::vector<typename trainer::template target_element<0>> targets(target.size());
  for (int i = 0; i < int(target.size()); ++i) put_element<typename wanted::value_type>(targets.data(), i, double(target[std::size_t(i)]));
  double sum[values::all.elements] = {}, given[values::all.elements] = {};
  for (int first = 0; first < rows; first += cut) {
    const int n = std::min(cut, rows - first);
    const void* column[] = {outputs.data() + first * Columns, targets.data() + first * each, Weighted ? weight.data() + first : nullptr};
    t.template run<false, Weighted>(column, n, given);
    tfx::detail::add_up(sum, values::all.row, given, n);
  }
  return typename net::template evaluation_of<Recipe>(sum, double(rows));
}

/// The same of batches of any cut: 64 and what is left over, 7, and all at once.
template <const auto& Recipe, int Rows, int Columns, class X, class Target> auto in_batches(const X& x, const Target& t) {
  return std::array{evaluated<Recipe, Rows, Columns, false>(64, x, t, {}), evaluated<Recipe, Rows, Columns, false>(7, x, t, {}), evaluated<Recipe, Rows, Columns, false>(Rows, x, t, {})};
}
template <const auto& Recipe, int Rows, int Columns, class X, class Target, class Weight> auto in_batches(const X& x, const Target& t, const Weight& w) {
  const std::vector<double> weight(w.begin(), w.end());
  return std::array{evaluated<Recipe, Rows, Columns, true>(64, x, t, weight), evaluated<Recipe, Rows, Columns, true>(7, x, t, weight),
                    evaluated<Recipe, Rows, Columns, true>(Rows, x, t, weight)};
}

}  // namespace tfx::testing
