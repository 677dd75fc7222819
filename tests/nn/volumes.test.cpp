// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/volumes.hpp"
#include "../support/layer_case.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr nn::conv3d<3, 2> conv3d{};
constexpr nn::conv3d<2, 3, kernel_depth<3>, kernel_height<2>, same, stride<1, 2>, depth_stride<2>> conv3d_same{};
constexpr nn::conv3d<2, 2, same, dilation<2>> conv3d_dilated{};
constexpr nn::conv3d<4, 2, kernel_height<1>, groups<2>> conv3d_groups{};
constexpr nn::max_pool3d<> max_pool3d{};
constexpr nn::max_pool3d<2, kernel_height<3>, stride<2>, depth_stride<1>, same> max_pool3d_same{};
constexpr nn::average_pool3d<2, 1> average_pool3d{};
constexpr nn::average_pool3d<2, kernel_height<3>, stride<2>, depth_stride<1>, same> average_pool3d_same{};
constexpr nn::max_pool<2, kernel_height<3>, stride<2, 1>> max_pool_high{};
constexpr nn::max_pool<3, kernel_height<1>, same> max_pool_wide{};
constexpr nn::average_pool<2, kernel_height<3>, stride<1, 2>, same> average_pool_high{};
constexpr nn::global_average_pool global_average_pool{};
constexpr nn::global_max_pool global_max_pool{};

TEST_CASE("convolutions over volumes") {
  check_layer<conv3d, fixtures::conv3d>("conv3d/weight conv3d/bias");
  check_layer<conv3d_same, fixtures::conv3d_same>("conv3d/weight conv3d/bias");
  check_layer<conv3d_dilated, fixtures::conv3d_dilated>("conv3d/weight conv3d/bias");
  check_layer<conv3d_groups, fixtures::conv3d_groups>("conv3d/weight conv3d/bias");
}

TEST_CASE("pooling of volumes") {
  check_layer<max_pool3d, fixtures::max_pool3d>();
  check_layer<max_pool3d_same, fixtures::max_pool3d_same>();
  check_layer<average_pool3d, fixtures::average_pool3d>();
  check_layer<average_pool3d_same, fixtures::average_pool3d_same>();
  check_layer<global_average_pool, fixtures::global_average_pool3d>();
  check_layer<global_max_pool, fixtures::global_max_pool3d>();
}

TEST_CASE("pooling whose windows are not square") {
  check_layer<max_pool_high, fixtures::max_pool_high>();
  check_layer<max_pool_wide, fixtures::max_pool_wide>();
  check_layer<average_pool_high, fixtures::average_pool_high>();
}

/// The bins of integers of 32 bits, by nodes and by kernels.
template <const auto& Layer, class Type> struct bins_of {
  constexpr void operator()(builder& b) const {
    b.spaces = test_spaces;
    const auto x = var<shape<2, 8>, Type>{testing::detail::take(b, dims{2, {2, 8}, false}, dtype_of<Type>)};
    testing::detail::give(b, call_layer(Layer, x).h);
  }
};
template <const auto& Layer, class Case, class Type = std::int32_t> void check_bins() {
  const auto bins = [](auto m, bool by_kernels) {
    m.put(m.leaf(inputs_space, 0), numbers_of(Case::x));
    if constexpr (requires { m.run_kernels(); })
      if (by_kernels) m.run_kernels();
    if (!by_kernels) m.run();
    return numbers_of(m.numbers_present(m.leaf(outputs_space, 0)));
  };
  const numbers expected = numbers_of(Case::out);
  CHECK(bins(recorded_machine<double>(&record<bins_of<Layer, Type>>), false) == expected);
  CHECK(bins(recorded_machine<double>(&record<bins_of<Layer, Type>>), true) == expected);
}
constexpr nn::hashing<97> hashing{}, hashing_masked{.mask_value = 42};
TEST_CASE("integers in bins") {
  check_bins<hashing, fixtures::hashing>();
  check_bins<hashing_masked, fixtures::hashing_masked>();
  using wide = fixtures::hashing_wide;
  for (std::size_t i = 0; i < wide::numbers.size(); ++i) {
    const auto x = std::int64_t(wide::numbers[i]);
    CHECK(tfx::detail::fingerprint::of(x < 0, x < 0 ? -std::uint64_t(x) : std::uint64_t(x)).hash() % 97 == std::uint64_t(wide::out[i]));
  }
}

constexpr auto all_of_them = nn::sequential(nn::conv3d<4, 2, same>{}, nn::max_pool3d<2, 1>{}, nn::conv3d<2, 3, kernel_depth<1>, stride<2>, depth_stride<1>>{},
                                            nn::average_pool3d<1, kernel_depth<2>>{}, nn::flatten{});
TEST_CASE("they have the same bits on every backend") { check_backends<layer_step<all_of_them, shape<-3, 3, 4, 4, 2>, true>>(2); }

}  // namespace
