// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <cstddef>
#include <new>
#include <utility>

#include <tfx/core/fail.hpp>

namespace tfx::detail {

/// Zeroed memory on 64-byte lines, with one line to spare behind it. Copies are deep.
template <class T> class buffer {
public:
  buffer() = default;
  explicit buffer(std::size_t count) { grow(count); }
  buffer(const buffer& other) : buffer(other.size_) {
    for (std::size_t i = 0; i < size_; ++i) data_[i] = other.data_[i];
  }
  buffer(buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  buffer& operator=(buffer other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~buffer() { ::operator delete(data_, alignment); }

  T* data() const { return data_; }
  std::size_t size() const { return size_; }
  /// At least `count` elements; what was there is lost if it has to move.
  void grow(std::size_t count) {
    if (count <= size_) return;
    ::operator delete(data_, alignment);
    data_ = nullptr;
    size_ = 0;
    data_ = static_cast<T*>(::operator new((count + 64 / sizeof(T)) * sizeof(T), alignment));
    size_ = count;
    for (std::size_t i = 0; i < count + 64 / sizeof(T); ++i) data_[i] = T(0);
  }

private:
  static constexpr std::align_val_t alignment{64};
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tfx::detail
