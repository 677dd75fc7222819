// SPDX-License-Identifier: Apache-2.0
#include <tfx/core/element.hpp>

#include "../fixtures/promotion.hpp"

namespace {

using namespace tfx;

constexpr bool promotes_as_jax() {
  constexpr int n = int(sizeof(fixtures::promoted_types) / sizeof(dtype));
  for (int a = 0; a < n; ++a)
    for (int b = 0; b < n; ++b)
      if (promote(fixtures::promoted_types[a], fixtures::promoted_types[b]) != fixtures::promotion[a][b]) return false;
  return true;
}
static_assert(promotes_as_jax());

static_assert(is_whole(dtype::uint8) && is_whole(dtype::int64) && !is_whole(dtype::boolean) && !is_whole(dtype::bfloat16));
static_assert(form_of(dtype::int32) == lies_as::word && form_of(dtype::real_type) == lies_as::word && form_of(dtype::boolean) == lies_as::boolean);
static_assert(words_for(0, lies_as::uint8) == 0 && words_for(1, lies_as::uint8) == 1 && words_for(5, lies_as::uint8) == 2);
static_assert(words_for(5, lies_as::bfloat16) == 3 && words_for(2147483647, lies_as::int8) == 536870912 && words_for(7, lies_as::word) == 7);

// A word is as wide as the program's floating point; integers in it keep all bits.
static_assert(whole_of(word_of<float>(-5, true)) == -5 && whole_of(word_of<double>(9007199254740992., true)) == 9007199254740992);
static_assert(std::uint32_t(whole_of(word_of<float>(4294967295., true))) == 4294967295u);
static_assert(word_of<float>(0.5, false) == 0.5f);
static_assert(std::is_same_v<held_as<float, std::int32_t>::element, std::int32_t> && std::is_same_v<held_as<double, std::int32_t>::element, std::int64_t>);
static_assert(std::is_same_v<held_as<float, std::uint8_t>::element, std::uint8_t> && std::is_same_v<held_as<double, bfloat16>::element, bfloat16>);

}  // namespace
