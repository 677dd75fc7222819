// SPDX-License-Identifier: Apache-2.0
// budget: seconds=9 megabytes=395 compiler=g++-12
// A second network of other widths in the same file: its kernels are those of the first.
#include "mlp.cpp"

inline constexpr auto wider = nn::sequential(nn::flatten{}, nn::dense<512>{}, nn::relu{}, nn::dense<96>{}, nn::relu{}, nn::dense<10>{});

void use_wider(const images<28, 28>& data, const float* x, float* y) {
  model<wider, input<64, 28, 28>> classifier{seed{1}};
  classifier.fit<training>(data, {.epochs = 3});
  y[0] = float(classifier.evaluate<training>(data).loss);
  classifier.predict(x, y, 64);
}
