// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <cstdint>
#include <cstdio>
#include <map>
#include <ranges>
#include <type_traits>
#include <vector>

#include <tfx/data/batches.hpp>
#include <tfx/data/choose.hpp>
#include <tfx/train/model.hpp>

namespace tfx {

/// Loss and metrics of each group of examples by itself: what is good on average may be bad for some. `groups` says of each example of data in
/// memory which one it is in, as a number or a text.
///
///     for (const auto& [age, result] : evaluate_by<training>(m, test, ages)) std::printf("%s %.3f\n", age.c_str(), result["accuracy"]);
///
/// Errors     another number of groups than of examples
template <const auto& Recipe, class Model, class Data, std::ranges::input_range Groups> auto evaluate_by(Model& m, const Data& data, const Groups& groups) {
  using key = std::ranges::range_value_t<Groups>;
  std::map<key, std::vector<std::uint32_t>> members;
  std::uint32_t count = 0;
  for (const auto& g : groups) members[g].push_back(count++);
  decltype(auto) source = data::detail::as_source(data);
  if (const std::size_t size = data::detail::in_own_shapes(source, typename std::remove_cvref_t<decltype(source)>::record{}).size(); size != count) {
    char text[100];
    std::snprintf(text, sizeof text, "evaluate_by: %u groups of %zu examples, one each", count, size);
    detail::fail(text);
  }
  std::map<key, typename Model::template evaluation_of<Recipe>> results;
  for (auto& [g, which] : members) results.emplace(g, m.template evaluate<Recipe>(data::choose(data, std::move(which))));
  return results;
}

}  // namespace tfx
