// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/simd/backend.hpp>

#include "traced.hpp"

namespace tfx::testing {

/// What functions of the batch get: rows of three numbers, of two by three numbers, of one number, of one class of three, and
/// what does not belong to the batch, three numbers and three by three.
template <int Bound> struct batch_values {
  var<shape<-Bound, 3>> x;
  var<shape<-Bound, 2, 3>> z;
  var<shape<-Bound>> v;
  var<shape<-Bound>, std::int32_t> i;
  var<shape<3>> w;
  var<shape<3, 3>> m;
  static constexpr int bound = Bound;
};

/// Functions of batch values in one program: of each the result, and its gradients unless it is made of integers.
template <int Bound, class... F> struct batch_step {
  constexpr void operator()(builder& b) const {
    b.spaces = test_spaces;
    const handle in[] = {detail::take(b, dims{2, {Bound, 3}, true}, dtype::real_type),   detail::take(b, dims{3, {Bound, 2, 3}, true}, dtype::real_type),
                         detail::take(b, dims{1, {Bound}, true}, dtype::real_type),      detail::take(b, dims{1, {Bound}, true}, dtype::int32),
                         detail::take(b, dims{1, {3}, false}, dtype::real_type),         detail::take(b, dims{2, {3, 3}, false}, dtype::real_type)};
    const batch_values<Bound> values{{in[0]}, {in[1]}, {in[2]}, {in[3]}, {in[4]}, {in[5]}};
    (one(b, values, F{}(values)), ...);
  }

 private:
  template <class S, class T> static constexpr void one(builder& b, const batch_values<Bound>& in, var<S, T> y) {
    detail::give(b, expand(y.h, y.dim));
    if constexpr (is_floating(dtype_of<T>)) {
      const handle cotangent = expand(0.3 * y.h + 0.1, y.dim);
      detail::give(b, gradient_of(y, cotangent, in.x).h);
      detail::give(b, gradient_of(y, cotangent, in.z).h);
      detail::give(b, gradient_of(y, cotangent, in.v).h);
      detail::give(b, gradient_of(y, cotangent, in.w).h);
      detail::give(b, gradient_of(y, cotangent, in.m).h);
    }
  }
};

/// Results and gradients of functions of a batch of `Rows` rows of at most `Bound`, in the bits of those of the same functions
/// compiled for exactly so many. What is not present is not a number.
template <int Bound, int Rows, class Backend, class... F> void check_rows_present() {
  machine<batch_step<Bound, F...>, Backend, double> partial;
  machine<batch_step<Rows, F...>, interpreted, double> exact;
  auto fill = [](auto& m) {
    m.state.batch = Rows;
    for (int k = 0; k < 6; ++k) {
      const leaf_info& l = m.leaf(inputs_space, k);
      numbers from(l.shape.bounded ? std::size_t(l.size / l.shape.extent[0] * Rows) : std::size_t(l.size));
      for (std::size_t i = 0; i < from.size(); ++i) from[i] = k == 3 ? double(i * i % 3) : 1.1 * std::sin(1.7 * double(i * i + 1) + k);
      m.put(l, from);
    }
    m.run();
  };
  fill(partial);
  fill(exact);
  int outputs = 0;
  for (const leaf_info& l : partial.program.leaves) outputs += l.space == outputs_space;
  for (int k = 0; k < outputs; ++k) {
    CAPTURE(k);
    const std::vector<double> a = partial.numbers_present(partial.leaf(outputs_space, k)), b = exact.numbers_present(exact.leaf(outputs_space, k));
    CHECK(std::none_of(b.begin(), b.end(), [](double y) { return y != y; }));
    CHECK(different_bits<double>(a, b) == 0);
  }
}

}  // namespace tfx::testing
