// SPDX-License-Identifier: Apache-2.0
// Ready observers on stored sequences of values, where Keras's callbacks say what they should do, and in training.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <sstream>
#include <string>
#include <vector>

#include <tfx/tfx.hpp>
#include <tfx/train/average_weights.hpp>
#include <tfx/train/checkpoint.hpp>
#include <tfx/train/csv_log.hpp>
#include <tfx/train/find_nan.hpp>
#include <tfx/train/write_history.hpp>

#include "../fixtures/observers.hpp"

namespace {

using namespace tfx;
using numbers = std::span<const double>;

/// Training that gives these values, and whose only weight is the number of the epoch.
template <class Observer> struct told {
  float weight = 0, factor = 1;
  int epochs = 0;
  std::vector<double> rates;

  told(numbers values, Observer& observer) {
    const std::string_view names[] = {"value"};
    const detail::value_info info[] = {{-1, "value"}};
    detail::loop_state loop;
    loop.values = info;
    loop.names = names;
    loop.weights[0] = {&weight, sizeof weight};
    loop.rate_factor = {&factor, false};
    loop.open(false, 0, int(values.size()));
    const auto tell = [&]<class M>(M moment) {
      if constexpr (std::is_invocable_v<Observer&, const M&>) observer(moment);
    };
    tell(training_begin{moment(loop)});
    for (; loop.epoch < int(values.size()) && !loop.stop; ++loop.epoch, ++epochs) {
      weight = float(loop.epoch + 1);
      loop.add_values(0, &values[std::size_t(loop.epoch)], 1);
      tell(epoch_end{moment(loop)});
      rates.push_back(double(factor));
    }
    tell(training_end{moment(loop)});
  }
};
template <class Case> void stops(numbers values, early_stopping observer) {
  CAPTURE(Case::name);
  observer.watch = "value";
  const told t(values, observer);
  CHECK(double(t.epochs) == Case::stop[0]);
  CHECK(double(t.weight) == Case::stop[1]);
  if (t.epochs < int(values.size())) CHECK(observer.stopped_epoch == t.epochs);
}
template <class Case> void reduces(numbers values, reduce_on_plateau observer) {
  CAPTURE(Case::name);
  observer.watch = "value";
  const numbers rates = Case::rate;
  CHECK(told(values, observer).rates == std::vector<double>(rates.begin(), rates.end()));
}

inline constexpr auto net = nn::sequential(nn::dense<8>{}, nn::tanh{}, nn::dense<1>{});
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 3e-2}, metric::mean{});
inline constexpr auto full_rate = recipe(loss::mean_squared_error{}, optim::sgd{.learning_rate = 0.1});
inline constexpr auto half_rate = recipe(loss::mean_squared_error{}, optim::sgd{.learning_rate = 0.05});

inline constexpr auto one_weight = nn::sequential(nn::dense<1>{.bias = false, .weight_init = init::ones{}});
inline constexpr auto eighth_rate = recipe(loss::mean_squared_error{}, optim::sgd{.learning_rate = 0.125});
inline constexpr auto careless = nn::sequential(nn::dense<4>{}, nn::named("scores", [](auto x) { return log(x); }), nn::dense<1>{});
inline constexpr auto explodes = recipe(loss::mean_squared_error{}, optim::sgd{.learning_rate = 1e30});

/// Writes down what it is told, and the model's only weight then, as the observer of the fixtures.
template <class Model> struct teller {
  Model& m;
  int stop_at = 0, batches = 0;
  std::vector<double> seen{};

  template <class M> void put(int number, const M& now) {
    seen.insert(seen.end(), {double(number), double(m.weights().parameters()[0])});
    if (std::is_same_v<M, batch_end> && ++batches == stop_at) now.stop();
  }
  void operator()(const training_begin& t) { put(0, t); }
  void operator()(const epoch_begin& e) { put(1, e); }
  void operator()(const batch_begin& b) { put(2, b); }
  void operator()(const batch_end& b) { put(3, b); }
  void operator()(const evaluation_begin& e) { put(4, e); }
  void operator()(const evaluation_end& e) { put(5, e); }
  void operator()(const epoch_end& e) { put(6, e); }
  void operator()(const training_end& t) { put(7, t); }
};
template <class Case, class... Observer> void tells(int epochs, int validate_every, int stop_at, Observer... before) {
  CAPTURE(Case::name);
  const std::vector<float> x = {1, 0.5f, -1, 0.25f, 2}, noise = {0.125f, 0, -0.125f, 0.25f, 0};
  std::vector<float> y;
  for (std::size_t i = 0; i < x.size(); ++i) y.push_back(-0.5f * x[i] + noise[i]);
  const auto data = data::columns(x, y);
  model<one_weight, input<2, 1>> m;
  teller<decltype(m)> told{m, stop_at};
  m.fit<eighth_rate>(data, {.epochs = epochs, .validation = data, .validate_every = validate_every, .shuffle = false, .quiet = true}, before..., told);
  told.seen.insert(told.seen.end(), {8, double(m.weights().parameters()[0])});
  const numbers wanted = Case::told;
  REQUIRE(told.seen.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(told.seen[i] == doctest::Approx(wanted[i]).epsilon(1e-6));
}

std::string lines_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct noisy_line {
  std::vector<float> x, y;
  explicit noisy_line(int n, float phase) {
    for (int i = 0; i < n; ++i) {
      x.push_back(std::sin(float(i) * 1.7f + phase));
      y.push_back(x.back() * 0.5f + 0.3f * std::cos(float(i) * 12.3f + phase));
    }
  }
  auto columns() const { return data::columns(x, y); }
};

}  // namespace

