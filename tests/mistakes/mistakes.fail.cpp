// SPDX-License-Identifier: Apache-2.0
// cases: 24
// case 1: matmul (line 42): inner extents differ, [64, 28] times [27, 10]
// case 2: add: [64, 28] and [27] cannot be broadcast together
// case 3: dense<120> at dense (line 54) expects [batch, features], got [64, 5, 5, 16]; put nn::flatten before it
// case 4: residual at repeat/0/residual (line 60): the branch changes the shape from [64, 28, 28, 8] to [64, 28, 28, 16]
// case 5: fit: column 0 of the data is [32, 32, 3], input 0 of the network is [28, 28]
// case 6: fit: column 1 of the data is floating point [10], softmax_cross_entropy expects class numbers, integers []
// case 7: mean<3> (line 82): axis 3 is out of range for [64, 28, 28], rank 3
// case 8: only{'haed'} names no parameter; did you mean 'head'? Known: body, head
// case 9: doubled has no derivative (line 100), but dense/weight is trained through it; add one, or stop_gradient / nn::frozen
// case 10: if: a traced value has no truth value while compiling; use where(condition, a, b)
// case 11: two parameters are named gain; nn::named tells layers apart, nn::shared makes them one
// case 12: predict needs 8192 bytes of arena, the limit is 4096; the largest buffer is relu [64, 32] from line 32
// case 13: add at repeat/0/block (line 127): [64, 28, 28, 8] and [64, 28, 28, 16] cannot be broadcast together
// case 14: dense<10> at dense (line 136) expects [batch, features], got [64, 28, 28, 6]; put nn::flatten before it
// case 15: dense<10> at dense (line 159) expects [batch, features], got [64, 28, 28, 6]; put nn::flatten before it
// case 16: matmul: inner extents differ, [2, 3] times [2, 3]
// case 17: mix: `apply` takes neither one, two nor three lanes; a function of more is composed of operations of fewer
// case 18: minimize: plain is no optimizer, it lacks `double clip_norm = 0`
// case 19: loss distance gives []; a loss gives one number per example, [batch] or [batch, ...]
// case 20: halved: a producer has `element<T>(attributes, inputs, row, column, columns, present)`
// case 21: dense(8) (line 216): what decides a shape is a template argument; write nn::dense<8>{}
// case 22: the recipe is a template argument: write fit<training>(data) and evaluate<training>(data), not fit(training, data)
// case 23: predict: addresses of float64 and float64 are given, the network reads float32 and writes float32; predict_rows(numbers) takes others too
// case 24: conv2d(8, 3) (line 236): what decides a shape is a template argument; write nn::conv2d<8, 3>{}
// What is said of a case is checked by compiling it. Most of what that costs is reading headers, so further ones are included
// by the cases that need them.
#include <tfx/tfx.hpp>
using namespace tfx;

inline constexpr auto good = nn::sequential(nn::flatten{}, nn::dense<32>{}, nn::relu{}, nn::dense<10>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{}, metric::accuracy{});

#if CASE == 0
inline constexpr auto net = good;
model<net, input<64, 28, 28>> classifier{seed{1}};

#elif CASE == 1   // matmul: inner extents differ, in a traced function
inline constexpr auto net = [](auto x) {
  auto w = param<shape<27, 10>>(x, "weight");
  return matmul(x, w);
};
model<net, input<64, 28>> classifier{seed{1}};

#elif CASE == 2   // shapes that cannot be broadcast, in a traced function
inline constexpr auto net = [](auto x) { return relu(x + param<shape<27>>(x, "bias")); };
model<net, input<64, 28>> classifier{seed{1}};

#elif CASE == 3   // no flatten, layer 8 of 12
inline constexpr auto net = nn::sequential(
    nn::conv2d<6, 5, same>{}, nn::relu{}, nn::max_pool<2>{},
    nn::conv2d<16, 5>{}, nn::relu{}, nn::max_pool<2>{}, nn::dropout{},
    nn::dense<120>{}, nn::relu{}, nn::dense<84>{}, nn::relu{}, nn::dense<10>{});
model<net, input<64, 28, 28, 1>> classifier{seed{1}};

