// SPDX-License-Identifier: Apache-2.0
// libraries: z
// A network is trained from a table in a file: rows are read, mixed and batched while it learns.
#include <cmath>
#include <cstdio>
#include <fstream>

#include <tfx/data/csv.hpp>
#include <tfx/data/csv_facts.hpp>
#include <tfx/data/pipelines.hpp>
#include <tfx/nn/adapt.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

// region: network
inline constexpr auto net = nn::sequential(nn::normalization{}, nn::dense<32>{}, nn::relu{}, nn::dense<32>{}, nn::relu{}, nn::dense<1>{});
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 3e-3}, metric::mean_absolute_error{});
// end region

/// A number in [0, 1) for every row and column, the same everywhere.
double noise(int row, int column) {
  const double s = std::sin(row * 12.9898 + column * 78.233) * 43758.5453;
  return s - std::floor(s);
}
/// Houses with their prices; of some the size is not known, and one row is damaged.
void write_table(const char* path) {
  std::ofstream out(path);
  out << "street,size,age,garden,price\n";
  const char* gardens[] = {"none", "small", "large"};
  for (int i = 0; i < 2000; ++i) {
    const int size = int(40 + 160 * noise(i, 0)), age = int(100 * noise(i, 1)), garden = int(3 * noise(i, 2));
    out << "\"" << i % 40 << ", Long Street\"," << (i % 50 == 7 ? "" : std::to_string(size)) << "," << age << ",";
    out << (i == 1000 ? "lawn" : gardens[garden]) << "," << std::round(size * (3 - 0.01 * age) + 60 * garden + 20 * noise(i, 3)) << "\n";
  }
}

int main() {
  const char* file = "houses.csv";
  write_table(file);

  // region: facts
  for (const auto& column : data::csv_facts(file)) {
    const char* kinds[] = {"integer", "number", "text"};
    std::printf("%-7s %-8s %d missing, %zu words\n", column.name.c_str(), kinds[int(column.kind)], int(column.missing), column.categories.size());
  }
  // end region

  // region: source
  using row = std::tuple<std::optional<float>, float, int, float>;
  std::uint64_t bad = 0;
  auto houses = data::csv<std::optional<float>, float, int, float>(
                    file, {.columns = {"size", "age", "garden", "price"}, .categories = {{"garden", {"none", "small", "large"}}}}) |
                data::ignore_errors({.seen = &bad});
  // end region

  // region: stages
  auto prepared = houses | data::filter([](const row& r) { return std::get<0>(r).has_value(); }) |
                  data::map([](std::optional<float> size, float age, int garden, float price) {
                    return std::pair(std::array{*size, age, float(garden)}, price / 100);
                  });
  auto test = prepared | data::take(400) | data::batch<32>();
  auto train = prepared | data::skip(400) | data::shuffle(1000, {.seed = 1}) | data::batch<32>() | data::prefetch();
  // end region

  // region: fit
  model<net, input<32, 3>> m{seed{1}};
  std::vector<std::array<float, 3>> some;
  for (auto& [x, price] : prepared) some.push_back(x);
  adapt(m, "normalization", some);
  std::printf("%zu houses, %d bad row\n", some.size(), int(bad));
  auto history = m.fit<training>(train, {.epochs = 20, .validation = test, .quiet = true});
  // end region
  std::printf("off by %.2f on average in the first epoch, %.2f in the last, on other houses %.2f\n", history["mean_absolute_error"][0],
              history["mean_absolute_error"].back(), history["val_mean_absolute_error"].back());

  // region: state
  int seen = 0;
  std::string place;
  for (auto& batch : train) {
    seen += int(batch.size());
    if (seen != 320) continue;
    place = train.state();   // beside a checkpoint of the weights
    break;
  }
  train.restore(place);
  train.begin(0);            // goes on behind the tenth batch
  data::list<std::pair<std::array<float, 3>, float>> batch;
  int rest = 0;
  while (train.next(batch)) rest += int(batch.size());
  std::printf("%d houses, and %d after the break\n", seen, rest);
  // end region
}
