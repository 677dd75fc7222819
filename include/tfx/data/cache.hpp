// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/data/node_mutex.hpp>

namespace tfx::data {

namespace detail {

template <class Up> struct memory_cache_node : cancellable_node<Up> {
  using value_type = typename Up::value_type;
  list<value_type> all{};
  bool complete = false;
  std::uint64_t pass = 0, at = 0;

  void begin(std::uint64_t p) {
    pass = p;
    at = 0;
    if (complete) return;
    all.clear();
    cancellable_node<Up>::begin(p);
  }
  bool next(value_type& to) {
    if (complete) {
      if (at == all.size()) return false;
      to = all[std::size_t(at++)];
      return true;
    }
    if (!this->upstream.next(to)) {
      complete = !this->was_cancelled();
      return false;
    }
    all.add() = to;
    ++at;
    return true;
  }
  void archive(pipeline_state& s) {
    s.stage("cache");
    s(pass);
    s(complete);
    s(at);
    s(all);
    if (s.loading() && !complete) cancellable_node<Up>::begin(pass);
    if (!complete) this->upstream.archive(s);
    if (at > all.size()) tfx::detail::fail("data: the state of a pipeline has a cache that is too small");
  }
};

struct memory_cache_stage : stage {
  template <class Up> auto over(Up up) const { return memory_cache_node<Up>{{{std::move(up)}}}; }
};

}  // namespace detail

/// Keeps the elements of the first complete pass in memory; later ones do not ask what comes before.
inline detail::memory_cache_stage cache() { return {}; }

}  // namespace tfx::data
