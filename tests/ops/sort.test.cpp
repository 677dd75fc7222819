// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <utility>

#include <tfx/ops.hpp>

#include "../fixtures/sorting.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr auto first_values = [](auto x) { return top_k<3>(x).template get<0>(); };
constexpr auto first_places = [](auto x) { return top_k<3>(x).template get<1>(); };

TEST_CASE("the first elements in order, their places, and the gradient at these") {
  using t = fixtures::top_k;
  using m = fixtures::top_k_middle;
  check(example("values", first_values, t::out, t::cotangent, given<3, 8>(t::x, t::d_x)),
        example("places", first_places, t::places, numbers{}, given<3, 8>(t::x)),
        example("middle", [](auto x) { return top_k<2, 1>(x).template get<0>(); }, m::out, m::cotangent, given<2, 5, 3>(m::x, m::d_x)),
        example("middle places", [](auto x) { return top_k<2, 1>(x).template get<1>(); }, m::places, numbers{}, given<2, 5, 3>(m::x)));
}

TEST_CASE("sorted rows and columns") {
  using s = fixtures::sort;
  using c = fixtures::sort_columns;
  check(example("rows", [](auto x) { return sort(x); }, s::out, s::cotangent, given<3, 8>(s::x, s::d_x)),
        example("places", [](auto x) { return argsort(x); }, s::places, numbers{}, given<3, 8>(s::x)),
        example("columns", [](auto x) { return sort<0>(x); }, c::out, c::cotangent, given<3, 8>(c::x, c::d_x)),
        example("places in columns", [](auto x) { return argsort<0>(x); }, c::places, numbers{}, given<3, 8>(c::x)));
}

TEST_CASE("of equal elements the first comes first; among the largest 0 comes before -0") {
  using t = fixtures::sorting_ties;
  using i = fixtures::sorting_integers;
  const auto all = [](auto x) { return top_k<7>(x).template get<1>(); };
  check(example("largest", all, t::top_places, numbers{}, given<2, 7>(t::x)),
        example("least", [](auto x) { return argsort(x); }, t::places, numbers{}, given<2, 7>(t::x)),
        example("largest integers", all, i::top_places, numbers{}, given_integers<1, 7>(i::x)),
        example("integers", [](auto x) { return top_k<7>(x).template get<0>(); }, i::top, numbers{}, given_integers<1, 7>(i::x)),
        example("least integers", [](auto x) { return sort(x); }, i::sorted, numbers{}, given_integers<1, 7>(i::x)));
}

TEST_CASE("a NaN is more than all numbers, whatever its sign") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  const numbers x = {1, -nan, infinity, nan, -infinity};
  check(example("largest", [](auto v) { return top_k<4>(v).template get<1>(); }, numbers{1, 3, 2, 0}, numbers{}, given<5>(x)),
        example("least", [](auto v) { return argsort(v); }, numbers{4, 0, 2, 1, 3}, numbers{}, given<5>(x)),
        example("gradient", [](auto v) { return top_k<2>(v).template get<0>(); }, numbers{nan, nan}, numbers{2, 3},
                given<5>(x, numbers{0, 2, 0, 3, 0})).without_differences());
}

TEST_CASE("both results at once, of other types, and derivatives of the gradient") {
  using t = fixtures::top_k;
  check(example("values and places", [](auto x) {
          const auto [values, places] = top_k<3>(x);
          return sum(values * values * cast<real>(places));
        }, given<3, 8>(t::x, numerically)),
        example("gradient of a gradient", [](auto x) {
          const auto y = sum(tanh(first_values(x)));
          const auto d = gradient_of(y, y.h.graph->constant(1), x);
          return sum(d * d * x);
        }, given<3, 8>(t::x, numerically)),
        example("unsigned", [](auto x) { return cast<std::int32_t>(sort(cast<std::uint8_t>(x))); }, numbers{0, 3, 200, 255}, numbers{},
                given_integers<4>(numbers{200, 255, 0, 3})),
        example("half", [](auto x) { return cast<real>(top_k<2>(cast<float16>(x)).template get<0>()); }, numbers{2, 0.5}, numbers{},
                given<4>(numbers{0.5, -1, 2, 0.25})));
}

TEST_CASE("in the body of a loop") {
  using t = fixtures::top_k;
  const numbers start = {0.3, -0.7, 0.2, 0.9, -0.1, 0.4, 0.05, -0.6};
  numbers images;
  for (int i = 0; i < 2 * 2 * 4; ++i) images.push_back(std::sin(1.7 * i * i + 0.3));
  check(example("scan", [](auto x, auto h0) {
          const auto [last, all] = scan([](auto h, auto row) {
            const auto [values, places] = top_k<2>(h + row);
            return std::pair{0.5 * h + 0.1 * sum(values) + 0.25 * cast<real>(sum(places)), values};
          }, h0, x);
          return sum(last * last) + sum(all * all * all);
        }, given<3, 8>(t::x, numerically), given<8>(start, numerically)),
        example("pooled", [](auto x) {
          const auto [last, all] = scan([](auto h, auto image) {
            const auto most = max_pool2d<2>(tanh(image + h));
            return std::pair{h * sum(most), most};
          }, 0.5 + 0 * sum(x), reshape<2, 1, 2, 4, 1>(x));
          return last + sum(all * all);
        }, given<16>(images, numerically)));
}

TEST_CASE("rows of a batch") {
  check_rows(2, example("values", [](auto x) { return top_k<2>(x).template get<0>(); }, numbers{4, 3, 9, 8}, numbers{1, 2, 3, 4},
                        given<-3, 3>(numbers{3, 1, 4, 8, 9, 7}, numbers{2, 0, 1, 4, 3, 0})));
}

/// Numbers with many ties.
numbers many(int count) {
  numbers x;
  for (int i = 0; i < count; ++i) x.push_back(std::floor(40 * std::sin(1.7 * i * i + 0.3)) / 8);
  return x;
}

TEST_CASE("few and many of long rows on all backends") {
  const auto all = given<3, 150>(many(450), numerically);
  check_compiled(example("few", [](auto x) {
                   const auto [values, places] = top_k<5>(x);
                   return 2 * values + cast<real>(places);
                 }, given<3, 150>(many(450))),
                 example("places", [](auto x) { return top_k<7>(x).template get<1>(); }, given<3, 150>(many(450))),
                 example("many", [](auto x) { return sort(x); }, all).without_differences(),
                 example("most", [](auto x) { return top_k<100>(x).template get<0>() + 1; }, all).without_differences());
}

}  // namespace
