// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/random.hpp>
#include <tfx/data/pipeline.hpp>

namespace tfx::data {

struct shuffle_options {
  std::uint64_t seed = 0;
  bool each_pass = true;   ///< another order in each pass
};

namespace detail {

inline constexpr std::uint32_t shuffle_buffer_site = site_of("data/shuffle_buffer", 19);

template <class Up> struct shuffle_node : stage_node<Up> {
  using value_type = typename Up::value_type;
  std::size_t room;
  shuffle_options options;
  std::vector<value_type> buffer{};
  std::size_t size = 0;
  std::uint64_t pass = 0, drawn = 0;
  bool more = true;
  philox_words words{};

  void begin(std::uint64_t p) {
    this->upstream.begin(p);
    pass = options.each_pass ? p : 0;
    size = 0;
    drawn = 0;
    more = true;
  }
  bool next(value_type& to) {
    while (more && size < room) {
      if (size == buffer.size()) {
        if (size == 0) buffer.reserve(room < 65536 ? room : 0);
        buffer.emplace_back();
      }
      more = this->upstream.next(buffer[size]);
      size += more;
    }
    if (size == 0) return false;
    const std::size_t i = scale_below(draw(), std::uint32_t(size));
    hand_over(buffer[i], to);
    if (i != --size) hand_over(buffer[size], buffer[i]);
    return true;
  }
  void archive(pipeline_state& s) {
    s.stage("shuffle");
    this->upstream.archive(s);
    s.same(room, "buffer");
    s.same(options.seed, "seed");
    s(size);
    s(pass);
    s(drawn);
    s(more);
    if (s.loading()) {
      if (size > room) tfx::detail::fail("data: the state of a pipeline has more elements than its buffer");
      if (drawn % 2 == 1) words = stream().words(drawn / 2);
    }
    for (std::size_t i = 0; i < size; ++i) {
      if (i == buffer.size()) buffer.emplace_back();
      s(buffer[i]);
    }
  }

private:
  random_stream stream() const { return {options.seed, pass, shuffle_buffer_site}; }
  std::uint64_t draw() {
    if (drawn % 2 == 0) words = stream().words(drawn / 2);
    const std::size_t half = drawn++ % 2 * 2;
    return std::uint64_t{words.w[half]} << 32 | words.w[half + 1];
  }
};
struct shuffle_stage : stage {
  std::size_t room;
  shuffle_options options;
  template <class Up> auto over(Up up) const { return shuffle_node<Up>{{std::move(up)}, room, options}; }
};

}  // namespace detail

/// A random one of the next `buffer` elements, again and again: an element comes at most buffer - 1 places earlier than it would.
/// With a buffer for all of them every order is as likely as any other. It depends on the seed and the number of the pass.
///
/// Cost       the buffer's elements in memory
inline detail::shuffle_stage shuffle(std::size_t buffer, shuffle_options options = {}) {
  if (buffer == 0 || buffer > 0xffffffffu) tfx::detail::fail("data: shuffle has a buffer of 1 to 2^32 - 1 elements");
  return {{}, buffer, options};
}

}  // namespace tfx::data
