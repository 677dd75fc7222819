// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tfx::tracking {

/// A metric at a time.
struct mlflow_point {
  std::string name;
  double value = 0;
  std::int64_t step = 0, time = 0;   ///< time in milliseconds since 1970
};
using mlflow_texts = std::vector<std::pair<std::string, std::string>>;

/// MLflow's numbers of them.
enum class run_status : int { running = 1, scheduled = 2, finished = 3, failed = 4, killed = 5 };

namespace detail {

inline std::int64_t milliseconds_now() { return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }
inline std::string user_name() {
  const char* const name = std::getenv("USER");
  return name ? name : "unknown";
}

}  // namespace detail

/// What keeps runs: `mlflow_files`, a folder, or `mlflow_server`, a server.
class mlflow_store {
public:
  virtual ~mlflow_store() = default;

  /// The identity of the experiment of that name, which is made if there is none.
  virtual std::string experiment(const std::string& name) = 0;
  /// A new run's identity.
  virtual std::string begin_run(const std::string& experiment, const std::string& name) = 0;
  /// Any number of each. A parameter cannot be given another value later.
  virtual void log(const std::string& run, const std::vector<mlflow_point>& metrics, const mlflow_texts& params, const mlflow_texts& tags) = 0;
  /// Copies a file into a folder of the run's artifacts.
  virtual void artifact(const std::string& run, const std::filesystem::path& file, const std::string& folder) = 0;
  virtual void end_run(const std::string& run, run_status status) = 0;
  /// A new version of a registered model, which is made if there is none: an artifact of the run. Gives the version's number.
  virtual std::string register_model(const std::string& model, const std::string& run, const std::string& artifact) = 0;
  /// A name for a version, `champion`, which it takes over from another one.
  virtual void alias(const std::string& model, const std::string& name, const std::string& version) = 0;
};

}  // namespace tfx::tracking
