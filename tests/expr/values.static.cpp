// SPDX-License-Identifier: Apache-2.0
// Lazy expressions in constant evaluation: results, types and the text of mistakes.
#include <string_view>

#include <tfx/expr/values.hpp>

using namespace tfx;

namespace {

using matrix = tensor<double, shape<2, 2>>;
constexpr matrix square_matrix = {{1, 2}, {3, 4}};
constexpr tensor<double, shape<2>> row = {10, 20};

static_assert(square_matrix + row == matrix{{11, 22}, {13, 24}});
static_assert(2 * square_matrix - 1 == matrix{{1, 3}, {5, 7}});
static_assert(matmul(square_matrix, square_matrix) == matrix{{7, 10}, {15, 22}});
static_assert(matmul(transpose(square_matrix), square_matrix) == matrix{{10, 14}, {14, 20}});
static_assert(sum(square_matrix) == 10 && mean<0>(square_matrix) == tensor<double, shape<2>>{2, 3});
static_assert(max<1>(square_matrix, keep_dims) == tensor<double, shape<2, 1>>{{2}, {4}});
static_assert(argmax<0>(square_matrix) == tensor<int, shape<2>>{1, 1});
static_assert(where(square_matrix > 2, square_matrix, -1) == matrix{{-1, -1}, {3, 4}});
static_assert(concatenate<1>(square_matrix, square_matrix) == tensor<double, shape<2, 4>>{{1, 2, 1, 2}, {3, 4, 3, 4}});
static_assert(slice<1, 1, 2>(square_matrix) == tensor<double, shape<2, 1>>{{2}, {4}});
static_assert(pad<0, 1, 0>(square_matrix) == tensor<double, shape<3, 2>>{{0, 0}, {1, 2}, {3, 4}});
static_assert(reshape<4>(square_matrix) == tensor<double, shape<4>>{1, 2, 3, 4});
static_assert(sqrt(square_matrix * square_matrix) == square_matrix);
static_assert(acos(row / row) == 0 * row && atan2(0 * row, row) == 0 * row && asin(0 * row) == tan(atan(0 * row)));
static_assert(cosh(0 * row) - 1 == sinh(0 * row));
static_assert(equal(square_matrix, 3) == tensor<bool, shape<2, 2>>{{false, false}, {true, false}});
static_assert(sum(square_matrix > 1) == 3);

// Element types follow from the operands; numbers and `ones` take part in any.
static_assert(std::is_same_v<decltype(tensor(ones<3>())), tensor<float, shape<3>>>);
static_assert(std::is_same_v<decltype(tensor(row + ones<2>())), tensor<double, shape<2>>>);
static_assert(std::is_same_v<decltype(tensor(row > 1)), tensor<bool, shape<2>>>);
static_assert(std::is_same_v<decltype(tensor(argmax(row))), tensor<int, shape<>>>);
static_assert(std::is_same_v<decltype(tensor(tensor<int, shape<2>>{1, 2} + 1)), tensor<int, shape<2>>>);
static_assert(std::is_same_v<decltype(tensor(tensor<int, shape<2>>{1, 2} * row)), tensor<double, shape<2>>>);
static_assert(tensor<int, shape<3>>{1, 2, 3} * 2 + 1 == tensor<int, shape<3>>{3, 5, 7});

// The result may overlap the operands.
static_assert([] {
  matrix a = square_matrix;
  a = a + transpose(a);
  a += a;
  a[0] = a[1] - a[0];
  return a;
}() == matrix{{6, 6}, {10, 16}});

// An expression owns its temporaries.
constexpr auto lazy = relu(2 * tensor<double, shape<2>>{-1, 3});
static_assert(lazy == tensor<double, shape<2>>{0, 6});

static_assert(arange<4>() == tensor<float, shape<4>>{0, 1, 2, 3});
static_assert(full<2, 1>(0.5) == tensor<float, shape<2, 1>>{{0.5f}, {0.5f}});
static_assert(cast<int>(tensor<double, shape<2>>{1.5, -2.5}) == tensor<int, shape<2>>{1, -2});

// Mistakes: the whole sentence.
template <class E> constexpr std::string_view mistake_of(const E&) { return verdict<detail::statement<E>>::value(); }
template <class E> constexpr bool says(const E&, std::string_view expected) {
  return verdict<detail::statement<E>>::value() == expected;
}
constexpr tensor<double, shape<2, 3>> wide;
static_assert(says(matmul(wide, wide), "matmul: inner extents differ, [2, 3] times [2, 3]"));
static_assert(says(wide + row, "add: [2, 3] and [2] cannot be broadcast together"));
static_assert(says(exp(wide * square_matrix), "multiply: [2, 3] and [2, 2] cannot be broadcast together"));
static_assert(says(mean<2>(wide), "mean<2>: axis 2 is out of range for [2, 3], rank 2"));
static_assert(says(softmax<3>(wide), "softmax: axis 3 is out of range for [2, 3], rank 2"));
static_assert(says(reshape<7>(wide), "reshape: [2, 3] has 6 elements, [7] has 7"));
static_assert(says(slice<1, 2, 4>(wide), "slice: [2, 4) is no range of axis 1 of [2, 3]"));
static_assert(says(gather(wide, row), "gather expects integer indices, got floating point [2]"));
static_assert(detail::wrong_assignment<shape<2, 3>, shape<3, 2>>::value() ==
              std::string_view("tensor [2, 3] is assigned a value of shape [3, 2]"));

}  // namespace
