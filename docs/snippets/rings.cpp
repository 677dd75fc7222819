// SPDX-License-Identifier: Apache-2.0
// What the how-to pages show: data, layers and training steps of one's own, files, backends. Points in the plane lie on an
// inner or an outer ring; a small network learns which.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <unistd.h>

#include <tfx/backend/debug/debug.hpp>
#include <tfx/backend/reference/interpret.hpp>
#include <tfx/backend/threads/backend.hpp>
#include <tfx/data/dataset.hpp>
#include <tfx/embedded/predictor.hpp>
#include <tfx/expr/values.hpp>
#include <tfx/io/header.hpp>
#include <tfx/io/safetensors.hpp>
#include <tfx/tfx.hpp>
#include <tfx/train/checkpoint.hpp>

using namespace tfx;

// region: layer
/// gain * (x - running mean of x), feature by feature.
struct centred {
  static constexpr std::string_view name = "centred";
  double momentum = 0.9;

  constexpr auto operator()(tensor_expression auto x) const {
    constexpr int features = decltype(x)::dim.cols();
    auto gain = param<shape<features>>(x, "gain", init::ones{});
    auto average = state<shape<features>>(x, "average");
    if (is_training(x)) average.write(momentum * average.read() + (1 - momentum) * mean<0>(x));
    return gain * (x - average.read());
  }
};
// end region

// region: network
inline constexpr auto net = nn::sequential(centred{}, nn::dense<16>{}, nn::tanh{}, nn::dense<2>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-2}, metric::accuracy{});
// end region

// region: schedule
inline constexpr auto patient = recipe(
    loss::softmax_cross_entropy{},
    optim::accumulate<4>(optim::adamw{
        .learning_rate = [](auto step) { return 0.02 / sqrt(1 + step / 50); }, .weight_decay = 1e-3, .clip_norm = 1}),
    metric::accuracy{});
// end region

// region: step
inline constexpr auto body = nn::named("body", nn::sequential(nn::dense<16>{}, nn::tanh{}));
inline constexpr auto head = nn::named("head", nn::dense<2>{});

struct two_rates {
  constexpr auto operator()(auto points, auto labels, auto rate) const {
    auto logits = head(body(points));
    auto loss = loss::softmax_cross_entropy{}(logits, labels);
    minimize(loss, optim::adam{.learning_rate = rate, .clip_norm = 1}, only{"body"});
    minimize(loss, optim::sgd{.learning_rate = 10 * rate, .momentum = 0.9}, only{"head"});
    return outputs(loss, metric::accuracy{}(logits, labels));
  }
};
inline constexpr two_rates step_with_two_rates{};
// end region

// region: broken
inline constexpr auto broken = nn::sequential(nn::dense<4>{}, [](auto x) { return log(x); }, nn::dense<2>{});
// end region

// region: predictor
using classifier_on_board = predictor<net, input<1, 2>>;
float arena[classifier_on_board::arena_elements + 1];

int ring_of(const float* weights, float x, float y) {
  const float point[2] = {x, y};
  float logits[2];
  classifier_on_board::predict(weights, point, logits, arena);
  return logits[1] > logits[0];
}
// end region

struct rings {
  std::vector<float> points;   // x, y, x, y, ...
  std::vector<int> ring;       // 0: inner, 1: outer

  explicit rings(int count) {
    const tensor<float, shape<800, 2>> corner = random_uniform<800, 2>(seed{5});
    for (int i = 0; int(ring.size()) < count && i < 800; ++i) {
      const float x = 6 * corner(i, 0) - 3, y = 6 * corner(i, 1) - 3, squared = x * x + y * y;
      if (squared > 9 || (squared > 2 && squared < 4)) continue;
      points.insert(points.end(), {x, y});
      ring.push_back(squared >= 4);
    }
  }
};

/// A folder of its own for what the program writes, as long as it runs.
struct temporary_folder {
  std::filesystem::path outside = std::filesystem::current_path();
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("tfx_rings_" + std::to_string(::getpid()));

  temporary_folder() {
    std::filesystem::create_directory(path);
    std::filesystem::current_path(path);
  }
  ~temporary_folder() {
    std::filesystem::current_path(outside);
    std::filesystem::remove_all(path);
  }
};

