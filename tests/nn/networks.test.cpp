// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/loss.hpp>
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>
#include <tfx/optim.hpp>

#include "../fixtures/networks.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr auto mlp = nn::sequential(nn::dense<8>{}, nn::relu{}, nn::dense<6>{}, nn::relu{}, nn::dense<4>{});
constexpr auto cnn = nn::sequential(nn::conv2d<4, 3, same>{}, nn::relu{}, nn::max_pool<2>{}, nn::conv2d<6, 3, same>{}, nn::relu{},
                                    nn::max_pool<2>{}, nn::flatten{}, nn::dense<10>{}, nn::relu{}, nn::dense<4>{});
constexpr optim::sgd sgd{.learning_rate = 0.1};
constexpr optim::adam adam{.learning_rate = 0.01};

struct nothing {};
constexpr nothing no_optimizer{};

/// Outputs: logits, loss; without an optimizer also the gradient of each parameter.
template <const auto& Net, class In, const auto& Optimizer> struct network_step {
  constexpr void operator()(builder& b) const {
    b.spaces = test_spaces;
    b.training = true;
    const var<In> x{testing::detail::take(b, In::value, dtype::real_type)};
    const var<shape<-In::value.extent[0]>, std::int32_t> labels{
        testing::detail::take(b, dims{1, {In::value.extent[0]}, true}, dtype::int32)};
    const auto y = call_layer(Net, x);
    const auto loss = loss::softmax_cross_entropy{}(y, labels);
    testing::detail::give(b, y.h);
    testing::detail::give(b, loss.h);
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(Optimizer)>, nothing>) {
      for (int i = 0; i < b.leaves.size(); ++i)
        if (b.leaves[i].trainable) testing::detail::give(b, gradient_of(loss, b.constant(1), i).h);
    } else {
      minimize(loss, Optimizer);
    }
  }

private:
  struct typed {
    handle h;
  };
  static constexpr typed gradient_of(var<shape<>> loss, handle one, int leaf) {
    builder& b = *loss.h.graph;
    list<int> wanted, names;
    wanted.push_back(b.leaf_node[leaf]);
    names.push_back(leaf);
    const list<int> gradient = gradients(loss.h, one, wanted, names);
    return {expand({&b, gradient[wanted[0]]}, b.leaves[leaf].shape)};
  }
};

template <const auto& Net, class In, const auto& Optimizer> struct network : machine<network_step<Net, In, Optimizer>, interpreted, double> {
  template <class X, class L> network(const X& x, const L& labels) {
    this->state.batch = int(std::size(labels));
    this->put(this->leaf(inputs_space, 0), numbers_of(x));
    this->put(this->leaf(inputs_space, 1), numbers_of(labels));
  }
  double loss() {
    this->run();
    return this->values(this->leaf(outputs_space, 1))[0];
  }
};

struct parameter {
  std::string_view path;
  numbers value, gradient;
};
template <class X> parameter stored_as(std::string_view path, const X& value, const X& gradient) { return {path, numbers_of(value), numbers_of(gradient)}; }

std::vector<parameter> of_mlp() {
  using f = fixtures::mlp;
  return {stored_as("dense/weight", f::dense_weight, f::d_dense_weight),
          stored_as("dense/bias", f::dense_bias, f::d_dense_bias),
          stored_as("dense_1/weight", f::dense_1_weight, f::d_dense_1_weight),
          stored_as("dense_1/bias", f::dense_1_bias, f::d_dense_1_bias),
          stored_as("dense_2/weight", f::dense_2_weight, f::d_dense_2_weight),
          stored_as("dense_2/bias", f::dense_2_bias, f::d_dense_2_bias)};
}
std::vector<parameter> of_cnn() {
  using f = fixtures::cnn;
  return {stored_as("conv2d/weight", f::conv2d_weight, f::d_conv2d_weight),
          stored_as("conv2d/bias", f::conv2d_bias, f::d_conv2d_bias),
          stored_as("conv2d_1/weight", f::conv2d_1_weight, f::d_conv2d_1_weight),
          stored_as("conv2d_1/bias", f::conv2d_1_bias, f::d_conv2d_1_bias),
          stored_as("dense/weight", f::dense_weight, f::d_dense_weight),
          stored_as("dense/bias", f::dense_bias, f::d_dense_bias),
          stored_as("dense_1/weight", f::dense_1_weight, f::d_dense_1_weight),
          stored_as("dense_1/bias", f::dense_1_bias, f::d_dense_1_bias)};
}
template <class Network> void set(Network& m, const std::vector<parameter>& all) {
  for (const parameter& p : all) m.put(m.leaf(p.path), p.value);
}

