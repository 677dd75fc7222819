// SPDX-License-Identifier: Apache-2.0
// labels: threads heavy
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

#include <tfx/backend/threads/backend.hpp>
#include <tfx/data/class_weights.hpp>
#include <tfx/data/dataset.hpp>
#include <tfx/data/pipelines.hpp>

#include "networks.hpp"

// Training allocates before and in its first step; after that no loop of the library touches the heap.

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEAP_IS_WATCHED_BY_A_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAP_IS_WATCHED_BY_A_SANITIZER
#endif

namespace {
std::atomic<long> allocations{0};
}

#if defined(__GLIBC__) && !defined(HEAP_IS_WATCHED_BY_A_SANITIZER)
// Every allocation of the process, by whichever library: the program's own functions come first.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) {
  ++allocations;
  return __libc_realloc(old, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  ++allocations;
  *out = __libc_memalign(alignment, size);
  return *out ? 0 : 12;
}
}
#else
// A sanitizer has malloc for itself; what C++ allocates is seen all the same.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"   // once these are inlined, g++ sees malloc but not who calls it
#endif
void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size ? size : 1)) return p;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const std::size_t unit = std::size_t(alignment);
  if (void* p = std::aligned_alloc(unit, (size + unit - 1) / unit * unit)) return p;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size ? size : 1);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return operator new(size, std::nothrow); }
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return operator new(size, alignment); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
#endif

namespace {

using namespace networks;

/// Allocations while f runs.
template <class F> long allocations_in(F f) {
  const long before = allocations;
  f();
  return allocations - before;
}

const synthetic_rows& examples() {
  static const synthetic_rows made(150);
  return made;
}
struct class_numbers {
  std::vector<std::uint8_t> of;
  explicit class_numbers(const synthetic_rows& rows) {
    for (const std::int32_t label : rows.labels) of.push_back(std::uint8_t(label));
  }
};

using plain = data::dataset<shape<28, 28>, float, shape<>, std::uint8_t, classes>;
/// A data set that notes how many allocations there were between two of its batches.
struct watched : plain {
  mutable long at_last_batch = -1, between_batches = 0;
  mutable int batches = 0;
  explicit watched(plain p) : plain(p) {}
  template <int Column, class T> void gather_column(const std::uint32_t* index, int n, data::rows<T> to) const {
    if (Column == 0) {
      const long now = allocations;
      if (batches++ > 0) between_batches += now - at_last_batch;
      at_last_batch = now;
    }
    plain::gather_column<Column>(index, n, to);
  }
};

plain whole_data() {
  static const class_numbers labels(examples());
  return {{examples().images.data(), 150}, {labels.of.data(), 150}};
}

template <const auto& Net, class Backend> void no_heap_in_model() {
  model<Net, input<32, 28, 28>, Backend> m{seed{1}};
  const watched train(whole_data());
  SUBCASE("the first step allocates, and is seen to") {
    m.template fit<training>(train, {.quiet = true});
    CHECK(train.batches == 5);
    CHECK(train.between_batches > 0);
  }
  SUBCASE("fit, after its first step") {
    m.template train_batch<training>(examples().image(0), examples().label(0), 32);
    m.template fit<training>(train, {.quiet = true});
    CHECK(train.batches == 5);
    CHECK(train.between_batches == 0);
  }
  SUBCASE("fit with a progress bar") {
    m.template fit<training>(train, {});
    train.batches = 0;
    train.between_batches = 0;
    m.template fit<training>(train, {});
    CHECK(train.between_batches == 0);
  }
  SUBCASE("steps, evaluation and prediction") {
    float out[32 * classes];
    auto everything = [&] {
      m.template train_batch<training>(examples().image(0), examples().label(0), 32);
      m.template train_batch<training>(examples().image(1), examples().label(1), 31);
      m.template evaluate_batch<training>(examples().image(0), examples().label(0), 32);
      m.predict(examples().image(0), out, 32);
      m.predict(examples().image(3), out, 1);
      m.predict(whole_data().images[5]);
      m.template evaluate<training>(train);
    };
    everything();
    CHECK(allocations_in(everything) == 0);
  }
  SUBCASE("batches of any size") {
    m.template train_batch<training>(examples().image(0), examples().label(0), 32);
    CHECK(allocations_in([&] {
            for (int i = 0; i < 20; ++i) m.template train_batch<training>(examples().image(i), examples().label(i), 1 + i);
          }) == 0);
  }
}

inline constexpr auto little = nn::sequential(nn::dense<6>{}, nn::relu{}, nn::dense<3>{});
inline constexpr auto counting = recipe(loss::softmax_cross_entropy{}, optim::adam{}, metric::accuracy{}, metric::confusion_matrix<3>{});

struct endless {
  using record = data::record<data::field<shape<4>>, data::field<shape<>, int>>;
  int next(const auto& batch) {
    auto [x, label] = batch;
    for (std::size_t i = 0; i < std::size_t(batch.capacity); ++i) {
      x[i] = {1, 2, 3, double(i)};
      label[i] = int(i % 3);
    }
    return batch.capacity;
  }
};
/// Allocations between the batches of epochs, all but the first of which are counted.
template <class Data> long between_batches(Data&& data, int steps_per_epoch = 0) {
  model<little, input<8, 4>> m{seed{1}};
  long last = 0, sum = 0;
  int counted = 0;
  m.fit<counting>(data, {.epochs = 3, .steps_per_epoch = steps_per_epoch, .quiet = true}, [&](const batch_end& b) {
    const long now = allocations;
    if (b.epoch() > 1 && b.batches() > 1) sum += now - last, ++counted;
    last = now;
  });
  CHECK(counted == 2 * 4);
  return sum;
}

struct two_losses {
  constexpr auto operator()(auto x, auto target, auto rate) const {
    const auto loss = loss::softmax_cross_entropy{}(call_layer(mlp, x), target);
    minimize(loss, optim::adam{.learning_rate = rate});
    return outputs(loss, loss * loss);
  }
};
inline constexpr two_losses step_of_mlp{};

}  // namespace