TEST_CASE("early stopping and reducing on a plateau follow Keras's rules") {
  using namespace fixtures;
  const numbers low = falling_values::values, high = rising_values::values;
  const auto falls = best_is::lowest, rises = best_is::highest;
  stops<stop_at_once>(low, {.best = falls});
  stops<stop_patient>(low, {.patience = 3, .best = falls, .restore_best = true});
  stops<stop_delta>(low, {.patience = 2, .min_delta = 0.125, .best = falls, .restore_best = true});
  stops<stop_baseline>(low, {.patience = 7, .best = falls, .baseline = 0.25, .restore_best = true});
  stops<stop_later>(low, {.patience = 1, .best = falls, .restore_best = true, .start_from_epoch = 6});
  stops<stop_rising>(high, {.patience = 2, .best = rises, .restore_best = true});
  stops<stop_never>(low, {.patience = 30, .best = falls, .restore_best = true});
  reduces<plateau>(low, {.factor = 0.5, .patience = 2, .best = falls});
  reduces<plateau_delta>(low, {.factor = 0.5, .patience = 1, .min_delta = 0.0625, .best = falls, .cooldown = 2});
  reduces<plateau_least>(high, {.factor = 0.5, .patience = 1, .best = rises, .least_factor = 0.375});
}

TEST_CASE("observers are told what Keras's callbacks are, in the same order, with the same weights in the model") {
  using namespace fixtures;
  tells<told_all>(2, 1, 0);
  tells<told_stop>(3, 1, 5);
  tells<told_seldom>(3, 2, 0);
  tells<told_average>(3, 1, 0, average_weights{.momentum = 0.75});
  tells<told_swap>(3, 1, 0, average_weights{.momentum = 0.75, .swap_on_epoch = true});
}

TEST_CASE("an average that is resumed goes on") {
  const noisy_line train(64, 0);
  model<net, input<16, 1>> whole{seed{3}}, broken{seed{3}};
  average_weights one{.momentum = 0.9}, other = one;
  whole.fit<training>(train.columns(), {.epochs = 4, .quiet = true}, one);
  broken.fit<training>(train.columns(), {.epochs = 4, .quiet = true}, other, [](const batch_end& b) { if (b.epoch() == 3 && b.batches() == 2) b.stop(); });
  broken.fit<training>(train.columns(), {.epochs = 4, .quiet = true, .resume = true}, other);
  CHECK(whole.predict(0.5f)[0] == broken.predict(0.5f)[0]);
  CHECK_THROWS_WITH(whole.fit<training>(train.columns(), {.quiet = true}, average_weights{.momentum = 1}), "average_weights: the momentum must be at least 0 and less than 1");
}

TEST_CASE("the layer is named that made the first number that is none, and the weights are those before it") {
  noisy_line train(64, 0);
  static std::vector<std::string> told;
  const auto before = backend::debug::on_bad_value;
  backend::debug::on_bad_value = [](const backend::bad_value& b) { told.push_back(std::string(b.operation) + " at " + std::string(b.path) + (b.bad_input ? " from its input" : "")); };
  model<careless, input<16, 1>> m{seed{3}};
  find_nan watch;
  const auto past = m.fit<training>(train.columns(), {.epochs = 3, .quiet = true}, watch);
  CHECK(watch.found);
  CHECK(past.stopped());
  CHECK(told == std::vector<std::string>{"log at scores"});
  told.clear();
  model<net, input<16, 1>> other{seed{3}}, fresh{seed{3}};
  other.fit<explodes>(train.columns(), {.epochs = 3, .quiet = true}, watch);
  REQUIRE(told.size() == 1);
  CHECK(watch.found);
  for (const float w : std::span(other.weights().parameters(), other.weights().parameter_elements)) CHECK(std::isfinite(w));
  told.clear();
  fresh.fit<training>(train.columns(), {.epochs = 2, .quiet = true}, watch);
  CHECK_FALSE(watch.found);
  CHECK(told.empty());
  backend::debug::on_bad_value = before;
}

