// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <type_traits>

namespace tfx {

/// Tensors up to this size keep their elements inside the object; larger ones own heap memory, allocated once.
inline constexpr std::size_t inside_bytes = 4096;

/// Skips the zeros: every element is about to be written.
struct uninitialized_t {};

namespace detail {

/// 16 elements on a boundary of 64 bytes: the unit in which large tensors are allocated.
template <class T> struct alignas(64) memory_line { T element[16]; };

template <class T, int Size, bool Inside = std::size_t(Size) * sizeof(T) <= inside_bytes> class tensor_memory {
 public:
  constexpr tensor_memory() = default;
  constexpr explicit tensor_memory(uninitialized_t) {}
  constexpr T* data() { return data_; }
  constexpr const T* data() const { return data_; }

 private:
  T data_[Size > 0 ? Size : 1] = {};
};

/// A moved-from memory is empty, and is allocated again when it is written.
template <class T, int Size> class tensor_memory<T, Size, false> {
 public:
  constexpr tensor_memory() : data_(allocate(true)) {}
  constexpr explicit tensor_memory(uninitialized_t) : data_(allocate(false)) {}
  constexpr tensor_memory(const tensor_memory& other) : data_(nullptr) { *this = other; }
  constexpr tensor_memory(tensor_memory&& other) noexcept : data_(other.data_) { other.data_ = nullptr; }
  constexpr tensor_memory& operator=(const tensor_memory& other) {
    if (this == &other || !other.data_) return *this;
    T* const to = data();
    for (int i = 0; i < Size; ++i) to[i] = other.data_[i];
    return *this;
  }
  constexpr tensor_memory& operator=(tensor_memory&& other) noexcept {
    T* const mine = data_;
    data_ = other.data_;
    other.data_ = mine;
    return *this;
  }
  constexpr ~tensor_memory() {
    if (std::is_constant_evaluated())
      delete[] data_;
    else
      delete[] reinterpret_cast<memory_line<T>*>(data_);
  }
  constexpr T* data() {
    if (!data_) data_ = allocate(true);
    return data_;
  }
  constexpr const T* data() const { return data_; }

 private:
  static constexpr T* allocate(bool zero) {
    constexpr std::size_t lines = (std::size_t(Size) + 15) / 16;
    if (std::is_constant_evaluated()) return new T[std::size_t(Size)]{};
    return reinterpret_cast<T*>(zero ? new memory_line<T>[lines]() : new memory_line<T>[lines]);
  }

  T* data_;
};

}  // namespace detail
}  // namespace tfx
