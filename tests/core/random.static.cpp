// SPDX-License-Identifier: Apache-2.0
#include <tfx/core/random.hpp>

namespace {

using namespace tfx;

// The known-answer vectors that Random123 publishes for philox4x32-10.
static_assert(philox({{0, 0, 0, 0}}, 0, 0) == philox_words{{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}});
static_assert(philox({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u) ==
              philox_words{{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}});
static_assert(philox({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0) ==
              philox_words{{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}});

// The stated layout of counter and key.
constexpr random_stream stream{0x0123456789abcdefu, 0x0000765487654321u, 0xdeadbeefu};
constexpr std::uint64_t element = 4 * 0x0000123487654321u + 2;
static_assert(stream.word(element) ==
              philox({{0x87654321, 0x76541234, 0x87654321, 0xdeadbeef}}, 0x89abcdef, 0x01234567).w[2]);
static_assert(stream.word(element, 1) ==
              philox({{0x87654321, 0x76545234, 0x87654321, 0xdeadbeef}}, 0x89abcdef, 0x01234567).w[2]);

// The ends of the intervals.
static_assert(unit_interval<float>(0) == 0 && unit_interval<float>(~0u) == 1 - 0x1p-24f);
static_assert(unit_interval<double>(0, 0) == 0 && unit_interval<double>(~0u, ~0u) == 1 - 0x1p-53);
static_assert(open_interval<float>(0) == 0x1p-24f && open_interval<float>(~0u) == 1 - 0x1p-24f);
static_assert(open_interval<double>(0, 0) == 0x1p-53 && open_interval<double>(~0u, ~0u) == 1 - 0x1p-53);

// The published FNV-1a hashes of "" and "foobar".
static_assert(site_of("", 0) == 0x811c9dc5u && site_of("foobar", 6) == 0xbf9cf968u);

}  // namespace
