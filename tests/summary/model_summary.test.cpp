// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include <doctest/doctest.h>

#include <tfx/tfx.hpp>

#include "../support/approved.hpp"

using namespace tfx;

namespace {

inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::sgd{}, metric::accuracy{});

struct residual_block {
  constexpr auto operator()(tensor_expression auto x) const {
    auto h = x | nn::conv2d<16, 3, same>{} | nn::batch_norm{} | nn::relu{}
               | nn::conv2d<16, 3, same>{} | nn::batch_norm{};
    return relu(x + h);
  }
};
inline constexpr auto stem = nn::named("stem", nn::conv2d<16, 3, same, stride<2>>{.bias = false});
inline constexpr auto small_resnet = nn::sequential(
    stem, nn::repeat<2>(residual_block{}), nn::global_average_pool{}, nn::dropout{.rate = 0.2},
    nn::frozen(nn::dense<10>{}));
using resnet_model = model<small_resnet, input<32, 28, 28, 1>, backend::scalar>;

inline constexpr auto with_a_parameter_of_its_own = [](auto x) {
  const auto gain = param<shape<10>>(x, "gain");
  return nn::dense<10>{}(x) * gain;
};
inline constexpr auto embedding = nn::shared("embedding", nn::dense<8>{});
inline constexpr auto twice = nn::sequential(embedding, nn::relu{}, embedding);

bool says(std::string_view text, std::string_view what) { return text.find(what) != text.npos; }

}  // namespace

TEST_CASE("the summary reads as approved") {
  CHECK(is_approved(resnet_model::summary_text(), __FILE__, "model_summary.txt"));
}

// Parameters by Keras' formulas: (3 * 3 * in + 1) * out for a convolution, 4 * channels for batch normalisation of
// which half is trained, (in + 1) * out for a dense layer.
TEST_CASE("the numbers of a summary") {
  constexpr std::string_view text = resnet_model::summary_text();
  constexpr int parameters = 3 * 3 * 16 + 4 * (3 * 3 * 16 + 1) * 16 + 4 * 2 * 16 + 17 * 10;
  static_assert(resnet_model::parameter_count == parameters);
  static_assert(resnet_model::trainable_parameter_count == parameters - 170);
  static_assert(resnet_model::state_count == 4 * 2 * 16);
  CHECK(says(text, "9,722 (9,552 trained, 170 not), 38,888 bytes"));
}

TEST_CASE("training is summed up where a recipe is given") {
  CHECK_FALSE(says(resnet_model::summary_text(), "Train"));
  CHECK(says(resnet_model::summary_text<training>(), " Train "));
}

TEST_CASE("a function with parameters of its own has a row beside its layers'") {
  constexpr std::string_view text = model<with_a_parameter_of_its_own, input<4, 28>>::summary_text();
  CHECK(says(text, " lambda (lambda)   [<=4, 10]                 10\n"));
  CHECK(says(text, " dense (dense)     [<=4, 10]                290\n"));
}

TEST_CASE("a shared layer's parameters are counted once") {
  constexpr std::string_view text = model<twice, input<4, 8>>::summary_text();
  const std::size_t first = text.find(" embedding (dense)"), second = text.find(" embedding (dense)", first + 1);
  REQUIRE(second != text.npos);
  CHECK(says(text.substr(first, text.find('\n', first) - first), " 72"));
  CHECK(says(text.substr(second, text.find('\n', second) - second), " 0"));
}
