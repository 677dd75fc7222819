// SPDX-License-Identifier: Apache-2.0
// Tensors as constants: braces, elements, sizes, and what their mistakes say.
#include <tfx/core/bundle.hpp>
#include <tfx/core/tensor.hpp>
#include <tfx/expr/values.hpp>

using namespace tfx;

constexpr tensor<float, shape<2, 3>> matrix = {{1, 2, 3}, {4, 5, 6}};
static_assert(matrix(1, 2) == 6 && matrix[1][2] == 6 && matrix[0][0] == 1 && matrix.size() == 6);
static_assert(matrix.data()[4] == 5 && matrix.end() - matrix.begin() == 6);

constexpr tensor<double, shape<3>> vector = {1, 2.5, -3};
static_assert(vector[1] == 2.5 && sizeof(vector) == 3 * sizeof(double));
constexpr tensor<double, shape<1>> one_element = {0.5};
static_assert(one_element[0] == 0.5);
constexpr tensor<double, shape<1, 1>> one_row = {{7}};
static_assert(one_row(0, 0) == 7);
constexpr tensor<int, shape<2, 2, 2>> cube = {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
static_assert(cube(1, 0, 1) == 6 && cube[1][1][0] == 7);
constexpr tensor<float, shape<>> scalar = 3.0f;
static_assert(float(scalar) == 3 && scalar.size() == 1);
constexpr tensor<float, shape<2, 2>> zero;
static_assert(zero == tensor<float, shape<2, 2>>{{0, 0}, {0, 0}});

// Rows are views: writing through one writes the tensor.
static_assert([] {
  tensor<int, shape<2, 2>> t;
  t[1][0] = 5;
  t(0, 1) = 3;
  return t;
}() == tensor<int, shape<2, 2>>{{0, 3}, {5, 0}});

// Above the stated size the elements are on the heap, and copies and moves mean the same as below.
static_assert(sizeof(tensor<float, shape<1024>>) == inside_bytes &&
              sizeof(tensor<float, shape<1025>>) == sizeof(float*));
using large = tensor<float, shape<40, 40>>;
static_assert([] {
  large a;
  a(3, 4) = 5;
  large b = a;
  large c = static_cast<large&&>(a);
  a = b;
  b(3, 4) = 1;
  return a(3, 4) == 5 && c(3, 4) == 5 && a == c && !(b == c);
}());

// What wrong braces say.
template <class S, int... Row> using rows = detail::braces<S, int(sizeof...(Row)), std::integer_sequence<int, Row...>>;
static_assert(rows<shape<2, 3>, 3, 3>::right && !rows<shape<2, 3>, 3, 2>::right);
static_assert(rows<shape<2, 3>, 3, 2>::value() == std::string_view("tensor [2, 3]: row 1 is given as [2]"));
static_assert(rows<shape<2, 3>, 3>::value() == std::string_view("tensor [2, 3] is given 1 row"));
static_assert(detail::braces<shape<3>, 2>::value() == std::string_view("tensor [3] is given 2 numbers"));

// Several results.
constexpr bundle<int, double> pair = {3, 0.5};
static_assert([] {
  auto [a, b] = pair;
  return a == 3 && b == 0.5;
}());
static_assert(pair.get<0>() == 3 && std::tuple_size<bundle<int, double>>::value == 2);