#elif CASE == 4   // a residual branch changes the shape, inside a repeat
inline constexpr auto branch = nn::sequential(nn::conv2d<16, 3, same>{}, nn::relu{});
inline constexpr auto net = nn::sequential(
    nn::conv2d<8, 3, same>{}, nn::repeat<4>(nn::residual(branch)), nn::global_average_pool{}, nn::dense<10>{});
model<net, input<64, 28, 28, 1>> classifier{seed{1}};

#elif CASE == 5   // fit with images of another size
struct images {
  using record = data::record<data::field<shape<32, 32, 3>>, data::field<shape<>, int, 10>>;
} cifar;
void train() {
  model<good, input<64, 28, 28>> classifier{seed{1}};
  classifier.fit<training>(cifar, {.epochs = 5});
}

#elif CASE == 6   // labels that do not suit the loss
struct images {
  using record = data::record<data::field<shape<28, 28>>, data::field<shape<10>>>;
} pictures;
void train() {
  model<good, input<64, 28, 28>> classifier{seed{1}};
  classifier.fit<training>(pictures, {.epochs = 5});
}

#elif CASE == 7   // an axis that does not exist
inline constexpr auto net = [](auto x) { return mean<3>(x); };
model<net, input<64, 28, 28>> classifier{seed{1}};

#elif CASE == 8   // no parameter has that name
inline constexpr auto body = nn::named("body", nn::dense<4>{});
inline constexpr auto head = nn::named("head", nn::dense<1>{});
inline constexpr auto step = [](auto x) {
  auto loss = mean(square(head(body(x))));
  minimize(loss, optim::sgd{}, only{"haed"});
  return loss;
};
program<step, input<64, 8>> p{seed{1}};

#elif CASE == 9   // an operation without derivative is trained through
struct doubled_op : elementwise<doubled_op> {
  static constexpr auto apply(auto x) { return x + x; }
};
inline constexpr auto doubled = make_operation<doubled_op>;
inline constexpr auto net = nn::sequential(nn::dense<8>{}, [](auto x) { return doubled(x); }, nn::dense<10>{});
void train(const float* x, const int* labels) {
  model<net, input<64, 8>> classifier{seed{1}};
  classifier.train_batch<training>(x, labels, 64);
}

#elif CASE == 10   // if on a traced value
inline constexpr auto net = [](auto x) {
  if (x > 0) return x;
  return relu(x);
};
model<net, input<64, 8>> classifier{seed{1}};

#elif CASE == 11   // two parameters of one name
inline constexpr auto net = [](auto x) {
  auto a = param<shape<8>>(x, "gain");
  auto b = param<shape<8>>(x, "gain");
  return x * a + b;
};
model<net, input<64, 8>> classifier{seed{1}};

#elif CASE == 12   // more memory than allowed
static_assert(model<good, input<64, 28, 28>, backend::scalar>::fits<4096>);

#elif CASE == 13   // a block of one's own adds what does not fit
struct block {
  constexpr auto operator()(auto x) const {
    auto h = x | nn::conv2d<16, 3, same>{} | nn::relu{};
    return relu(x + h);
  }
};
inline constexpr auto net = nn::sequential(
    nn::conv2d<8, 3, same>{}, nn::repeat<4>(block{}), nn::global_average_pool{}, nn::dense<10>{});
model<net, input<64, 28, 28, 1>> classifier{seed{1}};

