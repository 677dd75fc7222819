// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <tfx/data/held.hpp>

namespace tfx::data {

namespace detail {
template <class Record> struct record_with_weights;
template <class... Field> struct record_with_weights<record<Field...>> { using type = record<Field..., weight>; };

[[noreturn]] TFX_COLD inline void fail_class(long long number, std::size_t classes) {
  char text[120];
  std::snprintf(text, sizeof text, "class_weights: class %lld has no weight; there are %zu", number, classes);
  tfx::detail::fail(text);
}
}  // namespace detail

/// Data whose last column are class numbers, with what each class weighs.
template <class Source> class class_weighted {
  Source from_;
  std::vector<float> of_class_;
  static constexpr int last = Source::record::size;

public:
  using record = typename detail::record_with_weights<typename Source::record>::type;
  class_weighted(Source from, std::vector<float> weights) : from_(std::move(from)), of_class_(std::move(weights)) {}

  void begin() requires requires(Source& s) { s.begin(); } { from_.begin(); }
  int next(const auto& batch) requires stream<Source> {
    auto given = detail::without_last(batch);
    const int n = int(from_.next(given));
    for (int i = 0; i < n; ++i) batch.template get<last>().data[i] = of(static_cast<long long>(batch.template get<last - 1>().data[i]));
    return n;
  }
  std::int64_t place() const requires has_place<Source> { return from_.place(); }
  void go_to(std::int64_t place) requires has_place<Source> { from_.go_to(place); }

  std::size_t size() const requires in_memory<Source> { return from_.size(); }
  template <int K, class T> void gather_column(const std::uint32_t* index, int n, rows<T> to) const {
    from_.template gather_column<K == last ? K - 1 : K>(index, n, to);
    if constexpr (K == last)
      for (int i = 0; i < n; ++i) to.data[i] = T(of(static_cast<long long>(to.data[i])));
  }
  template <static_shape... S> auto in_shapes() const requires(!stream<Source>) {
    auto shaped = detail::with_shapes<S...>(from_);
    return class_weighted<std::remove_cvref_t<decltype(shaped)>>(std::move(shaped), of_class_);
  }

private:
  float of(long long number) const {
    if (number < 0 || std::size_t(number) >= of_class_.size()) detail::fail_class(number, of_class_.size());
    return of_class_[std::size_t(number)];
  }
};

/// Examples weigh what their class does.
///
///     m.fit<training>(data::class_weights(train, {1, 2.5}));
///
/// Errors     a class without weight, when it is read
template <class Data> auto class_weights(Data&& data, std::vector<float> weights) {
  return class_weighted<detail::held_source<Data>>(detail::held(std::forward<Data>(data)), std::move(weights));
}

}  // namespace tfx::data
