// SPDX-License-Identifier: Apache-2.0
#include <tfx/io/safetensors.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <tfx/tfx.hpp>

#include "../fixtures/weights.hpp"
#include "scratch.hpp"

using namespace tfx;
using io::mismatch_error;
using io::name_rule;
namespace of = tfx::fixtures;

namespace {

template <int... E> io::named_array array_of(std::string name, const of::stored<double, E...>& values) {
  return {std::move(name), dtype::float64, {E...}, values.data()};
}

constexpr auto body = nn::sequential(nn::conv2d<3, 3, same>{}, nn::batch_norm{.epsilon = 1e-5}, nn::relu{}, nn::global_average_pool{});
struct images {
  constexpr auto operator()(auto x) const { return x | body | nn::dense<4>{}; }
};
struct words {
  constexpr auto operator()(auto x) const { return x | nn::embedding<7, 5>{} | nn::lstm<4>{} | nn::dense<2>{}; }
};
constexpr images image_net{};
constexpr words word_net{};
using image_model = model<image_net, input<2, 4, 5, 2>, backend::simd<>, double>;
using word_model = model<word_net, indices<3, 6>, backend::simd<>, double>;

template <class Fixture> std::vector<io::named_array> torch_arrays(const Fixture& f) {
  if constexpr (requires { f.words_weight; })
    return {array_of("words.weight", f.words_weight), array_of("lstm.weight_ih_l0", f.lstm_weight_ih_l0), array_of("lstm.weight_hh_l0", f.lstm_weight_hh_l0),
            array_of("lstm.bias_ih_l0", f.lstm_bias_ih_l0), array_of("lstm.bias_hh_l0", f.lstm_bias_hh_l0), array_of("fc.weight", f.fc_weight), array_of("fc.bias", f.fc_bias)};
  else
    return {array_of("body.0.weight", f.body_0_weight), array_of("body.0.bias", f.body_0_bias), array_of("body.1.weight", f.body_1_weight), array_of("body.1.bias", f.body_1_bias),
            array_of("body.1.running_mean", f.body_1_running_mean), array_of("body.1.running_var", f.body_1_running_var), array_of("fc.weight", f.fc_weight), array_of("fc.bias", f.fc_bias)};
}
std::vector<io::named_array> keras_arrays(const of::keras_images& f) {
  return {array_of("sequential/conv2d/kernel", f.sequential_conv2d_kernel), array_of("sequential/conv2d/bias", f.sequential_conv2d_bias),
          array_of("sequential/batch_normalization/gamma", f.sequential_batch_normalization_gamma), array_of("sequential/batch_normalization/beta", f.sequential_batch_normalization_beta),
          array_of("sequential/batch_normalization/moving_mean", f.sequential_batch_normalization_moving_mean),
          array_of("sequential/batch_normalization/moving_variance", f.sequential_batch_normalization_moving_variance),
          array_of("sequential/dense/kernel", f.sequential_dense_kernel), array_of("sequential/dense/bias", f.sequential_dense_bias)};
}
std::vector<io::named_array> keras_arrays(const of::keras_words& f) {
  return {array_of("sequential_1/embedding/embeddings", f.sequential_1_embedding_embeddings), array_of("sequential_1/lstm/lstm_cell/kernel", f.sequential_1_lstm_lstm_cell_kernel),
          array_of("sequential_1/lstm/lstm_cell/recurrent_kernel", f.sequential_1_lstm_lstm_cell_recurrent_kernel), array_of("sequential_1/lstm/lstm_cell/bias", f.sequential_1_lstm_lstm_cell_bias),
          array_of("sequential_1/dense/kernel", f.sequential_1_dense_kernel), array_of("sequential_1/dense/bias", f.sequential_1_dense_bias)};
}

/// Predicts what the network whose weights were loaded predicts.
template <class Model, class Fixture> void check_predictions(Model& m, const Fixture& f) {
  using element = std::conditional_t<std::is_same_v<Model, word_model>, std::int64_t, double>;
  std::vector<element> x;
  for (std::size_t i = 0; i < f.x.size(); ++i) x.push_back(element(f.x[i]));
  std::vector<double> y(f.out.size());
  m.predict(x.data(), y.data(), Model::batch);
  for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::abs(y[i] - f.out[i]) <= 1e-12);
}

const std::vector<name_rule> torch_images_names = {{"conv2d", "body.0"}, {"batch_norm", "body.1"}, {"dense", "fc"}};

}  // namespace

TEST_CASE("weights of PyTorch are read under their names, in their order of axes") {
  const scratch at;
  const of::torch_images pictures;
  io::write_safetensors(at / "pictures", torch_arrays(pictures));
  image_model m{seed{1}};
  CHECK(load(m, at / "pictures", {.names = io::names::torch(), .rename = torch_images_names}) == 8);
  check_predictions(m, pictures);

  const of::torch_words text;
  io::write_safetensors(at / "words", torch_arrays(text));
  word_model w{seed{1}};
  load(w, at / "words", {.names = io::names::torch(), .rename = {{"embedding", "words"}, {"dense", "fc"}}});
  check_predictions(w, text);
}

