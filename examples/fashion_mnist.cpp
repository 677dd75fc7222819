// SPDX-License-Identifier: Apache-2.0
// arguments: --first 2000 --epochs 1 --threads 2 --no-color
// libraries: z
// Trains networks on pictures of clothes: progress, curve, accuracy, a picture of answers, weights saved and read.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <tfx/backend/threads/backend.hpp>
#include <tfx/data/fashion_mnist.hpp>
#include <tfx/expr/values.hpp>
#include <tfx/io/safetensors.hpp>
#include <tfx/summary/image_grid.hpp>
#include <tfx/summary/plot.hpp>
#include <tfx/tfx.hpp>

#include "command_line.hpp"

using namespace tfx;

// ---- the networks

inline constexpr auto mlp = nn::sequential(  //
    nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::dropout{.rate = 0.2}, nn::dense<10>{});

inline constexpr auto cnn = nn::sequential(  //
    nn::reshape<28, 28, 1>{},                //
    nn::conv2d<32, 3, same>{}, nn::relu{}, nn::max_pool<2>{},  //
    nn::conv2d<64, 3, same>{}, nn::relu{}, nn::max_pool<2>{},  //
    nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});

inline constexpr auto training =
    recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});

/// A network is a function, and so is a part of one.
template <int Channels> struct normalized_conv {
  static constexpr std::string_view name = "unit";
  constexpr auto operator()(tensor_expression auto x) const {
    return x | nn::conv2d<Channels, 3, same>{.bias = false} | nn::batch_norm{.momentum = 0.9} | nn::relu{};
  }
};
inline constexpr auto flagship = nn::sequential(                             //
    nn::reshape<28, 28, 1>{},                                                //
    normalized_conv<32>{}, nn::max_pool<2>{},                                //
    normalized_conv<64>{}, normalized_conv<64>{}, nn::max_pool<2>{},         //
    normalized_conv<128>{}, normalized_conv<128>{},                          //
    nn::global_average_pool{}, nn::dropout{.rate = 0.3}, nn::dense<10>{});

/// The learning rate rises for one epoch and falls for the eleven after it (938 steps each).
constexpr auto rise_and_fall(auto step) {
  constexpr double warm = 938, all = 12 * warm;
  return 3e-3 * maximum(minimum(step / warm, (all - step) / (all - warm)), 1e-3);
}
inline constexpr auto scheduled_training =
    recipe(loss::softmax_cross_entropy{},
           optim::adamw{.learning_rate = [](auto step) { return rise_and_fall(step); }, .weight_decay = 0.05},
           metric::accuracy{});

// ---- what to do

constexpr std::string_view help = R"(fashion_mnist [OPTIONS]

Trains networks on Fashion-MNIST and tests them. Writes the weights of each, and a picture of its answers.

  --net NAME       mlp, cnn, flagship or all; default: mlp, then cnn
  --epochs N       default: 10 for mlp, 5 for cnn, 12 for flagship (whose learning rate is made for 12)
  --seed S         of initial weights, order of the images and dropout; default 1
  --first N        train on the first N images; default: all 60000
  --threads N      1, 2 or 4; default: as many of these as there are processors. The results are the same bits
  --data FOLDER    with the four files of Fashion-MNIST; default: $TFX_DATA, /usr/share/datasets/fashion-mnist
  --out FOLDER     for what is written; default: this folder
  --quiet          only the results
  --no-color       no colours
  --help           this text
)";

struct job {
  data::fashion_mnist_data data;
  std::filesystem::path out;
  int epochs;               // 0: what suits the network
  std::uint64_t seed;
  bool quiet;
};

int default_threads() {
  const unsigned processors = std::thread::hardware_concurrency();
  return processors >= 4 ? 4 : processors >= 2 ? 2 : 1;
}

// ---- what is shown

void plot_accuracy(const history& past) {
  const summary::series curves[] = {{"training images", past["accuracy"]}, {"test images", past["val_accuracy"]}};
  auto options = summary::plot_options::for_stream(stdout);
  options.title = "accuracy";
  std::printf("\n%s", summary::terminal_plot(curves, 72, 14, options).c_str());
}

/// The three kinds of mistakes made most often.
void print_mistakes(const data::fashion_mnist_dataset& test, const std::vector<int>& predicted) {
  std::array<std::array<int, 10>, 10> count{};
  for (std::size_t i = 0; i < test.size(); ++i) ++count[test.labels[i]][std::size_t(predicted[i])];
  std::string text;
  for (int k = 0; k < 3; ++k) {
    std::size_t truth = 0, said = 1;
    for (std::size_t i = 0; i < 10; ++i)
      for (std::size_t j = 0; j < 10; ++j)
        if (i != j && count[i][j] > count[truth][said]) truth = i, said = j;
    text.append(k ? ", " : "").append(test.class_name(int(truth))).append(" for ").append(test.class_name(int(said)));
    text.append(" (" + std::to_string(count[truth][said]) + ")");
    count[truth][said] = 0;
  }
  std::printf("  mistaken          %s\n", text.c_str());
}

