// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tfx/data/batches.hpp>
#include <tfx/io/atomic_file.hpp>
#include <tfx/io/sha256.hpp>
#include <tfx/summary/graph_table.hpp>
#include <tfx/summary/hparams.hpp>
#include <tfx/tracking/json_text.hpp>
#include <tfx/train/moments.hpp>
#include <tfx/train/trainer.hpp>

namespace tfx::tracking {

/// What a result came from, to make it again: a file of JSON with the version of the source, the compiler and its flags, the command, fingerprints (SHA-256)
/// of the program, the graph, the data and the weights, seeds, hyper-parameters and results. Given to `fit`, behind the observers that change weights at
/// the end, it is an observer that writes down all of a training.
///
///     tracking::manifest run;
///     run.data("train", train);
///     run.param("rate", 1e-3);
///     m.fit<training>(train, {.epochs = 20, .validation = test}, run);
///     run.save("manifest.json");                   // tools/tfx_rerun manifest.json
///
/// The source's version and the compiler's flags are known if the macros TFX_SOURCE_VERSION and TFX_BUILD_FLAGS, texts, are defined; in CMake
/// `tfx_record_build(program)` defines both. `tfx_rerun` starts the command again, in its folder, and compares what it writes: the environment
/// variable TFX_MANIFEST is where `save` then writes to.
///
/// Errors     io::file_error of `save`
class manifest {
public:
  /// The examples of a data set in their order, each column by itself: what `sha256` makes of the array as bytes.
  template <class Data> void data(const std::string& name, Data&& examples) {
    long long rows = 0;
    std::vector<io::sha256> columns;
    for (auto& batch : tfx::data::batches<256>(examples)) {
      add_columns(columns, batch);
      rows += batch.rows;
    }
    std::string texts;
    for (const io::sha256& c : columns) (texts += texts.empty() ? "" : ", ") += detail::quoted(c.text());
    put("data", name, "{\"examples\": " + std::to_string(rows) + ", \"columns\": [" + texts + "]}");
  }
  /// A hyper-parameter.
  void param(const std::string& name, const summary::hparam_value& value) {
    put("params", name, value.is == summary::hparam_value::word ? detail::quoted(value.text) : value.is == summary::hparam_value::truth ? value.as_text() : detail::number_text(value.value));
  }
  void result(const std::string& name, double value) { put("results", name, detail::number_text(value)); }
  /// Parameters and states of anything that has variables with paths, as models, weights and programs.
  template <class Model> void weights(const std::string& name, Model&& model) {
    io::sha256 h;
    model.for_each_variable([&](std::string_view path, const dims& shape, const auto* numbers) {
      h.add(path);
      h.add(numbers, std::size_t(shape.size()) * sizeof *numbers);
    });
    put("weights", name, detail::quoted(h.text()));
  }

  // what `fit` tells
  template <bool Weighted, class Weights, const auto& Recipe> TFX_COLD void attach(trainer<Weights, Recipe>& t) {
    using plan = typename trainer<Weights, Recipe>::template plan_of<true, Weighted>;
    io::sha256 graph;
    graph.add(constant_text<tfx::detail::graph_table_text<tfx::detail::recipe_step<Weights::network::object, typename Weights::inputs_type, Recipe, true, Weighted>>>::value);
    for (const auto& constant : plan::constants) {   // rates and the like are no nodes of the table
      const double number = constant.template word<double>();
      graph.add(&number, sizeof number);
    }
    put("graph", "model", detail::quoted(graph.text()));
    put("seeds", "model", std::to_string(t.seed()));
    trained_ = &t.weights();
    hash_trained_ = [](manifest& self) { self.weights("model", *static_cast<const Weights*>(self.trained_)); };
  }
  TFX_COLD void operator()(const training_end& t) {
    result("epochs", t.past().epochs());
    for (const std::string& name : t.past().names())
      if (!t.past()[name].empty()) result(name, t.past()[name].back());
    hash_trained_(*this);
  }

  /// As JSON.
  std::string text() const {
    std::string out = "{\n  \"tfx\": " + detail::quoted(std::to_string(TFX_VERSION_MAJOR) + "." + std::to_string(TFX_VERSION_MINOR) + "." + std::to_string(TFX_VERSION_PATCH));
    const auto add = [&](const char* name, const std::string& value) { out += ",\n  " + detail::quoted(name) + ": " + value; };
    add("source", detail::quoted(source_version));
    add("compiler", detail::quoted(compiler));
    add("flags", detail::quoted(build_flags));
    const std::string all = command();
    std::string words;
    for (std::size_t at = 0, end; at < all.size(); at = end + 1) {
      end = std::min(all.find('\0', at), all.size());
      (words += words.empty() ? "" : ", ") += detail::quoted(all.substr(at, end - at));
    }
    add("command", "[" + words + "]");
    add("folder", detail::quoted(std::filesystem::current_path().string()));
    add("program", detail::quoted(hash_of_program()));
    for (const section& s : sections_) {
      std::string members;
      for (const auto& [name, value] : s.members) members += (members.empty() ? "\n    " : ",\n    ") + detail::quoted(name) + ": " + value;
      add(s.name, "{" + members + "\n  }");
    }
    return out + "\n}\n";
  }
  void save(const std::filesystem::path& path) const {
    const char* const elsewhere = std::getenv("TFX_MANIFEST");
    io::atomic_file file(elsewhere ? std::filesystem::path(elsewhere) : path);
    file.write(text());
    file.commit();
  }

private:
#if defined(TFX_SOURCE_VERSION)
  static constexpr const char* source_version = TFX_SOURCE_VERSION;
#else
  static constexpr const char* source_version = "unknown";
#endif
#if defined(TFX_BUILD_FLAGS)
  static constexpr const char* build_flags = TFX_BUILD_FLAGS;
#else
  static constexpr const char* build_flags = "unknown";
#endif
#if defined(__clang__)
  static constexpr const char* compiler = __VERSION__;
#else
  static constexpr const char* compiler = "g++ " __VERSION__;
#endif

  struct section {
    const char* name;
    std::vector<std::pair<std::string, std::string>> members;
  };
  void put(const char* where, const std::string& name, std::string json) {
    for (section& s : sections_) {
      if (std::string_view(s.name) != where) continue;
      for (auto& [known, value] : s.members)
        if (known == name) return void(value = std::move(json));
      return void(s.members.emplace_back(name, std::move(json)));
    }
    sections_.push_back({where, {{name, std::move(json)}}});
  }
  template <class... T> static void add_columns(std::vector<io::sha256>& columns, const tfx::data::loaded_batch<T...>& batch) {
    columns.resize(sizeof...(T));
    [&]<std::size_t... K>(std::index_sequence<K...>) {
      (columns[K].add(batch.template get<K>().data(), batch.template get<K>().size_bytes()), ...);
    }(std::index_sequence_for<T...>{});
  }
  /// Its words, each with a zero behind it; none where the system does not say.
  static std::string command() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static std::string hash_of_program() {
    std::ifstream file("/proc/self/exe", std::ios::binary);
    io::sha256 h;
    for (std::vector<char> part(1 << 16); file.read(part.data(), std::streamsize(part.size())), file.gcount() > 0;) h.add(part.data(), std::size_t(file.gcount()));
    return h.text();
  }

  std::vector<section> sections_;
  const void* trained_ = nullptr;
  void (*hash_trained_)(manifest&) = nullptr;
};

}  // namespace tfx::tracking
