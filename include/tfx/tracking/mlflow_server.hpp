// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: sockets, files

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <httplib.h>

#include <tfx/io/file_error.hpp>
#include <tfx/tracking/json_text.hpp>
#include <tfx/tracking/mlflow_store.hpp>

namespace tfx::tracking {

/// A server did not do what it was asked to.
///
///     http://127.0.0.1:5000: POST runs/update expected success, found 404 RESOURCE_DOES_NOT_EXIST: Run 'abc' not found
class server_error : public std::runtime_error {
public:
  server_error(const std::string& address, const std::string& asked, const std::string& found, std::string code) : std::runtime_error(address + ": " + asked + " expected success, found " + found), code_(std::move(code)) {}
  /// MLflow's name of it, RESOURCE_DOES_NOT_EXIST; empty: there was no answer.
  const std::string& code() const { return code_; }

private:
  std::string code_;
};

/// An MLflow server, `mlflow server`, over its REST interface. Needs cpp-httplib; in CMake the component tfx::http,
/// by hand with Debian's `$(pkg-config --cflags --libs cpp-httplib)`, whose flags the classes depend on.
///
///     tracking::mlflow_server store("http://127.0.0.1:5000");
///
/// Artifacts go through the server where it keeps them itself, else to the folder that it names.
///
/// Errors     server_error; io::file_error of artifacts
/// Source     MLflow's REST interface 2.0
class mlflow_server : public mlflow_store {
public:
  explicit mlflow_server(const std::string& address) : address_(address), client_(address) {
    client_.set_read_timeout(60);
    client_.set_keep_alive(true);
  }

