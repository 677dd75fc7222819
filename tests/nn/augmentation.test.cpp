// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <numeric>
#include <set>

#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../support/layer.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr int examples = 6, height = 5, width = 4, channels = 2;
using images = shape<examples, height, width, channels>;

numbers pixels(double phase = 0, int rows = examples) {
  numbers x(std::size_t(rows * height * width * channels));
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 100 + 50 * std::sin(1.7 * double(i * i) + phase);
  return x;
}
/// What the site of a layer draws for an example.
double drawn(const run_state& run, int site, int example, double lower, double upper) {
  return lower + (upper - lower) * uniform01<double>({run.seed, run.step, std::uint32_t(site)}, std::uint64_t(example));
}
double pixel(const numbers& x, int n, int i, int j, int c) {
  const auto reflected = [](int k, int extent) {
    while (k < 0 || k >= extent) k = k < 0 ? -k - 1 : 2 * extent - 1 - k;
    return k;
  };
  return x[std::size_t(((n * height + reflected(i, height)) * width + reflected(j, width)) * channels + c)];
}
double between_pixels(const numbers& x, int n, double y, double z, int c) {
  const int i = int(std::floor(y)), j = int(std::floor(z));
  const double down = y - i, right = z - j;
  return (1 - down) * ((1 - right) * pixel(x, n, i, j, c) + right * pixel(x, n, i, j + 1, c)) +
         down * ((1 - right) * pixel(x, n, i + 1, j, c) + right * pixel(x, n, i + 1, j + 1, c));
}
/// value(example, row, column, channel) of every pixel.
template <class F> numbers each_pixel(F value) {
  numbers y;
  for (int n = 0; n < examples; ++n)
    for (int i = 0; i < height; ++i)
      for (int j = 0; j < width; ++j)
        for (int c = 0; c < channels; ++c) y.push_back(value(n, i, j, c));
  return y;
}
/// place(example, row, column) -> (row, column) in the image.
template <class F> numbers moved(const numbers& x, F place) {
  return each_pixel([&](int n, int i, int j, int c) {
    const auto [y, z] = place(n, double(i), double(j));
    return between_pixels(x, n, y, z, c);
  });
}
double product(const numbers& a, std::span<const double> b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

constexpr nn::random_flip flip{}, flip_horizontally{flips::horizontal};
constexpr nn::random_rotation rotation{.factor = 0.2};
constexpr nn::random_translation translation{.height_factor = {0, 0.5}, .width_factor = 0.4};
constexpr nn::random_zoom zoom{.height_factor = {-0.4, 0.2}}, zoom_apart{.height_factor = 0.3, .width_factor = {0.1, 0.2}};
constexpr nn::random_contrast contrast{.factor = {-0.5, 2}};
constexpr nn::random_brightness brightness{.factor = 0.5};
constexpr nn::random_erasing erasing{.rate = 0.7, .scale = {0.1, 0.6}, .fill_value = -1};

/// What a layer that is linear in the image makes of it, with its gradient.
template <const auto& Layer, class F> void check_moved(F place) {
  layer_machine<Layer, images> m;
  for (const std::uint64_t step : {1u, 2u}) {
    m.state.seed = 7;
    m.state.step = step;
    m.on(pixels(), pixels(1));
    CHECK_CLOSE(m.value(), moved(pixels(), [&](int n, double i, double j) { return place(m.state, n, i, j); }));
    CHECK(product(pixels(1), m.value()) == doctest::Approx(product(pixels(), m.d_x())).epsilon(1e-13));
  }
}

TEST_CASE("images are turned round") {
  check_moved<flip>([](const run_state& run, int n, double i, double j) {
    return std::pair(drawn(run, 2, n, 0, 1) < 0.5 ? height - 1 - i : i, drawn(run, 1, n, 0, 1) < 0.5 ? width - 1 - j : j);
  });
  check_moved<flip_horizontally>([](const run_state& run, int n, double i, double j) { return std::pair(i, drawn(run, 1, n, 0, 1) < 0.5 ? width - 1 - j : j); });
}

TEST_CASE("images are turned, moved and stretched") {
  const double middle_i = (height - 1) / 2., middle_j = (width - 1) / 2.;
  check_moved<rotation>([&](const run_state& run, int n, double i, double j) {
    const double angle = 2 * std::acos(-1) * drawn(run, 1, n, -0.2, 0.2), c = std::cos(angle), s = std::sin(angle);
    return std::pair(middle_i + s * (j - middle_j) + c * (i - middle_i), middle_j + c * (j - middle_j) - s * (i - middle_i));
  });
  check_moved<translation>([&](const run_state& run, int n, double i, double j) {
    return std::pair(i - height * drawn(run, 1, n, 0, 0.5), j - width * drawn(run, 2, n, -0.4, 0.4));
  });
  check_moved<zoom>([&](const run_state& run, int n, double i, double j) {
    const double f = 1 + drawn(run, 1, n, -0.4, 0.2);
    return std::pair(middle_i + f * (i - middle_i), middle_j + f * (j - middle_j));
  });
  check_moved<zoom_apart>([&](const run_state& run, int n, double i, double j) {
    return std::pair(middle_i + (1 + drawn(run, 1, n, -0.3, 0.3)) * (i - middle_i), middle_j + (1 + drawn(run, 2, n, 0.1, 0.2)) * (j - middle_j));
  });
}

TEST_CASE("contrast and brightness") {
  const numbers x = pixels();
  layer_machine<contrast, images> c;
  c.on(x, pixels(1));
  CHECK_CLOSE(c.value(), each_pixel([&](int n, int i, int j, int k) {
    double mean = 0;
    for (int p = 0; p < height * width; ++p) mean += pixel(x, n, p / width, p % width, k) / (height * width);
    return std::clamp((pixel(x, n, i, j, k) - mean) * (1 + drawn(c.state, 1, n, -0.5, 2)) + mean, 0., 255.);
  }));
  layer_machine<brightness, images> b;
  b.on(x, pixels(1));
  const auto brighter = [&](int n, int i, int j, int k) { return pixel(x, n, i, j, k) + 255 * drawn(b.state, 1, n, -0.5, 0.5); };
  CHECK_CLOSE(b.value(), each_pixel([&](auto... at) { return std::clamp(brighter(at...), 0., 255.); }));
  CHECK_CLOSE(b.d_x(), each_pixel([&](auto... at) { return brighter(at...) >= 0 && brighter(at...) <= 255 ? pixel(pixels(1), at...) : 0; }));
}

TEST_CASE("rectangles are erased") {
  layer_machine<erasing, images> m;
  for (const std::uint64_t step : {1u, 2u, 3u}) {
    m.state.step = step;
    m.on(pixels(), pixels(1));
    const auto covered = [&](int n, int place, int extent, int site) {
      const double length = extent * std::sqrt(drawn(m.state, site, n, 0.1, 0.6)), first = (extent - length) * drawn(m.state, site + 1, n, 0, 1);
      return place >= first && place < first + length;
    };
    const auto erased = [&](int n, int i, int j) { return drawn(m.state, 5, n, 0, 1) < 0.7 && covered(n, i, height, 1) && covered(n, j, width, 3); };
    CHECK_CLOSE(m.value(), each_pixel([&](int n, int i, int j, int c) { return erased(n, i, j) ? -1 : pixel(pixels(), n, i, j, c); }));
    CHECK_CLOSE(m.d_x(), each_pixel([&](int n, int i, int j, int c) { return erased(n, i, j) ? 0 : pixel(pixels(1), n, i, j, c); }));
  }
}

constexpr nn::random_crop<3, 2> crop{};

TEST_CASE("a crop lies anywhere in the image, and in use in the middle") {
  const numbers x = pixels();
  constexpr std::size_t size = 3 * 2 * channels;
  layer_machine<crop, images> m;
  layer_machine<crop, images, false> used;
  const numbers cotangent(examples * size, 1);
  const auto is_at = [&](std::span<const double> y, int n, int top, int left) {
    for (std::size_t k = 0; k < size; ++k)
      if (y[std::size_t(n) * size + k] != pixel(x, n, top + int(k) / (2 * channels), left + int(k) / channels % 2, int(k) % channels)) return false;
    return true;
  };
  std::set<std::pair<int, int>> seen;
  for (std::uint64_t step = 1; step <= 30; ++step) {
    m.state.step = step;
    m.on(x, cotangent);
    for (int n = 0; n < examples; ++n) {
      const int top = int(drawn(m.state, 1, n, 0, 3)), left = int(drawn(m.state, 2, n, 0, 3));
      CHECK(is_at(m.value(), n, top, left));
      seen.insert({top, left});
    }
    CHECK(product(cotangent, m.value()) == doctest::Approx(product(x, m.d_x())).epsilon(1e-13));
  }
  CHECK(seen.size() == 9);
  used.on(x, cotangent);
  for (int n = 0; n < examples; ++n) CHECK(is_at(used.value(), n, 1, 1));
}

constexpr auto all_of_them =
    nn::sequential(nn::random_flip{}, nn::random_rotation{}, nn::random_translation{.fill_mode = border::constant}, nn::random_zoom{.between = nearest},
                   nn::random_contrast{}, nn::random_brightness{.value_range = {-9, 9}}, nn::random_erasing{.rate = 1}, nn::random_crop<4, 3>{});
constexpr auto without_crop = nn::sequential(nn::random_flip{}, nn::random_rotation{}, nn::random_translation{}, nn::random_zoom{}, nn::random_contrast{},
                                             nn::random_brightness{}, nn::random_erasing{});

TEST_CASE("in use images stay as they are") {
  layer_machine<without_crop, images, false> m;
  m.on(pixels(), pixels(1));
  CHECK_CLOSE(m.value(), pixels());
  CHECK_CLOSE(m.d_x(), pixels(1));
}

TEST_CASE("every seed, step and example has numbers of its own, on every backend, whatever rows are present") {
  check_backends<layer_step<all_of_them, shape<-5, 6, 5, 3>, true>>(3);
  layer_machine<without_crop, images> whole;
  layer_machine<without_crop, shape<-examples, height, width, channels>> part;
  const auto run = [](auto& m, std::uint64_t seed, std::uint64_t step, int rows) {
    m.state.seed = seed;
    m.state.step = step;
    m.state.batch = rows;
    m.on(pixels(0, rows), pixels(1, rows));
    return numbers(m.value().begin(), m.value().end());
  };
  const numbers first = run(whole, 1, 1, examples), rows = run(part, 1, 1, 3);
  CHECK(std::equal(rows.begin(), rows.end(), first.begin()));
  CHECK(run(whole, 1, 1, examples) == first);
  CHECK(run(whole, 2, 1, examples) != first);
  CHECK(run(whole, 1, 2, examples) != first);
}

}  // namespace
