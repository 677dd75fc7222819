// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/data/pipeline.hpp>

/// Stages that make lists of elements, and elements of lists.
namespace tfx::data {

struct batch_options {
  bool drop_remainder = false;   ///< no last batch with fewer elements
};

namespace detail {

template <int N, class Up> struct batch_node : stage_node<Up> {
  using value_type = list<typename Up::value_type>;
  batch_options options;
  bool next(value_type& to) {
    to.clear();
    while (to.size() < std::size_t(N)) {
      if (this->upstream.next(to.add())) continue;
      to.pop_back();
      if (options.drop_remainder) to.clear();
      break;
    }
    return !to.empty();
  }
  void archive(pipeline_state& s) {
    s.stage("batch");
    this->upstream.archive(s);
  }
};

/// Stages whose batches are of elements that are alike.
template <class Up> concept groups_batches = requires { Up::groups; };

template <int N> struct batch_stage : stage {
  static_assert(N > 0, "tfx::data::batch: at least one element");
  batch_options options;
  constexpr batch_stage operator()(batch_options o = {}) const { return {{}, o}; }
  template <class Up> auto over(Up up) const {
    if constexpr (groups_batches<Up>) return std::move(up).in_batches(N, options.drop_remainder);
    else return batch_node<N, Up>{{std::move(up)}, options};
  }
};

/// What a part of an element is once it is padded: a vector of as many numbers as the longest of its batch has, or an array of
/// `Length` of them.
template <class X, int Length> struct padded_part { using type = X; };
template <class X, int Length> requires(Length > 0) struct padded_part<std::vector<X>, Length> { using type = std::array<X, std::size_t(Length)>; };
template <class E, int Length> struct padded_element : padded_part<E, Length> {};
template <class A, class B, int Length> struct padded_element<std::pair<A, B>, Length> {
  using type = std::pair<typename padded_part<A, Length>::type, typename padded_part<B, Length>::type>;
};
template <class... A, int Length> struct padded_element<std::tuple<A...>, Length> { using type = std::tuple<typename padded_part<A, Length>::type...>; };

template <class X> inline constexpr bool is_fixed = true;
template <class X> inline constexpr bool is_fixed<std::vector<X>> = false;

[[noreturn]] TFX_COLD inline void fail_padding(std::size_t size, int length) {
  tfx::detail::fail(("data: padded_batch of " + std::to_string(length) + " is given " + std::to_string(size) + " elements").c_str());
}
/// f of each part of an element and of its padded twin.
template <class E, class P, class F> void each_part(E& e, P& p, F f) {
  if constexpr (requires { std::tuple_size<E>::value; } && !requires { e.data(); }) {
    [&]<std::size_t... K>(std::index_sequence<K...>) { (f(std::integral_constant<std::size_t, K>{}, std::get<K>(e), std::get<K>(p)), ...); }(std::make_index_sequence<std::tuple_size_v<E>>{});
  } else {
    f(std::integral_constant<std::size_t, 0>{}, e, p);
  }
}
template <class E> inline constexpr std::size_t parts_of = 1;
template <class... A> inline constexpr std::size_t parts_of<std::tuple<A...>> = sizeof...(A);
template <class A, class B> inline constexpr std::size_t parts_of<std::pair<A, B>> = 2;

template <int Length, class Up> struct padded_node : stage_node<Up> {   // over batches
  using element = typename Up::value_type::value_type;
  using value_type = list<typename padded_element<element, Length>::type>;
  double with = 0;
  typename Up::value_type loose{};

  bool next(value_type& to) {
    to.clear();
    if (!this->upstream.next(loose)) return false;
    std::size_t longest[parts_of<element>] = {};
    if constexpr (Length == 0) {
      for (auto& e : loose) each_part(e, e, [&](auto k, auto& x, auto&) {
        if constexpr (!is_fixed<std::remove_cvref_t<decltype(x)>>) longest[k] = longest[k] < x.size() ? x.size() : longest[k];
      });
    }
    for (auto& e : loose) each_part(e, to.add(), [&](auto k, auto& x, auto& padded) {
      using X = std::remove_cvref_t<decltype(x)>;
      if constexpr (is_fixed<X>) {
        padded = x;
      } else {
        const std::size_t length = Length == 0 ? longest[k] : std::size_t(Length);
        if (x.size() > length) fail_padding(x.size(), Length);
        if constexpr (Length == 0) padded.resize(length);
        for (std::size_t i = 0; i < length; ++i) padded[i] = i < x.size() ? x[i] : typename X::value_type(with);
      }
    });
    return true;
  }
  void archive(pipeline_state& s) {
    s.stage("padded");
    this->upstream.archive(s);
  }
};
template <int N, int Length> struct padded_stage : stage {
  double with;
  batch_options options;
  template <class Up> auto over(Up up) const {
    auto batches = batch_stage<N>{{}, options}.over(std::move(up));
    return padded_node<Length, decltype(batches)>{{std::move(batches)}, with};
  }
};

template <class Up> struct unbatch_node : stage_node<Up> {
  using range = typename Up::value_type;
  using value_type = std::remove_cvref_t<decltype(*std::begin(std::declval<range&>()))>;
  range all{};
  std::uint64_t at = 0;
  void begin(std::uint64_t pass) {
    this->upstream.begin(pass);
    all = {};
    at = 0;
  }
  bool next(value_type& to) {
    while (at >= std::size(all)) {
      at = std::uint64_t(-1);   // where this fails, there is some of a list
      if (!this->upstream.next(all)) {
        all = {};
        at = 0;
        return false;
      }
      at = 0;
    }
    hand_over(all[std::size_t(at++)], to);
    return true;
  }
  void archive(pipeline_state& s) {
    s.stage("unbatch");
    this->upstream.archive(s);
    s(all);
    s(at);
  }
};
struct unbatch_stage : stage {
  template <class Up> auto over(Up up) const { return unbatch_node<Up>{{std::move(up)}}; }
};

}  // namespace detail

struct window_options {
  std::size_t shift = 0;         ///< from the start of a window to that of the next; 0: its size
  std::size_t stride = 1;        ///< from an element of a window to its next
  bool drop_remainder = false;   ///< no windows with fewer elements at the end
};

namespace detail {

template <class Up> struct window_node : stage_node<Up> {
  using value_type = list<typename Up::value_type>;
  std::size_t size;
  window_options options;
  std::vector<typename Up::value_type> ring{};   ///< element i at i % span
  std::uint64_t first = 0, read = 0;             ///< of this window; elements that came
  bool more = true;

  std::size_t span() const { return (size - 1) * options.stride + 1; }
  void begin(std::uint64_t pass) {
    this->upstream.begin(pass);
    ring.resize(span());
    first = read = 0;
    more = true;
  }
  bool next(value_type& to) {
    to.clear();
    while (more && read < first + span()) {
      more = this->upstream.next(ring[std::size_t(read % span())]);
      read += more;
    }
    for (std::uint64_t i = 0, at = first; i < size && at < read; ++i, at += options.stride) to.add() = ring[std::size_t(at % span())];
    if (to.empty() || (options.drop_remainder && to.size() < size)) return false;
    first += options.shift;
    return true;
  }
  void archive(pipeline_state& s) {
    s.stage("window");
    this->upstream.archive(s);
    s.same(size, "size");
    s.same(options.stride, "stride");
    s(ring);
    s(first);
    s(read);
    s(more);
    if (ring.size() != span()) tfx::detail::fail("data: the state of a pipeline has a window of another size");
  }
};
struct window_stage : stage {
  std::size_t size;
  window_options options;
  template <class Up> auto over(Up up) const { return window_node<Up>{{std::move(up)}, size, options}; }
};

}  // namespace detail

/// Lists of N elements, the last one perhaps shorter: batches for a network that takes at least as many rows.
///
///     ... | data::batch<64>()
///     ... | data::batch<64>({.drop_remainder = true})
template <int N> inline constexpr detail::batch_stage<N> batch{};

/// Batches in which vectors are padded at their ends with a number: to the longest of the batch, or to `Length` elements, which
/// makes arrays of them.
///
/// Errors     a vector that is longer than `Length`
template <int N, int Length = 0> detail::padded_stage<N, Length> padded_batch(double with = 0, batch_options options = {}) { return {{}, with, options}; }

/// The elements of lists and other ranges that have a size.
inline detail::unbatch_stage unbatch() { return {}; }

/// Lists of `size` elements that follow each other `stride` apart; the next starts `shift` later. Shorter ones come at the end.
///
///     1 2 3 4 5 | window(3, {.shift = 1, .drop_remainder = true})   ->   (1 2 3) (2 3 4) (3 4 5)
inline detail::window_stage window(std::size_t size, window_options options = {}) {
  if (size == 0 || options.stride == 0) tfx::detail::fail("data: window has a size and a stride of at least 1");
  if (options.shift == 0) options.shift = size;
  return {{}, size, options};
}

}  // namespace tfx::data