// ---- the work

template <const auto& Net, const auto& Recipe, int Threads>
void train(const char* name, int usual_epochs, const job& what) {
  using network = model<Net, input<64, 28, 28>, backend::threads<Threads>>;
  const auto& [learn, test] = what.data;
  const int epochs = what.epochs ? what.epochs : usual_epochs;
  network classifier{seed{what.seed}};
  std::printf("%s: %d parameters, %zu images, %s\n", name, network::parameter_count, learn.size(),
              epochs == 1 ? "1 epoch" : (std::to_string(epochs) + " epochs").c_str());

  const auto history = classifier.template fit<Recipe>(learn, {.epochs = epochs, .validation = test, .quiet = what.quiet});
  if (!what.quiet && epochs > 1) plot_accuracy(history);
  const auto result = classifier.template evaluate<Recipe>(test);
  double seconds = 0;
  for (const double epoch : history.seconds()) seconds += epoch;
  std::printf("\n  test accuracy     %.4f\n", result.metrics[0]);
  std::printf("  test loss         %.4f\n", result.loss);
  std::printf("  time              %.1f s\n", seconds);

  std::vector<int> predicted;
  for (std::size_t i = 0; i < test.size(); ++i) predicted.push_back(argmax(classifier.predict(test.images[i])));
  print_mistakes(test, predicted);

  const auto picture = (what.out / (std::string("fashion_mnist.") + name + ".png")).lexically_normal();
  const std::string title = "Fashion-MNIST, " + std::string(name) + ": what it is, and what it was taken for";
  summary::write_png(picture, summary::image_grid(test.first(60), predicted, {.columns = 10, .title = title}));
  std::printf("  answers           %s\n", picture.c_str());

  const auto weights = (what.out / (std::string("fashion_mnist.") + name + ".safetensors")).lexically_normal();
  save(classifier, weights);
  network other{seed{what.seed + 1}};
  load(other, weights);
  const auto again = other.template evaluate<Recipe>(test);
  const bool unchanged = again.loss == result.loss && again.metrics[0] == result.metrics[0];
  if (!unchanged) throw std::runtime_error(weights.string() + ": read back, it gives another result");
  std::printf("  weights           %s; read back: the same result\n\n", weights.c_str());
}

template <const auto& Net, const auto& Recipe>
void train(const char* name, int usual_epochs, int threads, const job& what) {
  if (threads == 1) return train<Net, Recipe, 1>(name, usual_epochs, what);
  if (threads == 2) return train<Net, Recipe, 2>(name, usual_epochs, what);
  return train<Net, Recipe, 4>(name, usual_epochs, what);
}

int main(int argc, char** argv) try {
  command_line words(argc, argv, help);
  const std::string net = words.choice("--net", "mlp and cnn", {"mlp", "cnn", "flagship", "all"});
  const std::string threads = words.choice("--threads", std::to_string(default_threads()), {"1", "2", "4"});
  job what;
  what.epochs = words.number("--epochs", 0, 1, 10000);
  what.seed = words.number<std::uint64_t>("--seed", 1, 0, ~std::uint64_t{0});
  const int first = words.number("--first", 60000, 1, 60000);
  const std::string folder = words.text("--data", "");
  what.out = words.text("--out", ".");
  what.quiet = words.flag("--quiet");
  if (words.flag("--no-color")) setenv("NO_COLOR", "1", 1);
  words.finish();
  if (!std::filesystem::is_directory(what.out)) throw usage_error("--out: there is no folder " + what.out.string());
  if (access(what.out.c_str(), W_OK) != 0) throw usage_error("--out: nothing can be written to " + what.out.string());
  try {
    what.data = data::fashion_mnist(folder);
  } catch (const io::file_error& error) {
    throw usage_error(error.what());
  }
  what.data.train = what.data.train.first(std::size_t(first));

  const int n = std::stoi(threads);
  if (net == "mlp" || net == "mlp and cnn" || net == "all") train<mlp, training>("mlp", 10, n, what);
  if (net == "cnn" || net == "mlp and cnn" || net == "all") train<cnn, training>("cnn", 5, n, what);
  if (net == "flagship" || net == "all") train<flagship, scheduled_training>("flagship", 12, n, what);
} catch (const usage_error& error) {
  std::fprintf(stderr, "fashion_mnist: %s\n", error.what());
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "fashion_mnist: %s\n", error.what());
  return 1;
}
