// SPDX-License-Identifier: Apache-2.0
// Sources: what their batches hold, in which order, and what is said of data that is none.
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <tuple>
#include <vector>

#include <tfx/core/tensor.hpp>
#include <tfx/data/batches.hpp>
#include <tfx/data/class_weights.hpp>
#include <tfx/data/dataset.hpp>
#include <tfx/data/split.hpp>

namespace {

using namespace tfx;

template <class... C> concept are_columns = data::detail::columns_verdict<C...>::right;

/// All columns of all batches, one after the other.
template <int N, std::size_t... K, class Data> auto read(Data&& source, std::index_sequence<K...>, data::batches_options options = {}) {
  std::vector<std::vector<double>> columns(sizeof...(K));
  for (auto& batch : data::batches<N>(source, options)) {
    CHECK(batch.rows <= N);
    (columns[K].insert(columns[K].end(), batch.template get<K>().begin(), batch.template get<K>().end()), ...);
  }
  return columns;
}
constexpr auto two = std::make_index_sequence<2>{};
using doubles = std::vector<double>;

struct countdown {   // a stream of one's own
  using record = data::record<data::field<shape<2>>, data::field<shape<>, int>>;
  int left = 0;
  void begin() { left = 5; }
  int next(auto& batch) {
    auto [x, label] = batch;
    int n = 0;
    for (; n < batch.capacity && left > 0; ++n, --left) {
      x[std::size_t(n)] = {double(left), 0.5};
      label[std::size_t(n)] = left;
    }
    return n;
  }
};

}  // namespace

TEST_CASE("arrays, tensors and ranges are the same columns") {
  const std::vector<float> flat = {1, 2, 3, 4, 5, 6};
  const std::vector<int> label = {7, 8, 9};
  const std::vector<std::array<float, 2>> arrays = {{1, 2}, {3, 4}, {5, 6}};
  const std::array<tensor<float, shape<2>>, 3> tensors = {{{1, 2}, {3, 4}, {5, 6}}};
  const tensor<float, shape<3, 2>> whole = {{1, 2}, {3, 4}, {5, 6}};
  const std::vector<std::pair<std::array<float, 2>, int>> pairs = {{{1, 2}, 7}, {{3, 4}, 8}, {{5, 6}, 9}};
  const std::deque<std::tuple<tensor<float, shape<2>>, int>> tuples = {{{1, 2}, 7}, {{3, 4}, 8}, {{5, 6}, 9}};
  const std::vector<std::vector<double>> wanted = {{1, 2, 3, 4, 5, 6}, {7, 8, 9}};
  CHECK(read<2>(data::columns(data::in_shape<shape<2>>(flat), label), two) == wanted);
  CHECK(read<2>(data::columns(arrays, label), two) == wanted);
  CHECK(read<2>(data::columns(tensors, std::span(label)), two) == wanted);
  CHECK(read<2>(data::columns(whole, label), two) == wanted);
  CHECK(read<2>(data::from_memory<shape<2>>(flat, label), two) == wanted);
  CHECK(read<2>(pairs, two) == wanted);
  CHECK(read<2>(tuples, two) == wanted);
  std::size_t made = 0;
  CHECK(read<2>(data::generate([&] { return pairs[made++ % 3]; }, 3), two) == wanted);
  CHECK(made == 3);
}

TEST_CASE("a stream of one's own starts anew with each pass") {
  countdown c;
  for (int pass = 0; pass < 2; ++pass) {
    const auto columns = read<3>(c, two);
    CHECK(columns[0] == doubles{5, .5, 4, .5, 3, .5, 2, .5, 1, .5});
    CHECK(columns[1] == doubles{5, 4, 3, 2, 1});
  }
}

TEST_CASE("data in memory is shuffled as data::permutation says") {
  std::vector<int> x(50);
  for (int i = 0; i < 50; ++i) x[std::size_t(i)] = i;
  const auto columns = data::columns(x, x);
  data::permutation order(50, 9);
  const auto wanted = order.epoch(4);
  const auto found = read<8>(columns, two, {.epoch = 4, .seed = 9, .shuffle = true});
  CHECK(found[0] == doubles(wanted.begin(), wanted.end()));
  CHECK(found[1] == found[0]);
  CHECK(read<8>(columns, two)[0] == doubles(x.begin(), x.end()));
}

TEST_CASE("integers keep their values, bytes of pictures are read as numbers") {
  const std::vector<std::int64_t> ids = {16'777'217, (std::int64_t(1) << 40) + 1};
  CHECK(read<4>(data::columns(ids, ids), two)[0] == doubles{16'777'217, 1'099'511'627'777});
  std::int32_t narrow[2];
  data::columns(ids).in_shapes<shape<>>().gather_column<0>(std::array<std::uint32_t, 1>{0}.data(), 1, data::rows<std::int32_t>{narrow});
  CHECK(narrow[0] == 16'777'217);
  CHECK_THROWS_WITH(data::columns(ids).in_shapes<shape<>>().gather_column<0>(std::array<std::uint32_t, 1>{1}.data(), 1, data::rows<std::int32_t>{narrow}),
                    "data: 1099511627777 is too large for the integers of this column");

  const std::uint8_t pixels[] = {0, 51, 255, 102}, label[] = {3, 4};
  const data::dataset<shape<2>, std::uint8_t> pictures({pixels, 2, 255}, {label, 2});
  CHECK(read<2>(pictures, two)[0] == doubles{0, double(0.2f), 1, double(0.4f)});
  CHECK(read<2>(pictures, two)[1] == doubles{3, 4});
  std::uint8_t raw[4];
  const std::uint32_t both[] = {0, 1};
  pictures.gather_column<0>(both, 2, data::rows<std::uint8_t>{raw, 2});
  CHECK(raw[1] == 51);
}