template <class Network> void check_gradients(Network& m, const std::vector<parameter>& all, const numbers& logits, double loss) {
  set(m, all);
  CHECK(std::abs(m.loss() - loss) <= 1e-10);
  CHECK(difference(m.present(m.leaf(outputs_space, 0)), logits) <= 1e-10);
  std::vector<numbers> found;
  for (std::size_t k = 0; k < all.size(); ++k) {
    const auto d = m.values(m.leaf(outputs_space, 2 + int(k)));
    found.emplace_back(d.begin(), d.end());
  }
  double worst = 0, worst_numeric = 0;
  for (std::size_t k = 0; k < all.size(); ++k) {
    INFO(std::string(all[k].path));
    const double error = difference(found[k], all[k].gradient);
    CHECK(error <= 1e-10);
    worst = std::max(worst, error);
    const auto memory = m.values(all[k].path);
    auto f = [&](std::span<const double> moved) {
      std::copy(moved.begin(), moved.end(), memory.begin());
      return m.loss();
    };
    // Small steps: no relu and no maximum changes sides within them.
    const double numeric = max_gradient_error(f, all[k].value, found[k], 0x1p-10);
    std::copy(all[k].value.begin(), all[k].value.end(), memory.begin());
    CHECK(numeric <= 1e-6);
    worst_numeric = std::max(worst_numeric, numeric);
  }
  MESSAGE("gradient ", worst, ", central differences ", worst_numeric);
}

TEST_CASE("all gradients of a multilayer perceptron") {
  using f = fixtures::mlp;
  network<mlp, shape<-16, 12>, no_optimizer> m(f::x, f::labels);
  check_gradients(m, of_mlp(), numbers_of(f::logits), f::loss);
}
TEST_CASE("all gradients of a convolutional network") {
  using f = fixtures::cnn;
  network<cnn, shape<-7, 8, 8, 1>, no_optimizer> m(f::x, f::labels);
  check_gradients(m, of_cnn(), numbers_of(f::logits), f::loss);
}

template <class Network>
void check_training(Network& m, const std::vector<parameter>& start, std::span<const double> losses, std::string_view path, const numbers& last) {
  set(m, start);
  double worst = 0;
  for (const double expected : losses) worst = std::max(worst, std::abs(m.loss() - expected));
  CHECK(worst <= 1e-10);
  CHECK(difference(m.values(path), last) <= 1e-10);
  MESSAGE("ten losses ", worst);
}

TEST_CASE("ten steps of gradient descent and of Adam") {
  using f = fixtures::mlp;
  using c = fixtures::cnn;
  network<mlp, shape<-16, 12>, sgd> a(f::x, f::labels);
  check_training(a, of_mlp(), f::sgd_losses, "dense_2/bias", numbers_of(f::sgd_dense_2_bias));
  network<mlp, shape<-16, 12>, adam> b(f::x, f::labels);
  check_training(b, of_mlp(), f::adam_losses, "dense_2/bias", numbers_of(f::adam_dense_2_bias));
  network<cnn, shape<-7, 8, 8, 1>, sgd> d(c::x, c::labels);
  check_training(d, of_cnn(), c::sgd_losses, "dense_1/bias", numbers_of(c::sgd_dense_1_bias));
  network<cnn, shape<-7, 8, 8, 1>, adam> e(c::x, c::labels);
  check_training(e, of_cnn(), c::adam_losses, "dense_1/bias", numbers_of(c::adam_dense_1_bias));
}

}  // namespace
