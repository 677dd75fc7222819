// SPDX-License-Identifier: Apache-2.0
// budget: seconds=0.2 megabytes=50 lines=5400 specialisations=1500 compiler=g++-12
// The floor: what a program pays for shapes and element types alone.
#include <tfx/core/dtype.hpp>
#include <tfx/core/shape.hpp>

static_assert(tfx::shape<2, 3>::value.size() == 6);
int main() {}
