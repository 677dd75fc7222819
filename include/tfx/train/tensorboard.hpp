// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <tfx/summary/event_writer.hpp>
#include <tfx/summary/histogram.hpp>
#include <tfx/summary/projector.hpp>
#if __has_include(<stb/stb_image_write.h>) || __has_include(<stb_image_write.h>)
#include <tfx/summary/image.hpp>
#endif
#include <tfx/train/go_on_without.hpp>
#include <tfx/train/graph_event.hpp>
#include <tfx/train/moments.hpp>
#include <tfx/train/program.hpp>
#include <tfx/train/trainer.hpp>

namespace tfx {

/// Of `tensorboard`, with the names of Keras.
struct tensorboard_options {
  int histogram_freq = 0;                 ///< parameters and states are shown as histograms after every so many epochs; 0: never
  bool write_graph = true;
  bool write_images = false;              ///< and as images, where they have at most three axes longer than 1; 0 is black, 1 white. Needs stb_image_write.h
  bool write_steps_per_second = false;
  int update_freq = 0;                    ///< values after every so many updates too; 0: after an epoch alone
  int embeddings_freq = 0;                ///< the rows of `embeddings` after every so many epochs, for the projector
  std::vector<std::string> embeddings = {};   ///< paths of parameters, "embedding/weight"
  summary::event_options events = {};     ///< how files are written
};

namespace detail {

/// The learning rate of update `step`, from 1, without the factor of observers.
using rate_function = double (*)(double step);

template <const auto& Recipe> struct scheduled_rate {
  constexpr auto operator()(auto step) const { return Recipe.optimizer.learning_rate.schedule(Recipe.optimizer.learning_rate.numbers, step); }
};
template <const auto& Recipe> inline constexpr scheduled_rate<Recipe> scheduled_rate_of{};
/// The rate within an optimizer and what is around it; of none a traced one.
template <class Optimizer> constexpr optim::rate rate_within(const Optimizer& o) {
  if constexpr (requires { o.learning_rate; }) return o.learning_rate;
  else if constexpr (requires { o.inner; }) return rate_within(o.inner);
  else return var<shape<>>{};
}
template <const auto& Recipe> constexpr rate_function rate_function_of() {
  using kind = optim::rate::kind;
  constexpr kind is = rate_within(Recipe.optimizer).is;
  if constexpr (is == kind::number) {
    return [](double) {
      constexpr double value = rate_within(Recipe.optimizer).value;
      return value;
    };
  } else if constexpr (is == kind::scheduled && requires { Recipe.optimizer.learning_rate; }) {
    return [](double step) {
      static program<scheduled_rate_of<Recipe>, input<>> rate;
      return double(rate(step));
    };
  } else {
    return nullptr;   // of updates that are counted otherwise
  }
}

}  // namespace detail

/// An observer that writes what TensorBoard shows, as Keras's callback does: a run `train`, and where there is validation a run
/// `validation`.
///
///     m.fit<training>(train, {.epochs = 20, .validation = test}, tensorboard("logs/run1", {.histogram_freq = 1}));   // tensorboard --logdir logs
///
/// `epoch_loss` and the like, with `epoch_learning_rate`, are over the number of the epoch, from 0; `batch_loss` and the like, means of the epoch so
/// far, are over the number of the update, as is `evaluation_loss_vs_iterations` in the run `validation`. A schedule within `accumulate` or
/// `loss_scaled` is not shown.
///
/// A failure to write (a full disk) is said on stderr, once, and training goes on; a folder that cannot be made is an error.
///
/// Errors     io::file_error, and a name in `embeddings` that no parameter has, when training begins
/// Source     names, folders and steps of Keras's TensorBoard
class tensorboard {
public:
  explicit tensorboard(std::filesystem::path folder = "logs", tensorboard_options options = {}) : options_(std::move(options)), folder_(std::move(folder)) {}

  /// What `fit` tells before training.
  template <bool Weighted, class Weights, const auto& Recipe> TFX_COLD void attach(trainer<Weights, Recipe>& t) {
    steps_ = std::int64_t(t.steps());
    rate_ = detail::rate_function_of<Recipe>();
    variables_.clear();
    t.weights().for_each_variable([&](std::string_view path, const dims& shape, auto* data) { variables_.push_back({std::string(path), shape, data}); });
    write_variables_ = &tensorboard::write_variables<typename Weights::value_type>;
    graph_ = constant_text<detail::graph_table_text<detail::predict_step<Weights::network::object, typename Weights::inputs_type>>>::value;
  }

