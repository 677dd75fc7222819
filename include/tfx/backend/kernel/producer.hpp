// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/core/config.hpp>
#include <tfx/graph/results.hpp>

namespace tfx {

/// The producer of an operation on a backend; the backends specialise it.
///
///     run(call)                 stores the results to `destination`, or hands them over block by block
///     run<Wanted>(call)         of an operation of several results: those of the bits in Wanted, each stored or handed over
///     scratch, sums, prepared, useful_parts, tiles   what it asks for while compiling (run/launch_facts.hpp)
template <class F, class Backend, class T> struct producer;
/// The backend whose producers are the definitions of the operations: backend/reference/scalar.hpp says which.
template <class Backend> struct defining_backend;

namespace detail {

template <class Backend, class T, class F, unsigned Wanted> TFX_PART void run_producer(const call<T>& a) {
  using P = producer<F, Backend, T>;
  if constexpr (results_of<F> > 1) P::template run<Wanted>(a);
  else P::run(a);
}

/// The function `Finish::finish`: of a backend that compiles it for its vectors, or that itself.
template <class Backend, class Finish, class T> constexpr finish_function<T> finisher() {
  if constexpr (requires { Backend::template finisher<Finish, T>(); }) return Backend::template finisher<Finish, T>();
  else return &Finish::whole_finish;
}

}  // namespace detail

/// The function of a producer on a backend. One that chooses among several specialises it.
template <class Backend, class T, class F, unsigned Wanted = 1> struct producer_entry {
  TFX_FLATTEN static void run(const call<T>& a) { detail::run_producer<Backend, T, F, Wanted>(a); }
};

}  // namespace tfx