TEST_CASE("a log of epochs is the table of the history, and goes on where training does") {
  const noisy_line train(40, 0);
  const auto folder = std::filesystem::temp_directory_path();
  const auto path = folder / "tfx_csv_log.test.csv", table = folder / "tfx_csv_log.history.csv";
  model<net, input<16, 1>> m{seed{3}};
  int lines = 0;
  auto past = m.fit<training>(train.columns(), {.epochs = 2, .validation = train.columns(), .validate_every = 2, .quiet = true}, csv_log(path), [&](const epoch_end&) {
    const std::string now = lines_of(path);   // also while it trains
    CHECK(std::count(now.begin(), now.end(), '\n') == ++lines + 1);
  });
  past.save(table);
  CHECK(lines_of(path) == lines_of(table));
  past = m.fit<training>(train.columns(), {.validation = train.columns(), .quiet = true, .first_epoch = 2}, csv_log(path, {.append = true}));
  CHECK(lines_of(path) == lines_of(table) + detail::history_line(past, 0, ",") + "\n");
  m.fit<training>(train.columns(), {.quiet = true}, csv_log(path, {.separator = "\t"}));
  CHECK(lines_of(path).starts_with("epoch\tloss\tmean\n1\t"));
  CHECK_THROWS_AS(m.fit<training>(train.columns(), {.quiet = true}, csv_log(folder / "none" / "log.csv")), io::file_error);
  std::filesystem::remove(path);
  std::filesystem::remove(table);
}

TEST_CASE("which value is better is known by its name, or said") {
  for (const char* name : {"loss", "val_loss", "price_loss", "mean_squared_error", "val_kullback_leibler_divergence"})
    CHECK(detail::should_fall(name, best_is::by_name, "early_stopping"));
  for (const char* name : {"accuracy", "val_kind_accuracy", "auc", "top_k_accuracy", "r2"}) CHECK_FALSE(detail::should_fall(name, best_is::by_name, "early_stopping"));
  CHECK_THROWS_WITH(detail::should_fall("mean", best_is::by_name, "early_stopping"),
                    "early_stopping: should 'mean' fall or rise? Say it with .best = best_is::lowest or best_is::highest");
  const double values[] = {1, std::nan(""), 0.5, std::nan("")};
  early_stopping stopping{.watch = "value", .patience = 3, .best = best_is::lowest, .restore_best = true};
  CHECK(told(numbers(values), stopping).weight == 3);   // NaN is never the best
}

TEST_CASE("the weights of the best epoch are those that are left") {
  const noisy_line train(96, 0), test(40, 1);
  model<net, input<16, 1>> m{seed{3}};
  early_stopping stopping{.patience = 2, .restore_best = true};
  const auto past = m.fit<training>(train.columns(), {.epochs = 200, .validation = test.columns(), .quiet = true}, stopping);
  REQUIRE(past.stopped());
  CHECK(past.epochs() == stopping.best_epoch + 2);
  CHECK(m.evaluate<training>(test.columns()).loss == past["val_loss"][std::size_t(stopping.best_epoch - 1)]);
  CHECK(stopping.best_value == past["val_loss"][std::size_t(stopping.best_epoch - 1)]);
}

