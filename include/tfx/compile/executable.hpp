// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel.hpp>

namespace tfx {

/// The memory of one run: a base address per space, and what changes from run to run.
template <class T> struct bindings {
  T* base[max_spaces] = {};
  run_state run{};
  T* scratch = nullptr;   ///< executable::scratch_elements, 64-byte aligned
};

namespace detail {

/// What a backend is told, while compiling, of the launches of one shape.
template <class Plan, int Shape> struct launch_shape {
  static constexpr launch_record record = Plan::launches[std::size_t(Plan::shapes.first[Shape])];
  static constexpr geometry geo = Plan::geometries[std::size_t(record.geometry)];
  static constexpr int rows = record.rows, cols = record.cols;
};

/// What a backend says of them: scratch memory, micro-kernels, and into how many parts a launch is worth splitting.
template <class Plan, class Backend, class T, int Shape> struct launch_facts {
  using shape = launch_shape<Plan, Shape>;
  static constexpr int kernel_index = shape::record.kernel;
  using source = kernel_source<Plan, kernel_index>;
  static constexpr bool has_producer = source::value.kind == group_kind::producer;

  template <int K> static auto find_producer() {   // a type, wrapped: the functor exists only where there is a producer
    if constexpr (has_producer) return std::type_identity<producer<decltype(functor_of(functor_key<kernel_source<Plan, K>::value.op[kernel_source<Plan, K>::value.output]>{})), typename Backend::kernel_backend, T>>{};
    else return std::type_identity<void>{};
  }
  using producer_type = typename decltype(find_producer<kernel_index>())::type;

  static constexpr std::size_t scratch() {
    if constexpr (requires { producer_type::scratch(shape::geo, 0, 0); }) return producer_type::scratch(shape::geo, shape::rows, shape::cols);
    else return std::size_t(source::kept) * std::size_t(kept_pitch(shape::cols));
  }
  static constexpr const void* tiles() {
    if constexpr (requires { producer_type::template tiles<shape>(); }) return producer_type::template tiles<shape>();
    else return nullptr;
  }
  static constexpr int useful_parts() {
    if constexpr (requires { producer_type::useful_parts(shape::geo, 0, 0); }) return producer_type::useful_parts(shape::geo, shape::rows, shape::cols);
    else if (source::value.axis == over_all) return 1;
    const long long elements = static_cast<long long>(shape::rows) * shape::cols;
    return int(elements / smallest_share < 1024 ? elements / smallest_share : 1024);
  }
  static constexpr int smallest_share = 4096;   ///< elements whose elementwise work pays for a fork and join
};

}  // namespace detail

/// A plan made runnable on a backend: an array of kernel addresses, and a loop over the schedule. No state, no heap.
template <class Plan, class Backend, class T> struct executable {
  using function = void (*)(const call<T>&);

  static constexpr auto kernels = []<std::size_t... K>(std::index_sequence<K...>) {
    return std::array<function, sizeof...(K) + 1>{
        &kernel_entry<typename Backend::kernel_backend, T, detail::code_of<Plan, int(K)>, std::make_index_sequence<std::size_t(kernel_source<Plan, int(K)>::count)>>::run..., nullptr};
  }(std::make_index_sequence<std::size_t(Plan::n_kernels)>{});

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
    return (most + leaf_alignment - 1) / leaf_alignment * leaf_alignment;
  }(std::make_index_sequence<std::size_t(Plan::n_shapes)>{});
  static constexpr std::size_t scratch_elements = scratch_per_part * std::size_t(Backend::parts);
  /// All memory a run needs besides parameters, state, inputs and outputs, in elements.
  static constexpr std::size_t arena_elements = std::size_t(Plan::arena_elements) + scratch_elements;

  struct counters {
    int iteration[Plan::n_regions + 1] = {}, trips[Plan::n_regions + 1] = {};
  };

  static void* address(const bindings<T>& b, const operand_info& o, const counters& at) {
    std::ptrdiff_t offset = o.offset;
    if constexpr (Plan::has_loops) {
      for (int t = 0; t < o.n_terms; ++t) {
        const address_term& m = Plan::terms[std::size_t(o.first_term + t)];
        int slot = m.sign * at.iteration[m.region] + (m.from < 0 ? 0 : at.trips[m.from]) + m.shift;
        if (m.mod) slot &= m.mod - 1;
        offset += std::ptrdiff_t(slot) * m.stride;
      }
    }
    if (o.space == place_space) return reinterpret_cast<void*>(std::uintptr_t(offset));
    return b.base[o.space] + offset;
  }

  static void launch(const bindings<T>& b, int index, const counters& at) {
    const launch_record& l = Plan::launches[std::size_t(index)];
    void* operand[Plan::most_operands];
    for (int k = 0; k < l.operands; ++k) operand[k] = address(b, Plan::operands[std::size_t(l.first_operand + k)], at);
    call<T> c;
    c.operand = operand;
    c.rows = l.rows;
    c.cols = l.cols;
    c.contracted = l.contracted;
    if constexpr (Plan::batch_bound > 0) {
      if (l.bounded == bounded_by::rows) c.rows = l.rows / Plan::batch_bound * b.run.batch;
      if (l.bounded == bounded_by::columns) c.cols = l.cols / Plan::batch_bound * b.run.batch;
      if (l.contracts_batch) c.contracted = l.contracted / Plan::batch_bound * b.run.batch;
    }
    c.geo = Plan::geometries[std::size_t(l.geometry)].v;
    c.run = &b.run;
    c.scratch = b.scratch;
    c.tiles = tiles[std::size_t(l.shape)];
    Backend::run(kernels[std::size_t(l.kernel)], c, scratch_per_part, Backend::parts == 1 ? 1 : useful_parts[Backend::parts == 1 ? 0 : std::size_t(l.shape)]);
  }

  static bool enters(const bindings<T>& b, int region, const counters& at) {
    const loop_info& l = Plan::loops[std::size_t(region)];
    b.base[counter_space][region] = T(at.iteration[region]);
    if (at.iteration[region] >= at.trips[region]) return false;
    return !l.conditional || (*static_cast<const T*>(address(b, l.condition, at)) != T(0)) == l.sense;
  }

  static void run(const bindings<T>& b) {
    counters at;
    if constexpr (!Plan::has_loops) {
      for (int i = 0; i < Plan::n_launches; ++i) launch(b, i, at);
    } else {
      for (int pc = 0; pc < Plan::sizes.steps; ++pc) {
        const step_info s = Plan::steps[std::size_t(pc)];
        if (s.kind == step_kind::launch) {
          launch(b, s.at, at);
        } else if (s.kind == step_kind::begin) {
          const loop_info& l = Plan::loops[std::size_t(s.at)];
          at.iteration[s.at] = 0;
          at.trips[s.at] = l.counted ? int(*static_cast<const T*>(address(b, l.trips, at))) : l.bound;
          if (!enters(b, s.at, at)) pc = l.end;
        } else {
          ++at.iteration[s.at];
          if (enters(b, s.at, at)) pc = Plan::loops[std::size_t(s.at)].begin;
        }
      }
    }
  }
};

}  // namespace tfx
