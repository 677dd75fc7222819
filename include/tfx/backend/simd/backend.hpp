// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/reference/scalar.hpp>
#include <tfx/backend/simd/attention.hpp>
#include <tfx/backend/simd/conv.hpp>
#include <tfx/backend/simd/conv_to_w.hpp>
#include <tfx/backend/simd/gemm.hpp>
#include <tfx/backend/simd/lanes.hpp>
#include <tfx/backend/simd/partial.hpp>
#include <tfx/backend/simd/pool.hpp>
#include <tfx/backend/simd/random.hpp>
#include <tfx/ops/attention.hpp>
#include <tfx/ops/conv2d.hpp>
#include <tfx/ops/matmul.hpp>
#include <tfx/ops/pool.hpp>

namespace tfx {
namespace backend {

/// Fused kernels over the vectors of an instruction set, by default the widest one that the build allows; products and
/// convolutions use the widest one that the machine has.
template <class Arch = xsimd::default_arch> struct simd {
  using kernel_backend = simd;
  template <class T> using lanes = xsimd::batch<T, Arch>;
  static constexpr int parts = 1;
  template <class T> static void run(void (*kernel)(const call<T>&), const call<T>& c, std::size_t, int) { kernel(c); }
};

template <class B> inline constexpr bool is_simd = false;
template <class Arch> inline constexpr bool is_simd<simd<Arch>> = true;

}  // namespace backend

template <class B, class T> requires backend::is_simd<B> struct producer<matmul_op, B, T> : backend::simd_matmul<T> {};
template <class B, class T> requires backend::is_simd<B> struct producer<conv_op, B, T> : backend::simd_conv<T> {};
template <class B, class T> requires backend::is_simd<B> struct producer<conv_to_x_op, B, T> : backend::simd_conv_to_x<T> {};
template <class B, class T> requires backend::is_simd<B> struct producer<conv_to_w_op, B, T> : backend::simd_conv_to_w<T> {};
template <class B, class T> requires backend::is_simd<B> struct producer<max_pool_op, B, T> : backend::simd_max_pool<T> {};
template <class B, class T> requires backend::is_simd<B> struct producer<max_pool_gradient_op, B, T> : backend::simd_max_pool_grad<T> {};
template <class B, class T> requires backend::is_simd<B> struct producer<average_pool_op, B, T> : backend::simd_avg_pool<T> {};
template <class B, class T> requires backend::is_simd<B> struct producer<average_pool_gradient_op, B, T> : backend::simd_avg_pool_grad<T> {};
template <class B, class T> requires backend::is_simd<B> struct producer<attention_op, B, T>
    : backend::simd_attention<T, typename B::template lanes<T>> {};
template <class B, class T> requires backend::is_simd<B> struct producer<attention_gradient_op, B, T>
    : backend::simd_attention_gradient<T, typename B::template lanes<T>> {};

}  // namespace tfx
