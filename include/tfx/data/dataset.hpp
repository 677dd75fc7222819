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

#include <tfx/data/column.hpp>

namespace tfx::data {

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

  /// As a source of examples with two columns.
  using record = data::record<scaled_field<ImageShape, Pixel>, field<LabelShape, Label, Classes>>;
  template <int Column, class T> void gather_column(const std::uint32_t* index, int n, rows<T> to) const {
    if constexpr (Column == 0) images.gather(index, n, to.data);
    else labels.gather(index, n, to.data);
  }

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
