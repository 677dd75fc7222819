// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/calls.hpp>
#include <tfx/ops/conv2d.hpp>

namespace tfx {

/// Option of convolutions and pooling over images: how high their window is, where that is not how wide it is.
///
///     nn::conv2d<64, 7, kernel_height<1>, same>{}      windows of one line
template <int Height> struct kernel_height_t {
  static constexpr int height = Height;
};
template <int Height> inline constexpr kernel_height_t<Height> kernel_height{};

namespace detail {
template <int A, int B> inline constexpr bool same_option<kernel_height_t<A>, kernel_height_t<B>> = true;
/// Of a window so many pixels wide.
template <int Size, auto... Option> inline constexpr int height_of_window = option<kernel_height_t<Size>, Option...>::height;

template <int Height, int Width> struct window_text {
  static constexpr sentence<24> value = [] {
    sentence<24> s;
    s.put(Height);
    s.put("x");
    s.put(Width);
    return s;
  }();
};
/// How large a window is, as an attribute of a call: one number, or both, "1x7".
template <int Height, int Width> constexpr call_attribute window_attribute(std::string_view name) {
  if constexpr (Height == Width) return {name, Width};
  else return {name, std::string_view(window_text<Height, Width>::value)};
}
template <int Size, auto... Option> constexpr call_attribute kernel_attribute() { return window_attribute<height_of_window<Size, Option...>, Size>("kernel"); }
}  // namespace detail
}  // namespace tfx
