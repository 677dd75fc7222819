// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <limits>
#include <string>

#include <tfx/backend/debug/debug.hpp>

#include "networks.hpp"

// `backend::debug` names the layer and the operation that made the first value that is not a number.

namespace {

using namespace networks;

/// Right for positive x only.
struct logarithm {
  static constexpr std::string_view name = "logarithm";
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return log(x); }
};

inline constexpr int after_line = __LINE__;
inline constexpr auto careless = nn::sequential(nn::flatten{}, nn::dense<8>{}, nn::named("scores", logarithm{}), nn::dense<10>{});
inline constexpr auto sound = nn::sequential(nn::flatten{}, nn::dense<8>{}, nn::relu{}, nn::dense<10>{});

struct report {
  std::string path, operation;
  int line = 0, element = -1;
  double value = 0;
  bool bad_input = false;
  dims shape{};
};
std::vector<report> reports;

/// Collects what is found while it lives.
struct collecting {
  backend::debug::handler before = backend::debug::on_bad_value;
  collecting() {
    reports.clear();
    backend::debug::on_bad_value = [](const backend::bad_value& b) {
      reports.push_back({std::string(b.path), std::string(b.operation), b.line, b.element, b.value, b.bad_input, b.shape});
    };
  }
  ~collecting() { backend::debug::on_bad_value = before; }
};

const synthetic_rows& examples() {
  static const synthetic_rows made(16);
  return made;
}

}  // namespace

TEST_CASE("the layer and the operation that made a NaN are named") {
  const collecting now;
  model<careless, input<16, 28, 28>, backend::debug> m{seed{1}};
  std::vector<float> out(16 * classes);
  m.predict(examples().image(0), out.data(), 16);
  REQUIRE(reports.size() == 1);   // the first one only: what follows from it is not news
  CHECK(reports[0].path == "scores");
  CHECK(reports[0].operation == "log");
  CHECK(reports[0].value != reports[0].value);
  CHECK(reports[0].element >= 0);
  CHECK(reports[0].element < 16 * 8);
  CHECK(reports[0].shape.extent[1] == 8);
  CHECK(!reports[0].bad_input);
  CHECK(reports[0].line == after_line + 1);

  m.train_batch<training>(examples().image(0), examples().label(0), 16);
  REQUIRE(reports.size() == 2);
  CHECK(reports[1].path == "scores");
  CHECK(reports[1].operation == "log");
}

TEST_CASE("a network in order is not reported, and trains as everywhere") {
  const collecting now;
  model<sound, input<16, 28, 28>, backend::debug> m{seed{1}};
  model<sound, input<16, 28, 28>> other{seed{1}};
  for (int i = 0; i < 3; ++i) {
    m.train_batch<training>(examples().image(0), examples().label(0), 16 - i);
    other.train_batch<training>(examples().image(0), examples().label(0), 16 - i);
  }
  CHECK(reports.empty());
  CHECK(fingerprint_of(checkpoint<training>(m)) == fingerprint_of(checkpoint<training>(other)));
}

TEST_CASE("a parameter that is not a number is told from an operation that makes one") {
  const collecting now;
  model<sound, input<16, 28, 28>, backend::debug> m{seed{1}};
  m.for_each_variable([](std::string_view path, const dims&, float* x) {
    if (path == "dense_1/weight") x[3] = std::numeric_limits<float>::infinity();
  });
  std::vector<float> out(16 * classes);
  m.predict(examples().image(0), out.data(), 16);
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].path == "dense_1");
  CHECK(reports[0].operation == "matmul");
  CHECK(reports[0].bad_input);
}
