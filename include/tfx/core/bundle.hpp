// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

namespace tfx {

namespace detail {

template <std::size_t I, class T> struct bundle_slot { T value; };
template <class Sequence, class... T> struct bundle_slots;
template <std::size_t... I, class... T> struct bundle_slots<std::index_sequence<I...>, T...> : bundle_slot<I, T>... {};

template <std::size_t I, class T> constexpr T& slot_value(bundle_slot<I, T>& s) { return s.value; }
template <std::size_t I, class T> constexpr const T& slot_value(const bundle_slot<I, T>& s) { return s.value; }
template <std::size_t I, class T> constexpr T&& slot_value(bundle_slot<I, T>&& s) { return static_cast<T&&>(s.value); }
template <std::size_t I, class T> T slot_type(const bundle_slot<I, T>&);

}  // namespace detail

/// Several results: `auto [loss, gradient] = value_and_grad(f)(x)`. What std::tuple is, in a header that costs nothing
/// and that a build without an operating system has.
template <class... T> struct bundle : detail::bundle_slots<std::index_sequence_for<T...>, T...> {
  using base = detail::bundle_slots<std::index_sequence_for<T...>, T...>;
  constexpr bundle() : base{} {}
  constexpr bundle(T... values) requires(sizeof...(T) > 0) : base{{static_cast<T&&>(values)}...} {}

  template <std::size_t I> constexpr auto& get() & { return detail::slot_value<I>(*this); }
  template <std::size_t I> constexpr const auto& get() const& { return detail::slot_value<I>(*this); }
  template <std::size_t I> constexpr auto&& get() && { return detail::slot_value<I>(static_cast<bundle&&>(*this)); }
};
template <class... T> bundle(T...) -> bundle<T...>;

template <class X> inline constexpr bool is_bundle = false;
template <class... T> inline constexpr bool is_bundle<bundle<T...>> = true;

}  // namespace tfx

template <class... T> struct std::tuple_size<tfx::bundle<T...>> { static constexpr std::size_t value = sizeof...(T); };
template <std::size_t I, class... T> struct std::tuple_element<I, tfx::bundle<T...>> {
  using type = decltype(tfx::detail::slot_type<I>(std::declval<const tfx::bundle<T...>&>()));
};