int main() {
  const temporary_folder here;
  const rings made(400);
  const std::vector<float>& points = made.points;
  const std::vector<int>& ring = made.ring;

  // region: data
  auto all = data::from_memory<shape<2>, shape<>, 2>(points, ring);   // 400 points of 2 numbers, labels 0 and 1
  auto [learn, held_back] = all.split(300);
  // end region

  // region: fit
  model<net, input<32, 2>> classifier{seed{1}};
  auto history = classifier.fit<training>(learn, {.epochs = 30, .validation = held_back, .quiet = true});
  for (std::size_t e = 0; e < 30; e += 10) {
    std::printf("epoch %2zu  loss %.4f  accuracy %.3f  held back %.3f\n", e + 1, history["loss"][e], history["accuracy"][e],
                history["val_accuracy"][e]);
  }
  auto result = classifier.evaluate<training>(held_back);
  std::printf("in the end %.4f, %.3f\n", result.loss, result["accuracy"]);
  // end region

  // region: predict
  auto logits = classifier.predict(held_back.images[0]);               // one example: tensor<float, shape<2>>
  float many[32 * 2];
  classifier.predict(points.data(), many, 32);                         // up to 32 rows at once, plain arrays
  std::printf("held back 0: ring %d, said %d\n", held_back.labels[0], int(argmax(logits)));
  // end region

  // region: freeze
  const auto server = classifier.freeze();                             // its own copy of the weights
  session answers{server};                                             // in each thread one
  answers.predict(points.data(), many, 32);
  // end region
  // region: fold
  const auto folded = classifier.freeze(fold_batch_norm);
  // end region
  session(folded).predict(points.data(), many, 32);
  std::printf("server: %s\n", answers.predict(held_back.images[0]) == logits ? "the same bits" : "other bits");

  {
    // region: regression
    static constexpr auto line = nn::sequential(nn::dense<1>{});
    static constexpr auto least_squares = recipe(loss::mean_squared_error{}, optim::sgd{.learning_rate = 0.1});
    std::vector<double> x = {0, 1, 2, 3}, y = {-1, 1, 3, 5};           // any arithmetic type
    auto samples = data::from_memory<shape<1>, shape<1>>(x, y);        // one number in, one number to predict
    model<line, input<4, 1>> fitted{seed{1}};
    fitted.fit<least_squares>(samples, {.epochs = 300, .quiet = true});
    fitted.for_each_variable([](std::string_view path, const dims&, const float* value) {
      std::printf("%s %.3f\n", std::string(path).c_str(), double(value[0]));
    });
    // end region
  }

  {
    // region: step_loop
    program<step_with_two_rates, input<32, 2>, indices<32>, input<>> step{seed{1}};
    for (int i = 0; i < 300; ++i) {
      const std::size_t first = std::size_t(i) % 9 * 32;
      auto [loss, accuracy] = step(std::span(points).subspan(2 * first, 64), std::span(ring).subspan(first, 32), 0.01);
      if (i % 100 == 0) std::printf("step %3d  loss %.4f  accuracy %.3f\n", i, loss, accuracy);
    }
    // end region
    model<net, input<32, 2>> other{seed{1}};
    std::printf("patient %.4f\n", other.fit<patient>(learn, {.epochs = 30, .quiet = true})["loss"].back());
  }

  // region: save
  save(classifier, "rings.safetensors");
  model<net, input<1, 2>> one_at_a_time;                               // another batch size, the same weights
  load(one_at_a_time, "rings.safetensors");
  // end region
  std::printf("loaded: %d\n", int(argmax(one_at_a_time.predict(held_back.images[0]))));

  // region: look
  io::safetensors_file file("rings.safetensors");
  for (const io::safetensors_entry& entry : file.tensors()) {
    std::string extents;
    for (std::int64_t extent : entry.shape) extents.append(" ").append(std::to_string(extent));
    std::printf("%-16s %s%s\n", entry.name.c_str(), entry.dtype.c_str(), extents.c_str());
  }
  // end region

  // region: checkpoint
  save(checkpoint<training>(classifier), "rings.checkpoint");          // and the optimizer's memory, steps, seed
  model<net, input<32, 2>> resumed;
  auto everything = checkpoint<training>(resumed);
  load(everything, "rings.checkpoint");
  auto a = classifier.fit<training>(learn, {.epochs = 1, .quiet = true, .first_epoch = 30});
  auto b = resumed.fit<training>(learn, {.epochs = 1, .quiet = true, .first_epoch = 30});
  std::printf("resumed: %s\n", a["loss"] == b["loss"] ? "the same bits" : "other bits");
  // end region

  {
    // region: backends
    model<net, input<32, 2>, backend::threads<4>> on_threads;
    backend::threads<4>::workers().use(2);   // at most two of the four, for now
    model<net, input<32, 2>, backend::reference> slowly;
    load(on_threads, "rings.safetensors");
    load(slowly, "rings.safetensors");
    float fast[64], slow[64];
    on_threads.predict(points.data(), fast, 32);
    slowly.predict(points.data(), slow, 32);
    std::printf("backends: %s\n", std::equal(fast, fast + 64, slow) ? "the same bits" : "other bits");
    // end region
  }

  {
    // region: nan
    backend::debug::on_bad_value = [](const backend::bad_value& bad) {   // without this, one line on stderr
      std::printf("%.*s at %.*s makes %g\n", int(bad.operation.size()), bad.operation.data(), int(bad.path.size()),
                  bad.path.data(), bad.value);
    };
    model<broken, input<32, 2>, backend::debug> suspect{seed{1}};
    float out[64];
    suspect.predict(points.data(), out, 32);
    // end region
  }

  // region: header
  io::write_parameters_header(one_at_a_time, "rings_weights.hpp");     // inline constexpr float weights[...] = {...};
  // end region
  std::vector<float> weights;
  one_at_a_time.for_each_variable([&](std::string_view, const dims& shape, const float* data) {
    weights.insert(weights.end(), data, data + shape.size());
  });
  std::printf("on the board: %d and %d, %d numbers\n", ring_of(weights.data(), 0.5f, 0.5f), ring_of(weights.data(), 2, 2),
              classifier_on_board::parameter_count);
}
