// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>

#include <tfx/data/node_mutex.hpp>

/// Stages that leave elements as they are, or leave them out.
namespace tfx::data {

namespace detail {

template <class Up, class F> struct filter_node : stage_node<Up> {
  using value_type = typename Up::value_type;
  F keeps;
  bool next(value_type& to) {
    while (this->upstream.next(to))
      if (call(keeps, to)) return true;
    return false;
  }
  void archive(pipeline_state& s) {
    s.stage("filter");
    this->upstream.archive(s);
  }
};
template <class F> struct filter_stage : stage {
  F keeps;
  template <class Up> auto over(Up up) const { return filter_node<Up, F>{{std::move(up)}, keeps}; }
};

template <class Up, class F> struct take_while_node : stage_node<Up> {
  using value_type = typename Up::value_type;
  F goes_on;
  bool ended = false;
  void begin(std::uint64_t pass) {
    ended = false;
    this->upstream.begin(pass);
  }
  bool next(value_type& to) {
    if (!ended) ended = !this->upstream.next(to) || !call(goes_on, to);
    return !ended;
  }
  void archive(pipeline_state& s) {
    s.stage("take_while");
    this->upstream.archive(s);
    s(ended);
  }
};
template <class F> struct take_while_stage : stage {
  F goes_on;
  template <class Up> auto over(Up up) const { return take_while_node<Up, F>{{std::move(up)}, goes_on}; }
};

/// Elements first, first + step, ... before last.
template <class Up> struct slice_node : stage_node<Up> {
  using value_type = typename Up::value_type;
  std::uint64_t first, step, last, at = 0, wanted = 0;
  void begin(std::uint64_t pass) {
    at = 0;
    wanted = first;
    this->upstream.begin(pass);
  }
  bool next(value_type& to) {
    if (wanted >= last) return false;
    for (; at <= wanted; ++at)
      if (!this->upstream.next(to)) return false;
    wanted += step;
    return true;
  }
  void archive(pipeline_state& s) {
    s.stage("slice");
    this->upstream.archive(s);
    s.same(first, "first");
    s.same(step, "step");
    s.same(last, "last");
    s(at);
    s(wanted);
  }
};
struct slice_stage : stage {
  std::uint64_t first = 0, step = 1, last = std::uint64_t(-1);
  template <class Up> auto over(Up up) const { return slice_node<Up>{{std::move(up)}, first, step, last}; }
};

template <class Up> struct enumerate_node : stage_node<Up> {
  using value_type = std::pair<std::int64_t, typename Up::value_type>;
  std::int64_t first, at = 0;
  void begin(std::uint64_t pass) {
    at = first;
    this->upstream.begin(pass);
  }
  bool next(value_type& to) {
    if (!this->upstream.next(to.second)) return false;
    to.first = at++;
    return true;
  }
  void archive(pipeline_state& s) {
    s.stage("enumerate");
    this->upstream.archive(s);
    s(at);
  }
};
struct enumerate_stage : stage {
  std::int64_t first;
  template <class Up> auto over(Up up) const { return enumerate_node<Up>{{std::move(up)}, first}; }
};

template <class Up> struct repeat_node : cancellable_node<Up> {
  using value_type = typename Up::value_type;
  std::uint64_t count, pass = 0, round = 0;
  bool any = false, ended = false;
  void begin(std::uint64_t p) {
    pass = p;
    round = 0;
    any = ended = false;
    this->let_go_on();
    begin_round();
  }
  bool next(value_type& to) {
    while (!ended) {
      if (this->upstream.next(to)) return any = true;
      const std::lock_guard alone(this->changing);
      if (this->cancelled) return false;
      ended = ++round == count || !any;   // an empty source repeats nothing
      any = false;
      if (!ended) begin_round();
    }
    return false;
  }
  void archive(pipeline_state& s) {
    s.stage("repeat");
    s.same(count, "count");
    s(pass);
    s(round);
    s(any);
    s(ended);
    if (s.loading()) begin_round();
    this->upstream.archive(s);
  }

private:
  /// Rounds are passes of what is repeated, and shuffled differently.
  void begin_round() { this->upstream.begin(count == 0 ? (pass << 32) + round : pass * count + round); }
};
struct repeat_stage : stage {
  std::uint64_t count;
  template <class Up> auto over(Up up) const { return repeat_node<Up>{{{std::move(up)}}, count}; }
};

template <class Up> struct ignore_errors_node : stage_node<Up> {
  using value_type = typename Up::value_type;
  std::uint64_t most;
  std::uint64_t* seen;
  std::uint64_t in_pass = 0;
  void begin(std::uint64_t pass) {
    in_pass = 0;
    this->upstream.begin(pass);
  }
  bool next(value_type& to) {
    for (;;) {
      try {
        return this->upstream.next(to);
      } catch (const std::exception&) {
        if (++in_pass > most) throw;
        if (seen != nullptr) ++*seen;
      }
    }
  }
  void archive(pipeline_state& s) {
    s.stage("ignore_errors");
    this->upstream.archive(s);
    s(in_pass);
  }
};
struct ignore_errors_stage : stage {
  std::uint64_t most;
  std::uint64_t* seen;
  template <class Up> auto over(Up up) const { return ignore_errors_node<Up>{{std::move(up)}, most, seen}; }
};

template <class F> struct apply_stage : stage {
  F f;
  template <class Up> auto over(Up up) const { return f(pipeline<Up>(std::move(up))).node(); }
};

}  // namespace detail

/// Elements of which `keeps(element)` is true.
template <class F> detail::filter_stage<F> filter(F keeps) { return {{}, std::move(keeps)}; }
/// Elements before the first of which `goes_on(element)` is false.
template <class F> detail::take_while_stage<F> take_while(F goes_on) { return {{}, std::move(goes_on)}; }
/// The first n elements of a pass.
inline detail::slice_stage take(std::uint64_t n) { return {{}, 0, 1, n}; }
/// All elements but the first n.
inline detail::slice_stage skip(std::uint64_t n) { return {{}, n, 1, std::uint64_t(-1)}; }
/// Elements i, i + n, i + 2n, ...: what worker i of n reads.
///
/// Errors     i is not less than n
inline detail::slice_stage shard(std::uint64_t n, std::uint64_t i) {
  if (i >= n) tfx::detail::fail(("data: shard " + std::to_string(i) + " of " + std::to_string(n) + "; they are numbered from 0").c_str());
  return {{}, i, n, std::uint64_t(-1)};
}
/// Pairs of a number and an element.
inline detail::enumerate_stage enumerate(std::int64_t first = 0) { return {{}, first}; }
/// All elements `count` times, without end if it is 0. Each time is a pass of what comes before.
inline detail::repeat_stage repeat(std::uint64_t count = 0) { return {{}, count}; }

struct ignore_errors_options {
  std::uint64_t most = std::uint64_t(-1);   ///< one more in a pass, and the error is thrown
  std::uint64_t* seen = nullptr;            ///< counts them
};
/// Leaves out what an earlier stage fails at. A stage that collects elements, such as `batch`, loses those that it has: put this
/// before it. A source of a file that cannot be read on ends.
inline detail::ignore_errors_stage ignore_errors(ignore_errors_options o = {}) { return {{}, o.most, o.seen}; }
/// A stage of one's own: a function from a pipeline to a pipeline.
///
///     auto numbers = [](auto lines) { return std::move(lines) | data::skip(1) | data::map(to_number); };
///     data::text_lines("a.txt") | data::apply(numbers)
template <class F> detail::apply_stage<F> apply(F f) { return {{}, std::move(f)}; }

}  // namespace tfx::data
