// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>

#include <tfx/core/random.hpp>
#include <tfx/data/pipeline.hpp>

/// Pipelines of several sources.
namespace tfx::data {

namespace detail {

template <class... Node> struct nodes {
  std::tuple<Node...> all;
  template <class F> void each(F f) {
    std::apply([&](auto&... node) { (f(node), ...); }, all);
  }
  /// f of node number `which`; its answer.
  template <class F> bool at(std::size_t which, F f) {
    bool answer = false;
    std::size_t i = 0;
    each([&](auto& node) { if (i++ == which) answer = f(node); });
    return answer;
  }
  void begin(std::uint64_t pass) {
    each([&](auto& node) { node.begin(pass); });
  }
  void cancel() {
    each([](auto& node) { node.cancel(); });
  }
  void join() {
    each([](auto& node) { node.join(); });
  }
  void archive(pipeline_state& s) {
    each([&](auto& node) { node.archive(s); });
  }
};
template <class First, class... Node> struct first_value {
  static_assert((std::same_as<typename First::value_type, typename Node::value_type> && ...), "tfx::data: the sources have elements of different types");
  using type = typename First::value_type;
};

template <class... Node> struct zip_node : nodes<Node...> {
  using value_type = std::tuple<typename Node::value_type...>;
  /// Where one fails the others are asked all the same, so that all stay in step.
  bool next(value_type& to) {
    std::exception_ptr error;
    const auto asked = [&](auto& node, auto& part) {
      try {
        return node.next(part);
      } catch (...) {
        if (!error) error = std::current_exception();
        return true;
      }
    };
    const bool more = [&]<std::size_t... K>(std::index_sequence<K...>) {
      return (asked(std::get<K>(this->all), std::get<K>(to)) && ...);
    }(std::index_sequence_for<Node...>{});
    if (error) std::rethrow_exception(error);
    return more;
  }
  void archive(pipeline_state& s) {
    s.stage("zip");
    nodes<Node...>::archive(s);
  }
};

template <class... Node> struct concatenate_node : nodes<Node...> {
  using value_type = typename first_value<Node...>::type;
  std::size_t which = 0;
  void begin(std::uint64_t pass) {
    which = 0;
    nodes<Node...>::begin(pass);
  }
  bool next(value_type& to) {
    for (; which < sizeof...(Node); ++which)
      if (this->at(which, [&](auto& node) { return node.next(to); })) return true;
    return false;
  }
  void archive(pipeline_state& s) {
    s.stage("concatenate");
    nodes<Node...>::archive(s);
    s(which);
  }
};

/// Numbers of sources, drawn by weight.
struct weighted_numbers : source_node {
  using value_type = std::size_t;
  std::vector<double> weight;
  std::uint64_t seed = 0, pass = 0, drawn = 0;
  void begin(std::uint64_t p) {
    pass = p;
    drawn = 0;
  }
  /// One of those that have not ended.
  template <class Ended> bool next(std::size_t& to, const Ended& ended) {
    double sum = 0, upto = 0;
    for (std::size_t k = 0; k < weight.size(); ++k) sum += ended[k] ? 0 : weight[k];
    const double u = uniform01<double>(random_stream{seed, pass, site_of("data/sample", 11)}, drawn++) * sum;
    for (std::size_t k = 0; k < weight.size(); ++k) {
      if (ended[k] || weight[k] == 0) continue;
      to = k;
      if (u < (upto += weight[k])) break;
    }
    return sum > 0;
  }
  void archive(pipeline_state& s) {
    s.stage("weights");
    s(pass);
    s(drawn);
  }
};

template <class Chooser, class... Node> struct choose_node : nodes<Node...> {
  using value_type = typename first_value<Node...>::type;
  Chooser chooser;
  bool stop_on_empty = false;
  std::array<std::uint8_t, sizeof...(Node)> ended{};

  void begin(std::uint64_t pass) {
    ended = {};
    chooser.begin(pass);
    nodes<Node...>::begin(pass);
  }
  bool next(value_type& to) {
    typename Chooser::value_type which{};
    while (left() && choose(which)) {
      const std::size_t k = std::size_t(which);
      if (k >= sizeof...(Node))
        tfx::detail::fail(("data: choose is told source " + std::to_string(k) + "; there are " + std::to_string(sizeof...(Node))).c_str());
      if (ended[k]) continue;
      if (this->at(k, [&](auto& node) { return node.next(to); })) return true;
      if (stop_on_empty) ended.fill(1);
      ended[k] = 1;
    }
    return false;
  }
  void archive(pipeline_state& s) {
    s.stage("choose");
    chooser.archive(s);
    nodes<Node...>::archive(s);
    s(ended);
  }
  void cancel() {
    chooser.cancel();
    nodes<Node...>::cancel();
  }
  void join() {
    chooser.join();
    nodes<Node...>::join();
  }

private:
  template <class Number> bool choose(Number& which) {
    if constexpr (requires { chooser.next(which, ended); }) return chooser.next(which, ended);
    else return chooser.next(which);
  }
  bool left() const {
    for (auto e : ended)
      if (!e) return true;
    return false;
  }
};

template <class Node> pipeline<Node> in_pipeline(Node n) { return pipeline<Node>(std::move(n)); }
template <class D> using node_of = std::remove_cvref_t<decltype(node_over(std::declval<D>()))>;

}  // namespace detail

/// Tuples of an element of each source, until one has no more.
template <class... Data> auto zip(Data&&... data) {
  return detail::in_pipeline(detail::zip_node<detail::node_of<Data>...>{{{detail::node_over(std::forward<Data>(data))...}}});
}
/// The elements of the first source, then those of the second, ...
template <class... Data> auto concatenate(Data&&... data) {
  return detail::in_pipeline(detail::concatenate_node<detail::node_of<Data>...>{{{detail::node_over(std::forward<Data>(data))...}}});
}
/// The next element of the source whose number comes from the first argument, a pipeline or range of integers. Sources that have
/// ended are passed over.
///
/// Errors     a number that no source has
template <class Numbers, class... Data> auto choose(Numbers&& numbers, Data&&... data) {
  return detail::in_pipeline(detail::choose_node<detail::node_of<Numbers>, detail::node_of<Data>...>{
      {{detail::node_over(std::forward<Data>(data))...}}, detail::node_over(std::forward<Numbers>(numbers))});
}

struct sample_options {
  std::uint64_t seed = 0;
  bool stop_on_empty = false;   ///< end when a source that is drawn has ended; otherwise when all have
};
/// Elements of several sources, each drawn with a probability that is proportional to its weight.
///
///     data::sample({{0.9, 0.1}}, usual, rare)
///
/// Errors     as many weights as sources, none negative, not all 0
template <class... Data> auto sample(const std::array<double, sizeof...(Data)>& weights, sample_options options, Data&&... data) {
  double sum = 0;
  for (const double w : weights) {
    if (!(w >= 0)) tfx::detail::fail("data: sample has a weight that is negative or no number");
    sum += w;
  }
  if (!(sum > 0 && sum < 1e300)) tfx::detail::fail("data: sample has weights that are all 0, or infinite");
  return detail::in_pipeline(detail::choose_node<detail::weighted_numbers, detail::node_of<Data>...>{
      {{detail::node_over(std::forward<Data>(data))...}}, {{}, {weights.begin(), weights.end()}, options.seed}, options.stop_on_empty});
}
template <class... Data> auto sample(const std::array<double, sizeof...(Data)>& weights, Data&&... data) {
  return data::sample(weights, sample_options{}, std::forward<Data>(data)...);
}

}  // namespace tfx::data
