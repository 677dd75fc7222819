// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/run/executable.hpp>

namespace tfx {

/// Base addresses as `direct` asks for them: by space, while compiling. Another type can put the variables of a program
/// elsewhere than its plan does.
template <class T> struct bound_spaces {
  const bindings<T>& from;

  template <int Space> TFX_INLINE T* base() const { return from.base[Space]; }
  static constexpr int offset(const operand_info& o) { return o.offset; }
  TFX_INLINE const run_state& run() const { return from.run; }
  TFX_INLINE T* scratch() const { return from.scratch; }
};

/// A plan made runnable as straight-line code: its launches one after the other, with addresses, extents, geometry and
/// constants folded into the instructions. There is no table, no state and no indirect call, and the bits are those of
/// `executable`. For microcontrollers and other small programs: code is generated for each launch, where `executable` shares
/// it between launches; measured on a Cortex-M4, a convolution with its constants folded is smaller than a call of a
/// shared one with its tables.
template <class Plan, class Backend, class T> struct direct {
  static_assert(!Plan::has_loops, "tfx::direct: this program has loops; use tfx::executable");
  static_assert(Plan::n_runs == 0, "tfx::direct: this program goes through a large batch in parts; use tfx::executable");
  static_assert(Backend::parts == 1, "tfx::direct: one thread");
  static_assert(Plan::n_lengths == 0, "tfx::direct: the lengths of a program's inputs are part of the code; give them fixed extents, or use tfx::executable");

  static constexpr std::size_t arena_elements = executable<Plan, Backend, T>::arena_elements;

  /// Needs no constants bound: they are part of the code.
  [[gnu::flatten]] static void run(const bindings<T>& b) { run_in(bound_spaces<T>{b}); }
  /// With addresses of the caller's own making. The caller is marked `gnu::flatten`.
  template <class Spaces> static TFX_INLINE void run_in(const Spaces& spaces) {
    launch_all(spaces, std::make_integer_sequence<int, Plan::n_launches>{});
  }

private:
  template <int Launch> struct facts {
    static constexpr launch_record record = Plan::launches[std::size_t(Launch)];
    static constexpr geometry geo = Plan::geometries[std::size_t(record.geometry)];
    using operand_sequence = std::make_integer_sequence<int, record.all_operands()>;
    using kernel_sequence = std::make_integer_sequence<int, record.layout.operands>;
  };
  template <int Operand> struct operand_facts {
    static constexpr operand_info info = Plan::operands[std::size_t(Operand)];
  };
  template <int At> static constexpr T constant = Plan::constants[std::size_t(At)].template word<T>();

  template <int Operand, class Spaces> static TFX_INLINE void* address(const Spaces& spaces) {
    constexpr operand_info o = operand_facts<Operand>::info;
    constexpr int offset = o.space == constant_space || o.space == place_space ? o.offset : Spaces::offset(o);
    if constexpr (o.space == constant_space) return const_cast<T*>(&constant<offset>);
    else if constexpr (o.space == place_space) return address_of_place<T>(offset);
    else if constexpr (o.space == block_space) return nullptr;
    else return further(spaces.template base<o.space>() + offset, o.moved, o.step.lies);
  }
  template <int Launch, class Spaces, int... K> static TFX_INLINE void launch(const Spaces& spaces, std::integer_sequence<int, K...>) {
    using L = facts<Launch>;
    constexpr launch_record l = L::record;
    void* const operand[] = {address<l.first_operand + K>(spaces)..., nullptr};
    auto c = detail::call_from_record<T, Plan>(Plan::operand_steps, L::record, L::geo, spaces.run().batch);
    c.operand = operand;
    c.run = &spaces.run();
    c.scratch = spaces.scratch();
    if constexpr (l.producer == -1 && l.outer_loops > 0) enter_each<Launch>(c, spaces.run().batch);
    else if constexpr (l.producer == -1) enter_at<Launch>(c, 0, 0, c.rows, c.cols, nullptr, typename L::kernel_sequence{});
    else if constexpr (requires { maker<Launch>::type::by_element; } && maker<Launch>::info.wanted == 1) produce_each<Launch>(c);
    else produce<Launch>(c);
  }
  /// The kernel of a launch for each iteration of the loops around it.
  template <int Launch> static TFX_INLINE void enter_each(call<T> c, int batch) {
    constexpr launch_record l = facts<Launch>::record;
    int outer[max_outer_loops];
    for (int k = 0; k < l.outer_loops; ++k) outer[k] = detail::extent_at<Plan>(l.outer[k], k == 0 && l.bounded == bounded_by::outer, batch);
    void* operand[l.layout.operands];
    for (int k = 0; k < l.layout.operands; ++k) operand[k] = c.operand[k];
    c.operand = operand;
    const int* const strides = &Plan::outer_strides[std::size_t(Plan::operands[std::size_t(l.first_operand)].outer)];
    detail::outer_walk<T> walk{l.outer_loops, outer, strides, c.step, l.layout.operands};
    for (int left = walk.iterations(); left > 0; --left, walk.next(operand))
      enter_at<Launch>(c, 0, 0, c.rows, c.cols, nullptr, typename facts<Launch>::kernel_sequence{});
  }
  /// The kernel of a launch, on rows and columns from (row, col) on; `made` is what a producer has made there.
  template <int Launch, int... K>
  static TFX_INLINE void enter_at(const call<T>& c, int row, int col, int rows, int cols, const T* made, std::integer_sequence<int, K...>) {
    T* const at[] = {operand_at<Launch, K>(c, row, col, made)..., nullptr};
    static constexpr std::ptrdiff_t step[] = {Plan::operand_steps[std::size_t(facts<Launch>::record.first_operand + facts<Launch>::record.layout.inputs + K)].row..., 0};
    frame<T> f;
    f.at = at;
    f.step = step;
    f.rows = rows;
    f.cols = cols;
    f.run = c.run;
    f.kept = c.scratch;
    kernel<typename Backend::kernel_backend, T, detail::code_of<Plan, facts<Launch>::record.kernel>>::run(f);
  }
  template <int Launch, int K> static TFX_INLINE T* operand_at(const call<T>& c, int row, int col, const T* made) {
    constexpr launch_record l = facts<Launch>::record;
    constexpr operand_step step = Plan::operand_steps[std::size_t(l.first_operand + l.layout.inputs + K)];
    if constexpr (K < l.layout.results && (l.layout.handed >> K & 1)) return const_cast<T*>(made);
    else return further(static_cast<T*>(c.operand[l.layout.inputs + K]), std::ptrdiff_t(row) * step.row + col * step.column, step.lies);
  }
  template <int Launch> using maker = detail::producer_of<Plan, Backend, T, facts<Launch>::record.producer>;
  /// A producer that gives blocks of its results to the kernel behind it.
  template <int Launch> static TFX_INLINE void produce(call<T>& c) {
    constexpr launch_record l = facts<Launch>::record;
    if constexpr (l.kernel >= 0) c.kernel = &kernel_entry<typename Backend::kernel_backend, T, detail::code_of<Plan, l.kernel>>::run;
    c.tiles = detail::launch_facts<Plan, Backend, T, l.shape>::tiles();
    maker<Launch>::entry::run(c);
  }
  /// One that gives it one result at a time.
  template <int Launch> static TFX_INLINE void produce_each(const call<T>& c) {
    constexpr launch_record l = facts<Launch>::record;
    maker<Launch>::type::run_in(c, [&](int row, int col, const T& made) __attribute__((always_inline)) {
      if constexpr (l.kernel >= 0) enter_at<Launch>(c, row, col, 1, 1, &made, typename facts<Launch>::kernel_sequence{});
      else static_cast<T*>(c.operand[l.layout.destination])[std::ptrdiff_t(row) * c.cols + col] = made;
    });
  }
  template <class Spaces, int... Launch> static TFX_INLINE void launch_all(const Spaces& spaces, std::integer_sequence<int, Launch...>) {
    (launch<Launch>(spaces, typename facts<Launch>::operand_sequence{}), ...);
  }
};

}  // namespace tfx
