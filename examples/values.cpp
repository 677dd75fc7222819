// SPDX-License-Identifier: Apache-2.0
// Tensors are values: print, step, inspect. A statement is one fused loop.
#include <iostream>

#include <tfx/expr/print.hpp>
#include <tfx/expr/values.hpp>

using namespace tfx;

int main() {
  tensor<float, shape<2, 3>> a = {{1, 2, 3}, {4, 5, 6}};
  tensor b = tanh(2 * a + ones<3>()) - mean<1>(a, keep_dims);  // evaluated here, in one go; its type follows
  std::cout << "a\n" << a << "\n\nb\n" << b << '\n';

  auto lazy = relu(matmul(a, transpose(a)) - 20);  // not evaluated yet: refers to a
  a(0, 0) = 10;
  std::cout << "\nrelu(a a^T - 20), after a(0, 0) = 10\n" << lazy << '\n';

  tensor<float, shape<3, 3>> s = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
  s = s + transpose(s);  // operands and result overlap, and it is right
  s[1] *= 10;            // a row is a view
  std::cout << "\ns\n" << s << '\n';

  std::cout << "\nlargest per row   " << max<1>(s) << " at " << argmax(s) << '\n';
  std::cout << "softmax           " << softmax(a[1] / 2) << '\n';
  std::cout << "where s > 100     " << sum(s > 100) << " elements, " << where(s[1] > 100, s[1], 0) << '\n';

  tensor<int, shape<4>> word = {2, 0, 1, 2};
  std::cout << "\nrows 2, 0, 1, 2 of s\n" << gather(s, word) << "\n\none hot\n" << one_hot<3>(word) << '\n';

  tensor noise = random_normal<2000>(42);  // the same numbers on every machine
  std::cout << "\nmean and variance of 2000 normal numbers: " << mean(noise) << ", " << variance(noise) << '\n';
  std::cout << noise << '\n';

  // All of it also while compiling.
  constexpr auto squares = [] {
    tensor<double, shape<5>> x = arange<5>();
    x *= x;
    return x;
  }();
  static_assert(squares == tensor<double, shape<5>>{0, 1, 4, 9, 16});
}
