// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: strings

#include <cstddef>
#include <string>
#include <string_view>

#include <tfx/core/config.hpp>
#include <tfx/core/fail.hpp>
#include <tfx/core/mistake.hpp>
#include <tfx/core/path_pattern.hpp>
#include <tfx/core/put_shape.hpp>

namespace tfx {

namespace detail {
[[noreturn]] TFX_COLD inline void fail_copy(std::string_view path, const dims& wanted, const dims* found) {
  message m;
  m.put("copy: ");
  m.put(path);
  m.put(" is ");
  put_shape(m, wanted);
  if (found) {
    m.put(" here and ");
    put_shape(m, *found);
    m.put(" there");
  } else {
    m.put(" here; there, nothing has that name");
  }
  fail(std::string(std::string_view(m)).c_str());
}
}  // namespace detail

/// Sets the parameters and states of models, weights and programs from those of others, without a file. `which` are named by
/// their paths; each of them must exist there, in the same shape. Returns how many there are.
///
///     copy(pupil, teacher, only{"body"});
template <class To, class From> int copy(To& to, const From& from, only which = {}) {
  int copied = 0;
  to.for_each_variable([&](std::string_view path, const dims& shape, auto* data) {
    if (!names(which, path)) return;
    bool found = false;
    from.for_each_variable([&](std::string_view other, const dims& other_shape, const auto* source) {
      if (other != path) return;
      if (!(other_shape == shape)) detail::fail_copy(path, shape, &other_shape);
      for (int i = 0; i < shape.size(); ++i) data[i] = source[i];
      found = true;
    });
    if (!found) detail::fail_copy(path, shape, nullptr);
    ++copied;
  });
  if (copied == 0) detail::fail(("copy: only{'" + std::string(which.pattern) + "'} names no variable").c_str());
  return copied;
}

}  // namespace tfx
