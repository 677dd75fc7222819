// SPDX-License-Identifier: Apache-2.0
// Complex numbers: how a resonant circuit answers to frequencies, the damping that is wanted, and signals of a program.
#include <cstdio>
#include <iostream>
#include <vector>

#include <tfx/autodiff/transform.hpp>
#include <tfx/expr/complex.hpp>
#include <tfx/expr/print.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

// A coil, a capacitor and a resistance in series; frequencies in units of their resonance.
constexpr auto response = [](auto frequency, auto resistance) {
  auto s = make_complex(0 * frequency, frequency);
  return 1 / (s * s + s * resistance + 1);
};
constexpr auto error = [](auto frequency, auto resistance, auto wanted) { return mean(square(abs(response(frequency, resistance)) - wanted)); };

// Signals [batch, 4] times a filter whose numbers are learnt: two real parameters.
struct filtered {
  constexpr auto operator()(auto signal) const {
    auto filter = make_complex(param<shape<4>>(signal, "filter/re", init::ones{}), param<shape<4>>(signal, "filter/im", init::zeros{}));
    auto y = signal * filter * complex64(0, 1);
    return outputs(y, sum<1>(y * conj(y)));
  }
};
inline constexpr filtered step{};

int main() {
  const tensor<double, shape<5>> frequency = {0.25, 0.5, 1, 2, 4};
  const tensor gain = compiled(response)(frequency, 0.5);
  std::cout << gain << '\n' << abs(gain) << '\n' << angle(gain) << "\n\n";

  const tensor<double, shape<5>> wanted = abs(compiled(response)(frequency, 1.25));
  double resistance = 0.5;
  for (int i = 0; i <= 60; ++i) {
    if (i % 20 == 0) std::printf("step %2d: resistance %.4f\n", i, resistance);
    resistance -= 0.5 * grad<1>(error)(frequency, resistance, wanted);
  }

  program<step, input_of<complex64, 2, 4>> p{seed{1}};
  const std::vector<complex64> signal = {{1, 2}, {0, 1}, {-1, 0.5f}, {2, 0}, {0, 0}, {1, 0}, {0, -1}, {-1, 0}};
  auto [y, energy] = p(signal);
  std::cout << '\n' << y << '\n' << energy << '\n';
}
