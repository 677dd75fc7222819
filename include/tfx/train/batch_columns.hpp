// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <vector>

#include <tfx/data/examples.hpp>
#include <tfx/train/loop.hpp>
#include <tfx/train/trainer.hpp>

namespace tfx::detail {

/// Of a batched value, one example.
template <const dims& Batched> struct example_of {
  static constexpr dims value = Batched.rank > 1 ? unstacked(Batched) : dims{};
};

/// The class number that a loss takes for none.
template <class Loss> constexpr long long ignored_class(const Loss& loss) {
  if constexpr (requires { loss.ignore_class; }) return loss.ignore_class;
  else return class_column{}.ignored;
}

/// The columns that a network reads under a recipe, in order: inputs, targets, and weights of the examples if there are any.
template <class Trainer, bool Weighted> struct batch_columns {
  using network = typename Trainer::network;
  using list = typename Trainer::weights_type::inputs_type;
  using T = typename Trainer::T;
  static constexpr int inputs = network::n_inputs, outputs = network::n_outputs, count = inputs + outputs + (Weighted ? 1 : 0), batch = network::batch;

private:
  template <int K> static constexpr auto column_of() {
    if constexpr (K < inputs) return std::type_identity<typename columns_of<network, T>::template input_element<K>>{};
    else if constexpr (K < inputs + outputs) return std::type_identity<typename Trainer::template target_element<K - inputs>>{};
    else return std::type_identity<T>{};
  }
  template <int K> static constexpr dims batched = [] {
    if constexpr (K < inputs) return network::input_dims[K];
    else if constexpr (K < inputs + outputs) return Trainer::template target<K - inputs>::dim;
    else return dims{1, {batch}, false};
  }();
  template <int K> using element = typename decltype(column_of<K>())::type;
  template <int K> using shape_of = to_shape<example_of<batched<K>>>;
  template <std::size_t... K> static auto elements_of(std::index_sequence<K...>) -> data::detail::elements<element<int(K)>...>;
  using every = std::make_index_sequence<std::size_t(count)>;

  struct table {
    std::size_t each[count] = {}, at[count] = {}, words = 0;   ///< numbers of an example; where the column begins
  };
  static constexpr int n_sequences = []<std::size_t... K>(std::index_sequence<K...>) { return (int(sequence_in<list>(batched<int(K)>).which >= 0) + ...); }(every{});
  template <std::size_t... K> static constexpr auto sequences_of(std::index_sequence<K...>) {
    std::array<sequence_column, std::size_t(n_sequences ? n_sequences : 1)> all{};
    std::size_t n = 0;
    const auto add = [&](sequence_column c, int k, std::size_t bytes) {
      if (c.which < 0) return;
      c.column = k;
      c.bytes = bytes;
      all[n++] = c;
    };
    (add(sequence_in<list>(batched<int(K)>), int(K), sizeof(element<int(K)>)), ...);
    return all;
  }

public:
  static constexpr auto sequences_in = sequences_of(every{});

private:
  template <std::size_t... K> static constexpr table layout_of(std::index_sequence<K...>) {
    table t{{std::size_t(shape_of<int(K)>::value.size())...}, {}, 0};
    constexpr std::size_t bytes[] = {sizeof(element<int(K)>)...};
    for (int i = 0; i < n_sequences; ++i) t.each[sequences_in[std::size_t(i)].column] = sequences_in[std::size_t(i)].room();
    for (int k = 0; k < count; ++k) {
      t.at[k] = t.words;
      t.words += (t.each[k] * std::size_t(batch) * bytes[k] + 63) / 64 * 64 / sizeof(T);
    }
    return t;
  }
  static constexpr int n_class_columns = []<std::size_t... K>(std::index_sequence<K...>) {
    return (int(takes_classes<loss_of<typename Trainer::recipe_type, int(K)>>()) + ... + 0);
  }(std::make_index_sequence<std::size_t(outputs)>{});
  template <std::size_t... K> static constexpr auto class_columns_of(std::index_sequence<K...>) {
    std::array<class_column, std::size_t(n_class_columns ? n_class_columns : 1)> all{};
    std::size_t n = 0;
    const auto add = [&](bool classes, int k, int of, long long ignored, sequence_column steps) {
      if (classes) all[n++] = {inputs + k, steps.which < 0 ? int(layout.each[inputs + k]) : steps.step, of, steps.which, ignored};
    };
    (add(takes_classes<loss_of<typename Trainer::recipe_type, int(K)>>(), int(K), network::template output<int(K)>::dim.cols(),
         ignored_class(unscaled(Trainer::recipe.loss.losses.template get<K>())), sequence_in<list>(batched<inputs + int(K)>)), ...);
    return all;
  }

public:
  using elements = decltype(elements_of(every{}));
  static constexpr table layout = layout_of(every{});
  static constexpr auto classes_in = class_columns_of(std::make_index_sequence<std::size_t(outputs)>{});
  static constexpr class_columns classes() { return {std::span(classes_in).first(std::size_t(n_class_columns)), sizeof(T) == 8}; }
  static constexpr bool has_sequences = n_sequences > 0;
  static sequences_of_batch sequences(int* const* present) {
    if constexpr (has_sequences) return {std::span(sequences_in), present};
    else return {};
  }

  /// A source whose columns have the network's shapes where they had none.
  template <class Source> static decltype(auto) shaped(Source& s) {
    return [&]<std::size_t... K>(std::index_sequence<K...>) -> decltype(auto) { return data::detail::with_shapes<shape_of<int(K)>...>(s); }(every{});
  }
};

template <class T> template <class Trainer, bool Weighted> void batch_memory<T>::addresses(void** column) {
  using all = batch_columns<Trainer, Weighted>;
  columns.grow(batch_columns<Trainer, true>::layout.words);   // weights or not: it stays where it is
  index.resize(std::size_t(all::batch));
  for (int k = 0; k < all::count; ++k) column[k] = columns.data() + all::layout.at[k];
  if constexpr (all::has_sequences) {
    numbers.resize(std::size_t(all::batch) * all::sequences_in.size());
    numbers_of.assign(std::size_t(batch_columns<Trainer, true>::count), nullptr);
    for (std::size_t i = 0; i < all::sequences_in.size(); ++i) numbers_of[std::size_t(all::sequences_in[i].column)] = numbers.data() + i * std::size_t(all::batch);
  }
}

}  // namespace tfx::detail
