// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <tfx/data/examples.hpp>
#include <tfx/data/pipeline_state.hpp>

/// Elements of any type that flow through stages:
///
///     auto train = data::text_lines("reviews.txt") | data::map(parse) | data::shuffle(10'000) | data::batch<64>() | data::prefetch();
///     m.fit<training>(train, {.epochs = 3});
///     for (auto& batch : train) ...
namespace tfx::data {

/// What runs in a pipeline: a source, or a stage over another one.
///
///     using value_type = ...;
///     void begin(std::uint64_t pass);       // starts a pass
///     bool next(value_type& to);            // false: the pass has ended, and stays so; `to` may have an old value
///     void archive(pipeline_state& s);      // where it stands
///     void cancel();                        // from any thread: whoever waits in next is let go, which then gives false
///     void join();                          // ends threads, after cancel
template <class N> concept pipeline_node = requires(N& n, typename N::value_type& to, pipeline_state& s) {
  n.begin(std::uint64_t(0));
  { n.next(to) } -> std::same_as<bool>;
  n.cancel();
  n.join();
};

/// A source that has no threads.
struct source_node {
  void cancel() {}
  void join() {}
};
/// A stage that has no threads of its own.
template <class Upstream> struct stage_node {
  Upstream upstream;
  void begin(std::uint64_t pass) { upstream.begin(pass); }
  void cancel() { upstream.cancel(); }
  void join() { upstream.join(); }
};

/// What marks a stage: `stage.over(node)` is the node that runs it.
struct stage {};

template <pipeline_node Node> class pipeline;

namespace detail {

template <class S> concept is_stage = std::derived_from<std::remove_cvref_t<S>, stage>;
template <class P> inline constexpr bool is_pipeline = false;
template <class N> inline constexpr bool is_pipeline<pipeline<N>> = true;

template <class V> struct with_record {};
template <class V> requires example_like<V> struct with_record<V> { using record = record_of<V>; };
template <class V> requires example_like<V> struct with_record<list<V>> { using record = record_of<V>; };

/// Stages one after the other, without a source.
template <class First, class Second> struct stages : stage {
  First first;
  Second second;
  template <class Node> auto over(Node node) const { return second.over(first.over(std::move(node))); }
};

[[noreturn]] TFX_COLD inline void fail_batch(std::size_t size, int capacity) {
  tfx::detail::fail(("data: the pipeline gives a batch of " + std::to_string(size) + " examples, the network takes at most " + std::to_string(capacity)).c_str());
}

[[noreturn]] TFX_COLD inline void fail_short(const char* source) {
  tfx::detail::fail((std::string("data: a ") + source + " has fewer elements than before the state of its pipeline was saved").c_str());
}

/// A function of an element, or of the parts of a pair or tuple.
template <class F, class E, class... More> concept takes = std::invocable<const F&, E&, More...>;
template <class F, class E, class... More> constexpr decltype(auto) call(const F& f, E& element, More... more) {
  if constexpr (takes<F, E, More...>) {
    return f(element, more...);
  } else {
    return std::apply([&](auto&... part) -> decltype(auto) {
      static_assert(std::invocable<const F&, decltype(part)..., More...>, "tfx::data: the stage's function takes neither an element nor the parts of one");
      return f(part..., more...);
    }, element);
  }
}

/// Any range: one that knows its elements by number, or one that is walked through.
template <class R> struct range_node : source_node {
  using range_type = std::remove_reference_t<R>;
  using value_type = std::remove_cvref_t<decltype(*std::begin(std::declval<range_type&>()))>;
  static constexpr bool indexed = requires(const range_type& r) { std::size(r); r[std::size_t(0)]; };
  struct nothing {};
  std::conditional_t<std::is_lvalue_reference_v<R>, range_type*, range_type> range;
  std::uint64_t at = 0;
  std::conditional_t<indexed, nothing, std::optional<decltype(std::begin(std::declval<range_type&>()))>> here{};

  auto& all() {
    if constexpr (std::is_lvalue_reference_v<R>) return *range;
    else return range;
  }
  void begin(std::uint64_t) {
    at = 0;
    if constexpr (!indexed) here.emplace(std::begin(all()));
  }
  bool next(value_type& to) {
    if constexpr (indexed) {
      if (at >= std::uint64_t(std::size(all()))) return false;
      to = all()[std::size_t(at)];
    } else {
      if (!(*here != std::end(all()))) return false;
      to = **here;
      ++*here;
    }
    ++at;
    return true;
  }
  void archive(pipeline_state& s) {
    s.stage("range");
    s(at);
    if (!s.loading()) return;
    if constexpr (indexed) {
      if (at > std::uint64_t(std::size(all()))) fail_short("range");
    } else {
      here.emplace(std::begin(all()));
      for (std::uint64_t i = 0; i < at; ++i, ++*here)
        if (!(*here != std::end(all()))) fail_short("range");
    }
  }
};

template <class T, int Axis, const dims& D> struct nested_array { using type = std::array<typename nested_array<T, Axis + 1, D>::type, std::size_t(D.extent[Axis])>; };
template <class T, int Axis, const dims& D> requires(Axis == D.rank) struct nested_array<T, Axis, D> { using type = T; };
template <class Field> struct element_of_field {
  using shape_type = std::conditional_t<std::is_void_v<typename Field::shape_type>, shape<>, typename Field::shape_type>;
  using type = typename nested_array<typename read_as<Field>::type, 0, shape_type::value>::type;
};

/// Sources of batches, one example after the other.
template <class Source, class Record> struct examples_node;
template <class Source, class... Field> struct examples_node<Source, record<Field...>> : source_node {
  using value_type = std::tuple<typename element_of_field<Field>::type...>;
  using source_type = std::remove_reference_t<Source>;
  using shaped_type = std::remove_cvref_t<decltype(with_shapes<typename element_of_field<Field>::shape_type...>(std::declval<source_type&>()))>;
  static constexpr bool by_number = in_memory<shaped_type>;

  std::conditional_t<std::is_lvalue_reference_v<Source> && !by_number, source_type*, shaped_type> source;
  std::uint64_t at = 0;

  explicit examples_node(source_type& s) : source([&]() -> decltype(source) {
    if constexpr (std::is_pointer_v<decltype(source)>) return &s;
    else return with_shapes<typename element_of_field<Field>::shape_type...>(s);
  }()) {}
  auto& from() {
    if constexpr (std::is_pointer_v<decltype(source)>) return *source;
    else return source;
  }
  void begin(std::uint64_t pass) {
    at = 0;
    if constexpr (!by_number && requires(source_type& s) { s.begin(pass); }) from().begin(pass);
    else if constexpr (!by_number && requires(source_type& s) { s.begin(); }) from().begin();
  }
  bool next(value_type& to) {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      if constexpr (by_number) {
        if (at >= from().size()) return false;
        const std::uint32_t index = std::uint32_t(at);
        (from().template gather_column<int(K)>(&index, 1, place_of<Field>(std::get<K>(to))), ...);
      } else {
        batch_room<typename read_as<Field>::type...> room{{place_of<Field>(std::get<K>(to))...}, 1};
        if (from().next(room) < 1) return false;
      }
      ++at;
      return true;
    }(std::index_sequence_for<Field...>{});
  }
  /// What a stream, which has begun its pass, has given is asked for again.
  void archive(pipeline_state& s) {
    s.stage("examples");
    s(at);
    if (!s.loading()) return;
    if constexpr (by_number) {
      if (at > std::uint64_t(from().size())) fail_short("data set");
    } else {
      const std::uint64_t wanted = std::exchange(at, 0);
      value_type skipped;
      while (at < wanted)
        if (!next(skipped)) fail_short("stream");
    }
  }

private:
  template <class F> static rows<typename read_as<F>::type> place_of(auto& x) {
    return {reinterpret_cast<typename read_as<F>::type*>(&x), sizeof x / sizeof(typename read_as<F>::type)};
  }
};

template <class D> auto node_over(D&& data) {
  using Data = std::remove_cvref_t<D>;
  if constexpr (is_pipeline<Data>) {
    return std::forward<D>(data).node();
  } else if constexpr (pipeline_node<Data>) {
    return Data(std::forward<D>(data));
  } else if constexpr (requires { typename Data::record; }) {
    return examples_node<D, typename Data::record>(data);
  } else {
    static_assert(requires(Data& r) { std::begin(r); std::end(r); }, "tfx::data: a pipeline starts with a source, a range, or data::from(function)");
    if constexpr (std::is_lvalue_reference_v<D>) return range_node<D>{{}, &data};
    else return range_node<D>{{}, std::move(data)};
  }
}

}  // namespace detail

