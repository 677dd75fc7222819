// SPDX-License-Identifier: Apache-2.0
//
// loops [--large] [--only NAME]
//
// Times work that is bound by memory and by the order in which elements are read, on one thread: about 2^20 elements, or 2^26.
// loops.py times the same in other frameworks and compares. One JSON object a line, the minimum of the microseconds per call.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "../support/compiled.hpp"

namespace {

using namespace tfx;

std::string_view wanted;
bool large = false;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

template <class F, class... Shape> void measure(const char* name) {
  const auto work = std::make_unique<bench::compiled<F, Shape...>>();
  work->run();
  double best = 1e30;
  for (const double end = seconds() + 0.4; seconds() < end;) {
    const double start = seconds();
    work->run();
    best = std::min(best, seconds() - start);
  }
  std::printf("{\"framework\": \"tfx\", \"work\": \"%s\", \"us\": %.2f}\n", name, best * 1e6);
  std::fflush(stdout);
}
/// Shapes of 2^20 and of 2^26 elements; a second operand has them too.
template <class Small, class Large, class... More, class F> void work(const char* name, F) {
  if (std::string_view(name).find(wanted) == std::string_view::npos) return;
  if (large) measure<F, Large, More...>(name);
  else measure<F, Small, More...>(name);
}

using matrix = shape<1024, 1024>;
using large_matrix = shape<8192, 8192>;
using box = shape<64, 128, 128>;
using large_box = shape<256, 512, 512>;

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--large") large = true;
    else if (std::string_view(argv[i]) == "--only" && i + 1 < argc) wanted = argv[++i];
  }
  work<matrix, large_matrix>("scale", [](auto x) { return x * 1.5; });
  work<box, large_box>("permute 0 2 1", [](auto x) { return permute<0, 2, 1>(x) * 1.5; });
  work<box, large_box>("permute 2 1 0", [](auto x) { return permute<2, 1, 0>(x) * 1.5; });
  work<box, large_box>("flip last", [](auto x) { return flip<2>(x) * 1.5; });
  work<box, large_box>("flip first", [](auto x) { return flip<0>(x) * 1.5; });
  work<matrix, large_matrix>("swap halves", [](auto x) {
    constexpr int n = decltype(x)::dim.extent[1];
    return concatenate<1>(slice<1, n / 2, n>(x), slice<1, 0, n / 2>(x));
  });
  work<matrix, large_matrix>("concatenate relu", [](auto x) { return relu(concatenate<0>(x + 1, x * 2)); });
  work<shape<16, 254, 254>, shape<64, 1022, 1022>>("pad relu", [](auto x) { return relu(pad<1, 1, 1>(pad<2, 1, 1>(x)) + 1); });
  work<shape<16, 64, 32, 32>, shape<256, 64, 64, 64>>("channels last", [](auto x) { return permute<0, 2, 3, 1>(x) * 1.5; });
  work<shape<16, 32, 32, 64>, shape<256, 64, 64, 64>>("channels first", [](auto x) { return permute<0, 3, 1, 2>(x) * 1.5; });
  work<matrix, large_matrix>("every other", [](auto x) { return slice<1, 0, decltype(x)::dim.extent[1], 2>(x) * 1.5; });
  work<shape<262144, 4>, shape<16777216, 4>>("three of four", [](auto x) { return slice<1, 0, 3>(x) * 1.5; });
  work<shape<32, 104, 104, 3>, shape<64, 590, 590, 3>>("pad colours", [](auto x) { return pad<1, 1, 1>(pad<2, 1, 1>(x)) * 1.5; });
  work<shape<32, 104, 104, 3>, shape<64, 590, 590, 3>>("mirror colours", [](auto x) { return flip<2>(x) * 1.5; });
  work<shape<32, 104, 104, 3>, shape<64, 590, 590, 3>>("crop colours", [](auto x) {
    constexpr int n = decltype(x)::dim.extent[1];
    return slice<1, 4, n - 4>(slice<2, 4, n - 4>(x)) * 1.5;
  });
  work<shape<349525, 1>, shape<22369621, 1>>("stack three", [](auto x) { return concatenate<1>(x, x + 1, x * 2); });
  work<shape<349525, 3>, shape<22369621, 3>>("centre colours", [](auto x) { return x - mean<0>(x); });
  work<shape<16, 32, 32, 64>, shape<256, 64, 64, 64>>("group norm", [](auto x) {
    constexpr auto s = decltype(x)::dim;
    const auto y = reshape<s.extent[0], s.extent[1] * s.extent[2], 8, s.extent[3] / 8>(x);
    const auto centred = y - mean<1, 3>(y, keep_dims);
    return centred * (1 / sqrt(mean<1, 3>(centred * centred, keep_dims) + 1e-5));
  });
  work<shape<16, 32, 32, 64>, shape<256, 64, 64, 64>>("excite", [](auto x) { return x * mean<1, 2>(x, keep_dims); });
  work<box, large_box>("centre axis 1", [](auto x) { return x - mean<1>(x, keep_dims); });
  work<box, large_box>("softmax axis 1", [](auto x) { return softmax<1>(x); });
  work<shape<4096, 256>, shape<65536, 1024>>("softmax rows", [](auto x) { return softmax(x); });
  work<shape<4096, 256>, shape<65536, 1024>>("layer norm", [](auto x) {
    const auto centred = x - mean<1>(x, keep_dims);
    return centred * (1 / sqrt(mean<1>(centred * centred, keep_dims) + 1e-5));
  });
  work<shape<16, 64, 32, 32>, shape<256, 64, 64, 64>>("sum of channels", [](auto x) { return sum<0, 2, 3>(x); });
}