TEST_CASE("weights of Keras as well") {
  const scratch at;
  const of::keras_images pictures;
  io::write_safetensors(at / "pictures", keras_arrays(pictures));
  image_model m{seed{1}};
  load(m, at / "pictures", {.names = io::names::keras(), .rename = {{"batch_norm", "sequential/batch_normalization"}, {"*", "sequential/*"}}});
  check_predictions(m, pictures);

  const of::keras_words text;
  io::write_safetensors(at / "words", keras_arrays(text));
  word_model w{seed{1}};
  load(w, at / "words", {.names = io::names::keras(), .rename = {{"*", "sequential_1/*"}}});
  check_predictions(w, text);
}

TEST_CASE("a part of a network is loaded, and the rest stays") {
  const scratch at;
  const of::torch_images pictures;
  io::write_safetensors(at / "pictures", torch_arrays(pictures));
  image_model m{seed{1}}, before{seed{1}}, whole{seed{2}};
  load(whole, at / "pictures", {.names = io::names::torch(), .rename = torch_images_names});
  CHECK(load(m, at / "pictures", {.only = "conv2d", .names = io::names::torch(), .rename = {{"conv2d", "body.0"}}}) == 2);
  const auto equal = [](std::span<const double> a, std::span<const double> b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); };
  CHECK(equal(m.weights().variable("conv2d/weight"), whole.weights().variable("conv2d/weight")));
  CHECK(equal(m.weights().variable("dense/weight"), before.weights().variable("dense/weight")));

  io::write_safetensors(at / "part", std::vector{array_of("dense/bias", pictures.fc_bias)});
  CHECK(load(m, at / "part", {.allow_missing = true}) == 1);
  CHECK(m.weights().variable("dense/bias")[2] == pictures.fc_bias[2]);
  CHECK(equal(m.weights().variable("conv2d/weight"), whole.weights().variable("conv2d/weight")));
}

TEST_CASE("what does not fit is said, with the names of both sides, and nothing is changed") {
  const scratch at;
  const of::torch_images pictures;
  io::write_safetensors(at / "pictures", torch_arrays(pictures));
  image_model m{seed{1}}, before{seed{1}};
  const auto differences = [&](const io::load_options& options) {
    try {
      load(m, at / "pictures", options);
    } catch (const mismatch_error& error) {
      bool unchanged = true;
      m.for_each_variable([&](std::string_view path, const dims&, double* data) { unchanged &= *data == before.weights().variable(path)[0]; });
      CHECK(unchanged);
      return error.differences();
    }
    return std::vector<std::string>{};
  };
  const io::naming torch = io::names::torch();
  auto said = differences({.names = torch, .rename = {{"conv2d", "body.0"}, {"batch_norm", "body.2"}, {"dense", "fc"}}});
  REQUIRE(said.size() == 8);
  CHECK(said[0] == "batch_norm/scale from body.2.weight: expected F64 [3], found nothing of that name");
  CHECK(said[4] == "body.1.bias: expected nothing of that name, found F64 [3]");
  said = differences({.only = "dense", .names = torch, .rename = {{"dense", "body.0"}}});
  REQUIRE(said.size() == 2);
  CHECK(said[0] == "dense/weight from body.0.weight: expected F64 [4, 3], found F64 [3, 2, 3, 3]");
  said = differences({.only = "dense", .names = torch, .rename = {{"dens", "fc"}, {"dense", "fc"}}});
  REQUIRE(said.size() == 1);
  CHECK(said[0] == "rename 'dens': names no variable");
  said = differences({.only = "dense", .rename = {{"dense/weight", "fc.weight", {0, 0}}}});
  CHECK(said[0] == "rename 'dense/weight': the axes are not each of 0 to 1 once");
  said = differences({.only = "head", .allow_missing = true});
  CHECK(said[0] == "only 'head': the file has none of these variables");
  said = differences({.allow_surplus = true, .allow_missing = true});
  CHECK(said[0] == "only '*': the file has none of these variables");
}

TEST_CASE("rules of one's own: stars, axes, sums") {
  const scratch at;
  const float kernel[] = {1, 2, 3, 4, 5, 6}, half[] = {0.25f, 0.5f};
  const std::vector<io::named_array> arrays = {{"net.layer7.k", dtype::float32, {3, 2}, kernel}, {"net.layer7.a", dtype::float32, {2}, half}, {"net.layer7.b", dtype::float32, {2}, half}};
  io::write_safetensors(at / "file", arrays);
  float weight[6] = {}, bias[2] = {};
  const std::vector<io::named_buffer> wanted = {{"block/7/w", dtype::float32, {2, 3}, weight}, {"block/7/bias", dtype::float32, {2}, bias}};
  io::load_into(io::safetensors_file(at / "file"), wanted,
                {.rename = {{"block/*/w", "net.layer*.k", {1, 0}}, {"block/*/bias", "net.layer*.a + net.layer*.b"}}});
  CHECK(std::vector<float>(weight, weight + 6) == std::vector<float>{1, 3, 5, 2, 4, 6});
  CHECK(std::vector<float>(bias, bias + 2) == std::vector<float>{0.5f, 1.0f});
}
