// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <tfx/data/batch.hpp>

/// Stages that collect elements that are alike.
namespace tfx::data {

namespace detail {

template <class Up, class Key, class Size> struct group_node : stage_node<Up> {
  using element = typename Up::value_type;
  using value_type = list<element>;
  struct group {
    std::int64_t key = 0;
    value_type items{};
  };
  Key key;
  Size size;
  bool drop_remainder = false;
  std::vector<group> groups{};   ///< by their keys
  element last{};
  bool more = true;
  std::size_t rest = 0;          ///< groups before this one have given what they had at the end

  void begin(std::uint64_t pass) {
    this->upstream.begin(pass);
    for (group& g : groups) g.items.clear();
    more = true;
    rest = 0;
  }
  bool next(value_type& to) {
    while (more && (more = this->upstream.next(last))) {
      group& g = group_of(std::int64_t(call(key, last)));
      hand_over(last, g.items.add());
      if (g.items.size() >= size_of(g.key)) return give(g, to);
    }
    while (!drop_remainder && rest < groups.size()) {
      group& g = groups[rest++];
      if (!g.items.empty()) return give(g, to);
    }
    return false;
  }
  void archive(pipeline_state& s) {
    s.stage("group");
    this->upstream.archive(s);
    s(more);
    s(rest);
    std::uint64_t n = groups.size();
    s(n);
    if (s.loading()) groups.clear();
    for (std::uint64_t i = 0; i < n; ++i) {
      if (s.loading()) groups.emplace_back();
      s(groups[std::size_t(i)].key);
      s(groups[std::size_t(i)].items);
    }
  }

private:
  std::size_t size_of(std::int64_t k) const {
    if constexpr (std::is_integral_v<Size>) return std::size_t(size);
    else return std::size_t(size(k));
  }
  group& group_of(std::int64_t k) {
    auto at = std::lower_bound(groups.begin(), groups.end(), k, [](const group& g, std::int64_t x) { return g.key < x; });
    if (at == groups.end() || at->key != k) at = groups.insert(at, group{k});
    return *at;
  }
  bool give(group& g, value_type& to) {
    std::swap(g.items, to);
    g.items.clear();
    return true;
  }
};
template <class Key, class Size> struct group_stage : stage {
  Key key;
  Size size;
  template <class Up> auto over(Up up) const { return group_node<Up, Key, Size>{{std::move(up)}, key, size}; }
};

/// How long an element is: its size, or that of its first part.
struct own_length {
  template <class E> std::size_t operator()(const E& e) const {
    if constexpr (requires { std::get<0>(e).size(); }) return std::get<0>(e).size();
    else return e.size();
  }
};
template <class Length, int... Bound> struct bucket_key {
  Length length;
  template <class E> std::int64_t operator()(E& e) const {
    const auto n = std::int64_t(call(length, e));
    return (std::int64_t(n >= Bound) + ...);
  }
};
/// Only `batch` and `padded_batch` can follow.
template <class Up, class Key> struct buckets {
  static constexpr bool groups = true;
  Up up;
  Key key;
  group_node<Up, Key, int> in_batches(int n, bool drop_remainder) && { return {{std::move(up)}, std::move(key), n, drop_remainder}; }
};
template <class Up, class Key> struct buckets_in_pipeline : buckets<Up, Key> {
  using value_type = typename Up::value_type;
  void begin(std::uint64_t) { misplaced(); }
  bool next(value_type&) {
    misplaced();
    return false;
  }
  void archive(pipeline_state&) { misplaced(); }
  void cancel() {}
  void join() {}

private:
  static void misplaced() { tfx::detail::fail("data: bucket_by_length is followed by batch or padded_batch"); }
};
template <class Length, int... Bound> struct bucket_stage : stage {
  Length length{};
  template <class L = own_length> constexpr bucket_stage<L, Bound...> operator()(L of = {}) const { return {{}, std::move(of)}; }
  template <class Up> auto over(Up up) const { return buckets_in_pipeline<Up, bucket_key<Length, Bound...>>{{std::move(up), {length}}}; }
};

}  // namespace detail

/// Lists of elements with the same `key(element)`, an integer: a list is given when it has `size` elements, which may be a function
/// of the key; at the end those that have fewer, by their keys.
template <class Key, class Size> detail::group_stage<Key, Size> group_by_window(Key key, Size size) { return {{}, std::move(key), std::move(size)}; }

/// The batches that follow are of elements of similar lengths: below the first bound, from it to below the second, ..., from the
/// last. The length is that of the element or of its first part, or what a function says.
///
///     ... | data::bucket_by_length<50, 100, 200>() | data::padded_batch<32>()
template <int... Bound> inline constexpr detail::bucket_stage<detail::own_length, Bound...> bucket_by_length{};

}  // namespace tfx::data
