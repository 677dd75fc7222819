// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <tfx/backend/simd/backend.hpp>

#include "peak.hpp"

namespace {

using namespace tfx;

/// Square images and windows, channels last.
template <int Images, int Size, int In, int Out, int Kernel, int Stride, int Pad> struct layer {
  static constexpr int out_size = (Size + 2 * Pad - Kernel) / Stride + 1;
  static constexpr conv2d_geometry geo = {
      {Images, Size, Size, In, out_size, out_size, Kernel, Kernel, Stride, Stride, Pad, Pad}, Out};
  static constexpr int pixels = Images * Size * Size, results = Images * out_size * out_size;
  static constexpr int taps = Kernel * Kernel * In;
};

template <class Layer, int Rows, int Cols> struct launch {
  static constexpr conv2d_geometry geo = Layer::geo;
  static constexpr int rows = Rows, cols = Cols;
};

template <class Producer, class Launch>
void measure(benchmark::State& state, float* first, float* second, float* third, double multiply_adds) {
  const bench::aligned_buffer result(std::size_t(Launch::rows) * Launch::cols, 0);
  const bench::aligned_buffer scratch(Producer::scratch(Launch::geo, Launch::rows, Launch::cols), 0);
  void* operands[] = {first, second, third};
  call<float> c;
  c.operand = operands;
  c.rows = Launch::rows;
  c.cols = Launch::cols;
  static constexpr geometry row = geometry::of(Launch::geo);
  c.geo = &row;
  c.contracted = Launch::geo.images;
  c.scratch = scratch.data();
  c.tiles = Producer::template tiles<Launch>();
  for (auto _ : state) {
    Producer::run(c, result.data(), nullptr);
    benchmark::ClobberMemory();
  }
  bench::report(state, multiply_adds);
}

template <class Layer> void forward(benchmark::State& state) {
  const bench::aligned_buffer x(Layer::pixels * Layer::geo.channels, 0.5f), w(Layer::taps * Layer::geo.out_channels, 0.25f);
  measure<backend::simd_conv<float>, launch<Layer, Layer::results, Layer::geo.out_channels>>(
      state, x.data(), w.data(), nullptr, double(Layer::results) * Layer::geo.out_channels * Layer::taps);
}

template <class Layer> void to_x(benchmark::State& state) {
  const bench::aligned_buffer dy(Layer::results * Layer::geo.out_channels, 0.5f), w(Layer::taps * Layer::geo.out_channels, 0.25f);
  measure<backend::simd_conv_to_x<float>, launch<Layer, Layer::pixels, Layer::geo.channels>>(
      state, dy.data(), w.data(), nullptr, double(Layer::results) * Layer::geo.out_channels * Layer::taps);
}

template <class Layer> void to_w(benchmark::State& state) {
  const bench::aligned_buffer x(Layer::pixels * Layer::geo.channels, 0.5f), dy(Layer::results * Layer::geo.out_channels, 0.25f);
  measure<backend::simd_conv_to_w<float>, launch<Layer, Layer::taps, Layer::geo.out_channels>>(
      state, x.data(), dy.data(), nullptr, double(Layer::results) * Layer::geo.out_channels * Layer::taps);
}

/// A pooling of `Inputs` operands whose result is the operand behind them.
template <class Op, int Inputs> struct pooled : producer<Op, backend::simd<>, float> {
  static void run(call<float> a, float*, finish_function<float>) {
    static constexpr launch_layout layout = {.inputs = Inputs, .destination = Inputs, .results = 1};
    a.layout = &layout;
    producer_entry<backend::simd<>, float, Op>::run(a);
  }
};

template <class Layer> void max_pool(benchmark::State& state) {
  const bench::aligned_buffer x(Layer::pixels * Layer::geo.channels, 0.5f), y(Layer::results * Layer::geo.channels, 0.5f);
  measure<pooled<max_pool_op, 1>, launch<Layer, Layer::results, Layer::geo.channels>>(state, x.data(), y.data(), nullptr, 0);
}

template <class Layer> void max_pool_grad(benchmark::State& state) {
  const bench::aligned_buffer place(Layer::results * Layer::geo.channels, 1), dy(Layer::results * Layer::geo.channels, 0.5f);
  const bench::aligned_buffer dx(Layer::pixels * Layer::geo.channels, 0);
  measure<pooled<max_pool_gradient_op, 2>, launch<Layer, Layer::pixels, Layer::geo.channels>>(state, place.data(), dy.data(),
                                                                                          dx.data(), 0);
}

using first = layer<64, 28, 1, 32, 3, 1, 1>;
using second = layer<64, 14, 32, 64, 3, 1, 1>;
using halves = layer<64, 28, 32, 32, 2, 2, 0>;

}  // namespace

BENCHMARK(forward<first>);
BENCHMARK(to_w<first>);
BENCHMARK(forward<second>);
BENCHMARK(to_x<second>);
BENCHMARK(to_w<second>);
BENCHMARK(max_pool<halves>);
BENCHMARK(max_pool_grad<halves>);
BENCHMARK_MAIN();
