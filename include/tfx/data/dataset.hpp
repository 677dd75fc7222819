// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <tfx/core/shape.hpp>

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

  /// All numbers in order, computed in T.
  template <class T> constexpr void copy_to(T* __restrict out) const {
    // Bytes may alias anything: without the two promises the loops are not vectorised.
    const Stored* __restrict from = data_;
    if (divisor_ == 1) {
      for (int i = 0; i < size(); ++i) out[i] = static_cast<T>(from[i]);
    } else {
      static_assert(std::is_arithmetic_v<T>);
      const T divisor = static_cast<T>(divisor_);
      for (int i = 0; i < size(); ++i) out[i] = static_cast<T>(static_cast<T>(from[i]) / divisor);
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

/// Examples and what is to be learned about them, in memory, with both shapes known to the compiler.
///
/// A data set refers to its memory and shares it with its copies and parts, so passing one around copies no examples.
/// One made by `from_memory` does not own it: the caller's arrays have to outlive it.
///
///     auto train = data::fashion_mnist().train;
///     train.images[7][0];                      // a number from 0 to 1
///     train.labels[7];                         // 0 to 9
///     train.gather(index, 64, batch);          // 64 x 28 x 28 floats
///     auto [most, rest] = train.split(50'000);
template <static_shape ImageShape, class Pixel, static_shape LabelShape = shape<>, class Label = std::uint8_t,
          int Classes = 0>
class dataset {
 public:
  using image_shape = ImageShape;
  using pixel_type = Pixel;
  using label_shape = LabelShape;
  using label_type = Label;
  /// Labels are 0 to classes - 1; 0 when that is not known.
  static constexpr int classes = Classes;

  column<ImageShape, Pixel> images;
  column<LabelShape, Label> labels;

  dataset() = default;

  /// `owner` keeps the memory of both columns alive; `names` has static storage and one entry for every class, or none.
  dataset(column<ImageShape, Pixel> the_images, column<LabelShape, Label> the_labels,
          std::shared_ptr<const void> owner = {}, std::span<const std::string_view> names = {})
      : images(the_images), labels(the_labels), owner_(std::move(owner)), names_(names) {
    if (images.size() == labels.size()) return;
    throw std::invalid_argument("tfx::data::dataset: " + std::to_string(images.size()) + " examples but " +
                                std::to_string(labels.size()) + " labels");
  }

  std::size_t size() const { return images.size(); }

  /// A batch of examples, scaled, as T. Every index is less than `size()`.
  template <class T> void gather(const std::uint32_t* index, int n, T* out) const { images.gather(index, n, out); }
  template <class T> void gather_labels(const std::uint32_t* index, int n, T* out) const {
    labels.gather(index, n, out);
  }

  /// The first n examples, or all when there are fewer.
  dataset first(std::size_t n) const { return part(0, n < size() ? n : size()); }

  /// The first n examples and the rest.
  std::pair<dataset, dataset> split(std::size_t n) const {
    const std::size_t left = n < size() ? n : size();
    return {part(0, left), part(left, size() - left)};
  }

  /// What class i is called; empty when the classes have no names.
  std::string_view class_name(int i) const {
    return i >= 0 && std::size_t(i) < names_.size() ? names_[std::size_t(i)] : std::string_view{};
  }

 private:
  dataset part(std::size_t start, std::size_t count) const {
    return dataset(images.part(start, count), labels.part(start, count), owner_, names_);
  }

  std::shared_ptr<const void> owner_;
  std::span<const std::string_view> names_;
};

namespace detail {
template <class Range> using stored_in = std::remove_cvref_t<decltype(*std::data(std::declval<Range&>()))>;

/// A container that dies at the end of the statement can't be referred to; a span can.
template <class Range>
concept outlives_the_call =
    std::is_lvalue_reference_v<Range> || std::ranges::enable_borrowed_range<std::remove_cvref_t<Range>>;

template <static_shape S, class Range> auto column_over(const Range& values, const char* which) {
  const std::size_t count = std::size(values);
  constexpr std::size_t each = std::size_t(S::value.size());
  if (count % each != 0) {
    throw std::invalid_argument(std::string("tfx::data::from_memory: ") + std::to_string(count) +
                                " numbers are no whole "
                                "number of " +
                                which + " of " + std::to_string(each));
  }
  return column<S, stored_in<const Range>>(std::data(values), count / each);
}
}  // namespace detail

/// A data set over arrays of one's own, of any arithmetic type, which are neither copied nor owned.
///
///     auto points = data::from_memory<shape<2>>(x, y);               // class labels
///     auto houses = data::from_memory<shape<13>, shape<1>>(x, y);    // one number to predict
///
/// Errors     std::invalid_argument when the numbers of examples and labels differ
template <static_shape ImageShape, static_shape LabelShape = shape<>, int Classes = 0, class Images, class Labels>
  requires detail::outlives_the_call<Images&&> && detail::outlives_the_call<Labels&&>
auto from_memory(Images&& x, Labels&& y) {
  return dataset<ImageShape, detail::stored_in<Images>, LabelShape, detail::stored_in<Labels>, Classes>(
      detail::column_over<ImageShape>(x, "examples"), detail::column_over<LabelShape>(y, "labels"));
}

}  // namespace tfx::data
