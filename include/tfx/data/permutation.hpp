// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <tfx/core/fail.hpp>
#include <tfx/core/random.hpp>

namespace tfx::data {

namespace detail {
/// Sets these random numbers apart from all others of the same seed.
inline constexpr std::uint32_t shuffle_site = site_of("data/shuffle", 12);

/// floor(bits * bound / 2^64): uniform below `bound` to within bound / 2^64.
constexpr std::uint32_t scale_below(std::uint64_t bits, std::uint32_t bound) {
  const std::uint64_t high = (bits >> 32) * bound;
  const std::uint64_t low = (bits & 0xffffffffu) * bound;
  return static_cast<std::uint32_t>((high + (low >> 32)) >> 32);
}
}  // namespace detail

/// The order of the examples in every epoch: a permutation of 0 to n - 1 that depends on seed, epoch and n alone.
///
/// So training can be stopped, and taken up again at any epoch, with the same batches. All permutations are equally
/// likely as far as 64 bits a draw go. Memory is allocated once, by the constructor.
///
///     data::permutation order(60'000, 42);
///     auto index = order.epoch(3);           // valid until the next call
///     data.train.gather(&index[64], 64, batch);
///
/// Source     Durstenfeld 1964, algorithm 235; random bits by counter (core/random.hpp)
class permutation {
 public:
  explicit permutation(std::size_t n, std::uint64_t seed = 0) : seed_(seed) {
    if (n > 0xffffffffu) tfx::detail::fail("tfx::data::permutation: more than 2^32 - 1 examples");
    order_.resize(n);
  }

  std::size_t size() const { return order_.size(); }

  std::span<const std::uint32_t> epoch(std::uint64_t number) {
    unshuffled();
    const random_stream stream{seed_, number, detail::shuffle_site};
    philox_words words;
    for (std::size_t i = order_.size(); i > 1; --i) {
      // A block of random words is enough for two draws.
      const std::size_t draw = order_.size() - i;
      if (draw % 2 == 0) words = stream.words(draw / 2);
      const std::size_t half = draw % 2 * 2;
      const std::uint64_t bits = std::uint64_t{words.w[half]} << 32 | words.w[half + 1];
      const std::uint32_t other = detail::scale_below(bits, static_cast<std::uint32_t>(i));
      const std::uint32_t kept = order_[i - 1];
      order_[i - 1] = order_[other];
      order_[other] = kept;
    }
    return {order_.data(), order_.size()};
  }

  /// 0, 1, 2, ...: for evaluation, or where order matters.
  std::span<const std::uint32_t> unshuffled() {
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<std::uint32_t>(i);
    return {order_.data(), order_.size()};
  }

 private:
  std::uint64_t seed_;
  std::vector<std::uint32_t> order_;
};

}  // namespace tfx::data
