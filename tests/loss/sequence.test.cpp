// SPDX-License-Identifier: Apache-2.0
// Losses of sequences, of classes of steps, of pairs and triples, beside PyTorch's and Keras's.
#include <tfx/loss.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/sequence_losses.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST_CASE("ways to spell labels") {
  check(example<fixtures::ctc>([](auto x, auto t, auto) { return loss::ctc<3>{}(x, t); }).with_floor(0x1p-6),
        example<fixtures::ctc_of_lengths>([](auto x, auto t, auto mask) { return loss::ctc<3>{.blank = 4}(masked(x, mask > 0), t); }).with_floor(0x1p-6));
}

TEST_CASE("labels that cannot be spelled, and none") {
  const numbers even(6, 0.0);   // two steps of three classes, each of which has log 3
  const auto ctc = [](auto x, auto t) { return loss::ctc<2>{}(x, t); };
  check(example("one label", ctc, std::log(9.0 / 3), 1, given<1, 2, 3>(even, numerically), given_integers<1, 2>(numbers{1, 0})).with_floor(0x1p-6),
        example("no label", ctc, std::log(9.0), 1, given<1, 2, 3>(even, numerically), given_integers<1, 2>(numbers{0, 0})),
        example("negative ends labels", ctc, std::log(9.0 / 3), 1, given<1, 2, 3>(even, numerically), given_integers<1, 2>(numbers{2, -1})).with_floor(0x1p-6),
        example("too few steps", ctc, infinity, 1, given<1, 2, 3>(even), given_integers<1, 2>(numbers{1, 1})),
        example("a class that cannot be", ctc, infinity, 1, given<1, 2, 3>(numbers{0, -infinity, 0, 0, -infinity, 0}), given_integers<1, 2>(numbers{1, 0})),
        example("no class", ctc, std::nan(""), 1, given<1, 2, 3>(even), given_integers<1, 2>(numbers{3, 0})));
}

TEST_CASE("pairs and triples") {
  check(example<fixtures::triplet>([](auto a, auto p, auto n) { return loss::triplet{.margin = 0.7}(a, p, n); }),
        example<fixtures::contrastive>([](auto d, auto t) { return loss::contrastive{.margin = 1.25}(d, t); }));
}

TEST_CASE("classes of steps") {
  check(example<fixtures::classes_of_steps>([](auto x, auto t, auto, auto) { return loss::softmax_cross_entropy{}(x, t); }),
        example<fixtures::classes_of_steps_masked>([](auto x, auto t, auto mask, auto) { return loss::softmax_cross_entropy{}(x, t, mask > 0); }),
        example<fixtures::classes_of_steps_masked>([](auto x, auto t, auto mask, auto) { return loss::softmax_cross_entropy{}(masked(x, mask > 0), t); }),
        example<fixtures::classes_of_steps_ignored>([](auto x, auto t, auto, auto) { return loss::softmax_cross_entropy{.ignore_class = 4}(x, t); }),
        example<fixtures::classes_of_steps_both>([](auto x, auto t, auto mask, auto w) { return loss::softmax_cross_entropy{.ignore_class = 4}(masked(x, mask > 0), t, w); }),
        example<fixtures::classes_of_steps_both>([](auto x, auto t, auto mask, auto w) { return loss::softmax_cross_entropy{.ignore_class = 4}(x, t, mask > 0, w); }),
        // A class that is ignored need not be one: -1 where there are three.
        example("none of the classes", [](auto x, auto t) { return loss::softmax_cross_entropy{.ignore_class = -1}(x, t); }, std::log(3.0), 1,
                given<2, 3>(numbers(6, 0.0), numbers{1 / 3.0 - 1, 1 / 3.0, 1 / 3.0, 0, 0, 0}), given_integers<2>(numbers{0, -1})),
        example("all of them", [](auto x, auto t) { return loss::softmax_cross_entropy{.ignore_class = -1}(x, t); }, 0, 1,
                given<1, 3>(numbers(3, 0.0), numbers(3, 0.0)), given_integers<1>(numbers{-1})));
}

}  // namespace
