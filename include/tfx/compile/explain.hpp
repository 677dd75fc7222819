// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/buffers.hpp>
#include <tfx/compile/calls_in_launches.hpp>
#include <tfx/compile/plan.hpp>
#include <tfx/compile/roofline.hpp>
#include <tfx/compile/text_writer.hpp>

namespace tfx {

namespace detail {

/// A node in words: its operation, its shape, and the layer it was made in.
constexpr void describe(text_writer& w, const graph_view& g, int id) {
  w.put(g.operation_name(id));
  if (const std::string_view result = g.result_name(id); result.size()) {
    w.put('.');
    w.put(result);
  }
  w.put(' ');
  w.put(g[id].shape);
  if (const std::string_view path = g.path(g[id]); path.size()) {
    w.put(" at ");
    w.put(path);
  }
}

/// The work of one launch, wrapped: operations in their order after the layer they were made in, then what is written.
struct work_writer {
  text_writer& w;
  const graph_view& g;
  int margin;
  int width = 118;
  bool empty = true;
  int call = -1;   ///< of a function whose operations are being written

  /// An operation, as a part of the function that it was called in: `softmax(max subtract exp ...)`; or a result of it besides
  /// its first one, `max_pool2d.place`.
  constexpr void operation(int id, std::string_view function, int of_call, bool last) {
    const bool begins = of_call >= 0 && call != of_call, ends = of_call >= 0 && last;
    const std::string_view name = g.operation_name(id), result = g.result_name(id), end = ends ? ")" : "";
    if (result.size()) word(name, ".", result, end);
    else word(begins ? function : "", begins ? "(" : "", name, end);
    call = ends ? -1 : of_call;
  }
  constexpr void word(std::string_view before, std::string_view s, std::string_view after = {}, std::string_view end = {}) {
    const int size = text_writer::width(before) + text_writer::width(s) + text_writer::width(after) + text_writer::width(end);
    if (!empty && w.column + 1 + size > width) {
      w.put('\n');
      w.pad_to(margin);
    } else if (!empty) {
      w.put(' ');
    }
    w.put(before);
    w.put(s);
    w.put(after);
    w.put(end);
    empty = false;
  }
  /// A weight that a product reads, unless its name says no more than the layer's.
  constexpr std::string_view weight_of(int id, std::string_view path) const {
    if (g[id].op->kind != op_kind::contract) return {};
    for (int k = 0; k < g[id].count; ++k) {
      const node& from = g[g.root(g.input(id, k))];
      if (from.op->kind != op_kind::leaf || g.leaves[from.aux].space != parameter_space) continue;
      const std::string_view name = g.name(g.leaves[from.aux]);
      if (path.size() == 0 || name.substr(0, path.size()) != path) return name;
    }
    return {};
  }
};

/// What the passes have chosen, with the bytes of 4-byte elements that each choice saves.
struct choices {
  int fused = 0, in_place = 0, updates = 0, updated_in_place = 0;
  long long fused_bytes = 0, in_place_bytes = 0, gradient_bytes = 0;
};

/// Is the new value of a parameter made in the launch that makes its gradient? Then the launch reads nothing of the
/// parameter's size that another one has written.
template <class Fusion> constexpr bool updated_with_gradient(const graph_view& g, const Fusion& f, int assignment) {
  const int q = f.group_of[assignment], size = g[assignment].shape.size();
  for (int j = 0; j < g.n_nodes; ++j) {
    if (f.group_of[j] != q || is_producer(g[j].op->kind)) continue;
    for (int k = 0; k < g[j].count; ++k) {
      const int from = g.root(g.input(j, k));
      const bool of_another = f.group_of[from] >= 0 && f.group_of[from] != q;
      if (of_another && g[from].shape.size() == size) return false;
    }
  }
  return true;
}
template <class Plan> constexpr choices choices_of(const graph_view& g) {
  constexpr long long element = sizeof(float);
  choices c;
  for (int i = 0; i < g.n_nodes; ++i) {
    const op_kind kind = g[i].op->kind;
    const long long bytes = g[i].shape.size() * element;
    if (kind == op_kind::map || kind == op_kind::reduce || is_producer(kind) || kind == op_kind::other) {
      const int home = Plan::memory.home[i];
      if (!Plan::fusion.stored[i]) {
        ++c.fused;
        c.fused_bytes += bytes;
      } else if (home >= 0 && g[home].op->kind != op_kind::port && g[home].op->kind != op_kind::result) {
        ++c.in_place;
        c.in_place_bytes += bytes;
      }
    }
    if (kind != op_kind::assign || !g.leaves[g[g[i].aux].aux].trainable) continue;
    ++c.updates;
    if (!updated_with_gradient(g, Plan::fusion, i)) continue;
    ++c.updated_in_place;
    c.gradient_bytes += bytes;
  }
  return c;
}

template <class Plan, const machine& On> struct explainer {
  static constexpr int element = int(sizeof(float));
  static constexpr graph_view g = Plan::traced::view();
  static constexpr int kernel_end = 12, domain_at = 14, most_picture_columns = 96, picture_rows = 16;

  text_writer& w;
  calls_in_launches<Plan> calls{};
  int domain_end, flops_end, bytes_end, intensity_end, roof_end;

  constexpr explicit explainer(text_writer& writer) : w(writer) {
    int domain = 6, flops = 5, bytes = 5;
    for (int i = 0; i < Plan::n_launches; ++i) {
      const launch_info& l = Plan::kernels.launches[i];
      auto widen = [](int& to, int n) { to = n > to ? n : to; };
      widen(domain, text_writer::width(Plan::fusion.groups[l.group].domain));
      widen(flops, text_writer::width(l.flops));
      widen(bytes, text_writer::width(l.bytes * element));
    }
    domain_end = domain_at + domain;
    flops_end = domain_end + 2 + flops;
    bytes_end = flops_end + 2 + bytes;
    intensity_end = bytes_end + 8;
    roof_end = intensity_end + 6;
  }
  static constexpr long long times(const launch_info& l) {  // at most, in one run
    long long n = 1;
    for (int r = Plan::fusion.groups[l.group].region; r > 0; r = g.regions[r].parent)
      if (g.regions[r].bound != unbounded) n *= g.regions[r].bound;
    return n;
  }
  /// Is the work of a launch done for the second time?
  static constexpr bool again(int node) {
    if constexpr (requires { Plan::traced::second; })
      return Plan::traced::second.again[node];
    else
      return false;
  }

  constexpr void launch(int index, const list<int>& head, const list<int>& next) {
    const launch_info& l = Plan::kernels.launches[index];
    w.right(index, 4);
    if (l.kernel >= 0) {
      w.pad_to(kernel_end - 1 - text_writer::width(l.kernel));
      w.put('k');
      w.put(l.kernel);
    } else {  // an operation that stores its results itself
      w.pad_to(kernel_end - 1);
      w.put('-');
    }
    w.pad_to(domain_at);
    w.put(Plan::fusion.groups[l.group].domain);
    w.right(l.flops, flops_end);
    w.right(l.bytes * element, bytes_end);
    const roofline roof(On, l.flops, l.bytes * element);
    w.right(text_writer::tenths{l.bytes ? double(l.flops) / double(l.bytes * element) : 0}, intensity_end);
    w.right(static_cast<long long>(roof.share_of_peak() * 100 + 0.5), roof_end - 1);
    w.put('%');
    w.pad_to(roof_end + 2);
    work_of(index, head, next, {w, g, roof_end + 2});
    w.put('\n');
  }
  constexpr void work_of(int index, const list<int>& head, const list<int>& next, work_writer work) {
    const launch_info& l = Plan::kernels.launches[index];
    std::string_view path{};
    if (head[l.group] >= 0 && again(head[l.group])) work.word({}, "again");
    for (int id = head[l.group], k = l.first_instruction; id >= 0; id = next[id]) {
      const node& n = g[id];
      if (is_producer(n.op->kind) || n.op->kind == op_kind::other) {
        if (Plan::fusion.stored[id] && Plan::fusion.phase[id] != phase_apart) ++k;   // which stores what it makes
      } else if (l.instructions > 0) {
        for (; Plan::kernels.code[k].op->kind == op_kind::generate; ++k)  // made anew in every launch that reads it
          work.word({}, Plan::kernels.code[k].op->name);
        ++k;
      }
      if (n.op->kind == op_kind::assign) {
        work.word("-> ", g.name(g.leaves[g[n.aux].aux]));
        continue;
      }
      if (const std::string_view here = g.path(n); here != path) {
        path = here;
        if (path.size())
          work.word({}, path, ":");
        else if (!work.empty)
          work.word({}, "|");
      }
      if (const std::string_view weight = work.weight_of(id, path); weight.size()) {
        work.word({}, n.op->name);
        work.word("(", weight, ")");
      } else {
        const bool goes_on = next[id] >= 0 && calls.call[next[id]] == calls.call[id];
        work.operation(id, calls.function[id], calls.call[id], !goes_on);
      }
    }
  }

  /// The nodes of each group: its first one, and what follows each.
  static constexpr void link(list<int>& head, list<int>& next) {
    for (int i = g.n_nodes - 1; i >= 0; --i) {
      const int q = Plan::fusion.group_of[i];
      if (q < 0) continue;
      next[i] = head[q];
      head[q] = i;
    }
  }
  constexpr void schedule() {
    list<int> head(Plan::fusion.n_groups + 1, -1), next(g.n_nodes, -1);
    link(head, next);
    w.put("   #  kernel");
    w.pad_to(domain_at);
    w.put("domain");
    w.right(std::string_view("FLOPs"), flops_end);
    w.right(std::string_view("bytes"), bytes_end);
    w.right(std::string_view("FLOP/B"), intensity_end);
    w.right(std::string_view("roof"), roof_end);
    w.line("  work");
    for (int s = 0; s < Plan::sizes.steps; ++s) {
      const step_info step = Plan::kernels.steps[s];
      const region_info body = step.kind == step_kind::launch ? region_info{} : g.regions[step.at];
      if (step.kind == step_kind::launch)
        launch(step.at, head, next);
      else if (step.kind == step_kind::end)
        w.line("      end of body ", step.at);
      else if (body.branch)
        w.line("      body ", step.at, ": a branch");
      else
        w.line("      body ", step.at, ": ", body.dynamic ? "at most " : "", body.bound, " times");
    }
  }

  static constexpr int elements_in(int space, bool trainable_only = false) {
    int n = 0;
    for (int i = 0; i < g.n_leaves; ++i)
      if (g.leaves[i].space == space && (g.leaves[i].trainable || !trainable_only)) n += g.leaves[i].size;
    return n;
  }
  constexpr void totals() {
    w.counted(Plan::size.nodes, "node, ", "nodes, ");
    w.counted(Plan::n_launches, "launch of ", "launches of ");
    w.counted(Plan::n_kernels, "distinct kernel\n", "distinct kernels\n");
    w.put(elements_in(parameter_space));
    w.put(" parameters");
    if (const int n = elements_in(state_space)) {
      w.put(", ");
      w.put(n);
      w.put(" of state");
    }
    if (const int n = elements_in(slot_space)) {
      w.put(", ");
      w.put(n);
      w.put(" of the optimizer");
    }
    w.put('\n');
    w.put(Plan::kernels.flops);
    w.put(" FLOPs, ");
    w.put(Plan::kernels.bytes * element);
    w.put(" bytes moved");
    w.line(Plan::batch_bound ? " at the full batch" : "");
    double nanoseconds = 0, waiting = 0;
    for (int i = 0; i < Plan::n_launches; ++i) {
      const launch_info& l = Plan::kernels.launches[i];
      const roofline roof(On, l.flops, l.bytes * element);
      nanoseconds += double(times(l)) * roof.nanoseconds();
      waiting += double(times(l)) * (roof.nanoseconds() - roof.compute);
    }
    w.line("at least ", text_writer::tenths{nanoseconds / 1000}, " us on a core of ", text_writer::tenths{On.gigaflops},
           " GFLOP/s, of which ", text_writer::tenths{waiting / 1000}, " us wait for memory");
  }

  /// One line for each kind of choice that was made at all.
  constexpr void chosen() {
    const choices c = choices_of<Plan>(g);
    if (c.fused) w.line("fused: ", c.fused, " values are never in memory, ", c.fused_bytes, " bytes");
    if (c.in_place) w.line("in place: ", c.in_place, " values lie where an operand lay, ", c.in_place_bytes, " bytes");
    if (c.updates)
      w.line("updates: ", c.updated_in_place, " of ", c.updates, " parameters change where their gradient is made, ",
             c.gradient_bytes, " bytes are never stored");
    if constexpr (requires { Plan::traced::choice; })
      w.line("again: ", Plan::traced::choice.recomputed, " values are computed a second time, ",
             Plan::traced::choice.flops, " FLOPs; without that the arena is ",
             Plan::traced::choice.arena_before * element, " bytes");
    for (int k = 0; k < Plan::n_runs; ++k)
      w.line("in runs: launches ", Plan::runs[std::size_t(k)].first, " to ", Plan::runs[std::size_t(k)].last, " take ",
             Plan::runs[std::size_t(k)].rows, " rows of the batch at a time");
  }

  static constexpr char letter(int i) { return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[i % 52]; }

  constexpr void arena() {
    const list<buffer_info> buffers = buffers_of<Plan>();
    w.line("arena ", Plan::memory.arena * element, " bytes, at least ", Plan::memory.live_peak * element,
           " alive at once, ", Plan::memory.unplanned * element, " without sharing");
    if (buffers.size() == 0) return;
    const int offset_end = 5 + width_of_largest(buffers, true);
    const int bytes_end_here = offset_end + 2 + width_of_largest(buffers, false);
    w.put('\n');
    w.right(std::string_view("offset"), offset_end);
    w.right(std::string_view("bytes"), bytes_end_here);
    w.line("  launches  value");
    for (int i = 0; i < buffers.size(); ++i) {
      const buffer_info& b = buffers[i];
      w.put("  ");
      w.put(letter(i));
      w.right(b.offset * element, offset_end);
      w.right(b.size * element, bytes_end_here);
      w.right(b.from, bytes_end_here + 5);
      w.put("-");
      w.put(b.to);
      w.pad_to(bytes_end_here + 12);
      describe(w, g, b.node);
      w.put('\n');
    }
    picture(buffers);
  }
  static constexpr int width_of_largest(const list<buffer_info>& buffers, bool offsets) {
    int n = offsets ? 6 : 5;
    for (int i = 0; i < buffers.size(); ++i) {
      const int size = text_writer::width((offsets ? buffers[i].offset : buffers[i].size) * element);
      n = size > n ? size : n;
    }
    return n;
  }

  /// Who holds the middle of each sixteenth of the arena: time to the right, addresses downwards.
  constexpr void picture(const list<buffer_info>& buffers) {
    if (Plan::n_launches > most_picture_columns || Plan::memory.arena < picture_rows || buffers.size() < 2) return;
    w.put('\n');
    const int margin = 4 + text_writer::width(Plan::memory.arena * element);
    for (int row = 0; row < picture_rows; ++row) {
      const long long at = (2LL * row + 1) * Plan::memory.arena / (2 * picture_rows);
      w.right(static_cast<long long>(row) * Plan::memory.arena / picture_rows * element, margin);
      w.put(' ');
      char cells[most_picture_columns] = {};
      for (int i = 0; i < buffers.size(); ++i)
        if (buffers[i].offset <= at && at < buffers[i].offset + buffers[i].size)
          for (int t = buffers[i].from; t <= buffers[i].to; ++t) cells[t] = letter(i);
      for (int t = 0; t < Plan::n_launches; ++t) w.put(cells[t] ? cells[t] : '.');
      w.put('\n');
    }
  }

  static constexpr void write(text_writer& w) {
    explainer e(w);
    e.schedule();
    w.put('\n');
    e.totals();
    e.chosen();
    e.arena();
  }
};

inline constexpr machine some_core{};

/// The work of each launch of a plan, in a line of its own.
template <class Plan> struct launch_names {
  static constexpr void write(text_writer& w) {
    using of_plan = explainer<Plan, some_core>;
    of_plan e(w);
    list<int> head(Plan::fusion.n_groups + 1, -1), next(of_plan::g.n_nodes, -1);
    of_plan::link(head, next);
    for (int i = 0; i < Plan::n_launches; ++i) {
      e.work_of(i, head, next, {w, of_plan::g, 0, 1 << 20});
      w.put('\n');
    }
  }
};

template <class X, const auto&... Recipe> struct plan_behind { using type = X; };
template <class X>
requires requires { typename X::predict_plan; }
struct plan_behind<X> {
  using type = typename X::predict_plan;
};
template <class X>
requires requires { typename X::plan_type; }
struct plan_behind<X> {
  using type = typename X::plan_type;
};
template <class X, const auto& Recipe> struct plan_behind<X, Recipe> {
  using type = typename X::template training_plan<Recipe>;
};

}  // namespace detail

/// What the compiler has made of a program, for people: each launch with what was fused into it, its work and traffic;
/// the totals; and the map of the arena, who lies where and when. One constant string; nothing else of the plan is in
/// the binary.
///
///     std::fputs(explain<model<net, input<64, 28, 28>>>().data(), stdout);     // a prediction
///     explain<model<net, input<64, 28, 28>>, training>()                       // a training step
///     explain<program<step, input<64, 8>>>(), explain<plan<...>>()
///
/// A kernel number that appears twice is one function launched twice. Bytes are those of 4-byte elements, each operand
/// of a launch counted once. *roof* is the share of the machine's peak that a launch can reach if it moves those bytes
/// once from the smallest level that holds them.
template <class X, const auto&... Recipe> constexpr std::string_view explain() {
  return constant_text<detail::explainer<typename detail::plan_behind<X, Recipe...>::type, detail::some_core>>::value;
}
/// The same for a machine of one's own, an object at namespace scope.
template <const machine& On, class X, const auto&... Recipe> constexpr std::string_view explain_on() {
  return constant_text<detail::explainer<typename detail::plan_behind<X, Recipe...>::type, On>>::value;
}

}  // namespace tfx
