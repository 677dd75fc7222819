// SPDX-License-Identifier: Apache-2.0
//
// Convolutions of ResNet's shapes on one thread, forward and both backwards, in tfx and, where it is installed, in
// oneDNN. Images are NHWC; the weights of tfx are as they are stored, oneDNN may order its own beforehand.
#include <benchmark/benchmark.h>

#include <string>
#include <type_traits>

#include <tfx/backend/simd/conv.hpp>
#include <tfx/backend/simd/conv_to_w.hpp>

#include "../support/against.hpp"

#if defined(TFX_BENCH_ONEDNN)
#include <dnnl.hpp>
#endif

namespace {

using namespace tfx;

enum class role { forward, to_input, to_weights };
constexpr const char* role_names[] = {"forward", "to input", "to weights"};

/// Square images, square windows, padding that keeps the extents of a step of 1; in groups, or depthwise.
template <int Images, int Size, int In, int Out, int Kernel, int Step, int Groups = 1> struct layer {
  static constexpr int images = Images, size = Size, in = In, out = Out, kernel = Kernel, step = Step, parts = Groups;
  static constexpr int out_size = (Size + Step - 1) / Step;
  static constexpr int pad = ((out_size - 1) * Step + Kernel - Size) > 0 ? ((out_size - 1) * Step + Kernel - Size) / 2
                                                                         : 0;
  static constexpr int pad_behind = (out_size - 1) * Step + Kernel - Size - pad > 0
                                        ? (out_size - 1) * Step + Kernel - Size - pad
                                        : 0;
  static constexpr conv2d_geometry geo = {
      {Images, Size, Size, In, out_size, out_size, Kernel, Kernel, Step, Step, pad, pad}, Out, Groups};
  static constexpr double flops = 2.0 * Images * out_size * out_size * Out * Kernel * Kernel * In / Groups;
  static constexpr double x_size = double(Images) * Size * Size * In;
  static constexpr double w_size = double(Kernel) * Kernel * In / Groups * Out;
  static constexpr double bytes = 4.0 * (x_size + w_size + double(Images) * out_size * out_size * Out);
};

template <class Layer, class Work> void measure(benchmark::State& state, Work&& run) {
  for (auto _ : state) {
    run();
    benchmark::ClobberMemory();
  }
  bench::report(state, Layer::flops, Layer::bytes);
}

template <class Layer, role Role> struct launch {
  static constexpr conv2d_geometry geo = Layer::geo;
  static constexpr int rows = Role == role::forward    ? Layer::images * Layer::out_size * Layer::out_size
                              : Role == role::to_input ? Layer::images * Layer::size * Layer::size
                                                       : Layer::kernel * Layer::kernel * Layer::in / Layer::parts;
  static constexpr int cols = Role == role::to_input ? Layer::in : Layer::out;
};

template <class Layer, role Role> void with_tfx(benchmark::State& state) {
  using producer = std::conditional_t<Role == role::forward, backend::simd_conv<float>,
                                      std::conditional_t<Role == role::to_input, backend::simd_conv_to_x<float>,
                                                         backend::simd_conv_to_w<float>>>;
  using work = launch<Layer, Role>;
  constexpr std::size_t x = std::size_t(Layer::images) * Layer::size * Layer::size * Layer::in;
  constexpr std::size_t w = std::size_t(Layer::kernel) * Layer::kernel * Layer::in / Layer::parts * Layer::out;
  constexpr std::size_t y = std::size_t(Layer::images) * Layer::out_size * Layer::out_size * Layer::out;
  const bench::aligned_buffer first(Role == role::to_input ? y : x, 0.25f);
  const bench::aligned_buffer second(Role == role::to_weights ? y : w, 0.25f);
  const bench::aligned_buffer result(std::size_t(work::rows) * work::cols);
  const bench::aligned_buffer scratch(producer::scratch(work::geo, work::rows, work::cols));
  void* const operands[] = {first.data(), second.data()};
  call<float> c;
  c.operand = operands;
  c.rows = work::rows;
  c.cols = work::cols;
  static constexpr geometry row = geometry::of(work::geo);
  c.geo = &row;
  c.contracted = Layer::images;
  c.scratch = scratch.data();
  c.tiles = producer::template tiles<work>();
  measure<Layer>(state, [&] { producer::run(c, result.data(), nullptr); });
}

#if defined(TFX_BENCH_ONEDNN)
template <class Layer, role Role> void with_onednn(benchmark::State& state) {
  using namespace dnnl;
  using tag = memory::format_tag;
  const engine cpu(engine::kind::cpu, 0);
  stream order(cpu);
  const auto described = [](memory::dims d, tag t) { return memory::desc(d, memory::data_type::f32, t); };
  const auto x = described({Layer::images, Layer::in, Layer::size, Layer::size}, tag::nhwc);
  constexpr int parts = Layer::parts;
  const auto w = parts == 1 ? described({Layer::out, Layer::in, Layer::kernel, Layer::kernel}, tag::any)
                            : described({parts, Layer::out / parts, Layer::in / parts, Layer::kernel, Layer::kernel},
                                        tag::any);
  const auto y = described({Layer::images, Layer::out, Layer::out_size, Layer::out_size}, tag::nhwc);
  const memory::dims step = {Layer::step, Layer::step}, before = {Layer::pad, Layer::pad},
                     behind = {Layer::pad_behind, Layer::pad_behind};
  const auto direct = algorithm::convolution_direct;
  const convolution_forward::primitive_desc ahead({prop_kind::forward_training, direct, x, w, y, step, before, behind},
                                                  cpu);
  const auto filled = [&](const memory::desc& d) {
    memory m(d, cpu);
    std::fill_n(static_cast<float*>(m.get_data_handle()), d.get_size() / sizeof(float), 0.25f);
    return m;
  };
  const auto run = [&](const primitive& p, std::unordered_map<int, memory> operands) {
    measure<Layer>(state, [&] {
      p.execute(order, operands);
      order.wait();
    });
  };
  if constexpr (Role == role::forward) {
    run(convolution_forward(ahead),
        {{DNNL_ARG_SRC, filled(x)}, {DNNL_ARG_WEIGHTS, filled(ahead.weights_desc())}, {DNNL_ARG_DST, filled(y)}});
  } else if constexpr (Role == role::to_input) {
    const convolution_backward_data::primitive_desc back({direct, x, w, y, step, before, behind}, cpu, ahead);
    run(convolution_backward_data(back), {{DNNL_ARG_DIFF_SRC, filled(x)},
                                          {DNNL_ARG_WEIGHTS, filled(back.weights_desc())},
                                          {DNNL_ARG_DIFF_DST, filled(y)}});
  } else {
    const convolution_backward_weights::primitive_desc back({direct, x, w, y, step, before, behind}, cpu, ahead);
    run(convolution_backward_weights(back), {{DNNL_ARG_SRC, filled(x)},
                                             {DNNL_ARG_DIFF_WEIGHTS, filled(back.diff_weights_desc())},
                                             {DNNL_ARG_DIFF_DST, filled(y)}});
  }
}
#endif

template <class Layer, role Role> void add_role() {
  const std::string name = std::string("/conv ") + role_names[int(Role)] + " " + std::to_string(Layer::images) + "x" +
                           std::to_string(Layer::size) + "^2x" + std::to_string(Layer::in) + ", " +
                           std::to_string(Layer::kernel) + "^2x" + std::to_string(Layer::out) + " /" +
                           std::to_string(Layer::step) +
                           (Layer::parts == 1 ? "" : ", " + std::to_string(Layer::parts) + " groups");
  benchmark::RegisterBenchmark(("tfx" + name).c_str(), with_tfx<Layer, Role>);
#if defined(TFX_BENCH_ONEDNN)
  benchmark::RegisterBenchmark(("onednn" + name).c_str(), with_onednn<Layer, Role>);
#endif
}

template <class Layer> void add() {
  add_role<Layer, role::forward>();
  add_role<Layer, role::to_input>();
  add_role<Layer, role::to_weights>();
}

}  // namespace

