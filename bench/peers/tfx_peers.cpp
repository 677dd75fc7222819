// SPDX-License-Identifier: Apache-2.0
//
// tfx_peers [--threads 1|2|4] [--only NAME]
//
// Times pieces of work that other frameworks are timed on too, in the way they are timed: after the first call
// (`first_us`) and a few more, the minimum over 8 repeats of the mean microseconds per call, float32. One JSON object
// a line.
//
//     mlp     784-256-128-10, relu
//     cnn     28x28x1, conv 3x3x32 relu, max pool 2, conv 3x3x64 relu, max pool 2, dense 128 relu, dense 10; no padding
//     enc     one pre-norm transformer encoder block: 256 features, 4 heads, hidden 1024 (gelu with tanh), 128 positions
//     lstm    one LSTM of 100 units over 50 steps of 40 features, its last state; lstm2: two, one after the other
//     chain   sum(tanh(a * b + c) * sigmoid(d - a) + relu(b * c - d)), a to d of 2^20 numbers
//     embed   2048 rows of a table of 20,000 x 64, taken and halved; training them towards given numbers, with SGD too
//
// Training steps are forward, loss, backward, and Adam at 1e-3. The loss is softmax cross-entropy, mean over the
// batch; those of `enc` and `lstm` are the mean squared error to given numbers.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include <sys/resource.h>

#include <tfx/tfx.hpp>
#include <tfx/backend/threads/backend.hpp>
#include <tfx/expr/values.hpp>

namespace {

using namespace tfx;

inline constexpr auto mlp = nn::sequential(nn::dense<256>{}, nn::relu{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
inline constexpr auto cnn = nn::sequential(nn::conv2d<32, 3>{}, nn::relu{}, nn::max_pool<2>{}, nn::conv2d<64, 3>{}, nn::relu{},
                                           nn::max_pool<2>{}, nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
inline constexpr nn::transformer_encoder<4, 1024> enc{};
inline constexpr nn::lstm<100> lstm{};
inline constexpr auto lstm2 = nn::sequential(nn::lstm<100, return_sequences>{}, nn::lstm<100>{});
inline constexpr auto regression = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 1e-3});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3});

constexpr int batch = 64, image_size = 28 * 28, classes = 10;
int threads = 1;
std::string_view wanted;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

template <class F> void measure(const char* name, F&& work) {
  constexpr double budget = 2;
  constexpr int repeats = 8;
  if (std::string_view(name).find(wanted) == std::string_view::npos) return;
  double start = seconds();
  work();
  const double first = seconds() - start;
  for (int i = 0; i < 3; ++i) work();
  start = seconds();
  work();
  const double one = seconds() - start;
  const double fitting = budget / repeats / (one > 1e-7 ? one : 1e-7);
  const int n = fitting < 1 ? 1 : fitting > 2000 ? 2000 : int(fitting);
  double best = 1e30;
  for (int r = 0; r < repeats; ++r) {
    start = seconds();
    for (int i = 0; i < n; ++i) work();
    const double mean = (seconds() - start) / n;
    if (mean < best) best = mean;
  }
  std::printf("{\"framework\": \"tfx\", \"threads\": %d, \"work\": \"%s\", \"us\": %.2f, \"first_us\": %.1f}\n", threads, name, best * 1e6,
              first * 1e6);
  std::fflush(stdout);
}

std::vector<float> numbers(std::size_t count, std::uint32_t site) {
  std::vector<float> x(count);
  init::fill(init::normal{0, 1}, 1, 1, x.data(), int(count), 0, site);
  return x;
}

template <const auto& Net, class One, class Many, class Backend>
void network(const char* infer_one, const char* infer_many, const char* train) {
  const std::vector<float> x = numbers(batch * image_size, 1);
  std::vector<float> out(batch * classes);
  std::vector<std::int32_t> labels(batch);
  const random_stream which{.seed = 0, .site = 2};
  for (int i = 0; i < batch; ++i) labels[std::size_t(i)] = std::int32_t(which.word(std::uint64_t(i)) % classes);
  const auto frozen_one = std::make_unique<model<Net, One, Backend>>()->freeze();
  session one{frozen_one};
  measure(infer_one, [&] { one.predict(x.data(), out.data(), 1); });
  auto many = std::make_unique<model<Net, Many, Backend>>();
  const auto frozen_many = many->freeze();
  session served{frozen_many};
  measure(infer_many, [&] { served.predict(x.data(), out.data(), batch); });
  measure(train, [&] { many->template train_batch<training>(x.data(), labels.data(), batch); });
}

template <class Backend> void encoder() {
  constexpr int sequences = 8, positions = 128, features = 256, size = sequences * positions * features;
  const std::vector<float> x = numbers(size, 1), y = numbers(size, 2);
  std::vector<float> out(size);
  const auto frozen_one = std::make_unique<model<enc, input<1, positions, features>, Backend>>()->freeze();
  session one{frozen_one};
  measure("enc-infer-b1", [&] { one.predict(x.data(), out.data(), 1); });
  auto many = std::make_unique<model<enc, input<sequences, positions, features>, Backend>>();
  const auto frozen_many = many->freeze();
  session served{frozen_many};
  measure("enc-infer-b8", [&] { served.predict(x.data(), out.data(), sequences); });
  measure("enc-train-b8", [&] { many->template train_batch<regression>(x.data(), y.data(), sequences); });
}

