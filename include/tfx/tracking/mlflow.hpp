// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files

#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tfx/summary/hparams.hpp>
#include <tfx/tracking/mlflow_store.hpp>
#include <tfx/train/go_on_without.hpp>
#include <tfx/train/moments.hpp>

namespace tfx::tracking {

/// Of `mlflow_run`.
struct mlflow_options {
  std::string experiment = "Default";
  std::string name = "run";
  std::vector<summary::hparam> params = {};
  mlflow_texts tags = {};
};

/// A run of MLflow, which begins here and ends with `end` or the object: finished, or failed if an exception ends it. Given to `fit` it is an observer:
/// the values of each epoch are metrics, whose step is the number of the epoch from 0; resumed from `checkpoints` also of the epochs before.
///
///     tracking::mlflow_files store("mlruns");                       // or mlflow_server store("http://127.0.0.1:5000")
///     tracking::mlflow_run run(store, {.experiment = "spirals", .name = "adam", .params = {{"rate", 1e-3}, {"units", 16}}});
///     m.fit<training>(train, {.epochs = 20, .validation = test}, run);
///     save(m, "spirals.safetensors");
///     run.artifact("spirals.safetensors");
///     store.alias("spirals", "champion", run.register_model("spirals", "spirals.safetensors"));
///
/// Metrics are collected, and written a thousand at a time, after five seconds, and at the end. A failure to write those of `fit` is said on
/// stderr, and training goes on.
///
/// Errors     what the store throws
class mlflow_run {
public:
  explicit mlflow_run(mlflow_store& store, const mlflow_options& options = {}) : store_(store), id_(store.begin_run(store.experiment(options.experiment), options.name)) {
    mlflow_texts params;
    for (const summary::hparam& p : options.params) params.emplace_back(p.name, p.value.as_text());
    try {
      store_.log(id_, {}, params, options.tags);
    } catch (...) {
      tfx::detail::go_on_without("mlflow", [&] { store_.end_run(id_, run_status::failed); });
      throw;
    }
  }
  mlflow_run(const mlflow_run&) = delete;
  mlflow_run& operator=(const mlflow_run&) = delete;
  ~mlflow_run() {
    if (!ended_) tfx::detail::go_on_without("mlflow", [&] { end(std::uncaught_exceptions() > exceptions_ ? run_status::failed : run_status::finished); });
  }

  /// MLflow's identity of it.
  const std::string& id() const { return id_; }

  void metric(std::string name, double value, std::int64_t step = 0) {
    const std::int64_t now = detail::milliseconds_now();
    if (waiting_.empty()) oldest_ = now;
    waiting_.push_back({std::move(name), value, step, now});
    if (waiting_.size() >= 1000 || now - oldest_ > 5000) flush();
  }
  void param(const std::string& name, const summary::hparam_value& value) { store_.log(id_, {}, {{name, value.as_text()}}, {}); }
  void tag(const std::string& name, const std::string& value) { store_.log(id_, {}, {}, {{name, value}}); }
  /// Copies a file to the run, into a folder there.
  void artifact(const std::filesystem::path& file, const std::string& folder = "") { store_.artifact(id_, file, folder); }
  /// An artifact as a new version of a registered model; gives the version.
  std::string register_model(const std::string& model, const std::string& artifact) { return store_.register_model(model, id_, artifact); }
  /// Writes what was collected.
  void flush() {
    const std::vector<mlflow_point> all = std::exchange(waiting_, {});
    store_.log(id_, all, {}, {});
  }
  void end(run_status status = run_status::finished) {
    ended_ = true;
    try {
      flush();
    } catch (...) {
      tfx::detail::go_on_without("mlflow", [&] { store_.end_run(id_, run_status::failed); });
      throw;
    }
    store_.end_run(id_, status);
  }

  // what `fit` tells
  TFX_COLD void operator()(const training_begin& t) {
    if (!t.resumed()) return;
    tfx::detail::go_on_without("mlflow", [&] {
      const history& past = t.past();
      for (const std::string& name : past.names())
        for (int i = 0; i < past.epochs(); ++i)
          if (const double value = past[name][std::size_t(i)]; value == value) metric(name, value, past.first_epoch() + i);
    });
  }
  TFX_COLD void operator()(const epoch_end& e) {
    tfx::detail::go_on_without("mlflow", [&] {
      for (const std::string_view name : e.names()) {
        metric(std::string(name), e[name], e.epoch() - 1);
        if (e.validated()) metric("val_" + std::string(name), e["val_" + std::string(name)], e.epoch() - 1);
      }
    });
  }
  TFX_COLD void operator()(const training_end&) {
    tfx::detail::go_on_without("mlflow", [&] { flush(); });
  }

private:
  mlflow_store& store_;
  std::string id_;
  std::vector<mlflow_point> waiting_;
  std::int64_t oldest_ = 0;
  int exceptions_ = std::uncaught_exceptions();
  bool ended_ = false;
};

}  // namespace tfx::tracking
