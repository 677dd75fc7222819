// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <tfx/nn/layer.hpp>

#include "traced.hpp"

namespace tfx::testing {

/// A layer or network on one input: its value, and when asked for the gradients of sum(value * cotangent).
template <const auto& Layer, class In, bool Training> struct layer_step {
  constexpr void operator()(builder& b) const {
    b.spaces = test_spaces;
    b.training = Training;
    const var<In> x{detail::take(b, In::value, dtype::real_type)};
    const auto y = call_layer(Layer, x);
    detail::give(b, y.h);
    const handle cotangent = detail::take(b, y.dim, dtype::real_type);
    list<int> wanted, names;
    wanted.push_back(x.h.id);
    names.push_back(-1);
    for (int i = 0; i < b.leaves.size(); ++i) {
      if (!b.leaves[i].trainable) continue;
      wanted.push_back(b.leaf_node[i]);
      names.push_back(i);
    }
    const list<int> gradient = gradients(y.h, cotangent, wanted, names);
    for (int i = 0; i < wanted.size(); ++i) {
      const int d = gradient[wanted[i]];
      const dims shape = b.nodes[wanted[i]].shape;
      detail::give(b, expand(d < 0 ? b.constant(0) : handle{&b, d}, shape));
    }
  }
};

/// A layer with memory: parameters and state are set by their paths.
template <const auto& Layer, class In, bool Training = true, class Backend = interpreted, class T = double>
struct layer_machine : machine<layer_step<Layer, In, Training>, Backend, T> {
  template <class Numbers> layer_machine& set(std::string_view path, const Numbers& from) {
    this->put(this->leaf(path), numbers_of(from));
    return *this;
  }
  template <class X, class C> layer_machine& on(const X& x, const C& cotangent) {
    this->put(this->leaf(inputs_space, 0), numbers_of(x));
    this->put(this->leaf(inputs_space, 1), numbers_of(cotangent));
    this->run();
    return *this;
  }
  std::span<T> value() { return this->present(this->leaf(outputs_space, 0)); }
  std::span<T> d_x() { return this->present(this->leaf(outputs_space, 1)); }
  std::span<T> gradient(std::string_view path) {
    int k = 2;
    for (const leaf_info& l : this->program.leaves) {
      if (this->program.name(l) == path) return this->values(this->leaf(outputs_space, k));
      k += l.trainable;
    }
    return {};
  }
  /// The paths of all parameters (or states), in order, one after the other.
  std::string paths(int space = parameter_space) const {
    std::string all;
    for (const leaf_info& l : this->program.leaves)
      if (l.space == space) all.append(all.empty() ? "" : " ").append(this->program.name(l));
    return all;
  }
};

/// Element by element. Values and gradients of layers are sums of numbers around 1, of which this much may cancel.
inline constexpr double layer_floor = 0x1p-6;
#define CHECK_CLOSE(found, expected) CHECK(tfx::testing::difference(found, tfx::testing::numbers_of(expected), tfx::testing::layer_floor) <= 1e-12)

}  // namespace tfx::testing
