// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <tfx/core/dtype.hpp>
#include <tfx/core/shape.hpp>

namespace tfx::io {

/// An array in memory with the name that it has in a file; row-major and dense.
template <class Address> struct basic_named_array {
  std::string name;
  dtype type = dtype::float32;
  std::vector<std::int64_t> shape;
  Address data = nullptr;
};
using named_array = basic_named_array<const void*>;   ///< to be written
using named_buffer = basic_named_array<void*>;        ///< to be read into

}  // namespace tfx::io

namespace tfx {

namespace detail {
struct any_variable {
  template <class T> void operator()(std::string_view, const dims&, T*) const {}
};

template <class Address, class Model> std::vector<io::basic_named_array<Address>> variables_of(Model& model) {
  std::vector<io::basic_named_array<Address>> list;
  model.for_each_variable([&](std::string_view path, const dims& shape, auto* data) {
    using element = std::remove_cv_t<std::remove_pointer_t<decltype(data)>>;
    static_assert(dtype_of<element> != dtype::real_type, "tfx: a variable of a type that files have no name for");
    list.push_back({std::string(path), dtype_of<element>, {shape.extent, shape.extent + shape.rank}, data});
  });
  return list;
}
}  // namespace detail

/// Something with named arrays: `m.for_each_variable(f)` calls `f(std::string_view path, dims shape, T* data)` for each
/// parameter and each state, in a fixed order; data is row-major and dense.
template <class Model>
concept has_variables = requires(Model& model) { model.for_each_variable(detail::any_variable{}); };

}  // namespace tfx
