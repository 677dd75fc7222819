// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include <sys/resource.h>

#include <doctest/doctest.h>

/// A file with one to four damages: changed, repeated, lost and surplus bytes. The same ones for the same number.
inline std::string damaged(std::string whole, unsigned number) {
  std::minstd_rand random(number * 7919 + 1);
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : std::size_t(random() >> 8) % n; };
  constexpr std::string_view telling("\0\1\x7f\x80\xff\"\n{[,:9", 12);
  for (std::size_t left = 1 + below(4); left > 0; --left) {
    const std::size_t at = below(whole.size()), size = below(9);
    switch (below(5)) {
      case 0: if (!whole.empty()) whole[at] = char(whole[at] ^ 1 << below(8)); break;
      case 1: whole.replace(at, size, size, telling[below(telling.size())]); break;
      case 2: whole.insert(at, whole.substr(below(whole.size()), size)); break;
      case 3: whole.erase(at, size); break;
      case 4: if (below(4) == 0) whole.resize(at); break;
    }
  }
  return whole;
}

/// read(bytes) of thousands of damaged files: it may throw what `allowed` says and nothing else, ends, and asks for no memory out of
/// proportion to the file's.
template <class Allowed, class Read> void survives_damage(const std::string& whole, unsigned times, Read read) {
  const auto most_memory = [] {   // KB, ever
    ::rusage use{};
    ::getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
  };
  const auto before = most_memory();
  unsigned refused = 0;
  for (unsigned number = 0; number < times; ++number) {
    const std::string bytes = damaged(whole, number);
    CAPTURE(number);
    try {
      read(bytes);
    } catch (const Allowed&) {
      ++refused;
    } catch (const std::exception& e) {
      FAIL_CHECK(std::string(e.what()));
    }
  }
  CHECK(refused > times / 100);
  CHECK(most_memory() - before < 512 * 1024);   // sanitizers keep what is freed for a while
}
