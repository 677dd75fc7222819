// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace tfx::data {

namespace detail {
/// The finaliser of SplitMix64: every bit of the input changes every bit of the output.
constexpr std::uint64_t mix_bits(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

/// 64 random bits that depend on nothing but the three numbers.
constexpr std::uint64_t shuffle_bits(std::uint64_t seed, std::uint64_t epoch, std::uint64_t draw) {
  constexpr std::uint64_t golden = 0x9e3779b97f4a7c15u;
  const std::uint64_t key = mix_bits(mix_bits(seed + golden) + epoch * golden + golden);
  return mix_bits(key + (draw + 1) * golden);
}

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
///     data::shuffle order(60'000, 42);
///     auto index = order.epoch(3);           // valid until the next call
///     data.train.gather(&index[64], 64, batch);
///
/// Source     Durstenfeld 1964, algorithm 235; random bits by counter, Steele, Lea and Flood 2014
class shuffle {
 public:
  explicit shuffle(std::size_t n, std::uint64_t seed = 0) : seed_(seed) {
    if (n > 0xffffffffu) throw std::invalid_argument("tfx::data::shuffle: more than 2^32 - 1 examples");
    order_.resize(n);
  }

  std::size_t size() const { return order_.size(); }

  std::span<const std::uint32_t> epoch(std::uint64_t number) {
    unshuffled();
    for (std::size_t i = order_.size(); i > 1; --i) {
      const std::uint32_t other = detail::scale_below(detail::shuffle_bits(seed_, number, i), static_cast<std::uint32_t>(i));
      const std::uint32_t kept = order_[i - 1];
      order_[i - 1] = order_[other];
      order_[other] = kept;
    }
    return order_;
  }

  /// 0, 1, 2, ...: for evaluation, or where order matters.
  std::span<const std::uint32_t> unshuffled() {
    for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<std::uint32_t>(i);
    return order_;
  }

 private:
  std::uint64_t seed_;
  std::vector<std::uint32_t> order_;
};

}  // namespace tfx::data
