// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include <tfx/core/random.hpp>
#include <tfx/tfx.hpp>
#include <tfx/train/checkpoint.hpp>

/// The networks that whole-program tests train, and data for them that needs no files.
namespace networks {

using namespace tfx;

inline constexpr auto mlp = nn::sequential(nn::flatten{}, nn::dense<256>{}, nn::relu{}, nn::dropout{.rate = 0.2}, nn::dense<128>{},
                                           nn::relu{}, nn::dropout{.rate = 0.2}, nn::dense<10>{});
inline constexpr auto cnn =
    nn::sequential(nn::reshape<28, 28, 1>{}, nn::conv2d<8, 3, same>{}, nn::batch_norm{}, nn::relu{}, nn::max_pool<2>{},
                   nn::conv2d<16, 3>{}, nn::relu{}, nn::average_pool<2>{}, nn::flatten{}, nn::dense<10>{});
inline constexpr auto encoder =
    nn::sequential(nn::reshape<14, 56>{}, nn::dense<16>{}, nn::transformer_encoder<2, 24, nn::gelu_tanh, causal>{.dropout = 0.1},
                   nn::flatten{}, nn::dense<10>{});
inline constexpr auto narrow_mlp = nn::in_precision<bfloat16>(mlp);
inline constexpr auto training =
    recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});

inline constexpr int image_size = 28 * 28, classes = 10;

/// Rows whose class can be seen: noise, and a bright bar at a height that is the class.
struct synthetic_rows {
  std::vector<float> images;
  std::vector<std::int32_t> labels;
  explicit synthetic_rows(int rows) : images(std::size_t(rows) * image_size), labels(std::size_t(rows)) {
    const random_stream noise{.seed = 1, .site = 1}, which{.seed = 1, .site = 2};
    for (int r = 0; r < rows; ++r) {
      const int label = int(which.word(std::uint64_t(r)) % classes);
      labels[std::size_t(r)] = label;
      for (int i = 0; i < image_size; ++i) {
        const std::size_t at = std::size_t(r) * image_size + std::size_t(i);
        const bool bar = i / 28 / 2 == label + 2;
        images[at] = uniform01<float>(noise, at) * (bar ? 1.0f : 0.5f);
      }
    }
  }
  const float* image(int row) const { return images.data() + std::size_t(row) * image_size; }
  const std::int32_t* label(int row) const { return labels.data() + row; }
};

/// 64 bits that change with every bit of what is put in (FNV-1a).
struct fingerprint {
  std::uint64_t value = 14695981039346656037ull;
  void add(const void* data, std::size_t size) {
    const auto* byte = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) value = (value ^ byte[i]) * 1099511628211ull;
  }
  template <class T> void add_value(T x) { add(&x, sizeof x); }
};

/// Of all that training goes on from: weights, states, the optimizer's memory, counters.
template <class Checkpoint> std::uint64_t fingerprint_of(const Checkpoint& c) {
  fingerprint all;
  c.for_each_variable([&](std::string_view path, const dims& shape, auto* data) {
    all.add(path.data(), path.size());
    all.add(data, std::size_t(shape.size()) * sizeof *data);
  });
  return all.value;
}

}  // namespace networks
