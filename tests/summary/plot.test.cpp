// SPDX-License-Identifier: Apache-2.0
#include <tfx/summary/plot.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace tfx::summary;

namespace {
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (char c : text) {
    if (c == '\n') lines.emplace_back();
    else lines.back() += c;
  }
  CHECK(lines.back().empty());
  lines.pop_back();
  return lines;
}

int columns_of(const std::string& line) {
  int columns = 0;
  for (char c : line) columns += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return columns;
}
}  // namespace

TEST_CASE("a straight line goes from corner to corner") {
  const double values[] = {0, 1, 2, 3, 4};
  const series curves[] = {{"up", values}};
  CHECK(terminal_plot(curves, 12, 8, {.unicode = false}) ==
        "4 +       **\n"
        "  |     **\n"
        "2 +   **\n"
        "  | **\n"
        "0 +*\n"
        "  ++-------+\n"
        "   1       5  epoch\n"
        "   * up 4\n");
}

TEST_CASE("braille dots are where Unicode has them") {
  // U+2801 is the upper left dot, U+2880 the lower right one.
  tfx::summary::detail::plot_canvas canvas(1, 1, true);
  CHECK(canvas.width() == 2);
  CHECK(canvas.height() == 4);
  const int dots[8] = {0x40, 0x80, 0x04, 0x20, 0x02, 0x10, 0x01, 0x08};   // from the lower left, row by row
  for (int i = 0; i < 8; ++i) {
    tfx::summary::detail::plot_canvas one(1, 1, true);
    one.set(i % 2, i / 2, 0);
    CHECK(one.cell_at(0, 0).dots == dots[i]);
  }
  const double values[] = {0, 0, 0};
  const series curves[] = {{"flat", values}};
  const std::string text = terminal_plot(curves, 14, 6, {});
  // Both dots of one row of dots, all the way.
  CHECK(text.find("⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒\n") != std::string::npos);
}

TEST_CASE("no line is wider and no plot is higher than asked for") {
  std::mt19937 random(1);
  std::normal_distribution<double> normal(0, 1);
  for (int width : {30, 72, 200}) {
    for (int height : {8, 16, 40}) {
      for (std::size_t length : {0u, 1u, 2u, 5u, 100u, 1000u}) {
        std::vector<double> a(length);
        std::vector<double> b(length / 2);
        const double scale = std::pow(10.0, normal(random) * 5);
        for (double& value : a) value = normal(random) * scale;
        for (double& value : b) value = normal(random) * scale;
        const series curves[] = {{"a", a}, {"b", b}};
        for (bool unicode : {false, true}) {
          const auto lines =
              lines_of(terminal_plot(curves, width, height, {.title = "title", .x_label = "", .unicode = unicode}));
          CHECK(lines.size() == static_cast<std::size_t>(height));
          for (std::size_t i = 0; i + 1 < lines.size(); ++i) CHECK(columns_of(lines[i]) <= width);
        }
      }
    }
  }
}

TEST_CASE("values that are not finite leave gaps") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const double values[] = {1, nan, inf, -inf, 2};
  const double none[] = {nan, nan};
  const series curves[] = {{"a", values}, {"b", none}};
  const std::string text = terminal_plot(curves, 40, 10, {.unicode = false});
  const auto lines = lines_of(text);
  int points = 0;
  for (std::size_t i = 0; i < 7; ++i) {
    for (char c : lines[i]) points += c == '*';
  }
  CHECK(points == 2);
}

TEST_CASE("marks are round numbers") {
  using tfx::summary::detail::plot_number;
  using tfx::summary::detail::round_step;
  CHECK(round_step(1, 5) == doctest::Approx(0.2));
  CHECK(round_step(0.9, 10) == doctest::Approx(0.1));
  CHECK(round_step(700, 3) == doctest::Approx(500));
  CHECK(plot_number(0.3, 0.1) == "0.3");
  CHECK(plot_number(0.30000000000000004, 0.05) == "0.30");
  CHECK(plot_number(-1e-17, 0.1) == "0.0");
  CHECK(plot_number(20, 5) == "20");
}

TEST_CASE("a constant curve is shown in the middle of an axis with marks around it") {
  for (double value : {0.0, 1.0, -3.5, 1e-9, 1e12}) {
    const double values[] = {value, value};
    const series curves[] = {{"a", values}};
    CHECK(lines_of(terminal_plot(curves, 40, 12, {.unicode = false})).size() == 12);
  }
}
