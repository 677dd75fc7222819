// SPDX-License-Identifier: Apache-2.0
// libraries: z
// A network is a function; a layer is a function with parameters. Their paths come from where they are made.
#include <cstdio>
#include <string>
#include <vector>

#include <tfx/data/fashion_mnist.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

struct residual_block {
  static constexpr std::string_view name = "residual_block";
  constexpr auto operator()(tensor_expression auto x) const {
    auto h = x | nn::conv2d<16, 3, same>{.bias = false} | nn::batch_norm{} | nn::relu{}
               | nn::conv2d<16, 3, same>{.bias = false} | nn::batch_norm{};
    return relu(x + h);
  }
};

/// A parameter and a state of one's own: gain * (x - running mean of x).
struct centred {
  static constexpr std::string_view name = "centred";
  constexpr auto operator()(tensor_expression auto x) const {
    auto gain = param<shape<>>(x, "gain", init::ones{});
    auto average = state<shape<>>(x, "average");
    if (is_training(x)) average.write(0.9 * average.read() + 0.1 * mean(x));
    return gain * (x - average.read());
  }
};

/// Wherever it is called its parameters are the same.
inline constexpr auto half = nn::shared("half", nn::sequential(                           //
    nn::reshape<28, 14, 1>{},                                                             //
    nn::conv2d<16, 3, same, stride<2>>{}, nn::relu{},                                     //
    nn::repeat<2>(residual_block{}),                                                      //
    nn::global_average_pool{}));

/// Clothes are nearly symmetric: the same layers look at the left half and at the mirrored right one.
struct mirrored {
  constexpr auto operator()(tensor_expression auto images) const {
    auto x = images | centred{};
    auto left = slice<2, 0, 14>(x);
    auto right = flip<2>(slice<2, 14, 28>(x));
    auto both = concatenate<1>(half(left), half(right));
    auto features = both | nn::frozen(nn::named("random_features", nn::dense<64>{})) | nn::relu{};
    return features | nn::named("head", nn::dense<10>{});
  }
};
inline constexpr mirrored net{};
inline constexpr auto training =
    recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 3e-3}, metric::accuracy{});

int main() {
  auto data = data::fashion_mnist();
  using network = model<net, input<64, 28, 28>>;
  network classifier{seed{1}};

  std::printf("%d parameters, %d of them trained\n", network::parameter_count, network::trainable_parameter_count);
  std::vector<float> before, after;
  classifier.for_each_variable([&](std::string_view path, const dims& shape, const float* values) {
    std::string extents;
    for (int i = 0; i < shape.rank; ++i) extents += (i ? " x " : "") + std::to_string(shape.extent[i]);
    std::printf("  %-50.*s %s\n", int(path.size()), path.data(), shape.rank ? extents.c_str() : "a number");
    before.push_back(*values);
  });

  const auto past = classifier.fit<training>(data.train.first(3000), {.epochs = 3, .quiet = true});
  for (std::size_t e = 0; e < 3; ++e) std::printf("loss %.4f  accuracy %.4f\n", past["loss"][e], past["accuracy"][e]);

  std::puts("what moved, by its first number");
  classifier.for_each_variable([&](std::string_view, const dims&, const float* values) { after.push_back(*values); });
  std::size_t i = 0;
  classifier.for_each_variable([&](std::string_view path, const dims&, const float*) {
    const bool in_block = path.find("residual_block") != path.npos;  // those are many
    const char* const remark = before[i] == after[i] ? "  frozen" : "";
    if (!in_block)
      std::printf("  %-50.*s %7.4f -> %7.4f%s\n", int(path.size()), path.data(), before[i], after[i], remark);
    ++i;
  });
}
