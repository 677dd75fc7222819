// SPDX-License-Identifier: Apache-2.0
// Convolutions whose extents go from 1 to 70, one at a time.
#include <array>
#include <utility>

#include <tfx/backend/simd/conv.hpp>
#include <tfx/backend/simd/conv_to_w.hpp>

#include "convolution.hpp"
#include "producer.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

enum class padding { valid, same, wide };
struct window {
  int height, width, stride, dilation;
  padding pad;
};
/// Neighbouring extents have different windows; the numbers of windows and of steps have no common factor.
constexpr window windows[] = {{3, 3, 1, 1, padding::same},  {1, 1, 1, 1, padding::valid}, {3, 3, 2, 1, padding::same},
                              {2, 3, 1, 1, padding::valid}, {5, 5, 1, 1, padding::same},  {3, 3, 1, 2, padding::wide},
                              {2, 3, 2, 2, padding::same},  {5, 5, 2, 1, padding::wide},  {1, 1, 2, 1, padding::valid},
                              {3, 3, 1, 1, padding::valid}, {2, 3, 1, 1, padding::wide}};
constexpr int n_windows = int(std::size(windows));

struct axis {
  int out, before;
};
constexpr axis extent(int in, int kernel, const window& w) {
  const int reach = (kernel - 1) * w.dilation + 1;
  if (w.pad == padding::valid && in >= reach) return {(in - reach) / w.stride + 1, 0};
  const int more = w.pad == padding::wide ? 2 : 0, out = (in + 2 * more + w.stride - 1) / w.stride;
  const int missing = (out - 1) * w.stride + reach - in;
  return {out, missing > 0 ? missing / 2 : 0};
}

constexpr conv2d_geometry layer(int images, int height, int width, int in, int out, int groups, int which) {
  const window& w = windows[which % n_windows];
  const axis rows = extent(height, w.height, w), columns = extent(width, w.width, w);
  return {{images, height, width, in, rows.out, columns.out, w.height, w.width, w.stride, w.stride, rows.before,
           columns.before, w.dilation, w.dilation},
          out,
          groups};
}

/// The layers of one sweep.
struct heights {
  static constexpr conv2d_geometry at(int n) { return layer(2, n, 5, 3, 6, 1, n); }
};
struct widths {
  static constexpr conv2d_geometry at(int n) { return layer(2, 4, n, 5, 7, 1, n); }
};
struct in_channels {
  static constexpr conv2d_geometry at(int n) { return layer(1, 5, 4, n, 10, 1, n); }
};
struct out_channels {
  static constexpr conv2d_geometry at(int n) { return layer(2, 6, 5, 4, n, 1, n); }
};
/// Results and sums of weights in tiles of many columns.
struct wide_results {
  static constexpr conv2d_geometry at(int n) { return layer(1, 5, n, 7, 64, 1, n); }
};
struct wide_sources {
  static constexpr conv2d_geometry at(int n) { return layer(1, 4, n, 64, 5, 1, n); }
};
struct wide_weights {
  static constexpr conv2d_geometry at(int n) { return layer(2, 4, 5, n, 64, 1, n); }
};
struct depthwise_channels {
  static constexpr conv2d_geometry at(int n) { return layer(2, 5, 9, n, n, n, n); }
};
struct depthwise_heights {
  static constexpr conv2d_geometry at(int n) { return layer(2, n, 6, 19, 19, 19, n); }
};
struct depthwise_widths {
  static constexpr conv2d_geometry at(int n) { return layer(1, 5, n, 18, 18, 18, n); }
};
struct several_groups {
  static constexpr conv2d_geometry at(int n) { return layer(1, 5, 6, 2 * n, 3 * n, n, n); }
};
struct multipliers {
  static constexpr conv2d_geometry at(int n) { return layer(1, 5, 6, n, 2 * n, n, n); }
};
/// Up to eight channels in each of a number of groups.
struct channels_of_groups {
  static constexpr conv2d_geometry at(int n) { return layer(1, 6, 5, 19 * (n % 8 + 1), 19 * (n / 8 % 8 + 1), 19, n); }
};
struct wide_groups {
  static constexpr conv2d_geometry at(int n) { return layer(1, 4, 3, 2 * n, 2 * (71 - n), 2, n); }
};

