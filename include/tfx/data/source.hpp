// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <tfx/data/record.hpp>
#include <tfx/data/permutation.hpp>

/// Where batches come from.
///
///     struct noise {                                       // a source of one's own
///       using record = data::record<data::field<shape<2>>, data::field<shape<>, int>>;
///       void begin();                                      // if it starts anew for each pass; or begin(pass), with its number
///       int next(auto& batch) {                            // how many examples it has written; 0: the end
///         auto [x, label] = batch;
///         for (int i = 0; i < batch.capacity; ++i) { x[i] = {1, 2}; label[i] = 0; }
///         return batch.capacity;
///       }
///       std::int64_t place() const;                        // where both are there, training that is resumed goes on from such
///       void go_to(std::int64_t place);                    // a place; else what was read of the pass is read again
///       std::string state();                               // the same as bytes, kept in the checkpoints that `fit` resumes from
///       void restore(std::string_view bytes);
///     };
namespace tfx::data {

namespace detail {
template <class Record> struct batch_of;
template <class... Field> struct batch_of<record<Field...>> { using type = batch_room<typename Field::value_type...>; };

/// Of the columns a network has: their elements in its memory.
template <class... T> struct elements {};
}  // namespace detail

/// Examples that are made as they are asked for.
template <class S> concept stream = requires(S& s, typename detail::batch_of<typename S::record>::type& b) {
  { s.next(b) } -> std::convertible_to<int>;
};
/// Examples in memory, by number: they can be shuffled.
template <class S> concept in_memory = requires(const S& s, const std::uint32_t* index, rows<float> to) {
  typename S::record;
  { s.size() } -> std::convertible_to<std::size_t>;
  s.template gather_column<0>(index, 1, to);
};
template <class S> concept source = stream<S> || in_memory<S>;
/// A stream that says where it stands, and can go there.
template <class S> concept has_place = requires(S& s, std::int64_t place) {
  { std::as_const(s).place() } -> std::convertible_to<std::int64_t>;
  s.go_to(place);
};
/// A stream whose place is bytes, such as a pipeline.
template <class S> concept has_state = requires(S& s, std::string_view bytes) {
  { s.state() } -> std::convertible_to<std::string>;
  s.restore(bytes);
};

namespace detail {

/// A source as loops see it: no templates behind this line.
struct source_view {
  void* self;
  void (*begin_pass)(void* self, std::uint64_t pass, bool shuffled);
  int (*next_batch)(void* self, void* const* column, int capacity);
  std::int64_t examples = -1;                      ///< of a pass, where that is known
  const std::uint32_t* const* drawn = nullptr;     ///< which examples the last batch has
  std::int64_t (*place_now)(const void* self) = nullptr;                   ///< of a stream that has places
  void (*go_to_place)(void* self, std::int64_t place) = nullptr;           ///< skips: examples of this pass, in memory
  bool starts_anew = true;                                                 ///< each pass
  std::string (*state_now)(void* self) = nullptr;                          ///< of a stream that has a state
  void (*restore_state)(void* self, std::string_view bytes) = nullptr;

  void begin(std::uint64_t pass, bool shuffled) const { begin_pass(self, pass, shuffled); }
  int next(void* const* column, int capacity) const { return next_batch(self, column, capacity); }
  std::int64_t place() const { return place_now ? place_now(self) : 0; }

  /// The state in the middle of a pass; empty where there is none.
  std::string state() const { return state_now ? state_now(self) : std::string(); }
  void restore(std::uint64_t pass, bool shuffled, std::string_view bytes) const {
    restore_state(self, bytes);
    begin(pass, shuffled);   // which goes on with what was restored
  }
  /// Goes on in a pass of which `read` examples were drawn, after which the source was at `place`. The memory of a batch is written to.
  TFX_COLD void resume(std::uint64_t pass, bool shuffled, std::int64_t read, std::int64_t place, void* const* column, int capacity) const {
    if (place_now) return go_to_place(self, place);
    if (!starts_anew) return;   // it stands where it stands
    begin(pass, shuffled);
    if (go_to_place) return go_to_place(self, read);
    for (int n = 1; read > 0 && n > 0; read -= n) n = next(column, read < capacity ? int(read) : capacity);
  }
};

/// Walks over examples by number. Without an order they come as they lie.
struct walk {
  std::size_t size = 0;
  permutation* order = nullptr;
  std::uint32_t* as_they_lie = nullptr;   ///< room for the numbers of a batch
  std::size_t first = 0;                  ///< where they begin, if they come as they lie
  std::size_t at = 0;
  bool shuffled = false;
  const std::uint32_t* all = nullptr;     ///< the order of this pass
  const std::uint32_t* drawn = nullptr;   ///< numbers of the last batch

