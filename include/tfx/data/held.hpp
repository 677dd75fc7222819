// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/data/examples.hpp>

namespace tfx::data::detail {

/// A stream that somebody else owns.
template <class Stream> class referred {
  Stream* of_;

public:
  using record = typename Stream::record;
  explicit referred(Stream& s) : of_(&s) {}
  void begin() requires requires(Stream& s) { s.begin(); } { of_->begin(); }
  int next(auto& batch) { return int(of_->next(batch)); }
  std::int64_t place() const requires has_place<Stream> { return std::as_const(*of_).place(); }
  void go_to(std::int64_t place) requires has_place<Stream> { of_->go_to(place); }
};

/// Data as adaptors keep them: those in memory are referred to anyway; a stream with a name is referred to, another one moves in.
template <class Data> auto held(Data&& data) {
  using D = std::remove_reference_t<Data>;
  using Source = source_of<D>;
  constexpr bool itself = std::same_as<Source, std::remove_cv_t<D>>, named = std::is_lvalue_reference_v<Data>;
  static_assert(itself || named, "tfx::data: a temporary that ends with the statement; give it a name first");
  if constexpr (stream<Source> && itself && named && !std::is_const_v<D>) return referred<Source>(data);
  else if constexpr (itself) return Source(std::forward<Data>(data));
  else return as_source(data);
}
template <class Data> using held_source = decltype(held(std::declval<Data>()));

/// Room for a batch without its last column.
template <class... T> auto without_last(const batch_room<T...>& b) {
  return [&]<std::size_t... K>(std::index_sequence<K...>) {
    return batch_room<std::tuple_element_t<K, bundle<T...>>...>{{b.template get<K>()...}, b.capacity};
  }(std::make_index_sequence<sizeof...(T) - 1>{});
}

}  // namespace tfx::data::detail
