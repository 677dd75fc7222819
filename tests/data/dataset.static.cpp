// SPDX-License-Identifier: Apache-2.0
#include <tfx/data/dataset.hpp>

#include <cstdint>
#include <iterator>
#include <span>
#include <type_traits>
#include <vector>

using namespace tfx;

template <class X, class Y>
concept accepted = requires(X&& x, Y&& y) { data::from_memory<shape<2>>(std::forward<X>(x), std::forward<Y>(y)); };

using floats = std::vector<float>;
using ints = std::vector<int>;

static_assert(accepted<floats&, ints&>);
static_assert(accepted<const floats&, const ints&>);
static_assert(accepted<std::span<const float>, std::span<const int>>);
// A vector that dies at the end of the statement can't be referred to.
static_assert(!accepted<floats, ints&>);
static_assert(!accepted<floats&, ints>);

using points = decltype(data::from_memory<shape<2>, shape<>, 3>(std::declval<floats&>(), std::declval<ints&>()));
static_assert(std::is_same_v<points::image_shape, shape<2>>);
static_assert(std::is_same_v<points::label_shape, shape<>>);
static_assert(std::is_same_v<points::pixel_type, float>);
static_assert(std::is_same_v<points::label_type, int>);
static_assert(points::classes == 3);
static_assert(std::is_same_v<decltype(std::declval<points>().labels[0]), int>);
static_assert(std::forward_iterator<data::example<shape<2>, float>::iterator>);

// Examples can be read while compiling.
constexpr std::uint8_t stored[] = {0, 51, 255};
constexpr data::example<shape<3>, std::uint8_t> image(stored, 255);
static_assert(image[0] == 0 && image[1] == 0.2f && image[2] == 1);