  TFX_COLD void operator()(const training_begin& t) {
#if !(__has_include(<stb/stb_image_write.h>) || __has_include(<stb_image_write.h>))
    if (options_.write_images) detail::fail("tensorboard: write_images needs stb_image_write.h (Debian, Ubuntu: libstb-dev), which was not there when this was compiled");
#endif
    for (const std::string& path : options_.embeddings) embedding_of(path);
    train_ = std::make_unique<summary::event_writer>(folder_ / "train", options_.events);
    batch_tags_.clear();
    for (const std::string_view name : t.names()) batch_tags_.push_back("batch_" + std::string(name));
    if (options_.write_graph) careful([&] { detail::write_graph_table(*train_, graph_); });
  }
  TFX_COLD void operator()(const epoch_begin&) {
    epoch_start_ = batch_start_ = summary::wall_time();
    epoch_steps_ = steps_;
  }
  void operator()(const batch_end& b) {
    ++steps_;
    if (options_.update_freq > 0 && steps_ % options_.update_freq == 0) write_batch(b);
    if (options_.update_freq > 0 && options_.write_steps_per_second) batch_start_ = summary::wall_time();
  }
  TFX_COLD void operator()(const evaluation_end& e) {
    careful([&] {
      for (const std::string_view name : e.names()) summary::scalar(validation(), "evaluation_" + std::string(name) + "_vs_iterations", e["val_" + std::string(name)], steps_);
    });
  }
  TFX_COLD void operator()(const epoch_end& e) {
    careful([&] {
      const std::int64_t epoch = e.epoch() - 1;
      for (const std::string_view name : e.names()) {
        const std::string tag = "epoch_" + std::string(name);
        summary::scalar(*train_, tag, e[name], epoch);
        if (e.validated()) summary::scalar(validation(), tag, e["val_" + std::string(name)], epoch);
      }
      if (rate_) summary::scalar(*train_, "epoch_learning_rate", rate_(double(steps_ + 1)) * e.rate_factor(), epoch);
      if (options_.write_steps_per_second) summary::scalar(*train_, "epoch_steps_per_second", double(steps_ - epoch_steps_) / (summary::wall_time() - epoch_start_), epoch);
      if (write_variables_) (this->*write_variables_)(epoch);
    });
  }
  TFX_COLD void operator()(const training_end&) {
    for (auto* log : {&train_, &validation_}) {
      if (*log) careful([&] { (*log)->close(); });
      log->reset();
    }
  }

protected:
  bool due(int freq, std::int64_t epoch) const { return freq > 0 && epoch % freq == 0; }
  template <class F> void careful(F f) const { detail::go_on_without("tensorboard", f); }
  tensorboard_options options_;
  std::unique_ptr<summary::event_writer> train_;

private:
  struct variable {
    std::string path;
    dims shape;
    const void* data;
    template <class T> std::span<const T> numbers() const { return {static_cast<const T*>(data), std::size_t(shape.size())}; }
  };

  TFX_COLD void write_batch(const batch_end& b) {
    careful([&] {
      for (std::size_t k = 0; k < batch_tags_.size(); ++k) summary::scalar(*train_, batch_tags_[k], b[b.names()[k]], steps_);
      if (options_.write_steps_per_second) summary::scalar(*train_, "batch_steps_per_second", 1 / (summary::wall_time() - batch_start_), steps_);
    });
  }
  template <class T> TFX_COLD void write_variables(std::int64_t epoch) {
    for (const variable& v : variables_) {
      if (!due(options_.histogram_freq, epoch)) break;
      summary::histogram(*train_, v.path + "/histogram", v.template numbers<T>(), epoch);
#if __has_include(<stb/stb_image_write.h>) || __has_include(<stb_image_write.h>)
      if (options_.write_images) write_image(v, v.template numbers<T>(), epoch);
#endif
    }
    if (!due(options_.embeddings_freq, epoch)) return;
    summary::projector points(folder_ / "train");
    for (const std::string& path : options_.embeddings) {
      const variable& v = embedding_of(path);
      points.add(path, v.template numbers<T>(), v.shape[1]);
    }
  }
#if __has_include(<stb/stb_image_write.h>) || __has_include(<stb_image_write.h>)
  /// A vector is a row, a matrix lies, of three axes the last one are so many images; none of more axes.
  template <class T> TFX_COLD void write_image(const variable& v, std::span<const T> numbers, std::int64_t epoch) {
    int extent[max_rank] = {}, rank = 0;   // without axes of extent 1
    for (int k = 0; k < v.shape.rank; ++k)
      if (v.shape[k] > 1) extent[rank++] = v.shape[k];
    if (rank == 0 || rank > 3) return;
    const int images = rank == 3 ? extent[2] : 1, rows = rank > 1 ? extent[0] : 1, columns = extent[rank > 1];
    const bool lies = rank == 2 && rows > columns;
    std::vector<T> pixels(numbers.size());
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j)
        for (int k = 0; k < images; ++k) pixels[std::size_t((k * rows * columns) + (lies ? j * rows + i : i * columns + j))] = numbers[std::size_t((i * columns + j) * images + k)];
    summary::image(*train_, v.path + "/image", pixels, {.height = lies ? columns : rows, .width = lies ? rows : columns, .images = images}, epoch);
  }
#endif
  const variable& embedding_of(std::string_view path) const {
    std::vector<std::string_view> known;
    for (const variable& v : variables_) {
      if (v.path == path && v.shape.rank == 2) return v;
      if (v.shape.rank == 2) known.push_back(v.path);
    }
    detail::fail_unknown_name("tensorboard: embeddings", path, known);
  }
  summary::event_writer& validation() {
    if (!validation_) validation_ = std::make_unique<summary::event_writer>(folder_ / "validation", options_.events);
    return *validation_;
  }

  std::filesystem::path folder_;
  std::unique_ptr<summary::event_writer> validation_;
  std::vector<variable> variables_;
  std::vector<std::string> batch_tags_;
  void (tensorboard::*write_variables_)(std::int64_t epoch) = nullptr;
  std::string_view graph_;
  detail::rate_function rate_ = nullptr;
  std::int64_t steps_ = 0, epoch_steps_ = 0;
  double epoch_start_ = 0, batch_start_ = 0;
};

}  // namespace tfx
