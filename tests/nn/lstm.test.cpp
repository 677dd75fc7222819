// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/nn/lstm.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/layers.hpp"
#include "../support/layer.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr nn::lstm<4, return_sequences> all_states{};
constexpr nn::lstm<4> last_state{};
constexpr nn::lstm<4> without_bias{.bias = false};

template <const auto& Layer, class In> struct lstm_machine : layer_machine<Layer, In> {
  lstm_machine() {
    using f = fixtures::lstm;
    this->state.batch = 2;
    this->set("lstm/kernel", f::kernel).set("lstm/recurrent_kernel", f::recurrent_kernel);
    if (std::string_view(this->paths()).ends_with("bias")) this->set("lstm/bias", f::bias);
  }
};

TEST_CASE_TEMPLATE("long short-term memory, all states", In, shape<2, 10, 3>, shape<-2, 10, 3>, shape<-7, 10, 3>) {
  using f = fixtures::lstm;
  lstm_machine<all_states, In> m;
  CHECK(m.paths() == "lstm/kernel lstm/recurrent_kernel lstm/bias");
  m.on(f::x, f::cotangent);
  CHECK_CLOSE(m.value(), f::out);
  CHECK_CLOSE(m.d_x(), f::d_x);
  CHECK_CLOSE(m.gradient("lstm/kernel"), f::d_kernel);
  CHECK_CLOSE(m.gradient("lstm/recurrent_kernel"), f::d_recurrent_kernel);
  CHECK_CLOSE(m.gradient("lstm/bias"), f::d_bias);
}

/// Element [b, t, j] of [2, 10, 4].
constexpr std::size_t element(int b, int t, int j) { return std::size_t((b * 10 + t) * 4 + j); }

TEST_CASE_TEMPLATE("long short-term memory, the last state", In, shape<2, 10, 3>, shape<-5, 10, 3>) {
  using f = fixtures::lstm;
  lstm_machine<last_state, In> m;
  lstm_machine<all_states, shape<2, 10, 3>> all;
  numbers last, cotangent, spread(2 * 10 * 4);
  for (int b = 0; b < 2; ++b)
    for (int j = 0; j < 4; ++j) {
      last.push_back(f::out[element(b, 9, j)]);
      cotangent.push_back(f::cotangent[element(b, 9, j)]);
      spread[element(b, 9, j)] = cotangent.back();
    }
  m.on(f::x, cotangent);
  all.on(f::x, spread);
  CHECK_CLOSE(m.value(), last);
  CHECK_CLOSE(m.d_x(), all.d_x());
  CHECK_CLOSE(m.gradient("lstm/kernel"), all.gradient("lstm/kernel"));
  CHECK_CLOSE(m.gradient("lstm/recurrent_kernel"), all.gradient("lstm/recurrent_kernel"));
}

TEST_CASE("long short-term memory without a bias is one with a bias of zeros") {
  using f = fixtures::lstm;
  lstm_machine<without_bias, shape<2, 10, 3>> m;
  lstm_machine<last_state, shape<2, 10, 3>> zero;
  CHECK(m.paths() == "lstm/kernel lstm/recurrent_kernel");
  zero.set("lstm/bias", numbers(16));
  m.on(f::x, numbers(8, 1));
  zero.on(f::x, numbers(8, 1));
  CHECK_CLOSE(m.value(), zero.value());
  CHECK_CLOSE(m.d_x(), zero.d_x());
}

TEST_CASE("long short-term memory remembers at first") {
  layer_machine<last_state, shape<2, 10, 3>> m;
  const auto bias = m.values("lstm/bias");
  for (std::size_t i = 0; i < 16; ++i) CHECK(bias[i] == (i / 4 == 1 ? 1.0 : 0.0));
  const double limit = std::sqrt(6.0 / (3 + 16));
  for (const double w : m.values("lstm/kernel")) CHECK(std::abs(w) <= limit);
}

}  // namespace
