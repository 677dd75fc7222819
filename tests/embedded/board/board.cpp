// SPDX-License-Identifier: Apache-2.0
// A Cortex-M4 without operating system or C library: start-up code, semihosting for output, and the two networks.
#include <cstddef>
#include <cstdint>

#if defined(TABLE)
#include <tfx/backend/reference/scalar.hpp>
#include <tfx/run/executable.hpp>
#endif
#include <tfx/embedded/predictor.hpp>

#include "../networks.hpp"
#include "cnn_weights.hpp"
#include "mlp_weights.hpp"

namespace {

using mlp_predictor = tfx::predictor<mlp, tfx::input<1, 16>>;
using cnn_predictor = tfx::predictor<cnn, tfx::input<1, 12, 12, 1>>;
static_assert(mlp_predictor::parameter_count == sizeof mlp_weights / sizeof(float));
static_assert(cnn_predictor::parameter_count == sizeof cnn_weights / sizeof(float));

template <class A, class B> constexpr std::size_t larger_arena = A::arena_elements > B::arena_elements ? A::arena_elements : B::arena_elements;
alignas(64) float arena[larger_arena<mlp_predictor, cnn_predictor>];
float input[examples * cnn_predictor::input_size], output[8];

#if defined(TABLE)
/// The same through the tables of `executable`: the network's memory is bound by hand.
template <class Predictor> void predict(const float* variables, const float* x, float* out) {
  using plan = typename Predictor::plan_type;
  using layout = typename Predictor::layout;
  static float parameters[layout::space_size(tfx::parameter_space) + 1], states[layout::space_size(tfx::state_space) + 1];
  static float constants[plan::constants.size()], batch_scalars[2] = {};
  for (int i = 0; i < layout::n_leaves; ++i) {
    const tfx::leaf_info& l = layout::leaves[std::size_t(i)];
    if (l.space != tfx::parameter_space) continue;
    for (int k = 0; k < l.size; ++k) parameters[l.offset + k] = *variables++;
  }
  for (int i = 0; i < layout::n_leaves; ++i) {
    const tfx::leaf_info& l = layout::leaves[std::size_t(i)];
    if (l.space != tfx::state_space) continue;
    for (int k = 0; k < l.size; ++k) states[l.offset + k] = *variables++;
  }
  static constexpr auto words = [] {   // made by the compiler: the board has no double
    std::array<float, plan::constants.size()> t{};
    for (std::size_t i = 0; i < t.size(); ++i) t[i] = plan::constants[i].template word<float>();
    return t;
  }();
  for (std::size_t i = 0; i < words.size(); ++i) constants[i] = words[i];
  batch_scalars[0] = batch_scalars[1] = 1;
  tfx::bindings<float> b;
  b.base[tfx::arena_space] = arena;
  b.base[tfx::parameter_space] = parameters;
  b.base[tfx::state_space] = states;
  b.base[tfx::constant_space] = constants;
  b.base[tfx::batch_space] = batch_scalars;
  b.base[tfx::first_io_space] = const_cast<float*>(x);
  b.base[tfx::first_io_space + 1] = out;
  b.run.batch = 1;
  tfx::executable<plan, tfx::backend::scalar, float>::run(b);
}
#else
template <class Predictor> void predict(const float* variables, const float* x, float* out) {
  Predictor::predict(variables, x, out, arena);
}
#endif

// ---- the board
int semihosting(int operation, const void* argument) {
  register int r0 asm("r0") = operation;
  register const void* r1 asm("r1") = argument;
  asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}
void print(const char* text) { semihosting(4, text); }
void print_bits(float value) {
  const auto bits = __builtin_bit_cast(std::uint32_t, value);
  char text[10] = " ";
  for (int i = 0; i < 8; ++i) text[1 + i] = "0123456789abcdef"[bits >> (28 - 4 * i) & 15];
  print(text);
}
[[noreturn]] void quit(std::uint32_t code) {
  const std::uint32_t reason[2] = {0x20026, code};   // ADP_Stopped_ApplicationExit
  semihosting(0x20, reason);
  for (;;) {
  }
}

template <class Predictor> void show(const char* name, void (*run)(const float*, float*)) {
  print(name);
  fill(input, examples * Predictor::input_size, 1);
  for (int e = 0; e < examples; ++e) {
    run(input + e * Predictor::input_size, output);
    for (int i = 0; i < Predictor::output_size; ++i) print_bits(output[i]);
  }
  print("\n");
}

}  // namespace

// Functions of their own, so that their sizes can be read from the symbol table.
extern "C" {
[[gnu::noinline]] void predict_mlp(const float* x, float* out) { predict<mlp_predictor>(mlp_weights, x, out); }
[[gnu::noinline]] void predict_cnn(const float* x, float* out) { predict<cnn_predictor>(cnn_weights, x, out); }

extern std::uint32_t bss_begin, bss_end, stack_top;

void fault() {
  print("fault\n");
  quit(3);
}
void reset() {
  *reinterpret_cast<volatile std::uint32_t*>(0xE000ED88) |= 0xFu << 20;   // the floating-point unit
  asm volatile("dsb; isb" ::: "memory");
  for (volatile std::uint32_t* p = &bss_begin; p < &bss_end; ++p) *p = 0;
  show<mlp_predictor>("mlp board", predict_mlp);
  show<cnn_predictor>("cnn board", predict_cnn);
  quit(0);
}

// Compilers may ask for these wherever an object is cleared or copied.
[[gnu::used]] void* memset(void* to, int value, std::size_t count) {
  for (volatile unsigned char* p = static_cast<unsigned char*>(to); count > 0; --count) *p++ = static_cast<unsigned char>(value);
  return to;
}
[[gnu::used]] void* memcpy(void* to, const void* from, std::size_t count) {
  const unsigned char* q = static_cast<const unsigned char*>(from);
  for (volatile unsigned char* p = static_cast<unsigned char*>(to); count > 0; --count) *p++ = *q++;
  return to;
}

[[gnu::section(".vectors"), gnu::used]] void (*const vectors[8])() = {reinterpret_cast<void (*)()>(&stack_top), reset, fault, fault, fault, fault, fault, fault};
}
