// SPDX-License-Identifier: Apache-2.0
// The expected text is what NumPy 2.4 prints for the same arrays.
#include <doctest/doctest.h>

#include <cmath>
#include <sstream>

#include <tfx/expr/print.hpp>
#include <tfx/expr/values.hpp>

using namespace tfx;

TEST_CASE("columns are aligned at the point") {
  CHECK(to_text(tensor<float, shape<2, 3>>{{1, 2, 3}, {4, 5, 6}}) == "[[1. 2. 3.]\n [4. 5. 6.]]");
  CHECK(to_text(tensor<float, shape<2, 3>>{{1, 2.5f, -3}, {0.1f, 50, 1.f / 3}}) ==
        "[[ 1.          2.5        -3.        ]\n [ 0.1        50.          0.33333334]]");
  CHECK(to_text(tensor<double, shape<3>>{1. / 3, 2. / 3, 0.1}) == "[0.33333333 0.66666667 0.1       ]");
}

TEST_CASE("numbers of very different size have exponents") {
  CHECK(to_text(tensor<double, shape<3>>{1e-5, 1234.56789, 0}) == "[1.00000000e-05 1.23456789e+03 0.00000000e+00]");
  CHECK(to_text(tensor<double, shape<3>>{1, 100000000, 0}) == "[1.e+00 1.e+08 0.e+00]");
}

TEST_CASE("what is no number") {
  CHECK(to_text(tensor<double, shape<4>>{1, NAN, -INFINITY, 0.25}) == "[1.    nan -inf 0.25]");
}

TEST_CASE("integers, truth values, one number") {
  CHECK(to_text(tensor<int, shape<2, 2, 2>>{{{1, 2}, {3, -4}}, {{5, 6}, {7, 80}}}) ==
        "[[[ 1  2]\n  [ 3 -4]]\n\n [[ 5  6]\n  [ 7 80]]]");
  CHECK(to_text(tensor<float, shape<3>>{1, 2, 3} > 1.5) == "[False  True  True]");
  CHECK(to_text(tensor<float, shape<>>(2.f)) == "2.0");
}

TEST_CASE("long rows go on in the next line, long tensors are cut") {
  CHECK(to_text(arange<30>()) ==
        "[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.\n"
        " 18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29.]");
  CHECK(to_text(arange<2000>()) == "[0.000e+00 1.000e+00 2.000e+00 ... 1.997e+03 1.998e+03 1.999e+03]");
  CHECK(to_text(cast<int>(reshape<40, 50>(arange<2000>()))) ==
        "[[   0    1    2 ...   47   48   49]\n"
        " [  50   51   52 ...   97   98   99]\n"
        " [ 100  101  102 ...  147  148  149]\n"
        " ...\n"
        " [1850 1851 1852 ... 1897 1898 1899]\n"
        " [1900 1901 1902 ... 1947 1948 1949]\n"
        " [1950 1951 1952 ... 1997 1998 1999]]");
}

TEST_CASE("streams evaluate expressions") {
  std::ostringstream out;
  out << tensor<double, shape<2>>{1, 2} * 2;
  CHECK(out.str() == "[2. 4.]");
}
