// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace tfx::data {

/// Elements one after the other: what `data::batch` and `data::window` make. What is taken out keeps its memory for what comes next,
/// so a list that is filled again and again allocates nothing.
template <class T> class list {
  static_assert(!std::same_as<T, bool>, "tfx::data: a list of bool; use std::uint8_t");
  std::vector<T> items_;
  std::size_t size_ = 0;

public:
  using value_type = T;
  list() = default;
  list(std::initializer_list<T> items) : items_(items), size_(items.size()) {}

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return items_.data(); }
  const T* data() const { return items_.data(); }
  T* begin() { return items_.data(); }
  T* end() { return items_.data() + size_; }
  const T* begin() const { return items_.data(); }
  const T* end() const { return items_.data() + size_; }
  T& operator[](std::size_t i) { return items_[i]; }
  const T& operator[](std::size_t i) const { return items_[i]; }
  T& back() { return items_[size_ - 1]; }

  void clear() { size_ = 0; }
  void pop_back() { --size_; }
  void reserve(std::size_t n) { items_.reserve(n); }
  /// One more element, which may still have an old value.
  T& add() {
    if (size_ == items_.size()) items_.emplace_back();
    return items_[size_++];
  }
  friend bool operator==(const list& a, const list& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!(a[i] == b[i])) return false;
    return true;
  }
};

namespace detail {

template <class T> inline constexpr bool is_list = false;
template <class T> inline constexpr bool is_list<list<T>> = true;

/// Gives a value away and keeps the memory of the one that was there.
template <class T> void hand_over(T& from, T& to) {
  if constexpr (std::is_trivially_destructible_v<T>) {
    to = from;
  } else {
    using std::swap;
    swap(from, to);
  }
}

}  // namespace detail

}  // namespace tfx::data
