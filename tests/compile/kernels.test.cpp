// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// An example or two of each class of kernels, compiled: the bits of every backend, forward and back.
#include <tfx/ops.hpp>

#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

/// Numbers without a pattern.
numbers some(int n, double phase) {
  numbers x;
  for (int i = 0; i < n; ++i) x.push_back(std::sin(1.7 * i * i + phase));
  return x;
}

}  // namespace

TEST_CASE("maps, with operands in every way of broadcasting") {
  check_compiled(example("rows, columns and a number", [](auto x, auto row, auto column, auto one) { return tanh(x * row - column) / (2 + one * one); },
                         given<3, 5>(some(15, 0.1), numerically), given<5>(some(5, 0.7), numerically), given<3, 1>(some(3, 1.1), numerically),
                         given<>(0.75, numerically)),
                 example("in the middle", [](auto x, auto y) { return where(x > y, x * y, exp(y)); }, given<2, 3, 4>(some(24, 0.2), numerically),
                         given<3, 1>(some(3, 1.7), numerically)),
                 example("outer", [](auto x, auto y) { return x * y; }, given<7, 1>(some(7, 0.4), numerically), given<1, 19>(some(19, 0.9), numerically)));
}

TEST_CASE("reductions over rows, columns, the middle and everything") {
  check_compiled(example("sums", [](auto x) { return sum<0>(x * x) * sum<1>(x, keep_dims) - mean(x); }, given<5, 7>(some(35, 0.3), numerically)),
                 example("largest", [](auto x) { return max<1>(x) + min<1>(x); }, given<3, 4, 5>(some(60, 0.6), numerically)),
                 example("products", [](auto x) { return product<1>(x) + product<0>(x); }, given<3, 3>(some(9, 1.6), numerically)),
                 example("variance", [](auto x) { return variance<0, 2>(x); }, given<3, 4, 5>(some(60, 0.8), numerically)));
}

TEST_CASE("sweeps that follow a reduction") {
  check_compiled(example("softmax", [](auto x) { return softmax(x) * log_softmax(x); }, given<4, 21>(some(84, 0.5), numerically)).with_floor(0x1p-4),
                 example("down", [](auto x) { return log_sum_exp<0>(x) + softmax<0>(x); }, given<6, 5>(some(30, 0.9), numerically)),
                 example("layer normalisation", [](auto x) {
                   const auto centred = x - mean<1>(x, keep_dims);
                   return x * centred / sqrt(mean<1>(square(centred), keep_dims) + 0.01);
                 }, given<3, 18>(some(54, 1.2), numerically)));
}

TEST_CASE("products and what is fused onto them") {
  check_compiled(example("dense", [](auto x, auto w, auto b) { return gelu(matmul(x, w) + b); }, given<5, 7>(some(35, 0.1), numerically),
                         given<7, 19>(some(133, 0.7), numerically), given<19>(some(19, 1.1), numerically)),
                 example("batched, transposed", [](auto x, auto y) { return matmul(transpose(x), y); }, given<2, 3, 4>(some(24, 0.2), numerically),
                         given<2, 3, 5>(some(30, 0.4), numerically)).with_floor(0x1p-4));
}

TEST_CASE("convolutions, grouped ones, and pooling") {
  check_compiled(example("convolution", [](auto x, auto w, auto b) { return max_pool2d<2>(relu(conv2d<same>(x, w) + b)); },
                         given<2, 5, 6, 2>(some(120, 0.1), numerically), given<3, 3, 2, 3>(some(54, 0.7), numerically),
                         given<3>(some(3, 1.1), numerically)),
                 example("grouped", [](auto x, auto w) { return average_pool2d<2, 1, same>(conv2d<groups<2>, stride<2>>(x, w)); },
                         given<1, 7, 7, 4>(some(196, 0.2), numerically), given<3, 3, 2, 4>(some(72, 0.4), numerically)));
}

TEST_CASE("elements that move") {
  check_compiled(example("permute, slice, join", [](auto x, auto y) { return concatenate<1>(permute<2, 0, 1>(x), pad<0, 1, 1>(slice<0, 1, 3>(y))); },
                         given<2, 3, 4>(some(24, 0.1), numerically), given<4, 1, 3>(some(12, 0.7), numerically)),
                 example("gather", [](auto table, auto rows) { return gather(table, rows); }, given<5, 3>(some(15, 0.2), numerically),
                         given_integers<6>(numbers{4, 0, 0, 3, 1, 4})),
                 example("places", [](auto x) { return one_hot<5>(argmax(x)) * x; }, given<3, 5>(some(15, 0.4), numerically)));
}

TEST_CASE("rows of a batch that is not full") {
  check_compiled_rows(3,
                      example("classifier", [](auto x, auto w) { return mean(log_softmax(matmul(x, w))) + variance<0>(x); },
                              given<-7, 4>(some(12, 0.1), numerically), given<4, 4>(some(16, 0.7), numerically)),
                      example("weights", [](auto x, auto y) { return matmul(transpose(x), y); }, given<-7, 4>(some(12, 0.3), numerically),
                              given<-7, 5>(some(15, 0.5), numerically)));
}

TEST_CASE("bodies of loops") {
  check_compiled(example("recurrence", [](auto x, auto w, auto start) {
    const auto [last, all] = scan([=](auto h, auto now) {
      const auto next = tanh(matmul(h, w) + now);
      return std::pair{next, next * next};
    }, start, x);
    return mean(last) + mean(all * all);
  }, given<4, 2, 3>(some(24, 0.1), numerically), given<3, 3>(some(9, 0.7), numerically), given<2, 3>(some(6, 1.1), numerically)));
}
