// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <tfx/lower/spread_repeated.hpp>
#include <tfx/ops.hpp>

#include "../support/run_kernels.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr dims per_group{3, {1, 4, 1}, false}, pixels{3, {64, 4, 8}, false};

}  // namespace

TEST_CASE("numbers of groups are spread over their channels") {
  CHECK(detail::spread_inwards(per_group, pixels) == dims{3, {1, 4, 8}, false});
  CHECK(detail::spread_inwards(dims{2, {4, 1}, false}, pixels) == dims{2, {4, 8}, false});
  CHECK(detail::spread_inwards(per_group, dims{4, {64, 4, 8, 1}, false}) == per_group);   // it stands at other axes there
  CHECK(detail::spread_inwards(dims{4, {2, 1, 4, 1}, false}, dims{4, {2, 64, 4, 8}, false}) == dims{4, {2, 1, 4, 8}, false});
}

TEST_CASE("what is read a few times only, or lies in lines, stays as it is") {
  CHECK(detail::spread_inwards(per_group, dims{3, {8, 4, 8}, false}) == per_group);
  CHECK(detail::spread_inwards(per_group, dims{3, {64, 4, 64}, false}) == per_group);
  for (const dims& a : {dims{3, {64, 1, 1}, false}, dims{3, {1, 1, 8}, false}, dims{3, {1, 4, 8}, false}, dims{1, {8}, false}, pixels})
    CHECK(detail::spread_inwards(a, pixels) == a);
}

TEST_CASE("group normalisation goes over all channels of a pixel at once") {
  builder b;
  scope top(b);
  const var<shape<2, 64, 4, 8>> x{b.add_input(dims{4, {2, 64, 4, 8}, false}, dtype::real_type, "x")};
  const auto centred = x - mean<1, 3>(x, keep_dims);
  b.add_output((centred * (1 / sqrt(mean<1, 3>(centred * centred, keep_dims) + 1e-5))).h);
  b.finish();
  spread_repeated(b);
  const compiled_graph c(b);
  for (int i = 0; i < c.kernels.launches.size(); ++i) {
    const launch_info& l = c.kernels.launches[i];
    if (c.groups.groups[l.group].elements == 2 * 64 * 4 * 8) CHECK(l.cols == 4 * 8);
  }
}
