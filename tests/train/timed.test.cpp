// SPDX-License-Identifier: Apache-2.0
// `backend::timed` measures every launch, and changes nothing.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <tfx/backend/timed/timed.hpp>
#include <tfx/tfx.hpp>

namespace {

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<64>{}, nn::tanh{}, nn::named("\"quoted\"", nn::dense<1>{}));
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::sgd{.learning_rate = 3e-2});
using plain = model<net, input<16, 8>>;
using timed = model<net, input<16, 8>, backend::timed<>>;

}  // namespace

TEST_CASE("launches are measured one by one, with the bits of the other backend") {
  std::vector<std::array<float, 8>> x(64);
  std::vector<float> y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t k = 0; k < 8; ++k) x[i][k] = float((i * 7 + k) % 13) / 13;
    y.push_back(x[i][0] - x[i][3]);
  }
  const auto data = data::columns(x, y);
  plain one{seed{1}};
  timed other{seed{1}};
  one.fit<training>(data, {.epochs = 3, .quiet = true});
  other.fit<training>(data, {.epochs = 3, .quiet = true});
  CHECK(one.predict(x[5])[0] == other.predict(x[5])[0]);

  const auto& programs = backend::measured().programs();
  REQUIRE(programs.size() == 2);   // a step, a prediction
  CHECK(programs[0].runs == 12);
  CHECK(programs[0].launches.size() == std::size_t(timed::training_plan<training>::n_launches));
  double sum = 0;
  for (const auto& l : programs[0].launches) {
    CHECK(l.runs == 12);
    CHECK(l.nanoseconds > 0);
    sum += l.nanoseconds;
  }
  CHECK(sum <= programs[0].nanoseconds);
  CHECK(programs[1].launches[0].flops == plain::predict_plan::kernels.launches[0].flops);
  CHECK(programs[1].launches[0].work.starts_with("dense: matmul add"));
  const std::string table = backend::measured().table();
  CHECK(table.find("us/run   share  GFLOP/s    GB/s  work\n   0 ") != table.npos);
  CHECK(table.find("\n12 runs of ") != table.npos);

  const auto path = std::filesystem::temp_directory_path() / "tfx_trace.test.json";
  backend::measured().save_trace(path);
  std::ifstream file(path);
  const auto trace = nlohmann::json::parse(file);
  std::size_t events = 0;
  double end = 0;
  for (const auto& e : trace["traceEvents"]) {
    CHECK(e["pid"].is_number());
    CHECK(e["tid"].is_number());
    if (e["ph"] == "M") continue;
    ++events;
    CHECK(e["ph"] == "X");
    CHECK(double(e["ts"]) >= end - 0.002);   // one after the other, in microseconds of three decimals
    end = double(e["ts"]) + double(e["dur"]);
  }
  CHECK(events == 12 * programs[0].launches.size() + programs[1].launches.size());
  backend::measured().clear();
  CHECK(backend::measured().table().empty());
  std::filesystem::remove(path);
}
