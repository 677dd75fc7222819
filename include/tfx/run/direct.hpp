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
    using code = kernel<typename Backend::kernel_backend, T, detail::code_of<Plan, record.kernel>>;
    using operand_sequence = std::make_integer_sequence<int, record.operands>;
  };
  template <int Operand> struct operand_facts {
    static constexpr operand_info info = Plan::operands[std::size_t(Operand)];
  };
  template <int At> static constexpr T constant = T(Plan::constants[std::size_t(At)]);

  template <int Operand, class Spaces> static TFX_INLINE void* address(const Spaces& spaces) {
    constexpr operand_info o = operand_facts<Operand>::info;
    constexpr int offset = o.space == constant_space || o.space == place_space ? o.offset : Spaces::offset(o);
    if constexpr (o.space == constant_space) return const_cast<T*>(&constant<offset>);
    else if constexpr (o.space == place_space) return reinterpret_cast<void*>(std::uintptr_t(offset));
    else return spaces.template base<o.space>() + offset;
  }
  /// An extent at the rows present.
  static TFX_INLINE constexpr int present(int extent, bool bounded, int batch) {
    return bounded && Plan::batch_bound > 1 ? extent / Plan::batch_bound * batch : extent;
  }

  template <int Launch, class Spaces, int... K> static TFX_INLINE void launch(const Spaces& spaces, std::integer_sequence<int, K...>) {
    using L = facts<Launch>;
    void* const operand[] = {address<L::record.first_operand + K>(spaces)..., nullptr};
    call<T> c;
    c.operand = operand;
    c.rows = present(L::record.rows, L::record.bounded == bounded_by::rows, spaces.run().batch);
    c.cols = present(L::record.cols, L::record.bounded == bounded_by::columns, spaces.run().batch);
    c.contracted = present(L::record.contracted, L::record.contracts_batch, spaces.run().batch);
    c.geo = &L::geo;
    c.run = &spaces.run();
    c.scratch = spaces.scratch();
    c.tiles = detail::launch_facts<Plan, Backend, T, L::record.shape>::tiles();
    L::code::run(c);
  }
  template <class Spaces, int... Launch> static TFX_INLINE void launch_all(const Spaces& spaces, std::integer_sequence<int, Launch...>) {
    (launch<Launch>(spaces, typename facts<Launch>::operand_sequence{}), ...);
  }
};

}  // namespace tfx
