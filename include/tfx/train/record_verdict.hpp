// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/data/record.hpp>
#include <tfx/train/sequence_columns.hpp>
#include <tfx/train/verdict.hpp>

namespace tfx::detail {

/// Does a column of data suit what reads it? `F` is its field, `who` asks for it.
template <const auto& Net, class List> struct column_verdict {
  using net = network<Net, List>;

  template <class F> static constexpr bool whole = is_whole(dtype_of<typename F::value_type>) || std::is_same_v<typename F::value_type, bool>;
  template <class F> static constexpr dims shape_in() {
    if constexpr (std::is_void_v<typename F::shape_type>) return {};
    else return F::shape_type::value;
  }
  /// Flat numbers suit every shape, and so does another rank of as many numbers.
  template <class F> static constexpr bool suits(const dims& wanted) {
    if constexpr (std::is_void_v<typename F::shape_type>) return true;
    else return shape_in<F>().size() == wanted.size() && (shape_in<F>().rank != wanted.rank || shape_in<F>() == wanted);
  }
  /// Are there sequences where there is a length, and nowhere else?
  template <class F> static constexpr void compare_lengths(builder& b, const char* who, int column, const dims& batched, const char* reader, int number) {
    const int which = sequence_in<List>(batched).which;
    constexpr bool sequences = data::detail::is_sequence<F>;
    if (which == -2) b.complain(who, ": ", reader, number, " has several lengths; a column of sequences has one");
    else if (sequences && which < 0) b.complain(who, ": column ", column, " of the data has sequences of any length, ", reader, number, " has none");
    else if (!sequences && which >= 0)
      b.complain(who, ": column ", column, " of the data has no sequences, ", reader, number, " has a length: give a vector of vectors, or a field data::sequence<T>");
  }
  template <int K, class F> static constexpr void compare_input(builder& b, const char* who) {
    constexpr dims one = net::input_dims[K].rank > 1 ? unstacked(net::input_dims[K]) : dims{};
    compare_lengths<F>(b, who, K, net::input_dims[K], "input ", K);
    if (!b.right()) return;
    if (!suits<F>(one)) b.complain(who, ": column ", K, " of the data is ", shape_in<F>(), ", input ", K, " of the network is ", one);
    else if (!whole<F> && is_whole(dtype_of<typename net::template input<K>::value_type>))
      b.complain(who, ": column ", K, " of the data is floating point, input ", K, " of the network takes integers");
  }
};

/// Do the columns of data suit a network and its losses? Those of a record: the inputs, the targets, and at most one of weights.
template <const auto& Net, class List, class Recipe, class Record> struct record_verdict;
template <const auto& Net, class List, class Recipe, class... Field> struct record_verdict<Net, List, Recipe, data::record<Field...>> {
  using net = network<Net, List>;
  using columns = column_verdict<Net, List>;
  static constexpr int given = int(sizeof...(Field));
  static constexpr bool weighted = (std::is_same_v<Field, data::weight> || ... || false);

  static constexpr message value() {
    builder b;
    if constexpr (network_verdict<Net, List>::right) {
      constexpr int inputs = net::n_inputs, outputs = net::n_outputs, wanted = inputs + outputs;
      if constexpr (Recipe::n_losses != outputs) {}   // which the recipe says
      else if constexpr (given == 0)
        b.complain("fit: this is no data; it takes a data set, data::columns(...), a range of pairs or tuples, or a source with `record` and `next`");
      else if constexpr (given - int(weighted) != wanted)
        b.complain("fit: the data has ", given - int(weighted), given - int(weighted) == 1 ? " column, the network takes " : " columns, the network takes ", wanted, ": ", inputs,
                   inputs == 1 ? " input and " : " inputs and ", outputs, outputs == 1 ? " target" : " targets");
      else
        compare_all(b, std::make_index_sequence<std::size_t(wanted)>{});
    }
    return b.wrong;
  }
  static constexpr bool right = value().size == 0;

private:
  template <int K> using field_at = std::tuple_element_t<std::size_t(K), bundle<Field...>>;
  template <std::size_t... K> static constexpr void compare_all(builder& b, std::index_sequence<K...>) { (compare<int(K)>(b), ...); }
  template <int K> static constexpr void compare(builder& b) {
    using F = field_at<K>;
    if constexpr (K < net::n_inputs) {
      columns::template compare_input<K, F>(b, "fit");
    } else {
      constexpr int output = K - net::n_inputs;
      using Loss = loss_of<Recipe, output>;
      constexpr dims target = target_of_output<net, Recipe, output>::dim, one = target.rank > 1 ? unstacked(target) : dims{};
      constexpr bool whole = columns::template whole<F>;
      columns::template compare_lengths<F>(b, "fit", K, target, "the target of output ", output);
      if (!b.right()) return;
      if constexpr (takes_classes<Loss>()) {
        constexpr int classes = net::template output<output>::dim.cols();
        if (!whole || !columns::template suits<F>(one))
          b.complain("fit: column ", K, " of the data is ", whole ? "integers " : "floating point ", columns::template shape_in<F>(), ", ", label_of<Loss>, " expects class numbers, integers ", one);
        else if (F::classes > classes)
          b.complain("fit: column ", K, " of the data has ", F::classes, " classes, ", label_of<Loss>, " has an output of ", classes);
      } else if constexpr (!columns::template suits<F>(one)) {
        b.complain("fit: column ", K, " of the data is ", columns::template shape_in<F>(), ", ", label_of<Loss>, " expects ", one);
      }
    }
  }
};

}  // namespace tfx::detail
