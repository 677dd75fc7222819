// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel/columns.hpp>
#include <tfx/backend/kernel/map.hpp>
#include <tfx/backend/kernel/rows.hpp>

namespace tfx {

/// A fused kernel: a function over one tile, the two innermost loops of a nest.
template <class Backend, class T, class Code> struct kernel {
  using facts = kernel_facts<Code>;

  static TFX_PART void run(const frame<T>& f) {
    if constexpr (facts::kind == form::map) run_as<map_tile<Backend, T, Code>>(f);
    else if constexpr (facts::kind == form::rows) run_as<row_tile<Backend, T, Code>>(f);
    else run_as<column_tile<Backend, T, Code>>(f);
  }

 private:
  template <class Tile> static TFX_PART void run_as(const frame<T>& f) { Tile::run(Tile::copied(f)); }
};

/// The function of a kernel on a backend. One that chooses among several specialises it.
template <class Backend, class T, class Code> struct kernel_entry {
  TFX_FLATTEN static void run(const frame<T>& f) { kernel<Backend, T, Code>::run(f); }
};

/// The same where a launch stores so many bytes that no cache keeps them: of a backend that has another function for that, `run`.
template <class Backend, class T, class Code> struct kernel_past_caches {
  static constexpr bool serves = false;
};
inline constexpr long long past_caches_from = 1 << 25;

}  // namespace tfx
