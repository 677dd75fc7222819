// SPDX-License-Identifier: Apache-2.0
// Frozen networks give the bits of the models that they come from, whatever of their weights lies in another order; with folded
// normalisation their numbers but for the last digits.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include <tfx/backend/reference/interpret.hpp>
#include <tfx/backend/threads/backend.hpp>
#include <tfx/tfx.hpp>

namespace {

using namespace tfx;

std::vector<float> numbers(int count, double phase) {
  std::vector<float> x(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) x[std::size_t(i)] = float(std::sin(1.7 * double(i % 977) * double(i % 31) + phase));
  return x;
}

template <class Model> void check_frozen() {
  const auto m = std::make_unique<Model>(seed{7});
  const auto fixed = m->freeze();
  session s{fixed};
  const std::vector<float> x = numbers(Model::batch * Model::input_size, 0.3);
  std::vector<float> expected(std::size_t(Model::batch * Model::output_size)), found(expected.size());
  for (int rows = 1; rows <= Model::batch; rows = rows < 4 || rows + 19 > Model::batch - 4 ? rows + 1 : rows + 19) {
    CAPTURE(rows);
    const std::size_t bytes = std::size_t(rows * Model::output_size) * sizeof(float);
    m->predict(x.data(), expected.data(), rows);
    s.predict(x.data(), found.data(), rows);
    CHECK(std::memcmp(found.data(), expected.data(), bytes) == 0);
  }
}

/// Rows of weights that lie 4 KB apart; fewer columns than a vector; an even number of panels and one with a rest.
inline constexpr auto wide = nn::sequential(nn::dense<1024>{}, nn::relu{}, nn::dense<1100>{}, nn::tanh{}, nn::dense<7>{});
/// Several panels of channels, windows that are pooled at once, strides, and convolutions that have kernels of their own.
inline constexpr auto images =
    nn::sequential(nn::conv2d<48, 3>{}, nn::relu{}, nn::max_pool<2>{}, nn::conv2d<70, 3, stride<2>>{}, nn::relu{},
                   nn::conv2d<66, 3, same, groups<2>>{}, nn::conv2d<33, 1>{}, nn::flatten{}, nn::dense<10>{});
inline constexpr nn::transformer_encoder<4, 1024> encoder{};
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::sgd{.learning_rate = 0.01});

/// A stem, a residual block that changes its shape and one that does not, a depthwise convolution, a normalised head.
template <int Channels, int Step> struct block {
  constexpr auto operator()(tensor_expression auto x) const {
    const auto y = x | nn::conv2d<Channels, 3, same, stride<Step>>{.bias = false} | nn::batch_norm{} | nn::relu{} |
                   nn::conv2d<Channels, 3, same, groups<Channels>>{} | nn::batch_norm{};
    if constexpr (Step == 1) return relu(x + y);
    else return relu(y + (x | nn::conv2d<Channels, 1, same, stride<Step>>{.bias = false} | nn::batch_norm{}));
  }
};
inline constexpr auto normalised =
    nn::sequential(nn::conv2d<16, 3>{.bias = false}, nn::batch_norm{}, nn::relu{}, nn::max_pool<2>{}, block<32, 2>{}, block<32, 1>{},
                   nn::global_average_pool{}, nn::dense<12>{.bias = false}, nn::batch_norm{}, nn::relu{}, nn::dense<5>{});