#elif CASE == 14   // a wrong network used everywhere: the sentence once, and nothing else
inline constexpr auto net = nn::sequential(nn::conv2d<6, 5, same>{}, nn::dense<10>{});
#include <tfx/io/safetensors.hpp>
struct images {
  using record = data::record<data::field<shape<28, 28, 1>>, data::field<shape<>, int, 10>>;
  float* x;
  int* y;
} data_set;
int use() {
  using m = model<net, input<64, 28, 28, 1>>;
  m classifier{seed{1}};
  classifier.fit<training>(data_set, {.epochs = 5});
  auto result = classifier.evaluate<training>(data_set);
  classifier.train_batch<training>(data_set.x, data_set.y, 64);
  float out[640];
  classifier.predict(data_set.x, out, 64);
  save(classifier, "model.safetensors");
  classifier.summary<training>();
  std::fputs(explain<m>().data(), stdout);
  std::fputs(explain<m, training>().data(), stdout);
  static_assert(m::fits<4096> && m::training_bytes<training> < 100);
  return int(m::flops) + int(result.loss);
}
#elif CASE == 15   // facts of a wrong network: the sentence once, and nothing else
inline constexpr auto net = nn::sequential(nn::conv2d<6, 5, same>{}, nn::dense<10>{});
using m = model<net, input<64, 28, 28, 1>>;
static_assert(m::parameter_count == 100 && m::inference_bytes > 100);
static_assert(m::training_bytes<training> < 1000 && m::flops == 2 * 1000);

#elif CASE == 16   // tensors whose inner extents differ
#include <tfx/expr/values.hpp>
tensor<float, shape<2, 3>> a = {{1, 2, 3}, {4, 5, 6}};
tensor<float, shape<2, 3>> b = {{1, 0, 0}, {0, 1, 0}};
void multiply() {
  tensor c = matmul(a, b);
}

#elif CASE == 17   // an elementwise operation of four inputs
struct mix_op : elementwise<mix_op> {
  static constexpr auto apply(auto a, auto b, auto c, auto d) { return a * b + c * d; }
};
inline constexpr auto mix = make_operation<mix_op>;
inline constexpr auto net = [](auto x) { return mix(x, x, x, x); };
model<net, input<64, 8>> classifier{seed{1}};

#elif CASE == 18   // an optimizer that doesn't say how gradients are clipped
struct plain {
  static constexpr std::string_view name = "plain";
  constexpr handle operator()(const optim::update_scope&, handle p, handle gradient) const { return p - 0.1 * gradient; }
};
inline constexpr auto with_plain = recipe(loss::mean_squared_error{}, plain{});
inline constexpr auto net = nn::dense<4>{};
void train(const float* x, const float* y) {
  model<net, input<64, 8>> fitted{seed{1}};
  fitted.train_batch<with_plain>(x, y, 64);
}

#elif CASE == 19   // a loss that has averaged already
struct distance {
  constexpr auto operator()(auto y, auto t) const { return mean(abs(y - t)); }
};
inline constexpr auto with_distance = recipe(distance{}, optim::sgd{});
inline constexpr auto net = nn::dense<4>{};
void train(const float* x, const float* y) {
  model<net, input<64, 8>> fitted{seed{1}};
  fitted.train_batch<with_distance>(x, y, 64);
}

#elif CASE == 20   // a producer that doesn't say what an element is
struct halved_op {
  static constexpr op_kind kind = op_kind::window;
  static constexpr int arity = 1;
  static constexpr bool differentiable = false;
  static constexpr void backward(gradient_scope&) {}
};
inline constexpr auto net = [](auto x) {
  return decltype(x){{x.h.graph, x.h.graph->template emit<halved_op>(x.h.shape(), x.h.type(), 0, x.h.id)}};
};
model<net, input<64, 8>> halves{seed{1}};

#elif CASE == 21   // a size in parentheses
inline constexpr auto net = nn::sequential(nn::dense(8), nn::relu{}, nn::dense<10>{});
model<net, input<64, 8>> classifier{seed{1}};

#elif CASE == 22   // a recipe in parentheses
struct images {
  using record = data::record<data::field<shape<28, 28>>, data::field<shape<>, int, 10>>;
} pictures;
void train() {
  model<good, input<64, 28, 28>> classifier{seed{1}};
  classifier.fit(training, pictures, {.epochs = 5});
}

#elif CASE == 23   // addresses of other numbers
inline constexpr auto net = nn::dense<4>{};
void ask(const double* x, double* y) {
  model<net, input<64, 8>> fitted{seed{1}};
  fitted.predict(x, y, 64);
}

#elif CASE == 24   // two sizes in parentheses
inline constexpr auto net = nn::sequential(nn::conv2d(8, 3), nn::relu{});
model<net, input<64, 28, 28, 1>> classifier{seed{1}};
#endif
