// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/data/held.hpp>

namespace tfx::data {

namespace detail {
/// A place among examples whose number may not be known yet: a number of them, or a share.
struct cut {
  std::size_t count = 0;
  double share = -1;
  constexpr std::size_t in(std::size_t size) const {
    const std::size_t at = share < 0 ? count : std::size_t(share * double(size));
    return at < size ? at : size;
  }
};
template <class Number> constexpr cut cut_at(Number n) {
  if constexpr (std::is_floating_point_v<Number>) {
    if (!(n >= 0 && n <= 1)) tfx::detail::fail("data: a share of the examples lies between 0 and 1");
    return {0, double(n)};
  } else {
    return {as_element<std::size_t>(n), -1};
  }
}
}  // namespace detail

/// Examples of data in memory that follow each other.
template <class Source> class part {
  Source from_;
  detail::cut first_, last_;

public:
  using record = typename Source::record;
  part(Source from, detail::cut first, detail::cut last) : from_(std::move(from)), first_(first), last_(last) {}

  std::size_t size() const requires in_memory<Source> { return last_.in(from_.size()) - first_.in(from_.size()); }
  template <int K, class T> void gather_column(const std::uint32_t* index, int n, rows<T> to) const {
    constexpr int piece = 64;
    const std::uint32_t first = std::uint32_t(first_.in(from_.size()));
    std::uint32_t there[piece];
    for (int done = 0; done < n; done += piece) {
      const int some = n - done < piece ? n - done : piece;
      for (int i = 0; i < some; ++i) there[i] = index[done + i] + first;
      from_.template gather_column<K>(there, some, to.from(std::size_t(done)));
    }
  }
  template <static_shape... S> auto in_shapes() const {
    auto shaped = detail::with_shapes<S...>(from_);
    return part<std::remove_cvref_t<decltype(shaped)>>(std::move(shaped), first_, last_);
  }
};

/// A stream whose passes end after so many examples.
template <stream Source> class stream_part {
  Source from_;
  std::int64_t count_, taken_ = 0;

public:
  using record = typename Source::record;
  stream_part(Source from, std::int64_t count) : from_(std::move(from)), count_(count) {}

  void begin() requires requires(Source& s) { s.begin(); } {
    from_.begin();
    taken_ = 0;
  }
  int next(const auto& batch) {
    auto given = batch;
    if (count_ - taken_ < batch.capacity) given.capacity = int(count_ - taken_);
    const int n = given.capacity > 0 ? int(from_.next(given)) : 0;
    taken_ = n > 0 ? taken_ + n : 0;
    return n;
  }
  std::int64_t place() const requires has_place<Source> { return from_.place() * (count_ + 1) + taken_; }   // both are in it
  void go_to(std::int64_t place) requires has_place<Source> {
    from_.go_to(place / (count_ + 1));
    taken_ = place % (count_ + 1);
  }
};

/// The first n examples of each pass, or in memory a share of them; all where there are fewer. Of a stream without end, passes of n.
template <class Data, class Number> requires std::is_arithmetic_v<Number> auto take(Data&& data, Number n) {
  using Source = detail::held_source<Data>;
  if constexpr (stream<Source>) {
    static_assert(!std::is_floating_point_v<Number>, "tfx::data::take: a share of a stream, whose size is not known; give a number of examples");
    return stream_part<Source>(detail::held(std::forward<Data>(data)), static_cast<std::int64_t>(n));
  } else {
    return part<Source>(detail::held(std::forward<Data>(data)), {}, detail::cut_at(n));
  }
}
/// The first n examples of data in memory, or a share of them, and the rest.
///
///     auto [learn, held_back] = data::split(data::columns(x, y), 0.8);
template <class Data, class Number> requires std::is_arithmetic_v<Number> auto split(const Data& data, Number n) {
  using Source = detail::source_of<const Data>;
  static_assert(!stream<Source>, "tfx::data::split: a stream is read once in its order, and has no rest; data::take(stream, n), and for validation a stream of its own");
  const detail::cut here = detail::cut_at(n);
  return std::pair(part<Source>(detail::as_source(data), {}, here), part<Source>(detail::as_source(data), here, {std::size_t(-1), -1}));
}

}  // namespace tfx::data
