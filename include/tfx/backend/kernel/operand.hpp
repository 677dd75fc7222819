// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <tfx/backend/kernel/frame.hpp>
#include <tfx/core/element.hpp>
#include <tfx/lanes/lane.hpp>
#include <tfx/lanes/partial.hpp>
#include <tfx/lanes/stored.hpp>

namespace tfx {

/// How the kernel of `Facts` finds and touches its operands, on vectors V of scalars T.
template <class T, class V, class Facts> struct tile_operands {
  static constexpr int width = lanes::traits<V>::width, count = Facts::n_operands;
  using numbers = std::make_integer_sequence<int, count>;
  using word [[gnu::may_alias]] = T;   ///< an integer's bits, too

  /// Columns [c, c + n) of a row; of a vector of strands its number.
  struct place {
    int c, n, strands = 0;
  };
  /// Addresses of all operands at the first column of a row.
  struct row {
    T* at[count ? count : 1];
  };
  /// The frame with a copy of its tables: the compiler could not know of those behind a pointer that no store changes them.
  struct tables : frame<T> {
    T* first[count ? count : 1];
    std::ptrdiff_t apart[count ? count : 1];
  };

  static TFX_PART tables copied(const frame<T>& f) { return copied(f, numbers{}); }
  static TFX_PART row row_of(const tables& f, std::ptrdiff_t r) { return row_of(f, r, numbers{}); }
  static TFX_PART void advance(row& a, const tables& f) { advance(a, f, numbers{}); }

  template <bool Moves, lies_as As, class L> static TFX_PART L load(const T* at, place p) {
    if constexpr (As != lies_as::word) {
      using S = decltype(L::v);
      if constexpr (!Moves) return L::wrap(lanes::stored<As, S>::splat(at));
      else return L::wrap(lanes::stored<As, S>::load(in_bytes<As>(at, p.c), lanes::traits<S>::width == 1 ? 1 : p.n));
    } else if constexpr (!Moves) return L(*static_cast<const word*>(at));
    else if constexpr (lanes::traits<decltype(L::v)>::width == 1) return L(static_cast<const word*>(at)[p.c]);
    else return L::wrap(lanes::partial<V>::load(at + p.c, p.n));
  }
  template <bool Moves, lies_as As, class L> static TFX_PART void put(L x, T* at, place p) {
    using S = decltype(L::v);
    if constexpr (As != lies_as::word) lanes::stored<As, S>::put(in_bytes<As>(at, Moves ? p.c : 0), x.v, Moves && lanes::traits<S>::width > 1 ? p.n : 1);
    else if constexpr (lanes::traits<S>::width == 1) *static_cast<word*>(Moves ? at + p.c : at) = x.v;
    else if constexpr (!Moves) lanes::partial<V>::put(at, x.v, 1);
    else lanes::partial<V>::put(at + p.c, x.v, p.n);
  }
  /// Asks for what a row has from column c on; what will be stored, for this core alone: another one may have it.
  static TFX_PART void ask(const row& of, int c) {
    if constexpr (width > 1) ask(of, c, numbers{});
  }

 private:
  template <lies_as As> static TFX_PART const char* in_bytes(const T* at, std::ptrdiff_t elements) {
    return reinterpret_cast<const char*>(at) + elements * bytes_of(As);
  }
  template <lies_as As> static TFX_PART char* in_bytes(T* at, std::ptrdiff_t elements) { return reinterpret_cast<char*>(at) + elements * bytes_of(As); }
  /// Elements further on, of operand K.
  template <int K> static TFX_PART T* moved(T* at, std::ptrdiff_t elements) { return further(at, elements, Facts::operands.lies[K]); }
  template <int... K> static TFX_PART tables copied(const frame<T>& f, std::integer_sequence<int, K...>) {
    return {f, {f.at[K]...}, {f.step[K]...}};
  }
  template <int... K>
  static TFX_PART row row_of([[maybe_unused]] const tables& f, [[maybe_unused]] std::ptrdiff_t r,
                             std::integer_sequence<int, K...>) {
    return {{moved<K>(f.first[K], r * f.apart[K])...}};
  }
  template <int... K>
  static TFX_PART void advance([[maybe_unused]] row& a, [[maybe_unused]] const tables& f,
                               std::integer_sequence<int, K...>) {
    ((a.at[K] = moved<K>(a.at[K], f.apart[K])), ...);
  }
  template <int K> static TFX_PART void ask(const T* at) {
    if constexpr (!Facts::operands.moves[K]) return;
    else if constexpr (Facts::operands.stored[K]) __builtin_prefetch(at, 1);
    else __builtin_prefetch(at);
  }
  template <int... K>
  static TFX_PART void ask([[maybe_unused]] const row& of, [[maybe_unused]] int c, std::integer_sequence<int, K...>) {
    (ask<K>(moved<K>(of.at[K], c)), ...);
  }
};

}  // namespace tfx
