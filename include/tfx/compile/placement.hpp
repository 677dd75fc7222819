// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/list.hpp>

namespace tfx {

/// A buffer in use from step `from` to step `to`, both included.
struct lifetime {
  int from = 0, to = 0, size = 0;
  int offset = 0;  ///< where it is put
};

/// In which order buffers are put into memory.
enum class placement_order { first_begin, last_end, largest, most_elements, longest };

namespace detail {

/// Puts buffers into memory one after the other: each into the tightest gap between those it lives beside, else behind them.
struct placer {
  list<lifetime>& buffers;
  list<int> placed{};  ///< sorted by offset
  int end = 0;         ///< of what is in use

  constexpr void place(int index) {
    lifetime& b = buffers.data[index];
    int free_from = 0, best_gap = 0, position = placed.count;
    b.offset = -1;
    for (int j = 0, n = placed.count; j < n; ++j) {
      const lifetime& other = buffers.data[placed.data[j]];
      if (other.to < b.from || other.from > b.to) continue;
      const int gap = other.offset - free_from;
      if (gap >= b.size && (b.offset < 0 || gap < best_gap)) {
        b.offset = free_from;
        best_gap = gap;
      }
      if (other.offset + other.size > free_from) free_from = other.offset + other.size;
    }
    if (b.offset < 0) b.offset = free_from;
    if (b.offset + b.size > end) end = b.offset + b.size;
    placed.push_back(index);
    for (; position > 0 && buffers.data[placed.data[position - 1]].offset > b.offset; --position)
      placed.data[position] = placed.data[position - 1];
    placed.data[position] = index;
  }
};

constexpr long long rank_of(const lifetime& b, placement_order order) {
  const long long steps = b.to - b.from + 1;
  switch (order) {
    case placement_order::first_begin:
      return -b.from;
    case placement_order::last_end:
      return b.to;
    case placement_order::largest:
      return b.size * (1LL << 24) + steps;
    case placement_order::most_elements:
      return b.size * steps;
    case placement_order::longest:
      break;
  }
  return steps * (1LL << 32) + b.size;
}

/// The highest rank first; equal ones stay as they are.
constexpr void sort_by_rank(list<int>& order, const list<long long>& rank) {
  const int n = order.count;
  list<int> other = list<int>::unset(n);
  int *from = order.data, *into = other.data;
  for (int width = 1; width < n; width *= 2) {
    for (int begin = 0; begin < n; begin += 2 * width) {
      const int middle = begin + width < n ? begin + width : n;
      const int end = middle + width < n ? middle + width : n;
      for (int left = begin, right = middle, to = begin; to < end; ++to)
        into[to] = left < middle && (right == end || rank.data[from[left]] >= rank.data[from[right]]) ? from[left++] : from[right++];
    }
    int* const sorted = into;
    into = from;
    from = sorted;
  }
  for (int i = 0; from != order.data && i < n; ++i) order.data[i] = from[i];
}

}  // namespace detail

/// The most that is in use at once: no placement needs less.
constexpr int most_alive(const list<lifetime>& buffers, int steps) {
  list<int> change(steps + 1, 0);
  for (int i = 0; i < buffers.size(); ++i) {
    const lifetime& b = buffers.data[i];
    change.data[b.from] += b.size;
    change.data[b.to + 1] -= b.size;
  }
  int alive = 0, most = 0;
  for (int s = 0; s < steps; ++s) {
    alive += change.data[s];
    if (alive > most) most = alive;
  }
  return most;
}

/// Gives each buffer an offset; returns how much memory that takes. Those that are in use at the same time do not overlap.
constexpr int place_in_order(list<lifetime>& buffers, placement_order by) {
  list<int> order = list<int>::unset(buffers.size());
  list<long long> rank = list<long long>::unset(buffers.size());
  for (int i = 0; i < buffers.size(); ++i) {
    order.data[i] = i;
    rank.data[i] = detail::rank_of(buffers.data[i], by);
  }
  detail::sort_by_rank(order, rank);
  detail::placer p{buffers};
  for (int i = 0; i < order.size(); ++i) p.place(order.data[i]);
  return p.end;
}

/// The same in the order that takes least. Orders are tried until one comes within a hundredth of `least`, which none can
/// be below: finding the best offsets is hard, but some order almost always does.
constexpr int place_buffers(list<lifetime>& buffers, int least) {
  constexpr placement_order orders[] = {placement_order::first_begin, placement_order::largest,
                                        placement_order::most_elements, placement_order::longest,
                                        placement_order::last_end};
  list<int> best = list<int>::unset(buffers.size());
  int arena = -1;
  for (const placement_order by : orders) {
    const int taken = place_in_order(buffers, by);
    if (arena < 0 || taken < arena) {
      arena = taken;
      for (int i = 0; i < buffers.size(); ++i) best.data[i] = buffers.data[i].offset;
    }
    if (arena <= least + least / 100) break;
  }
  for (int i = 0; i < buffers.size(); ++i) buffers.data[i].offset = best.data[i];
  return arena;
}

}  // namespace tfx