  TFX_COLD void begin(std::uint64_t pass, bool in_random_order) {
    shuffled = in_random_order && order != nullptr;
    if (shuffled) all = order->epoch(pass).data();
    at = 0;
  }
  TFX_COLD void skip(std::size_t read) { at = read < size ? read : size; }
  int draw(int capacity) {
    const int n = int(size - at < std::size_t(capacity) ? size - at : std::size_t(capacity));
    if (shuffled) {
      drawn = all + at;
    } else {
      for (int i = 0; i < n; ++i) as_they_lie[i] = std::uint32_t(first + at) + std::uint32_t(i);
      drawn = as_they_lie;
    }
    at += std::size_t(n);
    return n;
  }
};

/// The orders of a source that can be shuffled.
struct no_order {};
template <class Source> auto order_of([[maybe_unused]] std::size_t size, [[maybe_unused]] std::uint64_t seed) {
  if constexpr (in_memory<Source>) return permutation(size, seed);
  else return no_order{};
}
/// Examples of a source, 0 where they are not known.
template <class Source> std::size_t size_of(const Source& s) {
  if constexpr (in_memory<Source>) return s.size();
  else return 0;
}
inline permutation* address_of(permutation& s) { return &s; }
inline permutation* address_of(no_order&) { return nullptr; }

template <class Source, class Elements> struct reader;

/// Of examples in memory.
template <in_memory Source, class... T> struct reader<Source, elements<T...>> {
  const Source& from;
  const std::size_t* each;
  walk w;
  int* const* present;   ///< of each column that has sequences, the numbers of them

  reader(const Source& s, const std::size_t* sizes, permutation* order, std::uint32_t* room, int* const* present_numbers = nullptr)
      : from(s), each(sizes), w{s.size(), order, room}, present(present_numbers) {}
  source_view view() {
    return {this, [](void* self, std::uint64_t pass, bool shuffled) { static_cast<reader*>(self)->w.begin(pass, shuffled); }, next,
            std::int64_t(w.size), &w.drawn, nullptr, [](void* self, std::int64_t read) { static_cast<reader*>(self)->w.skip(std::size_t(read)); }};
  }
  static int next(void* self, void* const* column, int capacity) {
    reader& r = *static_cast<reader*>(self);
    const int n = r.w.draw(capacity);
    if (n > 0) [&]<std::size_t... K>(std::index_sequence<K...>) {
      (r.from.template gather_column<int(K)>(r.w.drawn, n, rows<T>{static_cast<T*>(column[K]), r.each[K], r.present ? r.present[K] : nullptr}), ...);
    }(std::index_sequence_for<T...>{});
    return n;
  }
};

/// Of a stream.
template <class Source, class... T> requires(!in_memory<Source>) struct reader<Source, elements<T...>> {
  Source& from;
  const std::size_t* each;
  int* const* present;

  reader(Source& s, const std::size_t* sizes, permutation*, std::uint32_t*, int* const* present_numbers = nullptr) : from(s), each(sizes), present(present_numbers) {}
  source_view view() {
    source_view v{this, begin, next};
    v.starts_anew = requires(Source& s) { s.begin(); } || requires(Source& s, std::uint64_t pass) { s.begin(pass); };
    if constexpr (has_place<Source>) {
      v.place_now = [](const void* self) { return std::int64_t(std::as_const(static_cast<const reader*>(self)->from).place()); };
      v.go_to_place = [](void* self, std::int64_t place) { static_cast<reader*>(self)->from.go_to(place); };
    }
    if constexpr (has_state<Source>) {
      v.state_now = [](void* self) { return std::string(static_cast<reader*>(self)->from.state()); };
      v.restore_state = [](void* self, std::string_view bytes) { static_cast<reader*>(self)->from.restore(bytes); };
    }
    return v;
  }
  static void begin(void* self, std::uint64_t pass, bool) {
    if constexpr (requires(Source& s) { s.begin(pass); }) static_cast<reader*>(self)->from.begin(pass);
    else if constexpr (requires(Source& s) { s.begin(); }) static_cast<reader*>(self)->from.begin();
  }
  static int next(void* self, void* const* column, int capacity) {
    reader& r = *static_cast<reader*>(self);
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      batch_room<T...> b{{rows<T>{static_cast<T*>(column[K]), r.each[K], r.present ? r.present[K] : nullptr}...}, capacity};
      return int(r.from.next(b));
    }(std::index_sequence_for<T...>{});
  }
};

}  // namespace detail

}  // namespace tfx::data
