// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel.hpp>
#include <tfx/backend/kernel/producer.hpp>
#include <tfx/compile/plan.hpp>

namespace tfx {

namespace detail {

/// Distinct kernel K of a plan, as a type.
template <class Source, class Sequence> struct code_of_source;
template <class Source, std::size_t... I> struct code_of_source<Source, std::index_sequence<I...>> {
  using type = kernel_code<Source::value.kind,
                           ins<decltype(functor_of(functor_key<Source::value.op[I]>{})), Source::value.word[I]>...>;
};
template <class Plan, int K>
using code_of = typename code_of_source<kernel_source<Plan, K>,
                                        std::make_index_sequence<std::size_t(kernel_source<Plan, K>::count)>>::type;

/// What a backend is told, while compiling, of the launches of one shape.
template <class Plan, int Shape> struct launch_shape {
  static constexpr launch_record record = Plan::launches[std::size_t(Plan::shapes.first[Shape])];
  static constexpr geometry geo = Plan::geometries[std::size_t(record.geometry)];
  static constexpr int rows = record.rows, cols = record.cols;
  static constexpr operand_types types = Plan::input_types(record.first_operand, record.layout.inputs);
  static constexpr auto varying = Plan::varying_in(Shape);   ///< what follows the lengths of a run
};

/// The producer with number P of a plan on a backend, its function, and the facts of kernel K; void if there is none.
template <class Plan, class Backend, class T, int P> struct producer_of {
  static constexpr producer_info info = Plan::kernels.producers[P];
  using functor = decltype(functor_of(functor_key<info.op>{}));
  /// One that decides by what follows the lengths of a run gives way to the operation's definition.
  static constexpr bool find_decided() {
    using own = producer<functor, typename Backend::kernel_backend, T>;
    for (int s = 0; Plan::n_lengths > 0 && s < Plan::n_shapes; ++s) {
      const launch_record& l = Plan::launches[std::size_t(Plan::shapes.first[s])];
      if (l.producer != P || !Plan::varying_in(s).any()) continue;
      if constexpr (requires { own::follows_lengths(geometry{}); }) {
        if (!own::follows_lengths(Plan::geometries[std::size_t(l.geometry)])) return true;
      } else {
        return true;
      }
    }
    return false;
  }
  static constexpr bool is_decided = find_decided();
  using backend_type = typename std::conditional_t<is_decided, defining_backend<typename Backend::kernel_backend>, std::type_identity<typename Backend::kernel_backend>>::type;
  using type = producer<functor, backend_type, T>;
  using entry = producer_entry<backend_type, T, functor, info.wanted>;
};
template <class Plan, class Backend, class T> struct producer_of<Plan, Backend, T, -1> {
  using type = void;
};
template <class Plan, int K> struct facts_of {
  using type = kernel_facts<code_of<Plan, K>>;
};
template <class Plan> struct facts_of<Plan, -1> {
  using type = void;
};

/// What a backend says of them: scratch memory, micro-kernels, and into how many parts a launch is worth splitting.
template <class Plan, class Backend, class T, int Shape> struct launch_facts {
  using shape = launch_shape<Plan, Shape>;
  static constexpr launch_record record = shape::record;
  using producer_type = typename detail::producer_of<Plan, Backend, T, record.producer>::type;
  using facts = typename detail::facts_of<Plan, record.kernel>::type;

  static constexpr std::size_t scratch() {
    if constexpr (shape::varying.any() && requires { producer_type::most_scratch(shape::geo, 0, 0, shape::types); }) return producer_type::most_scratch(shape::geo, shape::rows, shape::cols, shape::types);
    else if constexpr (requires { producer_type::scratch(shape::geo, 0, 0, shape::types); }) return producer_type::scratch(shape::geo, shape::rows, shape::cols, shape::types);
    else if constexpr (requires { producer_type::scratch(shape::geo, 0, 0); }) return producer_type::scratch(shape::geo, shape::rows, shape::cols);
    else if constexpr (record.layout.kind == form::map || record.producer >= 0) return 0;
    else if constexpr (record.layout.kind == form::columns) {
      return facts::sweeps == 1 ? 0 : std::size_t(facts::kept.count) * std::size_t(shape::rows) * std::size_t(kept_columns(shape::cols));
    } else {
      const int together = facts::template rows_together<typename Backend::kernel_backend>(shape::varying.cols ? 0 : shape::cols);   // of fewer columns more rows
      return std::size_t(facts::kept.count) * std::size_t(kept_pitch(shape::cols)) * std::size_t(together);
    }
  }
  static constexpr const void* tiles() {
    if constexpr (requires { producer_type::template tiles<shape>(); }) return producer_type::template tiles<shape>();
    else return nullptr;
  }
  /// Elements that a launch keeps between the calls of a run in which it adds up the batch.
  static constexpr std::size_t sums() {
    if constexpr (requires { producer_type::sums(shape::geo, 0, 0); }) return producer_type::sums(shape::geo, shape::rows, shape::cols);
    else if constexpr (record.layout.kind == form::columns && record.bounded != bounded_by::outer) return column_sums * std::size_t(facts::n_reductions) * std::size_t(padded_columns(shape::cols));
    else return 0;
  }
  /// Elements of the right operand in the order in which the producer reads it, where that is worth a copy.
  static constexpr std::size_t prepared() {
    if constexpr (requires { producer_type::prepared(shape::geo, 0, 0, shape::types); }) return producer_type::prepared(shape::geo, shape::rows, shape::cols, shape::types);
    else if constexpr (requires { producer_type::prepared(shape::geo, 0, 0); }) return producer_type::prepared(shape::geo, shape::rows, shape::cols);
    else return 0;
  }
  /// Makes that copy.
  static void prepare(const call<T>& c, T* to) {
    if constexpr (requires { producer_type::prepare(c, to); }) producer_type::prepare(c, to);
  }
  static constexpr int useful_parts() {
    if constexpr (requires { producer_type::useful_parts(shape::geo, 0, 0); }) return producer_type::useful_parts(shape::geo, shape::rows, shape::cols);
    const long long outer = record.outer_size();
    const long long by_elements = outer * shape::rows * shape::cols / smallest_share;
    const long long pieces = record.layout.kind == form::columns ? outer * (outer > 1 ? (shape::cols + smallest_piece - 1) / smallest_piece : shape::cols / smallest_piece)
                             : record.layout.kind == form::rows  ? outer * shape::rows
                                                          : most_parts;
    const long long parts = by_elements < pieces ? by_elements : pieces;
    return int(parts < most_parts ? parts : most_parts);
  }
  static constexpr int smallest_share = 16384;   ///< elements whose elementwise work pays for a fork, a join, and fetching them from another core
  static constexpr int smallest_piece = 128;     ///< columns: shorter pieces of rows pass between the cores that read them
  static constexpr int most_parts = 1024;
};

/// An extent at the rows of the batch that are present.
template <class Plan> TFX_INLINE constexpr int extent_at(int extent, bool bounded, int rows) {
  return bounded && Plan::batch_bound > 1 ? extent / Plan::batch_bound * rows : extent;
}

/// A call with all that the record of its launch says, for that many rows of the batch.
template <class T, class Plan, class Steps> TFX_INLINE call<T> call_from_record(const Steps& steps, const launch_record& l, const geometry& geo, int rows) {
  call<T> c;
  c.step = &steps[std::size_t(l.first_operand)];
  c.layout = &l.layout;
  c.rows = extent_at<Plan>(l.rows, l.bounded == bounded_by::rows, rows);
  c.cols = extent_at<Plan>(l.cols, l.bounded == bounded_by::columns, rows);
  c.contracted = extent_at<Plan>(l.contracted, l.contracts_batch, rows);
  c.geo = &geo;
  return c;
}

}  // namespace detail

}  // namespace tfx
