// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <tfx/io/atomic_file.hpp>
#include <tfx/io/file_error.hpp>
#include <tfx/tracking/json_text.hpp>
#include <tfx/tracking/mlflow_store.hpp>

namespace tfx::tracking {

/// MLflow's file store, a folder `mlruns` that needs no server: `mlflow ui --backend-store-uri file:mlruns` shows it. MLflow 3.7 and later ask for
/// MLFLOW_ALLOW_FILE_STORE=true to read such folders.
///
///     tracking::mlflow_files store("mlruns");
///
/// Errors     io::file_error; a name that cannot be a path below the folder is std::invalid_argument
/// Source     the format of mlflow.store.tracking.file_store and mlflow.store.model_registry.file_store
class mlflow_files : public mlflow_store {
public:
  explicit mlflow_files(const std::filesystem::path& folder = "mlruns") : folder_(std::filesystem::absolute(folder)) {}

  std::string experiment(const std::string& name) override {
    std::filesystem::create_directories(folder_);
    if (!std::filesystem::exists(folder_ / "0")) write_experiment("0", "Default");
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      if (const auto known = text_in(entry.path() / "meta.yaml", "name"); known == name) return entry.path().filename().string();
    const std::string id = std::to_string(100000000000000000 + random_bits() % 900000000000000000);
    write_experiment(id, name);
    return id;
  }

  std::string begin_run(const std::string& experiment, const std::string& name) override {
    char id[33];
    std::snprintf(id, sizeof id, "%016llx%016llx", static_cast<unsigned long long>(random_bits()), static_cast<unsigned long long>(random_bits()));
    const std::filesystem::path run = folder_ / experiment / id;
    for (const char* part : {"metrics", "params", "tags", "artifacts"}) std::filesystem::create_directories(run / part);
    write_run(run, id, experiment, name, run_status::running, detail::milliseconds_now(), {});
    log(id, {}, {}, {{"mlflow.runName", name}, {"mlflow.user", detail::user_name()}, {"mlflow.source.type", "LOCAL"}});
    return id;
  }

  void log(const std::string& run, const std::vector<mlflow_point>& metrics, const mlflow_texts& params, const mlflow_texts& tags) override {
    const std::filesystem::path at = folder_of(run);
    for (const mlflow_point& m : metrics) append(below(at / "metrics", m.name), std::to_string(m.time) + " " + number_in_file(m.value) + " " + std::to_string(m.step) + "\n");
    for (const auto& [name, value] : params) {
      const std::filesystem::path file = below(at / "params", name);
      if (std::filesystem::exists(file) && contents(file) != value) throw io::file_error(file, io::file_error::nowhere, "no other value than '" + contents(file) + "' for a parameter", "'" + value + "'");
      write(file, value);
    }
    for (const auto& [name, value] : tags) write(below(at / "tags", name), value);
  }

  void artifact(const std::string& run, const std::filesystem::path& file, const std::string& folder) override {
    const std::filesystem::path to = below(folder_of(run) / "artifacts", folder.empty() ? file.filename().string() : folder + "/" + file.filename().string());
    std::filesystem::create_directories(to.parent_path());
    std::error_code none;
    std::filesystem::copy_file(file, to, std::filesystem::copy_options::overwrite_existing, none);
    if (none) throw io::file_error(file, io::file_error::nowhere, "a file to copy to " + to.string(), none.message());
  }

  void end_run(const std::string& run, run_status status) override {
    const std::filesystem::path at = folder_of(run), meta = at / "meta.yaml";
    const auto name = text_in(meta, "run_name"), begun = text_in(meta, "start_time");
    if (!name || !begun) throw io::file_error(meta, io::file_error::nowhere, "run_name and start_time", "neither");
    write_run(at, run, at.parent_path().filename().string(), *name, status, std::stoll(*begun), std::to_string(detail::milliseconds_now()));
  }

