// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include <tfx/core/convert.hpp>

namespace {

using namespace tfx;

constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();

// Towards zero; beyond the range its nearest end, as jax.numpy.asarray(x).astype(...).
static_assert(converted<std::int32_t>(2.9f) == 2 && converted<std::int32_t>(-2.9f) == -2);
static_assert(converted<std::int32_t>(2147483648.0f) == 2147483647 && converted<std::int32_t>(-3e9f) == -2147483647 - 1);
static_assert(converted<std::int32_t>(2147483520.0f) == 2147483520 && converted<std::int32_t>(-2147483648.0f) == -2147483647 - 1);
static_assert(converted<std::int32_t>(2147483647.0) == 2147483647 && converted<std::int32_t>(2147483647.5) == 2147483647);
static_assert(converted<std::uint8_t>(300.0f) == 255 && converted<std::uint8_t>(-1.0f) == 0 && converted<std::uint8_t>(255.9f) == 255);
static_assert(converted<std::int64_t>(infinity) == std::numeric_limits<std::int64_t>::max());
static_assert(converted<std::int64_t>(-infinity) == std::numeric_limits<std::int64_t>::min());
static_assert(converted<std::int64_t>(0x1p62) == std::int64_t(1) << 62);
static_assert(converted<std::int32_t>(nan) == 0 && converted<std::uint8_t>(nan) == 0 && converted<std::int64_t>(double(nan)) == 0);
static_assert(converted<bool>(nan) && converted<bool>(-0.5f) && !converted<bool>(-0.0f));
static_assert(converted<std::uint8_t>(300) == 44 && converted<double>(7) == 7 && converted<float>(1.5) == 1.5f);

}  // namespace
