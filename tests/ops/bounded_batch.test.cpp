// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "../fixtures/contraction.hpp"
#include "../support/batch_rows.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("of a batch, only the rows present count") {
  using m = fixtures::matmul;
  check_rows(3,
             example("x y", [](auto x, auto y) { return matmul(x, y); }, m::out, m::cotangent, given<-7, 4>(m::x, m::d_x),
                     given<4, 5>(m::y, m::d_y)),
             example("x^T y", [](auto x, auto y) { return matmul(transpose(x), y); }, given<-7, 4>(m::x, numerically),
                     given<-7, 5>(m::out, numerically)),
             example("mean", [](auto x) { return mean(x * x) + sum(mean<0>(x)); }, given<-7, 4>(m::x, numerically)),
             example("centred", [](auto x) { return x * (x - mean<0>(x)) / sqrt(variance<0>(x) + 0.1); }, given<-7, 4>(m::x, numerically)),
             example("product", [](auto x) { return product<0>(x) + product(x); }, given<-7, 4>(m::x, numerically)),
             example("softmax", [](auto x) { return log_softmax(x) * softmax(x); }, given<-7, 4>(m::x, numerically)).with_floor(0x1p-4));
}

template <class... F> void check_batch(F...) {
  check_rows_present<8, 5, backend::simd<>, F...>();
  check_rows_present<8, 5, interpreted, F...>();
}

TEST_CASE("reductions of a batch are those of the rows present") {
  check_batch([](auto b) { return sum<0>(b.x) + max<0>(b.x) * mean<0>(b.x) - min<0>(b.x); }, [](auto b) { return variance<0>(b.x); },
              [](auto b) { return product<0>(b.x); }, [](auto b) { return product<1>(b.x); }, [](auto b) { return product(b.x); },
              [](auto b) { return product<1>(b.z); }, [](auto b) { return product<0, 2>(b.z); }, [](auto b) { return product<0>(b.v); },
              [](auto b) { return sum(b.x) * max(b.z) + mean(b.v); }, [](auto b) { return variance(b.z) - min(b.x); },
              [](auto b) { return sum<0, 2>(b.z) + mean<0, 2>(b.z) * max<0, 2>(b.z); }, [](auto b) { return variance<0, 1>(b.z); },
              [](auto b) { return sum<1>(b.z) * max<1>(b.z); }, [](auto b) { return log_sum_exp<0>(b.x); },
              [](auto b) { return log_sum_exp<0, 1>(b.z, keep_dims); }, [](auto b) { return softmax<0>(b.x) * b.x; },
              [](auto b) { return log_softmax<0>(b.z); }, [](auto b) { return softmax<1>(b.z); }, [](auto b) { return softmax<0>(b.v); },
              [](auto b) { return argmax<0>(b.x); }, [](auto b) { return argmin<0>(b.z); }, [](auto b) { return argmax<0>(b.v); },
              [](auto b) { return argmax<1>(b.x); });
}
TEST_CASE("products and maps of a batch are those of the rows present") {
  check_batch([](auto b) { return b.x * b.w + sum<0>(b.x, keep_dims); }, [](auto b) { return where(b.x > b.w, b.x, sum(b.v)); },
              [](auto b) { return b.z - expand_dims<1>(b.x); }, [](auto b) { return b.x * expand_dims<1>(b.v); },
              [](auto b) { return broadcast_to<shape<-b.bound, 2, 3>>(expand_dims<1>(b.x)); },
              [](auto b) { return broadcast_to<shape<-b.bound, 3>>(b.w); }, [](auto b) { return matmul(b.x, b.m); },
              [](auto b) { return matmul(transpose(b.x), b.x); }, [](auto b) { return matmul(transpose(b.x), expand_dims<1>(b.v)); },
              [](auto b) { return matmul(matmul(b.x, transpose(b.m)), b.w); }, [](auto b) { return matmul(b.z, transpose(b.z)); },
              [](auto b) { return matmul(transpose(b.z), b.z); }, [](auto b) { return matmul(b.z, b.m); },
              [](auto b) { return matmul(b.m, transpose(b.z)); }, [](auto b) { return matmul(expand_dims<1>(b.x), transpose(b.z)); },
              [](auto b) { return gather(b.m, b.i); }, [](auto b) { return one_hot<3>(b.i) * b.x; },
              [](auto b) { return take_along_last(b.x, b.i); },
              [](auto b) { return var<typename decltype(b.v)::shape_type, std::int32_t>{column_index(*b.v.h.graph, decltype(b.v)::dim)} * b.v; });
}
TEST_CASE("what is rearranged in a batch is that of the rows present") {
  check_batch([](auto b) { return flatten(b.z); }, [](auto b) { return reshape<b.bound, 3, 2>(b.z); }, [](auto b) { return squeeze<1>(expand_dims<1>(b.x)); },
              [](auto b) { return transpose(b.z); }, [](auto b) { return permute<0, 2, 1>(b.z) * 2; }, [](auto b) { return slice<2, 1, 3>(b.z); },
              [](auto b) { return slice<1, 0, 3, 2>(b.x); }, [](auto b) { return pad<1, 1, 2>(b.x); }, [](auto b) { return flip<1, 2>(b.z); },
              [](auto b) { return concatenate<1>(b.x, 2 * b.x, expand_dims<1>(b.v)); }, [](auto b) { return stack<1>(b.x, b.x * b.w); },
              [](auto b) { return stack<1>(b.v, b.v); },
              [](auto b) { return max_pool2d<2, 1>(reshape<b.bound, 2, 3, 1>(b.z)); }, [](auto b) { return average_pool2d<2, 1>(reshape<b.bound, 2, 3, 1>(b.z)); },
              [](auto b) { return conv2d<same>(reshape<b.bound, 2, 3, 1>(b.z), reshape<3, 3, 1, 1>(b.m)); },
              [](auto b) { const auto h = reshape<b.bound, 2, 1, 3>(b.z); return dot_product_attention(h, h, 2 * h); },
              [](auto b) {
                const auto [last, all] = scan([](auto h, auto x) { return std::pair{tanh(h + x), h * x}; }, b.x, time_first(b.z));
                return batch_first(all) + expand_dims<1>(last);
              },
              [](auto b) { return fori_loop<3>([](auto, auto h) { return tanh(h) - mean<0>(h) * 0.1; }, b.x); },
              [](auto b) { return while_loop<4>([](auto h) { return sum(h) < 10; }, [](auto h) { return h + 0.5; }, b.x); },
              [](auto b) { return cond(sum(b.v) > 0, [](auto h) { return h * 2; }, [](auto h) { return h * h; }, b.x); });
}

}  // namespace