  std::string register_model(const std::string& model, const std::string& run, const std::string& artifact) override {
    const std::filesystem::path at = below(folder_ / "models", model), source = below(folder_of(run) / "artifacts", artifact);
    const std::string now = std::to_string(detail::milliseconds_now());
    int version = 1;
    while (std::filesystem::exists(at / ("version-" + std::to_string(version)))) ++version;
    if (version == 1) write(at / "meta.yaml", "creation_timestamp: " + now + "\ndescription: null\nlast_updated_timestamp: " + now + "\nname: " + detail::quoted(model) + "\n");
    write(at / ("version-" + std::to_string(version)) / "meta.yaml",
          "creation_timestamp: " + now + "\ncurrent_stage: None\ndescription: null\nlast_updated_timestamp: " + now + "\nname: " + detail::quoted(model) + "\nrun_id: " + detail::quoted(run) +
              "\nrun_link: null\nsource: " + detail::quoted(address(source)) + "\nstatus: READY\nstatus_message: null\nstorage_location: " + detail::quoted(address(source)) + "\nuser_id: " + detail::quoted(detail::user_name()) +
              "\nversion: " + std::to_string(version) + "\n");
    return std::to_string(version);
  }
  void alias(const std::string& model, const std::string& name, const std::string& version) override {
    const std::filesystem::path at = below(folder_ / "models", model);
    if (!std::filesystem::exists(at / ("version-" + version))) throw io::file_error(at, io::file_error::nowhere, "version " + version + " of a model", "none");
    write(below(at / "aliases", name), version);
  }

private:
  static std::uint64_t random_bits() {
    std::random_device bits;
    return std::uint64_t(bits()) << 32 | bits();
  }
  static std::string number_in_file(double x) { return std::isnan(x) ? "nan" : std::isinf(x) ? x > 0 ? "inf" : "-inf" : detail::number_text(x); }
  static std::string address(const std::filesystem::path& path) { return "file://" + path.string(); }

  /// Slashes make folders. A name leads nowhere else.
  static std::filesystem::path below(const std::filesystem::path& folder, const std::string& name) {
    const std::filesystem::path path = folder / name;
    const bool plain = !name.empty() && name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-. :/") == name.npos;
    if (!plain || name.front() == '/' || path.lexically_normal() != path) throw std::invalid_argument("mlflow: a name has letters, digits, spaces and _ - . : /, and is no other path; found '" + name + "'");
    return path;
  }
  static std::string contents(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::create_directories(path.parent_path());
    io::atomic_file file(path);
    file.write(text);
    file.commit();
  }
  static void append(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary | std::ios::app);
    file << text << std::flush;
    if (!file) throw io::file_error(path, io::file_error::nowhere, "to write a line", std::strerror(errno));
  }

  /// A scalar of a file of YAML that this or MLflow wrote: quoted in one way or the other, or plain.
  static std::optional<std::string> text_in(const std::filesystem::path& path, std::string_view key) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with(std::string(key) + ": ")) continue;
      const std::string_view value = std::string_view(line).substr(key.size() + 2);
      std::size_t at = 1;
      if (value.starts_with('"')) return detail::unquoted(value, at);
      if (!value.starts_with('\'')) return std::string(value);
      std::string text;
      for (; at + 1 < value.size(); ++at) {
        text += value[at];
        at += value[at] == '\'';   // two of them are one
      }
      return text;
    }
    return std::nullopt;
  }
  void write_experiment(const std::string& id, const std::string& name) {
    const std::string now = std::to_string(detail::milliseconds_now());
    write(folder_ / id / "meta.yaml", "artifact_location: " + detail::quoted(address(folder_ / id)) + "\ncreation_time: " + now + "\nexperiment_id: " + detail::quoted(id) + "\nlast_update_time: " + now +
                                          "\nlifecycle_stage: active\nname: " + detail::quoted(name) + "\n");
  }
  static void write_run(const std::filesystem::path& at, const std::string& id, const std::string& experiment, const std::string& name, run_status status, std::int64_t begun, const std::string& ended) {
    write(at / "meta.yaml", "artifact_uri: " + detail::quoted(address(at / "artifacts")) + "\nend_time: " + (ended.empty() ? "null" : ended) + "\nentry_point_name: ''\nexperiment_id: " + detail::quoted(experiment) +
                                "\nlifecycle_stage: active\nrun_id: " + detail::quoted(id) + "\nrun_name: " + detail::quoted(name) + "\nrun_uuid: " + detail::quoted(id) +
                                "\nsource_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: " + std::to_string(begun) + "\nstatus: " + std::to_string(int(status)) + "\ntags: []\nuser_id: " + detail::quoted(detail::user_name()) + "\n");
  }
  std::filesystem::path folder_of(const std::string& run) const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      if (std::filesystem::exists(entry.path() / run / "meta.yaml")) return entry.path() / run;
    throw io::file_error(folder_, io::file_error::nowhere, "a run " + run, "none");
  }

  std::filesystem::path folder_;
};

}  // namespace tfx::tracking
