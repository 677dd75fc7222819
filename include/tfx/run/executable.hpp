// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel/enter.hpp>
#include <tfx/backend/kernel/stored_element.hpp>
#include <tfx/run/launch_facts.hpp>
#include <tfx/run/present_tables.hpp>

namespace tfx {

/// The memory of one run: a base address per space, and what changes from run to run.
template <class T> struct bindings {
  T* base[max_spaces];    ///< of the spaces that the program has
  run_state run{};
  T* scratch = nullptr;   ///< executable::scratch_elements, 64-byte aligned
  T* prepared = nullptr;  ///< executable::prepared_elements, which `prepare` has filled
  const int* length;      ///< each of this run, in a program that has lengths
};

/// A plan made runnable on a backend: an array of kernel addresses, and a loop over the schedule. No state, no heap.
/// `Frozen`: parameters don't change, and products and convolutions read copies of them that were made ahead of time.
template <class Plan, class Backend, class T, bool Frozen = false> struct executable {
  static_assert(sizeof(T) == 8 || !Plan::computes_wide,
                "tfx: a program of float computes with integers of 64 bits, which its words do not hold; pass 32 bits, or cast them");
  using function = void (*)(const call<T>&);

  /// What a launch calls: its producer, or, with none, what calls a kernel alone; and its kernel, or none.
  static constexpr auto runners = []<std::size_t... P>(std::index_sequence<P...>) {
    function without_producer = nullptr;
    if constexpr (Plan::has_nests) without_producer = &enter_nest<T>;
    else if constexpr (Plan::runs_kernels_alone) without_producer = &enter<T>;
    return std::array<function, sizeof...(P) + 1>{without_producer, &detail::producer_of<Plan, Backend, T, int(P)>::entry::run...};
  }(std::make_index_sequence<std::size_t(Plan::n_producers)>{});
  static constexpr auto kernels = []<std::size_t... K>(std::index_sequence<K...>) {
    return std::array<tile_function<T>, sizeof...(K) + 1>{
        nullptr, &kernel_entry<typename Backend::kernel_backend, T, detail::code_of<Plan, int(K)>>::run...};
  }(std::make_index_sequence<std::size_t(Plan::n_kernels)>{});
  /// Does a launch go through more elements than caches hold? Nothing more is asked, nor compiled, for programs without one.
  static constexpr bool is_large(const launch_record& l, int rows, int cols) {
    return l.kernel >= 0 && (long long)(l.outer_size()) * rows * cols >= past_caches_from / (long long)(sizeof(T));
  }
  static constexpr bool has_large = [] {
    bool any = false;
    for (int i = 0; i < Plan::n_launches; ++i) any = any || is_large(Plan::launches[std::size_t(i)], Plan::launches[std::size_t(i)].rows, Plan::launches[std::size_t(i)].cols);
    return any;
  }();
  template <int K> static constexpr bool is_of_large() {
    bool any = false;
    for (int i = 0; i < Plan::n_launches; ++i) any = any || (Plan::launches[std::size_t(i)].kernel == K && is_large(Plan::launches[std::size_t(i)], Plan::launches[std::size_t(i)].rows, Plan::launches[std::size_t(i)].cols));
    return any;
  }
  template <int K> static constexpr tile_function<T> kernel_of_large() {
    if constexpr (is_of_large<K>()) {
      using own = kernel_past_caches<typename Backend::kernel_backend, T, detail::code_of<Plan, K>>;
      if constexpr (own::serves) return own::run;
    }
    return nullptr;
  }
  static constexpr auto kernels_of_large = []<std::size_t... K>(std::index_sequence<K...>) {
    return std::array<tile_function<T>, sizeof...(K) + 1>{nullptr, kernel_of_large<int(K)>()...};
  }(std::make_index_sequence<std::size_t(has_large ? Plan::n_kernels : 0)>{});
  static constexpr auto tiles = []<std::size_t... L>(std::index_sequence<L...>) {
    return std::array<const void*, sizeof...(L) + 1>{detail::launch_facts<Plan, Backend, T, int(L)>::tiles()..., nullptr};
  }(std::make_index_sequence<std::size_t(Plan::n_shapes)>{});
  static constexpr auto useful_parts = []<std::size_t... L>(std::index_sequence<L...>) {
    if constexpr (Backend::parts == 1) return std::array<int, 1>{};
    else return std::array<int, sizeof...(L) + 1>{detail::launch_facts<Plan, Backend, T, int(L)>::useful_parts()..., 1};
  }(std::make_index_sequence<std::size_t(Plan::n_shapes)>{});

  /// Scratch memory of one part, in elements.
  static constexpr std::size_t scratch_per_part = []<std::size_t... L>(std::index_sequence<L...>) {
    const std::size_t each[] = {detail::launch_facts<Plan, Backend, T, int(L)>::scratch()..., 0};
    std::size_t most = 0;
    for (const std::size_t one : each)
      if (one > most) most = one;
    return padded(most);
  }(std::make_index_sequence<std::size_t(Plan::n_shapes)>{});
  static constexpr auto sums_per_shape = []<std::size_t... L>(std::index_sequence<L...>) {
    return std::array<std::size_t, sizeof...(L) + 1>{detail::launch_facts<Plan, Backend, T, int(L)>::sums()..., 0};
  }(std::make_index_sequence<std::size_t(Plan::n_runs > 0 ? Plan::n_shapes : 0)>{});
  static constexpr std::size_t sums_begin = scratch_per_part * std::size_t(Backend::parts);
  /// Where each launch of a run has its sums, behind the scratch memory of all parts; at last where they end.
  static constexpr auto make_sums_of_run() {
    std::array<std::size_t, std::size_t(Plan::n_launches) + 1> t{};
    std::size_t at = sums_begin;
    for (int k = 0; k < Plan::n_runs; ++k)
      for (int i = Plan::runs[std::size_t(k)].first; i <= Plan::runs[std::size_t(k)].last; ++i) {
        t[std::size_t(i)] = at;
        at += padded(sums_per_shape[std::size_t(Plan::launches[std::size_t(i)].shape)]);
      }
    t.back() = at;
    return t;
  }
  static constexpr auto sums_of_run = make_sums_of_run();
  static constexpr std::size_t sums_end = sums_of_run.back();

  /// How threads share a run: if none of its launches adds the batch up, each takes rows of the batch through all of them,
  /// and has room of its own for what lies in [from, to) of the arena: values that the run uses for some rows at a time.
  struct shared_run {
    int parts = 1, from = 0, to = 0;
  };
  static constexpr auto make_shared_runs() {
    std::array<shared_run, std::size_t(Plan::n_runs) + 1> t{};
    if constexpr (Plan::n_runs > 0 && Backend::parts > 1) {
      for (int k = 0; k < Plan::n_runs; ++k) {
        const batch_run& r = Plan::runs[std::size_t(k)];
        shared_run& s = t[std::size_t(k)];
        bool adds_up = false;
        for (int i = r.first; i <= r.last; ++i) {
          const launch_record& l = Plan::launches[std::size_t(i)];
          adds_up = adds_up || sums_per_shape[std::size_t(l.shape)] > 0;
          if (useful_parts[std::size_t(l.shape)] > s.parts) s.parts = useful_parts[std::size_t(l.shape)];
          for (int o = l.first_operand; o < l.first_operand + l.all_operands(); ++o) {
            const operand_info& at = Plan::operands[std::size_t(o)];
            if (!at.local) continue;
            if (s.to == 0 || at.offset < s.from) s.from = at.offset;
            const int end = at.offset + words_for(at.row * r.rows, at.step.lies);
            if (end > s.to) s.to = end;
          }
        }
        if (s.parts > Backend::parts) s.parts = Backend::parts;
        if (adds_up) s.parts = 1;
        s.from = s.from / leaf_alignment * leaf_alignment;
        s.to = padded(s.to);
      }
    }
    return t;
  }
  static constexpr auto shared_runs = make_shared_runs();
  static constexpr std::size_t largest_room() {
    std::size_t most = 0;
    for (const shared_run& s : shared_runs)
      if (s.parts > 1 && std::size_t(s.to - s.from) > most) most = std::size_t(s.to - s.from);
    return most;
  }
  /// Room of its own for one more thread.
  static constexpr std::size_t room_per_part = largest_room();
  static constexpr std::size_t scratch_elements = sums_end + room_per_part * std::size_t(Backend::parts - 1);
  /// All memory a run needs besides parameters, state, inputs and outputs, in elements.
  static constexpr std::size_t arena_elements = std::size_t(Plan::arena_elements) + scratch_elements;

  static constexpr const operand_info& right_operand(int launch) { return Plan::operands[std::size_t(Plan::launches[std::size_t(launch)].first_operand + 1)]; }
  /// Per launch where its copy of the right operand lies, if that is a parameter and a copy is worth it; else -1. Shared by
  /// launches of one shape that read the same parameter.
  struct prepared_table {
    std::ptrdiff_t at[Frozen ? Plan::n_launches + 1 : 1] = {};
    std::size_t elements = 0;
  };
  static constexpr prepared_table prepared = []<std::size_t... L>(std::index_sequence<L...>) {
    prepared_table t;
    const std::size_t of_shape[] = {detail::launch_facts<Plan, Backend, T, int(L)>::prepared()..., 0};
    for (int i = 0; Frozen && i < Plan::n_launches; ++i) {
      t.at[i] = -1;
      const launch_record& l = Plan::launches[std::size_t(i)];
      const std::size_t size = of_shape[std::size_t(l.shape)];
      if (size == 0 || right_operand(i).space != parameter_space || right_operand(i).n_terms > 0) continue;
      for (int k = 0; k < i; ++k)
        if (Plan::launches[std::size_t(k)].shape == l.shape && right_operand(k).space == parameter_space && right_operand(k).offset == right_operand(i).offset) t.at[i] = t.at[k];
      if (t.at[i] >= 0) continue;
      t.at[i] = std::ptrdiff_t(t.elements);
      t.elements += padded(size);
    }
    return t;
  }(std::make_index_sequence<std::size_t(Frozen ? Plan::n_shapes : 0)>{});
  static constexpr std::size_t prepared_elements = prepared.elements;

  /// Copies the parameters that are read in another order than they lie in to b.prepared.
  static void prepare(const bindings<T>& b) {
    [&]<std::size_t... L>(std::index_sequence<L...>) {
      void (*const of_shape[])(const call<T>&, T*) = {&detail::launch_facts<Plan, Backend, T, int(L)>::prepare..., nullptr};
      for (int i = 0; i < Plan::n_launches; ++i) {
        if (prepared.at[i] < 0) continue;
        const launch_record& l = Plan::launches[std::size_t(i)];
        void* const operand[] = {nullptr, b.base[parameter_space] + right_operand(i).offset};
        auto c = detail::call_from_record<T, Plan>(Plan::operand_steps, l, Plan::geometries[std::size_t(l.geometry)], Plan::batch_bound);
        c.operand = operand;
        c.tiles = tiles[std::size_t(l.shape)];
        of_shape[l.shape](c, b.prepared + prepared.at[i]);
      }
    }(std::make_index_sequence<std::size_t(Plan::n_shapes)>{});
  }

  using tables = detail::present_tables<Plan>;
  /// Of one run: its tables, and where its loops are.
  struct counters {
    int iteration[Plan::n_regions + 1] = {}, trips[Plan::n_regions + 1] = {};
    [[no_unique_address]] tables now;

    explicit counters(const bindings<T>& b) : now(b) {}
  };

  /// Elements further on in the memory of an operand.
  static T* moved(T* at, std::ptrdiff_t elements, const operand_info& o) {
    if constexpr (Plan::is_all_words) return at + elements;
    else return further(at, elements, o.step.lies);
  }
  static void* address(const bindings<T>& b, const operand_info& o, const counters& at) {
    std::ptrdiff_t elements = o.moved;
    if constexpr (Plan::has_loops) {
      for (int t = 0; t < o.n_terms; ++t) {
        const address_term& m = at.now.terms[std::size_t(o.first_term + t)];
        int slot = m.sign * at.iteration[m.region] + (m.from < 0 ? 0 : at.trips[m.from]) + m.shift;
        if (m.mod) slot &= m.mod - 1;
        elements += std::ptrdiff_t(slot) * m.stride;
      }
    }
    if (o.space == place_space) return address_of_place<T>(o.offset + elements);
    if (o.space == block_space) return nullptr;
    return moved(b.base[o.space] + o.offset, elements, o);
  }

  /// Rows of the batch [from, from + rows) of `all`. A thread that takes rows of its own through a run launches alone, with
  /// local values elsewhere.
  struct batch_rows {
    int from = 0, rows = 0, all = 0;
    bool alone = false;
    int thread = 0;
    std::ptrdiff_t elsewhere = 0;
  };

  static void launch(const bindings<T>& b, int index, const counters& at, batch_rows part) {
    const launch_record& l = at.now.launches[std::size_t(index)];
    void* operand[Plan::most_operands];
    for (int k = 0; k < l.all_operands(); ++k) {
      const operand_info& o = at.now.operands[std::size_t(l.first_operand + k)];
      operand[k] = address(b, o, at);
      if constexpr (Plan::n_runs > 0) {
        if (o.local) operand[k] = static_cast<T*>(operand[k]) + part.elsewhere;
        else if (o.row != 0) operand[k] = moved(static_cast<T*>(operand[k]), std::ptrdiff_t(o.row) * part.from, o);
      }
    }
    auto c = detail::call_from_record<T, Plan>(at.now.operand_steps, l, at.now.geometries[std::size_t(l.geometry)], part.rows);
    c.operand = operand;
    c.kernel = kernels[std::size_t(l.kernel + 1)];
    if constexpr (has_large)
      if (is_large(l, c.rows, c.cols) && kernels_of_large[std::size_t(l.kernel + 1)] != nullptr) c.kernel = kernels_of_large[std::size_t(l.kernel + 1)];
    int outer[max_outer_loops];
    if constexpr (Plan::has_nests) {
      for (int k = 0; k < l.outer_loops; ++k) outer[k] = detail::extent_at<Plan>(l.outer[k], k == 0 && l.bounded == bounded_by::outer, part.rows);
      c.outer_loops = l.outer_loops;
      c.outer = outer;
      c.outer_stride = &at.now.outer_strides[std::size_t(Plan::operands[std::size_t(l.first_operand)].outer)];
    }
    if constexpr (Plan::n_runs > 0) {
      if (part.rows < part.all && l.bounded != bounded_by::outer) {   // there each row of the batch is complete
        c.sums = b.scratch + sums_of_run[std::size_t(index)];
        c.before = (l.contracts_batch ? l.contracted : l.rows) / Plan::batch_bound * part.from;
        c.last = part.from + part.rows == part.all;
      }
    }
    c.run = &b.run;
    c.scratch = b.scratch + scratch_per_part * std::size_t(part.thread);
    c.tiles = tiles[std::size_t(l.shape)];
    if constexpr (Frozen)
      if (prepared.at[index] >= 0) c.prepared = b.prepared + prepared.at[index];
    const function runner = runners[std::size_t(l.producer + 1)];
    if (part.alone) return runner(c);
    int useful = Backend::parts == 1 ? 1 : useful_parts[Backend::parts == 1 ? 0 : std::size_t(l.shape)];
    if constexpr (Plan::n_runs > 0 && Backend::parts > 1)
      if (part.rows < part.all) useful = useful * part.rows / part.all > 1 ? useful * part.rows / part.all : 1;
    Backend::run(runner, c, scratch_per_part, useful);
  }
  static void launch(const bindings<T>& b, int index, const counters& at) { launch(b, index, at, {0, b.run.batch, b.run.batch}); }

  /// The launches of a run, again and again until the rows [from, to) of the batch have been through.
  static void run_by_rows(const bindings<T>& b, const batch_run& r, const counters& at, int from, int to, batch_rows part) {
    part.all = b.run.batch;
    do {
      part.from = from;
      part.rows = to - from < r.rows ? to - from : r.rows;
      for (int i = r.first; i <= r.last; ++i) launch(b, i, at, part);
      from += r.rows;
    } while (from < to);
  }
  static void run_by_rows(const bindings<T>& b, int index, const counters& at) {
    const batch_run& r = Plan::runs[std::size_t(index)];
    if constexpr (Backend::parts > 1) {
      const shared_run s = shared_runs[std::size_t(index)];
      const int most = s.parts < Backend::available() ? s.parts : Backend::available();
      const int parts = b.run.batch < most ? b.run.batch : most;
      if (parts > 1) {
        return Backend::fork(parts, [&](int thread) {
          const detail::share mine = detail::share_of(b.run.batch, thread, parts, 1);
          batch_rows part{.alone = true, .thread = thread};
          if (thread > 0) part.elsewhere = b.scratch + sums_end + room_per_part * std::size_t(thread - 1) - (b.base[arena_space] + s.from);
          run_by_rows(b, r, at, mine.begin, mine.end, part);
        });
      }
    }
    run_by_rows(b, r, at, 0, b.run.batch, {});
  }

  /// A condition or a count, which a program has made.
  static T number_at(const bindings<T>& b, const operand_info& o, const counters& at) {
    return load_stored<T>(address(b, o, at), o.step.lies);
  }
  static bool enters(const bindings<T>& b, int region, const counters& at) {
    const loop_info& l = at.now.loops[std::size_t(region)];
    b.base[counter_space][region] = T(at.iteration[region]);
    if (at.iteration[region] >= at.trips[region]) return false;
    return !l.conditional || (number_at(b, l.condition, at) != T(0)) == l.sense;
  }

  /// The schedule: `one(i)` runs launch i, `by_rows(k)` the launches of run k, which go through the batch in parts.
  template <class One, class ByRows> static TFX_INLINE void follow(const bindings<T>& b, counters& at, One one, ByRows by_rows) {
    if constexpr (!Plan::has_loops) {
      int i = 0;
      for (int k = 0; k <= Plan::n_runs; ++k) {   // the last is none, behind all launches
        const batch_run& r = Plan::runs[std::size_t(k)];
        for (; i < r.first; ++i) one(i);
        if (k == Plan::n_runs) break;
        by_rows(k);
        i = r.last + 1;
      }
    } else {
      for (int pc = 0; pc < Plan::sizes.steps; ++pc) {
        const step_info s = Plan::steps[std::size_t(pc)];
        if (s.kind == step_kind::launch) {
          one(s.at);
        } else if (s.kind == step_kind::begin) {
          const loop_info& l = at.now.loops[std::size_t(s.at)];
          at.iteration[s.at] = 0;
          at.trips[s.at] = l.counted ? int(number_at(b, l.trips, at)) : l.bound;
          if (!enters(b, s.at, at)) pc = l.end;
        } else {
          ++at.iteration[s.at];
          if (enters(b, s.at, at)) pc = Plan::loops[std::size_t(s.at)].begin;
        }
      }
    }
  }
  [[gnu::noinline]] static void run(const bindings<T>& b) {
    counters at(b);
    follow(b, at, [&](int i) { launch(b, i, at); }, [&](int k) { run_by_rows(b, k, at); });
  }
};

}  // namespace tfx