TEST_CASE("allocations are noticed") {
  std::unique_ptr<float[]> kept;
  CHECK(allocations_in([&] { kept.reset(new float[1000]); }) == 1);
  void* aligned = nullptr;
  CHECK(allocations_in([&] { aligned = ::operator new(256, std::align_val_t(64)); }) == 1);
  ::operator delete(aligned, std::align_val_t(64));
  using small = model<mlp, input<4, 28, 28>>;
  CHECK(allocations_in([] { small m{seed{1}}; }) >= 1);
}

TEST_CASE("no heap in the loop: mlp") { no_heap_in_model<mlp, backend::simd<>>(); }
TEST_CASE("no heap in the loop: cnn on two threads") { no_heap_in_model<cnn, backend::threads<2>>(); }

TEST_CASE("no heap in the loop: columns, streams, weights of classes, metrics that count") {
  std::vector<std::array<double, 4>> x(40, {1, 2, 3, 4});
  std::vector<int> label(40);
  for (std::size_t i = 0; i < 40; ++i) label[i] = int(i % 3);
  const auto columns = data::columns(x, label);
  CHECK(between_batches(columns) == 0);
  CHECK(between_batches(data::class_weights(columns, {1, 2, 3})) == 0);
  CHECK(between_batches(endless{}, 5) == 0);
  CHECK(between_batches(data::class_weights(endless{}, {1, 2, 3}), 5) == 0);
  std::unique_ptr<int> kept;
  CHECK(between_batches(data::generate([&] { kept.reset(new int(1)); return std::pair(x[0], *kept); }, 40)) > 0);
}

TEST_CASE("a program allocates when it is made, and not when it runs") {
  program<step_of_mlp, input<32, 28, 28>, indices<32>, input<>> step{seed{1}};
  const std::span<const float> x(examples().image(0), 32 * image_size);
  const std::span<const std::int32_t> y(examples().label(0), 32);
  CHECK(allocations_in([&] {
          for (int i = 0; i < 5; ++i) step(x, y, 1e-3);
          step(x.first(7 * image_size), y.first(7), 1e-3);
        }) == 0);
}

TEST_CASE("a pipeline allocates nothing once its buffers are full") {
  std::vector<std::pair<std::array<float, 8>, int>> rows(4000);
  const auto bigger = [](std::array<float, 8> x, int label) {
    for (float& v : x) v += 1;
    return std::pair(x, label);
  };
  auto p = rows | data::map(bigger, {.threads = 2}) | data::shuffle(100) | data::window(3, {.shift = 1}) | data::unbatch() | data::repeat() | data::batch<32>() | data::prefetch(2);
  data::list<std::pair<std::array<float, 8>, int>> batch;
  p.begin(0);
  for (int i = 0; i < 20; ++i) p.next(batch);
  CHECK(allocations_in([&] {
    for (int i = 0; i < 300; ++i) p.next(batch);
  }) == 0);
  CHECK(batch.size() == 32);
  CHECK(allocations_in([&] { p.begin(1), p.next(batch); }) > 0);   // which is seen
}
