// SPDX-License-Identifier: Apache-2.0
// hosted: std::complex
#pragma once

#include <complex>

#include <tfx/core/element.hpp>

namespace tfx {

/// Complex numbers in memory: the real part, then the imaginary part.
using complex64 = std::complex<float>;
using complex128 = std::complex<double>;

template <> inline constexpr dtype dtype_of<complex64> = dtype::complex64;
template <> inline constexpr dtype dtype_of<complex128> = dtype::complex128;
template <class T> inline constexpr bool is_number<std::complex<T>> = true;

template <class T> struct as_traced<std::complex<T>> {
  using type = complex_number;
};
template <class T> struct given_as<T, complex_number> {
  using type = std::complex<T>;
};
template <class T> struct held_as<T, complex_number> {
  using element = std::complex<T>;
};

}  // namespace tfx
