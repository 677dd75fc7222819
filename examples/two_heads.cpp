// A network with two inputs and two outputs: a price and a kind, from numbers and a picture. twins/two_heads.py is the same in Keras.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include <tfx/expr/values.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

// region: network
struct two_headed {
  constexpr auto operator()(auto numbers, auto picture) const {
    auto h = concatenate<1>(numbers | nn::dense<16>{} | nn::relu{},
                            picture | nn::conv2d<4, 3, same>{} | nn::relu{} | nn::flatten{} | nn::dense<16>{});
    return outputs(h | nn::named("price", nn::dense<1>{}), h | nn::named("kind", nn::dense<3>{}));
  }
};
inline constexpr two_headed net{};
inline constexpr auto training = recipe(losses(loss::mean_squared_error{}, 0.5 * loss::softmax_cross_entropy{}), optim::adam{.learning_rate = 3e-3},
                                        metrics(metric::none{}, metric::accuracy{}));
// end region

int main(int argc, char** argv) {
  constexpr int n = 1600;
  std::vector<float> numbers(n * 5), pictures(n * 64), prices(n), sure(n);
  std::vector<int> kinds(n);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = std::sin(float(i + 1) * 12.9898f) * 1.5f;
  for (std::size_t i = 0; i < pictures.size(); ++i) pictures[i] = std::sin(float(i + 1) * 78.233f) * 1.5f;
  for (std::size_t i = 0; i < n; ++i) {
    prices[i] = numbers[5 * i] + pictures[64 * i];
    kinds[i] = numbers[5 * i + 1] > 0.5f ? 2 : numbers[5 * i + 1] > -0.5f;
    sure[i] = i % 2 ? 1.0f : 0.2f;
  }

  // region: training
  model<net, inputs<input<32, 5>, image<32, 8, 8, 1>>> m{seed{argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1}};
  auto data = data::columns(numbers, pictures, prices, kinds);   // inputs, then targets
  auto history = m.fit<training>(data, {.epochs = 10, .quiet = true});
  // end region
  for (const auto& name : history.names()) std::printf("%-13s %.3f -> %.3f\n", name.c_str(), history[name].front(), history[name].back());

  auto [price, kind] = m.predict(std::span(numbers).first(5), std::span(pictures).first(64));
  std::printf("price %.2f, in truth %.2f; kind %d, in truth %d\n", price[0], prices[0], int(argmax(kind)), kinds[0]);

  m.fit<training>(data.weights(sure), {.epochs = 1, .quiet = true});   // every other example counts for a fifth
  auto result = m.evaluate<training>(data);
  std::printf("price loss %.3f\n", result["price_loss"]);
  std::printf("kind accuracy %.3f\n", result["kind_accuracy"]);
}
