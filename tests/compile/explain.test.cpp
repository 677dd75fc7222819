// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <tfx/compile/explain.hpp>
#include <tfx/tfx.hpp>

#include <tfx/ops/control_flow.hpp>

#include "../support/approved.hpp"

using namespace tfx;

namespace {

inline constexpr auto lenet = nn::sequential(
    nn::conv2d<6, 5, same>{}, nn::relu{}, nn::max_pool<2>{}, nn::conv2d<16, 5>{}, nn::relu{}, nn::max_pool<2>{},
    nn::flatten{}, nn::dense<120>{}, nn::relu{}, nn::dense<84>{}, nn::relu{}, nn::dense<10>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{}, metric::accuracy{});
using lenet_model = model<lenet, input<64, 28, 28, 1>>;

inline constexpr auto blocks =
    nn::repeat<6>(nn::residual(nn::sequential(nn::dense<32>{}, nn::relu{}, nn::dense<32>{})));
inline constexpr auto within = recipe(loss::mean_squared_error{}, optim::adam{}, fit_in<24_KiB>);
inline constexpr machine slow_memory{.gigaflops = 1, .levels = {{0, 0.001}}};

inline constexpr auto ten_times = [](auto x) {
  const auto w = param<shape<8, 8>>(x, "weight");
  return fori_loop<10>([&](auto, auto h) { return tanh(matmul(h, w)); }, x);
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}
long long number_in(std::string word) {
  std::string digits;
  for (char c : word)
    if (c != ',') digits += c;
  return std::atoll(digits.c_str());
}

}  // namespace

// The numbers are those of the paper's layers: 28 x 28 x 6 x 25 multiply-adds in the first convolution, 61,706
// parameters.
TEST_CASE("the explanation of a prediction reads as approved") {
  CHECK(explain<lenet_model>().find("61,706 parameters") != std::string_view::npos);

  CHECK(is_approved(explain<lenet_model>(), __FILE__, "explain.txt"));
}

TEST_CASE("every launch has a line, and the lines add up to the totals") {
  using plan = lenet_model::training_plan<training>;
  const auto lines = lines_of(explain<lenet_model, training>());
  int launches = 0;
  long long flops = 0, bytes = 0, total_flops = -1, total_bytes = -1;
  for (const std::string& line : lines) {
    CHECK(line.size() <= 130);
    if (line.find("bytes moved") != std::string::npos) {
      std::istringstream words(line);
      std::string f, ignored, b;
      words >> f >> ignored >> b;
      total_flops = number_in(f);
      total_bytes = number_in(b);
    }
    const std::string kernel = line.substr(0, 12);
    const bool is_launch = kernel.find(" k") != std::string::npos || kernel.find(" -") != std::string::npos;
    if (!is_launch || line.find('[') == std::string::npos) continue;
    std::istringstream rest(line.substr(line.find(']') + 1));
    std::string f, b;
    rest >> f >> b;
    flops += number_in(f);
    bytes += number_in(b);
    ++launches;
  }
  CHECK(launches == plan::n_launches);
  CHECK(flops == total_flops);
  CHECK(bytes == total_bytes);
}

// 61,706 parameters, all of them of layers: weights and biases, updated where their gradients are made.
TEST_CASE("what the passes have chosen is told") {
  const std::string_view text = explain<lenet_model, training>();
  CHECK(text.find("updates: 10 of 10 parameters change where their gradient is made, 246,824 bytes are never stored") !=
        text.npos);
  CHECK(text.find("again") == text.npos);
}

TEST_CASE("what is computed a second time is marked, with its FLOPs") {
  using m = model<blocks, input<16, 32>>;
  const std::string_view text = explain<m, within>();
  using plan = m::training_plan<within>;
  constexpr auto& choice = plan::traced::choice;
  static_assert(choice.recomputed > 0);
  std::ostringstream line;
  line << "again: " << choice.recomputed << " values are computed a second time, ";
  CHECK(text.find(line.str()) != text.npos);
  int launches = 0;
  for (const std::string& l : lines_of(text)) launches += l.find("%  again ") != std::string::npos;
  CHECK(launches >= choice.recomputed);
}

inline constexpr auto scores = nn::sequential(nn::dense<4>{}, [](auto x) { return softmax(x) + mean<1>(x, keep_dims); });
TEST_CASE("operations stand in the function that they are parts of") {
  constexpr std::string_view text = explain<model<scores, input<16, 8>>>();
  CHECK(text.find("mean(sum multiply)") != text.npos);
  CHECK(text.find("softmax(max_number ") != text.npos);
  CHECK(explain<model<scores, input<16, 8>>, training>().find("softmax_cross_entropy(") != text.npos);
}

// A machine whose memory gives nothing: every launch that moves bytes waits.
TEST_CASE("the roofline is that of the machine") {
  CHECK(explain_on<slow_memory, lenet_model>().find("on a core of 1.0 GFLOP/s") != std::string_view::npos);
  CHECK(explain_on<slow_memory, lenet_model>().find("100%") == std::string_view::npos);
}

TEST_CASE("loops are shown where they begin and end") {
  constexpr std::string_view text = explain<program<ten_times, input<4, 8>>>();
  const std::size_t begin = text.find("body 1: 10 times"), end = text.find("end of body 1");
  REQUIRE(begin != text.npos);
  REQUIRE(end != text.npos);
  CHECK(begin < text.find("tanh"));
  CHECK(text.find("tanh") < end);
}

TEST_CASE("a plan without launches can be explained") {
  CHECK(explain<plan<empty_step>>().find("0 launches") != std::string_view::npos);
}
