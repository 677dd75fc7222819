// SPDX-License-Identifier: Apache-2.0
// What folding batch normalisation into the weights gives: predictions of a residual and of a depthwise network on images of
// 32 x 32, frozen with it and without, as a Markdown table. Times are the least of many, in turn.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string_view>
#include <type_traits>
#include <vector>

#include <tfx/tfx.hpp>

using namespace tfx;

namespace {

template <int Channels, int Step> struct block {
  constexpr auto operator()(tensor_expression auto x) const {
    const auto y = x | nn::conv2d<Channels, 3, same, stride<Step>>{.bias = false} | nn::batch_norm{} | nn::relu{} |
                   nn::conv2d<Channels, 3, same>{.bias = false} | nn::batch_norm{};
    if constexpr (Step == 1) return relu(x + y);
    else return relu(y + (x | nn::conv2d<Channels, 1, same, stride<Step>>{.bias = false} | nn::batch_norm{}));
  }
};
template <int In, int Out, int Step> struct separable {
  constexpr auto operator()(tensor_expression auto x) const {
    return x | nn::conv2d<In, 3, same, stride<Step>, groups<In>>{.bias = false} | nn::batch_norm{} | nn::relu{} |
           nn::conv2d<Out, 1>{.bias = false} | nn::batch_norm{} | nn::relu{};
  }
};
inline constexpr auto residual =
    nn::sequential(nn::conv2d<16, 3, same>{.bias = false}, nn::batch_norm{}, nn::relu{}, nn::repeat<2>(block<16, 1>{}), block<32, 2>{},
                   block<32, 1>{}, block<64, 2>{}, block<64, 1>{}, nn::global_average_pool{}, nn::dense<10>{});
inline constexpr auto depthwise =
    nn::sequential(nn::conv2d<16, 3, same, stride<2>>{.bias = false}, nn::batch_norm{}, nn::relu{}, separable<16, 32, 1>{},
                   separable<32, 64, 2>{}, separable<64, 64, 1>{}, separable<64, 128, 2>{}, separable<128, 128, 1>{},
                   nn::global_average_pool{}, nn::dense<10>{});

template <class F> double microseconds(F f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

template <const auto& Net, int Batch> void compare(std::string_view name) {
  using network = model<Net, input<Batch, 32, 32, 3>>;
  using whole = typename network::predict_plan;
  using less = plan<tfx::detail::folded_prediction<typename whole::step>>;
  const auto m = std::make_unique<network>(seed{1});
  m->for_each_variable([](std::string_view path, const dims& s, float* v) {   // as if it had been trained
    const bool positive = path.ends_with("variance") || path.ends_with("scale"), shifts = path.ends_with("mean") || path.ends_with("shift");
    for (int i = 0; i < s.size() && (positive || shifts); ++i) v[i] = 0.4f * std::sin(1.7f * float(i) + float(path.size())) + (positive ? 1.0f : 0.0f);
  });
  std::vector<float> x(std::size_t(Batch * network::input_size)), y(std::size_t(Batch * network::output_size)), z(y.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(float(i * i % 7919));
  const auto kept = m->freeze();
  const auto fewer = m->freeze(fold_batch_norm);
  session as_it_is{kept};
  session folded{fewer};
  double before = 1e9, after = 1e9;
  for (int k = 0; k < 200; ++k) {
    before = std::min(before, microseconds([&] { as_it_is.predict(x.data(), y.data(), Batch); }));
    after = std::min(after, microseconds([&] { folded.predict(x.data(), z.data(), Batch); }));
  }
  float largest = 0, difference = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    largest = std::max(largest, std::fabs(y[i]));
    difference = std::max(difference, std::fabs(y[i] - z[i]));
  }
  std::printf("| %.*s, batch %d | %d | %d | %.1f | %.1f | %.2f | %.1e |\n", int(name.size()), name.data(), Batch, whole::n_launches,
              less::n_launches, before, after, after / before, double(difference / largest));
}

}  // namespace

int main() {
  std::puts("| network | launches | folded | us | folded | ratio | largest difference / largest result |");
  std::puts("|---|---|---|---|---|---|---|");
  compare<residual, 1>("residual");
  compare<residual, 16>("residual");
  compare<depthwise, 1>("depthwise");
  compare<depthwise, 16>("depthwise");
}
