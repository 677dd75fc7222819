// SPDX-License-Identifier: Apache-2.0
// instructions.program WORK
//
// Does one piece of work, named as in instructions.json, in the function of that name: what stands around it (making
// the network and its data, a first call) is not counted. `instructions.program list` prints the names.
#include <cstdio>
#include <memory>
#include <string_view>
#include <vector>

#include <tfx/expr/values.hpp>
#include <tfx/tfx.hpp>

namespace {

using namespace tfx;

inline constexpr auto mlp = nn::sequential(nn::dense<256>{}, nn::relu{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
inline constexpr auto cnn =
    nn::sequential(nn::conv2d<32, 3>{}, nn::relu{}, nn::max_pool<2>{}, nn::conv2d<64, 3>{}, nn::relu{},
                   nn::max_pool<2>{}, nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
inline constexpr nn::transformer_encoder<4, 1024> encoder{};
inline constexpr auto regression = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 1e-3});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3});

constexpr int batch = 64, image_size = 28 * 28, classes = 10;

std::vector<float> numbers(std::size_t count, std::uint32_t site) {
  std::vector<float> x(count);
  init::fill(init::normal{0, 1}, 1, 1, x.data(), int(count), 0, site);
  return x;
}

using mlp_model = model<mlp, input<batch, 784>>;
using mlp_predictor = model<mlp, input<1, 784>>;
using cnn_model = model<cnn, input<batch, 28, 28, 1>>;
using cnn_predictor = model<cnn, input<1, 28, 28, 1>>;
using encoder_model = model<encoder, input<1, 128, 256>>;
using column = tensor<float, shape<1 << 16>>;

/// Images and labels of one batch.
struct rows {
  std::vector<float> images = numbers(batch * image_size, 1), out = std::vector<float>(batch * classes);
  std::vector<std::int32_t> labels = std::vector<std::int32_t>(batch);
  rows() {
    for (int i = 0; i < batch; ++i) labels[std::size_t(i)] = i % classes;
  }
};

}  // namespace

// Counted by name: neither inlined nor cloned.
#define COUNTED extern "C" __attribute__((noinline, noclone)) void

COUNTED count_mlp_train(mlp_model& m, rows& data) {
  for (int i = 0; i < 3; ++i) m.train_batch<training>(data.images.data(), data.labels.data(), batch);
}
COUNTED count_mlp_infer_one(mlp_predictor& m, rows& data) {
  for (int i = 0; i < 20; ++i) m.predict(data.images.data(), data.out.data(), 1);
}
COUNTED count_cnn_train(cnn_model& m, rows& data) {
  m.train_batch<training>(data.images.data(), data.labels.data(), batch);
}
COUNTED count_cnn_infer_one(cnn_predictor& m, rows& data) {
  for (int i = 0; i < 10; ++i) m.predict(data.images.data(), data.out.data(), 1);
}
COUNTED count_encoder_train(encoder_model& m, rows& data) {
  m.train_batch<regression>(data.images.data(), data.images.data() + 1000, 1);
}
COUNTED count_encoder_infer_one(encoder_model& m, rows& data) {
  static float out[128 * 256];
  m.predict(data.images.data(), out, 1);
}
COUNTED count_chain(const column* v, float& result) {
  const auto &a = v[0], &b = v[1], &c = v[2], &d = v[3];
  const tensor<float, shape<>> total = sum(tanh(a * b + c) * sigmoid(d - a) + relu(b * c - d));
  result = total.data()[0];
}

namespace {

/// The function called once on a fresh model and data.
template <class Model> void once(void (*work)(Model&, rows&)) {
  const auto m = std::make_unique<Model>(seed{1});
  rows data;
  work(*m, data);
}

void chain() {
  const auto v = std::make_unique<column[]>(4);
  for (std::uint32_t k = 0; k < 4; ++k) init::fill(init::normal{0, 1}, 1, 1, v[k].data(), 1 << 16, 0, 10 + k);
  float result = 0;
  count_chain(v.get(), result);
  std::printf("%g\n", double(result));
}

struct piece {
  const char* name;
  void (*run)();
};
constexpr piece pieces[] = {
    {"mlp_train", [] { once(count_mlp_train); }},
    {"mlp_infer_one", [] { once(count_mlp_infer_one); }},
    {"cnn_train", [] { once(count_cnn_train); }},
    {"cnn_infer_one", [] { once(count_cnn_infer_one); }},
    {"encoder_train", [] { once(count_encoder_train); }},
    {"encoder_infer_one", [] { once(count_encoder_infer_one); }},
    {"chain", chain},
};

}  // namespace

int main(int count, char** arguments) {
  const std::string_view wanted = count == 2 ? arguments[1] : "list";
  for (const piece& p : pieces) {
    if (wanted == "list") std::puts(p.name);
    if (wanted == p.name) return p.run(), 0;
  }
  return wanted == "list" ? 0 : 2;
}
