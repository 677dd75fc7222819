// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel/enter.hpp>
#include <tfx/backend/reference/scalar.hpp>
#include <tfx/backend/simd/arch.hpp>
#include <tfx/backend/simd/attention.hpp>
#include <tfx/backend/simd/conv.hpp>
#include <tfx/backend/simd/conv_pool.hpp>
#include <tfx/backend/simd/conv_to_w.hpp>
#include <tfx/backend/simd/exchange.hpp>
#include <tfx/backend/simd/gather.hpp>
#include <tfx/backend/simd/gemm.hpp>
#include <tfx/backend/simd/movement.hpp>
#include <tfx/backend/simd/past_caches.hpp>
#include <tfx/backend/simd/pool.hpp>
#include <tfx/backend/simd/sort.hpp>
#include <tfx/ops/attention.hpp>
#include <tfx/ops/control_flow.hpp>
#include <tfx/ops/conv2d.hpp>
#include <tfx/ops/conv_pool.hpp>
#include <tfx/ops/gather.hpp>
#include <tfx/ops/matmul.hpp>
#include <tfx/ops/pool.hpp>
#include <tfx/ops/rearrange.hpp>
#include <tfx/ops/sort.hpp>

#if defined(TFX_SIMD_CHOOSES)
#include <tfx/backend/simd/chosen.hpp>
#endif

namespace tfx {

namespace backend {

/// A producer that stores its results itself where nothing is fused behind it, and else hands over blocks of them.
template <class P, class T> struct of_blocks : P {
  static TFX_PART void run(const call<T>& a) { P::run(a, a.destination(), a.kernel != nullptr ? finish_function<T>(&hand_over<T>) : nullptr); }
};
/// One made of tiles, which have their own instruction set: compiled once for all of them.
template <class P, class T> struct of_tiles : P {
  static constexpr bool chooses = true;
  [[gnu::noinline]] static void run(const call<T>& a) { of_blocks<P, T>::run(a); }
};

/// Products of integers: of bytes by tiles, of others by the definition.
template <class T> struct simd_product_of_integers {
  using tiled = simd_matmul<T>;
  static constexpr bool chooses = true;
  static constexpr bool has_tiles(const matmul_geometry& g) { return g.order == summing::integers && sizeof(T) == 4; }

  template <class Launch> static constexpr const void* tiles() {
    if constexpr (has_tiles(Launch::geo)) return tiled::template tiles<Launch>();
    else return nullptr;
  }
  static constexpr std::size_t scratch(const matmul_geometry& g, int rows, int cols, operand_types types) {
    return has_tiles(g) ? tiled::scratch(g, rows, cols, types) : 0;
  }
  static constexpr std::size_t prepared(const matmul_geometry& g, int rows, int cols, operand_types types) {
    return has_tiles(g) ? tiled::prepared(g, rows, cols, types) : 0;
  }
  static void prepare(const call<T>& a, T* to) { tiled::prepare(a, to); }
  static constexpr int useful_parts(const matmul_geometry& g, int rows, int cols) { return tiled::useful_parts(g, rows, cols); }
  [[gnu::noinline]] static void run(const call<T>& a) {
    if (a.tiles != nullptr) of_blocks<tiled, T>::run(a);
    else producer<matmul_of_integers_op, scalar, T>::run(a);
  }
};

}  // namespace backend

#if defined(__SSE2__)
template <class B, class T, class Code> requires backend::is_simd<B>
struct kernel_past_caches<B, T, Code> : backend::past_caches<T, kernel_facts<Code>> {
  static constexpr tile_function<T> run = &backend::past_caches<T, kernel_facts<Code>>::template run<&kernel_entry<B, T, Code>::run>;
};
#endif

template <class B, class T> requires backend::is_simd<B>
struct producer<matmul_of_integers_op, B, T> : backend::simd_product_of_integers<T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<matmul_op, B, T> : backend::of_tiles<backend::simd_matmul<T>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<conv_op, B, T> : backend::of_tiles<backend::simd_conv<T>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<conv_to_x_op, B, T> : backend::of_tiles<backend::simd_conv_to_x<T>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<conv_to_w_op, B, T> : backend::of_tiles<backend::simd_conv_to_w<T>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<conv_max_pool_op, B, T> : backend::simd_conv_max_pool<T, B> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<conv_max_pool_to_w_op, B, T> : backend::simd_conv_max_pool_to_w<T, B> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<max_pool_op, B, T> : backend::simd_max_pool<T, typename B::template lanes<T>> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<max_pool_gradient_op, B, T> : backend::simd_max_pool_grad<T, typename B::template lanes<T>> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<average_pool_op, B, T> : backend::simd_avg_pool<T, typename B::template lanes<T>> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<average_pool_gradient_op, B, T> : backend::simd_avg_pool_grad<T, typename B::template lanes<T>> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<broadcast_op, B, T> : backend::of_blocks<backend::simd_view_of<T, broadcast_op>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<permute_op, B, T> : backend::of_blocks<backend::simd_view_of<T, permute_op>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<slice_box_op, B, T> : backend::of_blocks<backend::simd_view_of<T, slice_box_op>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<flip_op, B, T> : backend::of_blocks<backend::simd_view_of<T, flip_op>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<pad_op, B, T> : backend::of_blocks<backend::simd_view_of<T, pad_op>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<concatenate_op, B, T> : backend::of_blocks<backend::simd_concatenate<T, concatenate_geometry>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<concatenate_columns_op, B, T> : backend::of_blocks<backend::simd_concatenate<T, column_geometry>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<detail::time_first_op, B, T> : backend::of_blocks<backend::simd_exchange<T, typename B::template lanes<T>, true>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<detail::batch_first_op, B, T> : backend::of_blocks<backend::simd_exchange<T, typename B::template lanes<T>, false>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<gather_op, B, T> : backend::of_blocks<backend::simd_gather_rows<T, typename B::template lanes<T>>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<scatter_add_op, B, T> : backend::of_blocks<backend::simd_scatter_rows<T, typename B::template lanes<T>>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<sort_op, B, T> : backend::simd_sort<T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<take_along_rows_op, B, T> : backend::of_blocks<backend::simd_take_along<T, typename B::template lanes<T>>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<add_along_rows_op, B, T> : backend::of_blocks<backend::simd_add_along<T, typename B::template lanes<T>>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<attention_op, B, T> : backend::of_blocks<backend::simd_attention<T, typename B::template lanes<T>>, T> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<attention_gradient_op, B, T> : backend::simd_attention_gradient<T, typename B::template lanes<T>> {};
template <class B, class T> requires backend::is_simd<B>
struct producer<attention_matrix_gradient_op, B, T> : backend::simd_attention_gradient<T, typename B::template lanes<T>, true> {};

}  // namespace tfx
