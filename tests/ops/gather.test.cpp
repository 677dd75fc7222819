// SPDX-License-Identifier: Apache-2.0
// labels: threads
#include <tfx/backend/threads/backend.hpp>
#include <tfx/ops.hpp>
#include <tfx/optim.hpp>
#include <tfx/train/steps.hpp>

#include "../fixtures/movement.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("rows are gathered, gradients scattered") {
  using g = fixtures::gather;
  using g2 = fixtures::gather_2d;
  using t = fixtures::take_along_last;
  using o = fixtures::one_hot;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  check(example("gather", [](auto table, auto i) { return gather(table, i); }, g::out, g::cotangent,
                given<5, 3>(g::table, g::d_table), given_integers<6>(g::indices)),
        example("gather 2d", [](auto table, auto i) { return gather(table, i); }, g2::out, g2::cotangent,
                given<5, 3>(g2::table, g2::d_table), given_integers<2, 2>(g2::indices)),
        example("out of range", [](auto table, auto i) { return gather(table, i); }, numbers{nan, 2, nan}, numbers{1, 1, 1},
                given<2, 1>(numbers{1, 2}, numbers{0, 1}), given_integers<3>(numbers{-1, 1, 2})).without_differences(),
        example("take_along_last", [](auto x, auto i) { return take_along_last(x, i); }, t::out, t::cotangent,
                given<3, 4>(t::x, t::d_x), given_integers<3>(t::indices)),
        example("one_hot", [](auto i) { return one_hot<4>(i); }, o::out, numbers{}, given_integers<4>(o::indices)));
}

TEST_CASE("of a batch, only the indices present count") {
  using g = fixtures::gather;
  const auto rows_of = [](auto table, auto i) { return gather(table, i); };
  check_rows(6, example("vector", rows_of, g::out, g::cotangent, given<5, 3>(g::table, g::d_table), given_integers<-9>(g::indices)));
  check_rows(3, example("matrix", [](auto table, auto i) { return reshape<-1, 6>(gather(table, i)); }, g::out, g::cotangent,
                        given<5, 3>(g::table, g::d_table), given_integers<-4, 2>(g::indices)));
}
TEST_CASE("of a batch, only the rows present are gathered") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  check_rows(2, example("batch", [](auto x, auto i) { return gather(x, i); }, numbers{4, 5, 6, nan, nan, nan, 1, 2, 3},
                        numbers{1, 1, 1, 1, 1, 1, 2, 2, 2}, given<-4, 3>(numbers{1, 2, 3, 4, 5, 6}, numbers{2, 2, 2, 1, 1, 1}),
                        given_integers<3>(numbers{1, 2, 0})).without_differences());
}

/// Trains a table towards given numbers.
template <class Optimizer> struct embedding {
  Optimizer optimizer{};
  constexpr auto operator()(auto index, auto y) const {
    const auto d = gather(param<shape<1500, 70>>(index, "table", init::uniform{}), index) - y;
    minimize(sum(d * d), optimizer);
    return sum(d);
  }
};
inline constexpr embedding<optim::sgd> with_sgd;
inline constexpr embedding<optim::adam> with_adam;

/// What a table and the optimizer's memory are after steps over whole and partial batches.
template <const auto& Step, class T, class Backend> std::vector<T> trained() {
  using step = tfx::detail::user_step<Step, indices<60, 5>, input<60, 5, 70>>;
  machine<step, Backend, T> m;
  numbers index(300), y(300 * 70);
  for (std::size_t k = 0; k < index.size(); ++k) index[k] = k % 11 == 0 ? 1500 : k % 13 == 0 ? -1 : double(k * k % 1499);
  for (std::size_t k = 0; k < y.size(); ++k) y[k] = std::sin(1.7 * double(k % 1000));
  m.put(m.leaf(first_io_space, 0), index);
  m.put(m.leaf(first_io_space + 1, 0), y);
  for (const int rows : {60, 37, 1}) {
    m.state.batch = rows;
    m.run();
  }
  std::vector<T> all;
  for (const leaf_info& l : plan<step>::leaves)
    if (l.space == parameter_space || l.space == slot_space) all.insert(all.end(), m.values(l).begin(), m.values(l).end());
  return all;
}
template <const auto& Step, class T> void check_training() {
  const std::vector<T> expected = trained<Step, T, backend::reference>();
  const auto differs = [&]<class Backend>(std::type_identity<Backend>) {
    return different_bits<T>(trained<Step, T, Backend>(), expected);
  };
  CHECK(differs(std::type_identity<backend::simd<>>{}) == 0);
  CHECK(differs(std::type_identity<backend::threads<2>>{}) == 0);
  CHECK(differs(std::type_identity<backend::threads<3>>{}) == 0);
  CHECK(differs(std::type_identity<backend::threads<4>>{}) == 0);
  CHECK(differs(std::type_identity<backend::threads<7>>{}) == 0);
}
TEST_CASE("tables are trained to the same bits on every backend") {
  check_training<with_sgd, float>();
  check_training<with_adam, float>();
  check_training<with_adam, double>();
}

}  // namespace