TEST_CASE("observers are told what happens, in order, and may end it") {
  const noisy_line train(40, 0);
  model<net, input<16, 1>> m{seed{3}};
  std::string seen;
  struct all {
    std::string& seen;
    void operator()(const training_begin& t) { seen += "<" + std::to_string(t.epochs()) + ">"; }
    void operator()(const epoch_begin& e) { seen += "[" + std::to_string(e.epoch()); }
    void operator()(const batch_end& b) { seen += " " + std::to_string(b.rows()) + "/" + std::to_string(b.examples()); }
    void operator()(const evaluation_end& e) { seen += e["val_loss"] > 0 ? " v" : " ?"; }
    void operator()(const epoch_end&) { seen += "]"; }
    void operator()(const training_end& t) { seen += t.stopped() ? "!" : "."; }
  } observer{seen};
  m.fit<training>(train.columns(), {.epochs = 2, .validation = train.columns(), .quiet = true}, observer);
  CHECK(seen == "<2>[1 16/40 32/40 40/40 v][2 16/40 32/40 40/40 v].");
  seen.clear();
  int batches = 0;
  const auto past = m.fit<training>(train.columns(), {.epochs = 5, .quiet = true}, observer, [&](const batch_end& b) { if (++batches == 5) b.stop(); });
  CHECK(seen == "<5>[1 16/40 32/40 40/40][2 16/40 32/40]!");
  CHECK(past.epochs() == 2);
  CHECK(past.stopped());
  double so_far = 0;
  const auto other = m.fit<training>(train.columns(), {.quiet = true}, [&](const batch_end& b) { so_far = b["loss"]; });
  CHECK(so_far == other["loss"][0]);
}

TEST_CASE("a rate that is halved is another rate") {
  const noisy_line train(64, 0);
  const auto run = [&]<const auto& Recipe>(auto observer) {
    model<net, input<16, 1>> m{seed{3}};
    m.template fit<Recipe>(train.columns(), {.epochs = 2, .quiet = true}, observer);
    return m.predict(0.5f)[0];
  };
  const auto halved = [](const training_begin& t) { t.scale_rate(0.5); };
  const auto nothing = [](const training_begin&) {};
  CHECK(run.operator()<full_rate>(halved) == run.operator()<half_rate>(nothing));
  CHECK(run.operator()<full_rate>(nothing) != run.operator()<half_rate>(nothing));
  model<net, input<16, 1>> m{seed{3}};
  m.fit<full_rate>(train.columns(), {.quiet = true}, halved);
  bool kept = false;
  checkpoint<full_rate>(m).for_each_variable([&](std::string_view path, const dims&, const auto* at) { kept = kept || (path == "training/rate_factor" && double(*at) == 0.5); });
  CHECK(kept);
}

TEST_CASE("a loss that is not finite ends training") {
  noisy_line train(64, 0);
  train.y[20] = std::nanf("");
  model<net, input<16, 1>> m{seed{3}};
  const auto past = m.fit<training>(train.columns(), {.epochs = 3, .shuffle = false, .quiet = true}, terminate_on_nan{});
  CHECK(past.stopped());
  CHECK(past.epochs() == 1);
}

TEST_CASE("a history is a table, also in a file") {
  const noisy_line train(40, 0);
  model<net, input<16, 1>> m{seed{3}};
  const auto past = m.fit<training>(train.columns(), {.epochs = 2, .validation = train.columns(), .validate_every = 2, .quiet = true, .first_epoch = 7});
  CHECK(past.names() == std::vector<std::string>{"loss", "mean", "val_loss", "val_mean"});
  CHECK(std::isnan(past["val_loss"][0]));
  CHECK(past["val_loss"][1] == m.evaluate<training>(train.columns()).loss);
  CHECK_THROWS_WITH(past["los"], "history: nothing is called 'los'; known: loss mean val_loss val_mean");
  const auto path = std::filesystem::temp_directory_path() / "tfx_history.test.csv";
  past.save(path);
  std::ifstream file(path);
  std::string head, first, second;
  std::getline(file, head);
  std::getline(file, first);
  std::getline(file, second);
  CHECK(head == "epoch,loss,mean,val_loss,val_mean");
  CHECK(first.substr(0, 2) == "8,");
  CHECK(first.substr(first.size() - 2) == ",,");
  std::istringstream numbers_of(second);
  std::string number;
  std::getline(numbers_of, number, ',');
  std::getline(numbers_of, number, ',');
  CHECK(std::stod(number) == past["loss"][1]);
  std::filesystem::remove(path);
}

TEST_CASE("an observer that hears nothing, and one that watches nothing, say so") {
  const auto takes_mutable = [](epoch_end&) {};
  const auto plain = [](const epoch_end&) {};
  CHECK(std::string_view(detail::observers_verdict<decltype(plain), decltype(takes_mutable)>::value()) ==
        "fit: observer 2 cannot be called with a moment: const training_begin&, epoch_begin&, batch_begin&, batch_end&, evaluation_begin&, evaluation_end&, epoch_end&, training_end&");
  const noisy_line train(40, 0);
  model<net, input<16, 1>> m{seed{3}};
  CHECK_THROWS_WITH(m.fit<training>(train.columns(), {.quiet = true}, early_stopping{}), "early_stopping: nothing is called 'val_loss'; known: loss mean");
}
