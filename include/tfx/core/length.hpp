// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace tfx {

inline constexpr int max_lengths = 4;   ///< of one program

/// An extent that is known when a program runs: of its inputs, and of all that follows from them. It is traced as a prime number,
/// so that what is a multiple of it in the trace is a multiple of it in a run.
struct length_info {
  int traced = 0;   ///< the prime, at least the bound
  int bound = 0;
  int which = 0;    ///< tells lengths of one bound apart
};

namespace detail {

// How a length is written among extents: a negative number.
inline constexpr int length_bound_bits = 24, smallest_traced_length = 37;
constexpr int length_code(int bound, int which, bool other) { return -(bound | which << length_bound_bits | int(other) << (length_bound_bits + 2)); }
constexpr bool is_length(int extent) { return extent < 0; }
/// The same length in a second trace, where it is another prime: what differs there follows the length.
constexpr int other_length(int extent) { return is_length(extent) ? -(-extent | 1 << (length_bound_bits + 2)) : extent; }

constexpr bool is_prime(int n) {
  for (int d = 2; d * d <= n; ++d)
    if (n % d == 0) return false;
  return n > 1;
}
constexpr int next_prime(int n) {
  while (!is_prime(n)) ++n;
  return n;
}
/// Each length has two neighbouring primes, between which there is no power of two: what depends on sizes mostly begins at one.
constexpr length_info length_of(int code) {
  const int written = -code;
  length_info l{0, written & ((1 << length_bound_bits) - 1), written >> length_bound_bits & 3};
  int from = l.bound < smallest_traced_length ? smallest_traced_length : l.bound;
  for (int left = l.which;;) {
    const int first = next_prime(from), second = next_prime(first + 1);
    int power = 1;
    while (power <= first) power *= 2;
    if (second > power) {
      from = power;
    } else if (left-- > 0) {
      from = second + 1;
    } else {
      l.traced = written >> (length_bound_bits + 2) ? second : first;
      return l;
    }
  }
}
constexpr int traced_extent(int extent) { return is_length(extent) ? length_of(extent).traced : extent; }

}  // namespace detail

/// An extent of inputs that is known when a program runs, at most `Bound`: `input<64, up_to<200>, 32>`. The same name is the same
/// length wherever it stands; `up_to<200, 1>` is another one with the same bound.
template <int Bound, int Which = 0> inline constexpr int up_to = [] {
  static_assert(Bound > 0 && Bound < 1 << detail::length_bound_bits, "tfx::up_to: the longest length is a number from 1 to 2^24 - 1");
  static_assert(Which >= 0 && Which < max_lengths, "tfx::up_to: lengths of one bound are numbered from 0 to 3");
  return detail::length_code(Bound, Which, false);
}();

/// The lengths of one run, in the order in which a program's inputs name them: `step(lengths{17}, x)`.
struct lengths {
  int value[max_lengths] = {};
  int count = 0;

  template <class... Length> constexpr explicit lengths(Length... length) : value{int(length)...}, count(int(sizeof...(Length))) {
    static_assert(sizeof...(Length) >= 1 && sizeof...(Length) <= std::size_t(max_lengths), "tfx::lengths: one to four numbers");
  }
};

/// A number of a program that follows its lengths: fixed + factor * product of length ^ power.
struct length_number {
  int fixed = 0, factor = 0;
  std::int8_t power[max_lengths] = {};

  constexpr int at(const int* length) const {
    int n = factor;
    for (int k = 0; k < max_lengths; ++k)
      for (int i = 0; i < power[k]; ++i) n *= length[k];
    return fixed + n;
  }
};

namespace detail {

/// The number that is `a` where the lengths are those of one trace, and `b` where they are those of the other. False if there is
/// none: it is a multiple of lengths, or as much as a multiple of one length that is a few steps longer or shorter.
constexpr bool follow_lengths(int a, int b, const length_info* one, const length_info* other, int lengths, length_number& found) {
  if (a == b) {
    found.fixed = a;
    return true;
  }
  length_number n;
  long long rest_a = a, rest_b = b;
  for (int k = 0; k < lengths; ++k)
    while (rest_a != 0 && rest_b != 0 && rest_a % one[k].traced == 0 && rest_b % other[k].traced == 0 && n.power[k] < 4) {
      rest_a /= one[k].traced;
      rest_b /= other[k].traced;
      ++n.power[k];
    }
  if (rest_a == rest_b) {
    n.factor = int(rest_a);
    found = n;
    return true;
  }
  for (int k = 0; k < lengths; ++k) {
    const int apart = one[k].traced - other[k].traced;
    if ((a - b) % apart != 0) continue;
    length_number m;
    m.factor = (a - b) / apart;
    m.fixed = a - m.factor * one[k].traced;
    m.power[k] = 1;
    const long long size = m.factor < 0 ? -static_cast<long long>(m.factor) : m.factor, away = m.fixed < 0 ? -static_cast<long long>(m.fixed) : m.fixed;
    if (away > (lengths > 1 ? size : 16 * size)) continue;   // two lengths, or a product of them, and something else
    found = m;
    return true;
  }
  return false;
}

}  // namespace detail

}  // namespace tfx
