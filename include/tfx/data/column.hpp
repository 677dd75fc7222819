// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>

#include <tfx/core/shape.hpp>
#include <tfx/data/record.hpp>

namespace tfx::data {

/// One example as it is stored, read as numbers: `example[i]` is `stored[i] / divisor`.
///
/// Refers to the data set's memory and is as cheap to copy as a pointer. Bytes have divisor 255, so that they read as
/// 0 to 1; the quotient is correctly rounded, which is what other frameworks compute.
///
/// Shape      S, row-major
template <static_shape S, class Stored> class example {
 public:
  using shape_type = S;
  using stored_type = Stored;
  static constexpr dims shape = S::value;

  /// Reads a number at a time; what range-for and the standard algorithms walk with.
  class iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = float;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = float;

    constexpr iterator() = default;
    constexpr iterator(const Stored* at, float divisor) : at_(at), divisor_(divisor) {}
    constexpr float operator*() const { return static_cast<float>(*at_) / divisor_; }
    constexpr iterator& operator++() {
      ++at_;
      return *this;
    }
    constexpr iterator operator++(int) {
      iterator before = *this;
      ++at_;
      return before;
    }
    constexpr bool operator==(const iterator& other) const { return at_ == other.at_; }

   private:
    const Stored* at_ = nullptr;
    float divisor_ = 1;
  };

  constexpr example(const Stored* data, float divisor) : data_(data), divisor_(divisor) {}

  static constexpr int size() { return S::value.size(); }
  constexpr const Stored* data() const { return data_; }
  constexpr float divisor() const { return divisor_; }

  constexpr float operator[](int i) const { return static_cast<float>(data_[i]) / divisor_; }
  constexpr iterator begin() const { return {data_, divisor_}; }
  constexpr iterator end() const { return {data_ + size(), divisor_}; }

  /// All numbers in order, computed in T; integers are taken as they are stored.
  template <class T> constexpr void copy_to(T* __restrict out) const {
    // Bytes may alias anything: without the two promises the loops are not vectorised.
    const Stored* __restrict from = data_;
    if (std::is_integral_v<T> || divisor_ == 1) {
      for (int i = 0; i < size(); ++i) out[i] = detail::as_element<T>(from[i]);
    } else {
      using number = std::conditional_t<std::is_same_v<T, double>, double, float>;
      const number divisor = static_cast<number>(divisor_);
      for (int i = 0; i < size(); ++i) out[i] = static_cast<T>(static_cast<number>(from[i]) / divisor);
    }
  }

 private:
  const Stored* data_;
  float divisor_;
};

/// One column of a data set: `size()` examples of shape S, one after the other in memory.
///
/// `column[i]` is an `example`, or the plain stored value where S has no axes (class labels).
template <static_shape S, class Stored> class column {
 public:
  using shape_type = S;
  using stored_type = Stored;
  static constexpr int example_size = S::value.size();

  constexpr column() = default;
  constexpr column(const Stored* data, std::size_t count, float divisor = 1)
      : data_(data), count_(count), divisor_(divisor) {}

  constexpr std::size_t size() const { return count_; }
  constexpr const Stored* data() const { return data_; }
  constexpr float divisor() const { return divisor_; }

  constexpr auto operator[](std::size_t i) const {
    if constexpr (S::value.rank == 0) {
      return data_[i];
    } else {
      return example<S, Stored>(data_ + i * example_size, divisor_);
    }
  }

  /// Examples index[0] to index[n - 1], one after the other, as T. Every index is less than `size()`.
  template <class T> constexpr void gather(const std::uint32_t* index, int n, T* out) const {
    for (int i = 0; i < n; ++i) {
      const example<S, Stored> one(data_ + std::size_t{index[i]} * example_size, divisor_);
      one.copy_to(out + std::size_t(i) * example_size);
    }
  }

  constexpr column part(std::size_t first, std::size_t count) const {
    return {data_ + first * example_size, count, divisor_};
  }

 private:
  const Stored* data_ = nullptr;
  std::size_t count_ = 0;
  float divisor_ = 1;
};

}  // namespace tfx::data
