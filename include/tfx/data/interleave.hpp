// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/data/node_mutex.hpp>

/// Stages that make a source of each element.
namespace tfx::data {

struct interleave_options {
  std::size_t cycle = 4;   ///< sources that are read at a time
  std::size_t block = 1;   ///< elements of one before the next one's turn
};

namespace detail {

template <class Up, class F> struct interleave_node : cancellable_node<Up> {
  using given = typename Up::value_type;
  using inner = std::remove_cvref_t<decltype(node_over(call(std::declval<const F&>(), std::declval<given&>())))>;
  using value_type = typename inner::value_type;
  struct slot {
    given from{};   ///< stays where it is: the source may refer to it
    std::optional<inner> source{};
    slot() = default;
    slot(const slot&) {}   // a copy starts anew
    slot(slot&&) = default;
    slot& operator=(slot&&) = default;
  };
  F f;
  interleave_options options;
  std::vector<slot> slots{};   ///< their sources change under the mutex
  std::uint64_t pass = 0;
  std::size_t turn = 0, in_block = 0, open = 0;
  bool more = true;

  void begin(std::uint64_t p) {
    cancellable_node<Up>::begin(p);
    if (slots.size() != options.cycle) slots.resize(options.cycle);
    for (slot& s : slots) close(s);
    pass = p;
    turn = in_block = open = 0;
    more = true;
  }
  bool next(value_type& to) {
    while (more || open > 0) {
      slot& s = slots[turn];
      if (s.source) {
        if (s.source->next(to)) {
          if (++in_block == options.block) next_turn();
          return true;
        }
        close(s);
        --open;
        next_turn();
      } else if (more) {
        more = this->upstream.next(s.from);
        if (more) {
          if (!start(s)) return false;
          ++open;
        }
      } else {
        next_turn();
      }
    }
    return false;
  }
  void archive(pipeline_state& s) {
    s.stage("interleave");
    this->upstream.archive(s);
    s.same(options.cycle, "cycle");
    s.same(options.block, "block");
    s(turn);
    s(in_block);
    s(more);
    if (turn >= options.cycle) tfx::detail::fail("data: the state of a pipeline has another cycle");
    open = 0;
    for (slot& x : slots) {
      bool there = x.source.has_value();
      s(there);
      open += there;
      if (!there) continue;
      s(x.from);
      if (s.loading()) start(x);
      x.source->archive(s);
    }
  }
  void cancel() {
    cancellable_node<Up>::cancel();
    const std::lock_guard alone(this->changing);
    for (slot& s : slots)
      if (s.source) s.source->cancel();
  }
  void join() {
    this->upstream.join();
    for (slot& s : slots)
      if (s.source) s.source->join();
  }

private:
  void next_turn() {
    in_block = 0;
    turn = (turn + 1) % options.cycle;
  }
  /// False: it was cancelled.
  bool start(slot& s) {
    inner source = node_over(call(f, s.from));
    const std::lock_guard alone(this->changing);
    if (this->cancelled) return false;
    s.source.emplace(std::move(source));
    try {
      s.source->begin(pass);
    } catch (...) {
      s.source.reset();
      throw;
    }
    return true;
  }
  void close(slot& s) {
    if (!s.source) return;
    std::unique_lock lock(this->changing);
    [[maybe_unused]] const inner ends_unlocked(std::move(*s.source));   // its threads may ask for a cancel
    s.source.reset();
    lock.unlock();
  }
};
template <class F> struct interleave_stage : stage {
  F f;
  interleave_options options;
  template <class Up> auto over(Up up) const { return interleave_node<Up, F>{{{std::move(up)}}, f, options}; }
};

}  // namespace detail

/// The elements of f(element), a pipeline or a range, for several elements in turn: `block` of one, then of the next. One that has
/// ended makes room for that of the next element. The order is that of tf.data.
///
///     data::files("logs/*.csv") | data::interleave([](const std::string& file) { return data::text_lines(file); }, {.cycle = 4, .block = 16})
template <class F> detail::interleave_stage<F> interleave(F f, interleave_options options = {}) {
  if (options.cycle == 0 || options.block == 0) tfx::detail::fail("data: interleave has a cycle and blocks of at least 1");
  return {{}, std::move(f), options};
}
/// The elements of f(element), a pipeline or a range, one after the other.
template <class F> detail::interleave_stage<F> flat_map(F f) { return {{}, std::move(f), {1, 1}}; }

}  // namespace tfx::data
