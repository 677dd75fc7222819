// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include <tfx/data/held.hpp>

namespace tfx::data {

/// Some examples of data in memory, in an order of one's own.
template <class Source> class chosen {
  Source from_;
  std::vector<std::uint32_t> which_;

public:
  using record = typename Source::record;
  chosen(Source from, std::vector<std::uint32_t> which) : from_(std::move(from)), which_(std::move(which)) {}

  std::size_t size() const requires in_memory<Source> {
    const std::size_t there = from_.size();
    for (const std::uint32_t number : which_)
      if (number >= there) fail(number, there);
    return which_.size();
  }
  template <int K, class T> void gather_column(const std::uint32_t* index, int n, rows<T> to) const {
    constexpr int piece = 64;
    std::uint32_t there[piece];
    for (int done = 0; done < n; done += piece) {
      const int some = n - done < piece ? n - done : piece;
      for (int i = 0; i < some; ++i) there[i] = which_[index[done + i]];
      from_.template gather_column<K>(there, some, to.from(std::size_t(done)));
    }
  }
  template <static_shape... S> auto in_shapes() const {
    auto shaped = detail::with_shapes<S...>(from_);
    return chosen<std::remove_cvref_t<decltype(shaped)>>(std::move(shaped), which_);
  }

private:
  [[noreturn]] TFX_COLD static void fail(std::uint32_t number, std::size_t size) {
    char text[100];
    std::snprintf(text, sizeof text, "data::choose: example %u of %zu", number, size);
    tfx::detail::fail(text);
  }
};

/// The examples with these numbers, of data in memory; a number may come several times.
///
///     m.evaluate<training>(data::choose(test, {0, 5, 7}));
///
/// Errors     a number that no example has, when it is used
template <class Data> auto choose(const Data& data, std::vector<std::uint32_t> which) {
  using Source = detail::source_of<const Data>;
  static_assert(!stream<Source>, "tfx::data::choose: a stream is read once in its order, and has no examples with numbers");
  return chosen<Source>(detail::as_source(data), std::move(which));
}

}  // namespace tfx::data
