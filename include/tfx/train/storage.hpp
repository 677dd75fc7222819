// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <cstddef>
#include <new>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <tfx/core/fail.hpp>

namespace tfx::detail {

/// Zeroed memory on 64-byte lines, with one line to spare behind it. Copies are deep. Much memory lies in huge pages, where the
/// system has them: products go through rows that are far apart, each in a page of its own.
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
  ~buffer() { release(); }

  T* data() const { return data_; }
  std::size_t size() const { return size_; }
  /// At least `count` elements; what was there is lost if it has to move.
  void grow(std::size_t count) {
    if (count <= size_) return;
    release();
    data_ = nullptr;
    size_ = 0;
    data_ = static_cast<T*>(::operator new(bytes(count), alignment(count)));
    size_ = count;
#if defined(MADV_HUGEPAGE)
    if (bytes(count) >= many) madvise(data_, bytes(count), MADV_HUGEPAGE);  // or the system has none: nothing is lost
#endif
    for (std::size_t i = 0; i < bytes(count) / sizeof(T); ++i) data_[i] = T(0);
  }

private:
  static constexpr std::size_t huge_page = std::size_t(2) << 20, many = 2 * huge_page;

  static constexpr std::size_t bytes(std::size_t count) { return (count + 64 / sizeof(T)) * sizeof(T); }
  static constexpr std::align_val_t alignment(std::size_t count) {
    return std::align_val_t(bytes(count) >= many ? huge_page : 64);
  }
  void release() { ::operator delete(data_, alignment(size_)); }

  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tfx::detail