/// Elements that come one after the other, pass by pass. It is a source for `fit` where they are examples, pairs or tuples of numbers
/// and arrays, or batches of such.
///
/// It refers to ranges and sources that have names, and owns temporary ones. A copy starts anew. After its first elements nothing is
/// allocated but by functions of the user's own.
/// Errors     a batch that is larger than the network's
template <pipeline_node Node> class pipeline : public detail::with_record<typename Node::value_type> {
public:
  using value_type = typename Node::value_type;
  explicit pipeline(Node n) : node_(std::move(n)) {}
  pipeline(const pipeline& other) : node_(other.node_) {}
  pipeline(pipeline&&) = default;
  pipeline& operator=(pipeline&&) = default;

  const Node& node() const& { return node_; }
  Node node() && { return std::move(node_); }

  /// Starts pass number `pass`; what is shuffled depends on it. After `restore` the pass that was interrupted goes on instead.
  void begin(std::uint64_t pass) {
    const bool restored = std::exchange(restored_, false);
    if (restored) return;
    node_.begin(pass);
    pass_ = pass;
    begun_ = true;
  }
  bool next(value_type& to) {
    if (!begun_) begin(std::uint64_t(0));
    return node_.next(to);
  }
  /// As a source of batches.
  template <class... T> int next(const batch_room<T...>& room) {
    if (!begun_) begin(std::uint64_t(0));
    if constexpr (detail::is_list<value_type>) {
      if (!node_.next(element_)) return 0;
      if (element_.size() > std::size_t(room.capacity)) detail::fail_batch(element_.size(), room.capacity);
      for (std::size_t i = 0; i < element_.size(); ++i) detail::put_example(element_[i], room, int(i));
      return int(element_.size());
    } else {
      int n = 0;
      for (; n < room.capacity && node_.next(element_); ++n) detail::put_example(element_, room, n);
      return n;
    }
  }

  /// `for (auto& x : pipeline)`: each loop is a pass, with the next number.
  class iterator {
  public:
    explicit iterator(pipeline& p) : all_(&p) { more_ = p.next(p.element_); }
    value_type& operator*() const { return all_->element_; }
    iterator& operator++() {
      more_ = all_->next(all_->element_);
      return *this;
    }
    bool operator!=(std::nullptr_t) const { return more_; }

  private:
    pipeline* all_;
    bool more_;
  };
  iterator begin() {
    begin(begun_ ? pass_ + 1 : 0);
    return iterator(*this);
  }
  static constexpr std::nullptr_t end() { return nullptr; }

  /// Where it stands: position, buffers and random numbers of every stage. The same pipeline in another process goes on from
  /// it with the next element, bit by bit. Functions and files have to be the same. Sources that are functions are run again.
  std::string state() {
    pipeline_state s;
    archive(s);
    return std::move(s.bytes());
  }
  void restore(std::string_view state) {
    stop();
    pipeline_state s(state);
    archive(s);
    if (!s.at_end()) tfx::detail::fail("data: the state of a pipeline has more bytes than expected");
    restored_ = true;
  }

  /// Ends its threads. The next `begin` starts anew.
  void stop() {
    node_.cancel();
    node_.join();
  }
  /// The same from another thread, without waiting: whoever waits in `next` is told that there is nothing more.
  void cancel() { node_.cancel(); }

private:
  void archive(pipeline_state& s) {
    s.stage("pipeline");
    if (!begun_ && !s.loading()) begin(std::uint64_t(0));
    s(pass_);
    if (s.loading()) node_.begin(pass_);
    begun_ = true;
    node_.archive(s);
  }

  Node node_;
  value_type element_{};
  std::uint64_t pass_ = 0;
  bool begun_ = false, restored_ = false;
};

/// A source and what happens to its elements; stages without a source are a stage.
template <class Left, detail::is_stage Stage> auto operator|(Left&& left, const Stage& stage) {
  if constexpr (detail::is_stage<Left>) {
    return detail::stages<std::remove_cvref_t<Left>, Stage>{{}, left, stage};
  } else {
    auto node = stage.over(detail::node_over(std::forward<Left>(left)));
    return pipeline<decltype(node)>(std::move(node));
  }
}

}  // namespace tfx::data
