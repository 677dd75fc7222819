// SPDX-License-Identifier: Apache-2.0
// What a project that uses the library may look like: it needs the include path and the options of tfx::tfx.
#include <tfx/core/shape.hpp>

using matrix = tfx::shape<2, 3>;
static_assert(tfx::broadcasts_to<tfx::shape<3>, matrix>);

int main() { return matrix::value.size() == 6 ? 0 : 1; }
