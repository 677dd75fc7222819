// SPDX-License-Identifier: Apache-2.0
// Trains the two networks, writes their numbers as headers into the folder given, and prints what they predict: a line for
// each way to run them, with the bits of all outputs.
#include <cstdio>
#include <filesystem>
#include <vector>

#include <tfx/backend/simd/backend.hpp>
#include <tfx/embedded/predictor.hpp>
#include <tfx/io/header.hpp>
#include <tfx/loss.hpp>
#include <tfx/optim.hpp>
#include <tfx/train/model.hpp>

#include "networks.hpp"

namespace {

inline constexpr auto training = tfx::recipe(tfx::loss::mean_squared_error{}, tfx::optim::adam{.learning_rate = 1e-2});

using tfx::backend::scalar;
using tfx::backend::simd;

template <const auto& Net, int... Extent> struct host {
  using predictor = tfx::predictor<Net, tfx::input<1, Extent...>>;
  static constexpr int input_size = predictor::input_size, output_size = predictor::output_size, batch = 16;

  tfx::model<Net, tfx::input<batch, Extent...>> trained{tfx::seed{7}};
  std::vector<float> variables;
  float x[examples * input_size], y[examples * output_size];

  void train() {
    std::vector<float> in(batch * input_size), target(batch * output_size);
    for (unsigned step = 0; step < 20; ++step) {
      fill(in.data(), int(in.size()), 100 + step);
      fill(target.data(), int(target.size()), 200 + step);
      trained.template train_batch<training>(in.data(), target.data(), batch);
    }
    trained.for_each_variable([&](std::string_view, const tfx::dims& shape, const float* data) {
      variables.insert(variables.end(), data, data + shape.size());
    });
    fill(x, examples * input_size, 1);
  }

  void print(const char* network, const char* way) {
    std::printf("%s %s", network, way);
    for (float& v : y) {
      std::printf(" %08x", __builtin_bit_cast(unsigned, v));
      v = 0;
    }
    std::printf("\n");
  }

  /// The plan of the predictor, on memory bound by hand.
  template <class Executable> void run(const char* network, const char* way) {
    using plan = typename predictor::plan_type;
    using layout = typename predictor::layout;
    std::vector<float> arena(Executable::arena_elements + 16), constants(plan::constants.size());
    std::vector<float> space[2] = {std::vector<float>(std::size_t(layout::space_size(tfx::parameter_space)) + 16),
                                   std::vector<float>(std::size_t(layout::space_size(tfx::state_space)) + 16)};
    const float* from = variables.data();
    const auto fill = [&](std::string_view, const tfx::dims& shape, float* to) {
      for (int i = 0; i < shape.size(); ++i) *to++ = *from++;
    };
    tfx::detail::each_variable<tfx::parameter_space, layout>(space[0].data(), fill);
    tfx::detail::each_variable<tfx::state_space, layout>(space[1].data(), fill);
    for (std::size_t i = 0; i < constants.size(); ++i) constants[i] = plan::constants[i].template word<float>();
    float batch_scalars[2] = {1, 1};
    for (int e = 0; e < examples; ++e) {
      tfx::bindings<float> b;
      b.base[tfx::arena_space] = arena.data();
      b.base[tfx::parameter_space] = space[0].data();
      b.base[tfx::state_space] = space[1].data();
      b.base[tfx::constant_space] = constants.data();
      b.base[tfx::batch_space] = batch_scalars;
      b.base[tfx::first_io_space] = x + e * input_size;
      b.base[tfx::first_io_space + 1] = y + e * output_size;
      b.scratch = arena.data() + plan::arena_elements;
      b.run.batch = 1;
      Executable::run(b);
    }
    print(network, way);
  }

  void all(const char* network, const std::filesystem::path& folder) {
    using plan = typename predictor::plan_type;
    train();
    tfx::io::write_parameters_header(trained, folder / (std::string(network) + "_weights.hpp"), std::string(network) + "_weights");
    trained.predict(x, y, examples);
    print(network, "model");
    std::vector<float> arena(predictor::arena_elements);
    for (int e = 0; e < examples; ++e) predictor::predict(variables.data(), x + e * input_size, y + e * output_size, arena.data());
    print(network, "predictor");
    run<tfx::executable<plan, simd<>, float>>(network, "executable/simd");
    run<tfx::executable<plan, scalar, float>>(network, "executable/scalar");
    run<tfx::direct<plan, simd<>, float>>(network, "direct/simd");
    run<tfx::direct<plan, scalar, float>>(network, "direct/scalar");
  }
};

}  // namespace

int main(int, char** arguments) {
  static host<mlp, 16> first;
  first.all("mlp", arguments[1]);
  static host<cnn, 12, 12, 1> second;
  second.all("cnn", arguments[1]);
}