int main(int count, char** arguments) {
  add<layer<1, 56, 64, 64, 3, 1>>();
  add<layer<1, 14, 256, 256, 3, 1>>();
  add<layer<8, 56, 64, 64, 3, 1>>();
  add<layer<8, 28, 128, 128, 3, 1>>();
  add<layer<8, 14, 256, 256, 3, 1>>();
  add<layer<8, 7, 512, 512, 3, 1>>();
  add<layer<8, 56, 64, 128, 3, 2>>();
  add<layer<8, 56, 64, 256, 1, 1>>();
  add<layer<1, 7, 512, 512, 3, 1>>();
  add<layer<1, 28, 256, 256, 3, 2>>();
  add<layer<1, 14, 1024, 2048, 1, 2>>();
  add<layer<1, 7, 512, 2048, 1, 1>>();
  add<layer<3, 5, 272, 272, 3, 1>>();
  add<layer<64, 28, 1, 32, 3, 1>>();
  add<layer<64, 14, 32, 64, 3, 1>>();
  add<layer<1, 112, 32, 32, 3, 1, 32>>();
  add<layer<1, 56, 128, 128, 3, 1, 128>>();
  add<layer<1, 28, 256, 256, 3, 1, 256>>();
  add<layer<1, 14, 512, 512, 3, 1, 512>>();
  add<layer<16, 112, 32, 32, 3, 1, 32>>();
  add<layer<16, 56, 128, 128, 3, 1, 128>>();
  add<layer<16, 28, 256, 256, 3, 1, 256>>();
  add<layer<16, 14, 512, 512, 3, 1, 512>>();
  add<layer<16, 56, 128, 128, 3, 2, 128>>();
  add<layer<1, 112, 64, 64, 3, 2, 64>>();
  add<layer<1, 14, 512, 512, 3, 2, 512>>();
  add<layer<1, 7, 1024, 1024, 3, 1, 1024>>();
  add<layer<16, 28, 64, 128, 3, 1, 64>>();
  add<layer<16, 28, 128, 128, 3, 1, 32>>();
  benchmark::Initialize(&count, arguments);
  benchmark::RunSpecifiedBenchmarks();
}
