// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/batch_check.hpp>
#include <tfx/graph/graph.hpp>
#include <tfx/lower/attention_in_place.hpp>
#include <tfx/lower/follow_lengths.hpp>
#include <tfx/lower/join_in_place.hpp>
#include <tfx/lower/join_padded.hpp>
#include <tfx/lower/pool_into_convolution.hpp>
#include <tfx/lower/read_in_place.hpp>
#include <tfx/lower/spread_repeated.hpp>

namespace tfx {

/// What is done to a complete graph before it is planned: passes, one after the other.
constexpr void lower(builder& b) {
  if (!b.right()) return;
  attention_in_place(b);
  pool_into_convolution(b);
  spread_repeated(b);
  join_padded(b);
  join_in_place(b);
  read_in_place(b);
}

/// Runs `Step{}(builder&)` once on a recorder, and lowers what it has recorded. A step is a default-constructible callable
/// type; it declares inputs, calls the user's code and declares outputs. It may have `passes(builder&)` of its own, which come
/// first. One whose inputs have lengths names the same step with other ones, `at_other_lengths`.
template <class Step> constexpr void record(builder& b) {
  scope top(b);
  Step{}(b);
  b.finish();
  if constexpr (requires { Step::passes(b); })
    if (b.right()) Step::passes(b);
  lower(b);
}

namespace detail {

/// A trace: memory can't leave a constant evaluation, so it is recorded into tables with room for most graphs. What is not
/// used of them costs the compiler nothing.
struct recording {
  static constexpr int nodes = 4096, edges = 8192, geometries = 512, leaves = 1024, names = 32768, paths = 1024, regions = 64, followed = 16384;
  graph_size size{};
  bool whole = false;   ///< the graph fits
  tfx::graph<nodes, edges, geometries, leaves, names, paths, regions, followed> tables{};

  constexpr bool has_room() const {
    return size.nodes <= nodes && size.edges <= edges && size.geometries <= geometries && size.leaves <= leaves &&
           size.names <= names && size.paths <= paths && size.regions <= regions && size.followed <= followed;
  }
};
/// Of a step whose inputs have lengths: the numbers that follow them, found by a second trace.
template <class Step> constexpr list<followed_number> find_followed(builder& b, const list<int>& numbers) {
  builder other;
  record<typename Step::at_other_lengths>(other);
  const bool was_right = b.right();
  length_follower f{b, other, numbers};
  list<followed_number> found = f.find(live_numbers(other));
  if (!b.right() && (other.right() || !was_right)) f.stand_for(b);
  return found;
}
template <class Step> constexpr void follow(builder& b, const list<int>& numbers, list<followed_number>& followed) {
  if constexpr (requires { typename Step::at_other_lengths; })
    if (b.n_lengths > 0) followed = find_followed<Step>(b, numbers);
}
template <class Step> constexpr recording trace() {
  builder b;
  record<Step>(b);
  const list<int> numbers = live_numbers(b);
  check_batch(b, numbers);
  list<followed_number> followed;
  follow<Step>(b, numbers, followed);
  recording r;
  r.size = measure(b, numbers);
  r.size.followed = followed.size();
  r.whole = r.has_room();
  if (r.whole && b.right()) {
    freeze(b, numbers, r.tables);
    copy_table(followed.data, followed.count, r.tables.followed);
  }
  return r;
}
template <class Step, class Graph> constexpr Graph trace_graph() {
  builder b;
  record<Step>(b);
  Graph g = tfx::freeze<Graph>(b);
  list<followed_number> followed;
  follow<Step>(b, live_numbers(b), followed);
  copy_table(followed.data, followed.count, g.followed);
  return g;
}
}  // namespace detail

/// The graph of a step as constants of its own size. One that is larger than a recording is traced once more.
template <class Step> struct traced_step {
  static constexpr detail::recording recorded = detail::trace<Step>();   // read by the compiler only
  static constexpr graph_size size = recorded.size;
  using graph_type = tfx::graph<size.nodes, size.edges, size.geometries, size.leaves, size.names, size.paths, size.regions, size.followed>;
  static constexpr graph_type make() {
    if constexpr (recorded.whole) return cut<graph_type>(recorded.tables, size);
    else return detail::trace_graph<Step, graph_type>();
  }
  static constexpr graph_type graph = make();
  static constexpr graph_view view() { return graph.view(); }
};

/// Records nothing: takes the place of a step with a mistake, so that one mistake gives one error.
struct empty_step {
  constexpr void operator()(builder&) const {}
};

/// The verdict on a step: is it right, and if not, the sentence.
template <class Step> struct verdict {
  static constexpr message value() { return traced_step<Step>::size.wrong; }
  static constexpr bool right = traced_step<Step>::size.wrong.size == 0;
};

}  // namespace tfx
