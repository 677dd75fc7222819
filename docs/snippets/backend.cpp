// SPDX-License-Identifier: Apache-2.0
// A backend of one's own: plain kernels, and every launch is written down.
#include <cstdio>
#include <cstring>

#include <tfx/backend/reference/scalar.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

// region: backend
struct logged {
  using kernel_backend = backend::scalar;      // whose kernels and producers it runs
  template <class T> using lanes = T;          // what a kernel computes with: one number, or a vector of them
  static constexpr int parts = 1;              // into how many a launch may be split, each with scratch memory of its own

  /// One launch. `scratch` is the memory of a part, `useful` how many parts are worth their fork and join.
  template <class T>
  static void run(void (*kernel)(const call<T>&), const call<T>& c, std::size_t /*scratch*/, int /*useful*/) {
    std::printf("%d x %d\n", c.rows, c.cols);
    kernel(c);
  }
};
// end region

inline constexpr auto net = nn::sequential(nn::dense<8>{}, nn::relu{}, nn::dense<3>{});

int main() {
  // region: use
  model<net, input<2, 5>, logged> watched{seed{1}};
  model<net, input<2, 5>> usual{seed{1}};
  const float x[] = {1, 2, 3, 4, 5, 5, 4, 3, 2, 1};   // two rows
  float a[6] = {}, b[6] = {};
  watched.predict(x, a, 2);
  usual.predict(x, b, 2);
  std::puts(std::memcmp(a, b, sizeof a) == 0 ? "the same bits as on vectors" : "other bits");
  // end region
}
