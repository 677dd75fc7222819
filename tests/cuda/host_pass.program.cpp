// SPDX-License-Identifier: Apache-2.0
// A network of each kind, traced, differentiated, planned and run once on the scalar backend. Prints what was compiled, and
// the bits of what was computed; host_pass.test.py compares the compilers.
#include <cstdio>
#include <vector>

#include <tfx/backend/reference/scalar.hpp>
#include <tfx/run/executable.hpp>
#include <tfx/loss.hpp>
#include <tfx/nn.hpp>
#include <tfx/optim.hpp>
#include <tfx/train/steps.hpp>

using namespace tfx;

inline constexpr auto mlp = nn::sequential(nn::dense<16>{}, nn::relu{}, nn::dropout{.rate = 0.25}, nn::dense<4>{});
inline constexpr auto cnn = nn::sequential(nn::conv2d<4, 3, same, stride<2>>{.bias = false}, nn::batch_norm{}, nn::relu{},
                                           nn::residual(nn::sequential(nn::conv2d<4, 3, same>{}, nn::relu{})), nn::max_pool<2>{}, nn::flatten{},
                                           nn::dense<4>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-2});

template <const auto& Net, class Input> void show(const char* name) {
  using in = typename Input::shape_type;
  using list = detail::list_of_inputs<Input>;
  using layout = detail::layout<Net, list>;
  using train = plan<detail::recipe_step<Net, list, training, true>>;
  using predict = plan<detail::predict_step<Net, list>>;
  std::printf("%s: %d parameters, %d variables\n", name, layout::parameters, layout::n_leaves);
  std::printf("  training: %d nodes, %d launches, %d kernels, arena %d, %lld flops\n", train::size.nodes, train::n_launches, train::n_kernels,
              train::arena_elements, static_cast<long long>(train::kernels.flops));
  std::printf("  predict:  %d nodes, %d launches, %d kernels, arena %d\n", predict::size.nodes, predict::n_launches, predict::n_kernels,
              predict::arena_elements);

  using step = executable<train, backend::scalar, float>;
  constexpr int rows = in::value.extent[0];
  std::vector<float> space[first_io_space], x(in::value.size()), target(rows), out(1);
  for (int s = 0; s < first_io_space; ++s) space[s].resize(std::size_t(train::space_size(s)) + max_regions);
  space[arena_space].resize(step::arena_elements + 16);
  space[constant_space].clear();
  for (const constant_info& c : train::constants) space[constant_space].push_back(c.word<float>());
  space[batch_space][0] = rows;
  space[batch_space][1] = 1.0f / rows;
  detail::initialize<layout>(parameter_space, space[parameter_space].data(), 1);
  detail::initialize<layout>(state_space, space[state_space].data(), 1);
  bindings<float> b;
  for (int s = 0; s < first_io_space; ++s) b.base[s] = space[s].data();
  b.scratch = space[arena_space].data() + train::arena_elements;
  b.base[first_io_space] = x.data();
  b.base[first_io_space + 1] = target.data();
  b.base[first_io_space + 2] = out.data();
  unsigned random = 1;
  std::printf("  loss:    ");
  for (int s = 1; s <= 3; ++s) {
    for (float& v : x) v = float(int((random = random * 1664525u + 1013904223u) >> 8) - (1 << 23)) * 0x1p-23f;
    for (int i = 0; i < rows; ++i) target[std::size_t(i)] = __builtin_bit_cast(float, i % 4);   // an integer lies as a word
    b.run = {1, std::uint64_t(s), rows};
    step::run(b);
    std::printf(" %08x", __builtin_bit_cast(unsigned, out[0]));
  }
  std::printf("\n");
}

int main() {
  show<mlp, input<8, 16>>("mlp");
  show<cnn, input<8, 12, 12, 3>>("cnn");
}
