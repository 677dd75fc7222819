// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tfx {

/// A growing array for use inside constant evaluation: what the tracer and the passes keep their tables in.
/// Moves, never copies; holds any default-constructible T. `data` is public because a raw pointer costs the compiler least.
template <class T> struct list {
  T* data = nullptr;
  int count = 0, capacity = 0;

  constexpr list() = default;
  constexpr explicit list(int n, T value = T{}) : data(new T[std::size_t(n > 0 ? n : 1)]), count(n), capacity(n > 0 ? n : 1) {
    for (int i = 0; i < n; ++i) data[i] = value;
  }
  /// Room for n elements, each to be written before it is read.
  static constexpr list unset(int n) {
    list l;
    l.reserve(n);
    l.count = n;
    return l;
  }
  list(const list&) = delete;
  list& operator=(const list&) = delete;
  constexpr list(list&& other) noexcept : data(other.data), count(other.count), capacity(other.capacity) {
    other.data = nullptr;
    other.count = other.capacity = 0;
  }
  constexpr list& operator=(list&& other) noexcept {
    if (this == &other) return *this;
    delete[] data;
    data = other.data;
    count = other.count;
    capacity = other.capacity;
    other.data = nullptr;
    other.count = other.capacity = 0;
    return *this;
  }
  constexpr ~list() { delete[] data; }

  constexpr void push_back(const T& value) {
    if (count == capacity) reserve(capacity ? capacity * 2 : 64);
    data[count++] = value;
  }
  constexpr void append(const T* values, int n) {
    if (count + n > capacity) reserve(count + n > 2 * capacity ? count + n : 2 * capacity);
    for (int i = 0; i < n; ++i) data[count + i] = values[i];
    count += n;
  }
  constexpr void reserve(int larger) {
    if (larger <= capacity) return;
    T* moved = new T[std::size_t(larger)];
    for (int i = 0; i < count; ++i) moved[i] = data[i];
    delete[] data;
    data = moved;
    capacity = larger;
  }
  constexpr T& operator[](int i) { return data[i]; }
  constexpr const T& operator[](int i) const { return data[i]; }
  constexpr int size() const { return count; }
};

}  // namespace tfx
