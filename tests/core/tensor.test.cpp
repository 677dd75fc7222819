// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstdint>
#include <utility>

#include <tfx/core/tensor.hpp>
#include <tfx/expr/values.hpp>

using namespace tfx;

namespace {
using large = tensor<double, shape<30, 41>>;

large numbered() {
  large t;
  for (int i = 0; i < t.size(); ++i) t.data()[i] = i;
  return t;
}
}  // namespace

TEST_CASE("large tensors are aligned, and zero at first") {
  for (int repeat = 0; repeat < 3; ++repeat) {
    large t;
    CHECK(reinterpret_cast<std::uintptr_t>(t.data()) % 64 == 0);
    for (double x : t) REQUIRE(x == 0);
    for (double& x : t) x = 7;  // what the next one may be given
  }
}

TEST_CASE("copies are deep, moves keep the memory") {
  large a = numbered();
  const double* memory = a.data();
  large b = a;
  CHECK(b.data() != a.data());
  b(29, 40) = -1;
  CHECK(a(29, 40) == 30 * 41 - 1);
  large c = std::move(a);
  CHECK(c.data() == memory);
  a = c;  // a moved-from tensor may be assigned again
  CHECK(a == c);
  large d;
  d = std::move(c);
  CHECK(d.data() == memory);
  d = *&d;
  CHECK(d(1, 0) == 41);
}

TEST_CASE("a moved-from tensor is zeros when it is read again") {
  large a = numbered();
  large b = std::move(a);
  CHECK(b(0, 5) == 5);
  CHECK(a.data()[17] == 0);
}

TEST_CASE("views refer to memory and assign elements") {
  double memory[6] = {1, 2, 3, 4, 5, 6};
  tensor_view<double, shape<2, 3>> view(memory);
  const_tensor_view<double, shape<3>> first(memory);
  CHECK(view(1, 0) == 4);
  view[0] = view[1];
  CHECK(memory[0] == 4);
  CHECK(first[2] == 6);
  tensor<double, shape<2, 3>> owned = view;
  view *= 2;
  CHECK(memory[5] == 12);
  CHECK(owned(1, 2) == 6);
  owned[1] = first + 1;
  CHECK(owned(1, 0) == 9);
}