template <class Backend, const auto& Net> void recurrent(const char* infer_one, const char* infer_many, const char* train) {
  constexpr int sequences = 32, steps = 50, features = 40, units = 100;
  const std::vector<float> x = numbers(sequences * steps * features, 1), y = numbers(sequences * units, 2);
  std::vector<float> out(sequences * units);
  const auto frozen_one = std::make_unique<model<Net, input<1, steps, features>, Backend>>()->freeze();
  session one{frozen_one};
  measure(infer_one, [&] { one.predict(x.data(), out.data(), 1); });
  auto many = std::make_unique<model<Net, input<sequences, steps, features>, Backend>>();
  const auto frozen_many = many->freeze();
  session served{frozen_many};
  measure(infer_many, [&] { served.predict(x.data(), out.data(), sequences); });
  measure(train, [&] { many->template train_batch<regression>(x.data(), y.data(), sequences); });
}

void chain() {
  using big = tensor<float, shape<1 << 20>>;
  big v[4];
  for (int k = 0; k < 4; ++k) {
    const std::vector<float> from = numbers(1 << 20, std::uint32_t(10 + k));
    for (std::size_t i = 0; i < from.size(); ++i) v[k].data()[i] = from[i];
  }
  const big &a = v[0], &b = v[1], &c = v[2], &d = v[3];
  volatile float result = 0;
  measure("chain", [&] {
    const tensor<float, shape<>> total = sum(tanh(a * b + c) * sigmoid(d - a) + relu(b * c - d));
    result = total.data()[0];
  });
}

constexpr int words = 20000, word_size = 64, tokens = 2048;

template <class Optimizer> struct embedding_step {
  Optimizer optimizer;
  constexpr auto operator()(auto ids, auto y) const {
    const auto d = gather(param<shape<words, word_size>>(ids, "table", init::normal{0, 1}), ids) - y;
    const auto loss = mean(d * d);
    minimize(loss, optimizer);
    return loss;
  }
};
inline constexpr embedding_step<optim::sgd> embedding_sgd{{.learning_rate = 1e-3}};
inline constexpr embedding_step<optim::adam> embedding_adam{{.learning_rate = 1e-3}};

std::vector<int> token_numbers() {
  std::vector<int> ids(tokens);
  const random_stream which{.seed = 0, .site = 3};
  for (int i = 0; i < tokens; ++i) ids[std::size_t(i)] = int(which.word(std::uint64_t(i)) % words);
  return ids;
}
template <class Backend, const auto& Step> void embedding(const char* name) {
  const std::vector<int> ids = token_numbers();
  const std::vector<float> y = numbers(tokens * word_size, 1);
  auto step = std::make_unique<program_on<Backend, Step, indices<tokens>, input<tokens, word_size>>>();
  measure(name, [&] { (*step)(ids, y); });
}
/// What runs on a backend.
template <class Backend> void all() {
  network<mlp, input<1, 784>, input<batch, 784>, Backend>("mlp-infer-b1", "mlp-infer-b64", "mlp-train-b64");
  network<cnn, input<1, 28, 28, 1>, input<batch, 28, 28, 1>, Backend>("cnn-infer-b1", "cnn-infer-b64", "cnn-train-b64");
  encoder<Backend>();
  recurrent<Backend, lstm>("lstm-infer-b1", "lstm-infer-b32", "lstm-train-b32");
  recurrent<Backend, lstm2>("lstm2-infer-b1", "lstm2-infer-b32", "lstm2-train-b32");
  embedding<Backend, embedding_sgd>("embed-sgd");
  embedding<Backend, embedding_adam>("embed-adam");
}
void halved_rows() {
  tensor<float, shape<words, word_size>> table;
  tensor<int, shape<tokens>> ids;
  const std::vector<float> from = numbers(words * word_size, 4);
  const std::vector<int> which = token_numbers();
  std::copy(from.begin(), from.end(), table.data());
  std::copy(which.begin(), which.end(), ids.data());
  volatile float result = 0;
  measure("embed-gather", [&] {
    const tensor<float, shape<tokens, word_size>> rows = gather(table, ids) * 0.5f;
    result = rows.data()[0];
  });
}

}  // namespace

int main(int count, char** arguments) {
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view option = arguments[i];
    if (option == "--threads") threads = std::atoi(arguments[i + 1]);
    if (option == "--only") wanted = arguments[i + 1];
  }
  if (threads == 1) all<backend::simd<>>();
  else if (threads == 2) all<backend::threads<2>>();
  else if (threads == 4) all<backend::threads<4>>();
  else return std::fprintf(stderr, "tfx_peers: 1, 2 or 4 threads\n"), 2;
  if (threads == 1) {   // statements on tensors run on one thread
    chain();
    halved_rows();
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"framework\": \"tfx\", \"threads\": %d, \"work\": \"peak-rss-kib\", \"us\": %ld}\n", threads, usage.ru_maxrss);
}