TEST_CASE("parts of data") {
  const std::vector<int> x = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const auto [learn, held_back] = data::split(data::columns(x, x), 0.7);
  CHECK(read<4>(learn, two)[1] == doubles{0, 1, 2, 3, 4, 5, 6});
  CHECK(read<4>(held_back, two)[0] == doubles{7, 8, 9});
  const std::vector<std::pair<float, int>> pairs = {{1, 2}, {3, 4}, {5, 6}};
  CHECK(read<4>(data::take(pairs, 2), two)[1] == doubles{2, 4});
  CHECK(read<4>(data::take(pairs, 20), two)[0] == doubles{1, 3, 5});
  std::vector<float> many(1000);
  for (int i = 0; i < 1000; ++i) many[std::size_t(i)] = float(i);
  const auto [first, second] = data::split(data::columns(many, many), 300);
  CHECK(read<128>(second, two)[0] == doubles(many.begin() + 300, many.end()));
  CHECK_THROWS_WITH(data::take(pairs, 1.5), "data: a share of the examples lies between 0 and 1");
}

TEST_CASE("weights are the last column") {
  const std::vector<float> x = {1, 2, 3};
  const std::vector<int> label = {0, 1, 0};
  constexpr auto three = std::make_index_sequence<3>{};
  CHECK(read<2>(data::columns(x, label).weights(std::vector{0.5, 2.0, 1.0}), three)[2] == doubles{0.5, 2, 1});
  CHECK(read<2>(data::class_weights(data::columns(x, label), {3, 0.25}), three)[2] == doubles{3, 0.25, 3});
  const std::vector<std::pair<float, int>> pairs = {{1, 1}, {3, 0}};
  CHECK(read<2>(data::class_weights(pairs, {3, 0.25}), three)[2] == doubles{0.25, 3});
  CHECK_THROWS_WITH(read<2>(data::class_weights(data::columns(x, label), {3}), three), "class_weights: class 1 has no weight; there are 1");
}

TEST_CASE("adaptors of streams") {
  countdown c;
  constexpr auto three = std::make_index_sequence<3>{};
  auto weighted = data::class_weights(c, {1, 2, 3, 4, 5, 6});
  for (int pass = 0; pass < 2; ++pass) CHECK(read<2>(weighted, three)[2] == doubles{6, 5, 4, 3, 2});
  CHECK_THROWS_WITH(read<2>(data::class_weights(countdown{}, {3}), three), "class_weights: class 5 has no weight; there are 1");
  CHECK(read<2>(data::take(c, 3), two)[1] == doubles{5, 4, 3});
  CHECK(read<2>(data::take(c, 30), two)[1] == doubles{5, 4, 3, 2, 1});
  int made = 0;
  auto part = data::take(data::generate([&] { return std::pair(1.5f, made++); }), 3);
  CHECK(read<2>(part, two)[1] == doubles{0, 1, 2});
  CHECK(read<2>(part, two)[1] == doubles{3, 4, 5});
  auto other = data::take(data::generate([n = 0]() mutable { return std::pair(1.5f, n++); }), 3);
  other.go_to(part.place());
  CHECK(read<2>(other, two)[1] == doubles{6, 7, 8});
}

TEST_CASE("what is no column, and columns that do not fit, say so") {
  using strings = std::vector<const char*>;
  CHECK(are_columns<std::vector<float>&, const std::vector<int>&, std::span<float>, tensor<float, shape<2, 3>>&>);
  CHECK(std::string_view(data::detail::columns_verdict<std::vector<float>&, strings&>::value()) ==
        "columns: column 1 is no array of numbers, of examples of one size (std::array, tensor), or of sequences");
  CHECK(std::string_view(data::detail::columns_verdict<std::vector<float>>::value()) == "columns: column 0 is a temporary that ends with the statement; give it a name first");
  const std::vector<float> x(10), y(5), z(4);
  CHECK_THROWS_WITH((data::columns(x, y).in_shapes<shape<3>, shape<>>()), "columns: column 0 has 10 numbers, no whole number of examples of 3");
  CHECK_THROWS_WITH((data::columns(x, z).in_shapes<shape<2>, shape<>>()), "columns: column 1 has 4 examples, column 0 has 5");
  float room[4];
  const data::rows<float> rows{room, 2};
  CHECK_THROWS_WITH((rows[0] = {1, 2, 3}), "data: an example of 2 numbers is given 3");
}