/// Statistics as training would leave them: positive variances and scales.
template <class Model> void set_statistics(Model& m) {
  m.for_each_variable([](std::string_view path, const dims& s, auto* v) {
    const bool positive = path.ends_with("variance") || path.ends_with("scale"), shifts = path.ends_with("mean") || path.ends_with("shift");
    for (int i = 0; i < s.size() && (positive || shifts); ++i) v[i] = std::sin(1.7f * float(i) + float(path.size())) * 0.4f + (positive ? 1.0f : 0.0f);
  });
}
template <class T, class Backend> std::vector<T> predictions(bool folded, int rows) {
  const auto m = std::make_unique<model<normalised, input<4, 17, 17, 3>, Backend, T>>(seed{7});
  set_statistics(*m);
  const std::vector<float> x = numbers(4 * m->input_size, 0.3);
  const std::vector<T> in(x.begin(), x.end());
  std::vector<T> y(std::size_t(rows * m->output_size));
  const auto predict = [&](const auto& fixed) { session(fixed).predict(in.data(), y.data(), rows); };
  if (folded) predict(m->freeze(fold_batch_norm));
  else predict(m->freeze());
  return y;
}
template <class T> T largest_difference(const std::vector<T>& a, const std::vector<T>& b) {
  T most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

template <const auto& Net, class Input> void check_backends() {
  check_frozen<model<Net, Input>>();
  check_frozen<model<Net, Input, backend::threads<3>>>();
}

}  // namespace

TEST_CASE("dense layers") { check_backends<wide, input<200, 300>>(); }
TEST_CASE("convolutions") { check_backends<images, input<9, 20, 20, 3>>(); }
TEST_CASE("an encoder") { check_backends<encoder, input<2, 48, 256>>(); }
TEST_CASE("a backend that prepares nothing") {
  check_frozen<model<images, input<2, 20, 20, 3>, backend::reference>>();
}

TEST_CASE("batch normalisation goes into the weights: the same numbers but for their last digits, and the same bits everywhere") {
  for (const int rows : {1, 3, 4}) {
    const auto folded = predictions<float, backend::simd<>>(true, rows);
    CHECK(largest_difference(folded, predictions<float, backend::simd<>>(false, rows)) < 2e-6f);
    CHECK(folded == predictions<float, backend::threads<3>>(true, rows));
    CHECK(folded == predictions<float, backend::reference>(true, rows));
  }
  const auto exact = predictions<double, backend::reference>(false, 4);
  CHECK(largest_difference(predictions<double, backend::reference>(true, 4), exact) < 4e-15);
  CHECK(std::abs(exact[0]) > 0.01);
}
inline constexpr auto narrow = nn::in_precision<bfloat16>(
    nn::sequential(nn::conv2d<8, 3>{}, nn::batch_norm{}, nn::relu{}, nn::flatten{}, nn::dense<24>{.bias = false}, nn::relu{}, nn::dense<5>{}));
TEST_CASE("weights that are rounded are rounded once, and not folded") {
  using network = model<narrow, input<3, 7, 6, 2>>;
  const auto m = std::make_unique<network>(seed{5});
  set_statistics(*m);
  const std::vector<float> x = numbers(3 * network::input_size, 0.1);
  std::vector<float> expected(3 * 5), found(3 * 5);
  m->predict(x.data(), expected.data(), 3);
  const auto folded = m->freeze(fold_batch_norm);
  session(folded).predict(x.data(), found.data(), 3);
  CHECK(found == expected);
}
TEST_CASE("nothing is left of batch normalisation in a folded prediction") {
  using whole = model<normalised, input<4, 17, 17, 3>>::predict_plan;
  using folded = plan<tfx::detail::folded_prediction<whole::step>>;
  static_assert(folded::n_launches < whole::n_launches / 2);
  static_assert(folded::space_size(state_space) == 0 && folded::space_size(parameter_space) < whole::space_size(parameter_space));
}

TEST_CASE("training goes on without it") {
  model<wide, input<8, 300>> m{seed{3}};
  const auto fixed = m.freeze();
  session s{fixed};
  const std::vector<float> x = numbers(8 * 300, 0), target = numbers(8 * 7, 1);
  std::vector<float> before(8 * 7), after(8 * 7), later(8 * 7);
  m.predict(x.data(), before.data(), 8);
  m.train_batch<training>(x.data(), target.data(), 8);
  s.predict(x.data(), after.data(), 8);
  CHECK(before == after);
  m.predict(x.data(), later.data(), 8);
  CHECK(before != later);
  const auto copy = fixed;
  session of_copy{copy};
  of_copy.predict(x.data(), later.data(), 8);
  CHECK(before == later);
  CHECK(of_copy.predict(std::vector<float>(x.begin(), x.begin() + 300))[0] == before[0]);
}