enum role { forward, to_x, to_w };
template <class Sweep, int N, role Role> struct launch {
  static constexpr conv2d_geometry geo = Sweep::at(N);
  static constexpr int rows = Role == forward ? geo.images * geo.out_height * geo.out_width
                              : Role == to_x  ? geo.images * geo.height * geo.width
                                              : geo.kernel_height * geo.kernel_width * geo.channels / geo.groups;
  static constexpr int cols = Role == to_x ? geo.channels : geo.out_channels;
};

/// The gradient of the weights image by image, the sums going from one call to the next; other parts in each.
template <class T> void check_image_by_image(const conv2d_geometry& g, const void* tiles, int taps, guarded<T>& x,
                                             guarded<T>& dy, guarded<T>& expected) {
  using producer = backend::simd_conv_to_w<T>;
  const geometry row = geometry::of(g);
  const int images = g.images;
  scratch_memory<T> scratch(producer::scratch(g, taps, g.out_channels)), sums(producer::sums(g, taps, g.out_channels));
  guarded<T> dw(expected.size());
  call<T> a;
  a.rows = taps;
  a.cols = g.out_channels;
  a.geo = &row;
  a.contracted = 1;
  a.scratch = scratch.data();
  a.sums = sums.data();
  a.tiles = tiles;
  for (a.before = 0; a.before < images; ++a.before) {
    void* operands[] = {x.data() + x.size() / std::size_t(images) * std::size_t(a.before),
                        dy.data() + dy.size() / std::size_t(images) * std::size_t(a.before)};
    a.operand = operands;
    a.last = a.before + 1 == images;
    a.parts = 1 + a.before;
    for (a.part = 0; a.part < a.parts; ++a.part) producer::run(a, dw.data(), nullptr);
  }
  CHECK(dw.same_bits(expected));
}

template <class T> void check(const conv2d_geometry& g, const std::array<const void*, 3>& tiles) {
  const int images = g.images, pixels = images * g.height * g.width, results = images * g.out_height * g.out_width;
  const int taps = g.kernel_height * g.kernel_width * g.channels / g.groups;
  convolution_case<T> c(g, images);
  for (const int parts : {1, 3}) {
    CAPTURE(parts);
    check_producer<T, backend::simd_conv<T>>(g, tiles[forward], results, results, g.out_channels, 0,
                   {c.x.data(), c.w.data()}, c.y, parts);
    check_producer<T, backend::simd_conv_to_x<T>>(g, tiles[to_x], pixels, pixels, g.channels, 0,
                   {c.dy.data(), c.w.data()}, c.dx, parts);
    check_producer<T, backend::simd_conv_to_w<T>>(g, tiles[to_w], taps, taps, g.out_channels, images,
                   {c.x.data(), c.dy.data()}, c.dw, parts);
  }
  check_image_by_image<T>(g, tiles[to_w], taps, c.x, c.dy, c.dw);
}

template <class T, class Sweep, int... N> void sweep(std::integer_sequence<int, N...>) {
  static const struct {
    conv2d_geometry g;
    std::array<const void*, 3> tiles;
  } all[] = {{Sweep::at(N + 1),
              {backend::simd_conv<T>::template tiles<launch<Sweep, N + 1, forward>>(),
               backend::simd_conv_to_x<T>::template tiles<launch<Sweep, N + 1, to_x>>(),
               backend::simd_conv_to_w<T>::template tiles<launch<Sweep, N + 1, to_w>>()}}...};
  for (const auto& each : all) check<T>(each.g, each.tiles);
}
template <class Sweep, class T = float> void sweep() { sweep<T, Sweep>(std::make_integer_sequence<int, 70>{}); }

}  // namespace

TEST_CASE("convolutions of every height") { sweep<heights>(); }
TEST_CASE("convolutions of every width") { sweep<widths>(); }
TEST_CASE("convolutions of every number of channels") {
  sweep<in_channels>();
  sweep<out_channels>();
}
TEST_CASE("wide tiles of every extent") {
  sweep<wide_results>();
  sweep<wide_sources>();
  sweep<wide_weights>();
}
TEST_CASE("depthwise convolutions of every extent") {
  sweep<depthwise_channels>();
  sweep<depthwise_channels, double>();
  sweep<depthwise_heights>();
  sweep<depthwise_widths>();
}
TEST_CASE("every number and size of groups") {
  sweep<several_groups>();
  sweep<several_groups, double>();
  sweep<multipliers>();
  sweep<channels_of_groups>();
  sweep<wide_groups>();
}
