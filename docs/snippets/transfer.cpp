// SPDX-License-Identifier: Apache-2.0
// Weights of others: a file as PyTorch writes it, a part of it under a network of this side, and weights that are shared.
#include <cstdio>
#include <filesystem>
#include <vector>

#include <unistd.h>

#include <tfx/io/safetensors.hpp>
#include <tfx/tfx.hpp>
#include <tfx/train/load.hpp>

using namespace tfx;

// region: network
inline constexpr auto body = nn::named("body", nn::sequential(nn::conv2d<8, 3, same>{}, nn::batch_norm{.epsilon = 1e-5}, nn::relu{}, nn::global_average_pool{}));
inline constexpr auto net = nn::sequential(body, nn::named("head", nn::dense<3>{}));
// end region

namespace {

/// A state_dict with a convolution, its normalisation, and a head for other classes than ours.
void write_as_pytorch_does(const std::filesystem::path& path) {
  static const std::vector<float> numbers(1000, 0.125f);
  const auto array = [](const char* name, std::vector<std::int64_t> shape) { return io::named_array{name, dtype::float32, std::move(shape), numbers.data()}; };
  io::write_safetensors(path, std::vector{array("conv1.weight", {8, 3, 3, 3}), array("conv1.bias", {8}), array("bn1.weight", {8}), array("bn1.bias", {8}), array("bn1.running_mean", {8}),
                                          array("bn1.running_var", {8}), array("fc.weight", {10, 8}), array("fc.bias", {10})});
}

}  // namespace

int main() {
  const auto folder = std::filesystem::temp_directory_path() / ("tfx-transfer-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  std::filesystem::current_path(folder);
  write_as_pytorch_does("pretrained.safetensors");

  // region: load
  model<net, input<4, 8, 8, 3>> m{seed{1}};
  const int read = load(m, "pretrained.safetensors",
                        {.only = "body", .names = io::names::torch(), .rename = {{"body/conv2d", "conv1"}, {"body/batch_norm", "bn1"}}});
  // end region
  std::printf("%d variables read\n", read);

  // region: mismatch
  try {
    load(m, "pretrained.safetensors", {.only = "head", .names = io::names::torch(), .rename = {{"head", "fc"}}});
  } catch (const io::mismatch_error& error) {
    for (const std::string& line : error.differences()) std::puts(line.c_str());
  }
  // end region

  save(m, "mine.safetensors");
  // region: shared
  const auto shared = load<net, input<4, 8, 8, 3>>("mine.safetensors");
  session one{shared}, another{shared};
  // end region
  const std::vector<float> picture(8 * 8 * 3, 0.5f);
  std::printf("the same: %s\n", one.predict(picture)[1] == another.predict(picture)[1] ? "yes" : "no");
  std::filesystem::current_path("/");
  std::filesystem::remove_all(folder);
}
