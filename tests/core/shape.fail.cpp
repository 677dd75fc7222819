// SPDX-License-Identifier: Apache-2.0
// cases: 4
// case 1: tfx: every extent of a tensor is at least 1; a negative one is a bound on the batch, and comes first
// case 2: tfx: every extent of a tensor is at least 1; a negative one is a bound on the batch, and comes first
// case 3: tfx: a tensor has at most 2^31 - 1 elements
// case 4: tfx: a tensor has at most six axes
#include <tfx/expr/values.hpp>
using namespace tfx;

float use() {
#if CASE == 0
  tensor<float, shape<1, 2>> x;
#elif CASE == 1
  tensor<float, shape<0, 2>> x;
#elif CASE == 2
  tensor<float, shape<2, -3>> x;
#elif CASE == 3
  tensor<float, shape<65536, 65537>> x;
#elif CASE == 4
  tensor<float, shape<1, 1, 1, 1, 1, 1, 2>> x;
#endif
  return sum(x * 2);
}