  std::string experiment(const std::string& name) override {
    try {
      return must(get("experiments/get-by-name", {{"experiment_name", name}}), "experiment_id");
    } catch (const server_error& error) {
      if (error.code() != "RESOURCE_DOES_NOT_EXIST") throw;
    }
    return must(post("experiments/create", object({{"name", name}})), "experiment_id");
  }
  std::string begin_run(const std::string& experiment, const std::string& name) override {
    const mlflow_texts tags = {{"mlflow.user", detail::user_name()}, {"mlflow.source.type", "LOCAL"}};
    const std::string made = post("runs/create", object({{"experiment_id", experiment}, {"run_name", name}}, {{"start_time", std::to_string(detail::milliseconds_now())}, {"tags", list(tags, 0, tags.size())}}));
    const std::string run = must(made, "run_id");
    artifacts_of_[run] = must(made, "artifact_uri");
    return run;
  }
  /// In requests of at most 1000 metrics, 100 parameters and 100 tags, as the server wants them.
  void log(const std::string& run, const std::vector<mlflow_point>& metrics, const mlflow_texts& params, const mlflow_texts& tags) override {
    constexpr std::size_t most_metrics = 1000, most_texts = 100;
    for (std::size_t m = 0, t = 0; m < metrics.size() || t < std::max(params.size(), tags.size()); m += most_metrics, t += most_texts) {
      std::string points = "[";
      for (std::size_t i = m; i < metrics.size() && i < m + most_metrics; ++i)
        (points += i > m ? "," : "") += object({{"key", metrics[i].name}}, {{"value", detail::number_text(metrics[i].value)}, {"timestamp", std::to_string(metrics[i].time)}, {"step", std::to_string(metrics[i].step)}});
      points += "]";
      post("runs/log-batch", object({{"run_id", run}}, {{"metrics", points}, {"params", list(params, t, t + most_texts)}, {"tags", list(tags, t, t + most_texts)}}));
    }
  }
  void artifact(const std::string& run, const std::filesystem::path& file, const std::string& folder) override {
    const std::string inside = (folder.empty() ? "" : folder + "/") + file.filename().string(), where = artifacts_of(run), kept_by_server = "mlflow-artifacts:/";
    std::ifstream in(file, std::ios::binary);
    if (!in) throw io::file_error(file, io::file_error::nowhere, "a file to send", "none that can be opened");
    if (!where.starts_with(kept_by_server)) {
      const std::filesystem::path to = std::filesystem::path(where.starts_with("file://") ? where.substr(7) : where) / inside;
      std::filesystem::create_directories(to.parent_path());
      std::error_code none;
      std::filesystem::copy_file(file, to, std::filesystem::copy_options::overwrite_existing, none);
      if (none) throw io::file_error(file, io::file_error::nowhere, "a file to copy to " + to.string(), none.message());
      return;
    }
    const std::string bytes{std::istreambuf_iterator<char>(in), {}}, path = where.substr(where.find_first_not_of('/', kept_by_server.size())) + "/" + inside;
    answer("PUT artifacts/" + path, client_.Put("/api/2.0/mlflow-artifacts/artifacts/" + path, bytes, "application/octet-stream"));
  }
  void end_run(const std::string& run, run_status status) override {
    constexpr const char* names[] = {"", "RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"};
    post("runs/update", object({{"run_id", run}, {"status", names[int(status)]}}, {{"end_time", std::to_string(detail::milliseconds_now())}}));
  }
  std::string register_model(const std::string& model, const std::string& run, const std::string& artifact) override {
    try {
      post("registered-models/create", object({{"name", model}}));
    } catch (const server_error& error) {
      if (error.code() != "RESOURCE_ALREADY_EXISTS") throw;
    }
    return must(post("model-versions/create", object({{"name", model}, {"source", artifacts_of(run) + "/" + artifact}, {"run_id", run}})), "version");
  }
  void alias(const std::string& model, const std::string& name, const std::string& version) override {
    post("registered-models/alias", object({{"name", model}, {"alias", name}, {"version", version}}));
  }

private:
  using members = std::initializer_list<std::pair<const char*, std::string>>;
  /// An object of texts, and of members that are JSON already.
  static std::string object(members texts, members others = {}) {
    std::string out = "{";
    const auto add = [&](const char* key, const std::string& value) { (((out += out.size() > 1 ? "," : "") += detail::quoted(key)) += ':') += value; };
    for (const auto& [key, text] : texts) add(key, detail::quoted(text));
    for (const auto& [key, json] : others) add(key, json);
    return out += '}';
  }
  static std::string list(const mlflow_texts& all, std::size_t from, std::size_t to) {
    std::string out = "[";
    for (std::size_t i = from; i < all.size() && i < to; ++i) (out += i > from ? "," : "") += object({{"key", all[i].first}, {"value", all[i].second}});
    return out += "]";
  }

  std::string answer(const std::string& asked, const httplib::Result& got) {
    if (!got) throw server_error(address_, asked, httplib::to_string(got.error()), "");
    if (got->status == 200) return got->body;
    const std::string code = detail::text_of_key(got->body, "error_code").value_or("UNKNOWN");
    throw server_error(address_, asked, std::to_string(got->status) + " " + code + ": " + detail::text_of_key(got->body, "message").value_or(got->body.substr(0, 200)), code);
  }
  std::string post(const std::string& what, const std::string& body) { return answer("POST " + what, client_.Post(("/api/2.0/mlflow/" + what).c_str(), body, "application/json")); }
  std::string get(const std::string& what, const httplib::Params& params) { return answer("GET " + what, client_.Get(("/api/2.0/mlflow/" + what).c_str(), params, httplib::Headers())); }
  std::string must(const std::string& body, const char* key) const {
    if (auto value = detail::text_of_key(body, key)) return *value;
    throw server_error(address_, std::string("an answer with '") + key + "'", body.substr(0, 200), "");
  }
  const std::string& artifacts_of(const std::string& run) {
    if (const auto known = artifacts_of_.find(run); known != artifacts_of_.end()) return known->second;
    return artifacts_of_[run] = must(get("runs/get", {{"run_id", run}}), "artifact_uri");
  }

  std::string address_;
  httplib::Client client_;
  std::map<std::string, std::string> artifacts_of_;
};

}  // namespace tfx::tracking
