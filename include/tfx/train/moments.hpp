// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include <tfx/core/mistake.hpp>
#include <tfx/graph/node.hpp>
#include <tfx/train/history.hpp>
#include <tfx/train/values.hpp>

/// When training tells its observers how it goes. An observer is anything that can be called with one of these moments, or with
/// several:
///
///     m.fit<training>(train, {.epochs = 100}, [](const epoch_end& e) { if (e["accuracy"] > 0.95) e.stop(); });
namespace tfx::data { class pipeline_state; }
namespace tfx::data::detail { struct source_view; }

namespace tfx {

/// Parameters and states at a moment, kept to be restored.
class kept_weights {
public:
  bool empty() const { return bytes_.empty(); }
  template <class State> void archive(State& s) { s(bytes_); }

private:
  friend class moment;
  std::vector<char> bytes_;
};

namespace detail {
struct loop_access;

/// Numbers of a model that a moment can read and write.
struct memory_part {
  void* data = nullptr;
  std::size_t bytes = 0;
};
/// A number in the optimizer's memory.
struct stored_number {
  void* at = nullptr;
  bool wide = false;
  double get() const { return wide ? *static_cast<double*>(at) : double(*static_cast<float*>(at)); }
  void set(double x) const {
    if (wide) *static_cast<double*>(at) = x;
    else *static_cast<float*>(at) = float(x);
  }
};

/// How far training has come, in numbers that a checkpoint keeps.
struct training_place {
  std::int64_t epoch = 0;                ///< that is trained, or is next; from 0
  std::int64_t batches = 0, rows = 0;    ///< of it that are done
  std::int64_t passes = 0;               ///< over the data that were begun
  std::int64_t drawn = -1;               ///< examples of the last of them; -1: it has ended
  std::int64_t source = 0;               ///< where a stream says that it stands
};
static_assert(sizeof(training_place) == 6 * sizeof(std::int64_t));

struct observer_view;

/// Where training stands: what moments refer to.
struct loop_state {
  history past;
  int epoch = 0, last_epoch = 0, validate_every = 1;
  std::int64_t batches = 0, examples = -1, rows = 0;   ///< of this epoch: done, expected if that is known, done
  int batch = 1;                                       ///< most rows of one
  bool stop = false, in_batches = false, validated = false, resumed = false;
  std::span<const value_info> values{};
  std::span<const std::string_view> names{};
  const double* sum = nullptr;                         ///< over this epoch
  memory_part weights[2];                              ///< parameters, states
  stored_number rate_factor{};
  const training_place* place = nullptr;
  const data::detail::source_view* source = nullptr;
  std::string source_state;                            ///< what the source is to go on from, in the middle of a pass
  std::span<const observer_view> observers{};

  TFX_COLD void open(bool validates, int first_epoch, int epochs) {
    past.first_epoch_ = first_epoch;
    for (const std::string_view name : names) past.names_.emplace_back(name);
    if (validates)
      for (const std::string_view name : names) past.names_.push_back("val_" + std::string(name));
    past.values_.resize(past.names_.size());
    const std::size_t room = std::size_t(epochs < 0 ? 0 : epochs < 1024 ? epochs : 1024);
    for (auto& column : past.values_) column.reserve(room);
    past.seconds_.reserve(room);
  }
  void add_values(std::size_t first, const double* sums, double rows_seen) {
    for (std::size_t k = 0; k < values.size(); ++k) past.values_[first + k].push_back(value_of(values[k], sums, rows_seen));
  }
  void add_no_values(std::size_t first) {
    for (std::size_t k = 0; k < values.size(); ++k) past.values_[first + k].push_back(std::numeric_limits<double>::quiet_NaN());
  }
  void close_epoch(double seconds) { past.seconds_.push_back(seconds); }
  void close() { past.stopped_ = stop; }

  TFX_COLD bool has(std::string_view name) const {
    if (past[name].empty()) return false;
    for (const std::string_view own : names)
      if (own == name) return true;
    return validated;
  }
  double value(std::string_view name) const {
    if (in_batches) {
      for (std::size_t k = 0; k < names.size(); ++k)
        if (names[k] == name) return value_of(values[k], sum, double(rows));
    }
    const std::vector<double>& known = past[name];
    if (known.empty()) fail("fit: no epoch has ended");
    return known.back();
  }
};

}  // namespace detail

/// What an observer is told, and what it may do. Moments are const: observers take them by `const epoch_end&`, and so on.
class moment {
public:
  explicit moment(detail::loop_state& loop) : loop_(loop) {}

  /// The epoch's number, from 1, and the last one's.
  int epoch() const { return loop_.epoch + 1; }
  int epochs() const { return loop_.last_epoch; }
  /// Batches of this epoch that are done, and examples in them; how many examples there will be (-1: not known).
  std::int64_t batches() const { return loop_.batches; }
  std::int64_t rows() const { return loop_.rows; }
  std::int64_t examples() const { return loop_.examples; }
  int batch() const { return loop_.batch; }

  /// A value of the last epoch; between batches the mean so far.
  double operator[](std::string_view name) const { return loop_.value(name); }
  const history& past() const { return loop_.past; }
  /// Names of the values without those of the validation.
  std::span<const std::string_view> names() const { return loop_.names; }
  /// Did this epoch end with a validation?
  bool validated() const { return loop_.validated; }
  /// Is there such a value of the last epoch? An unknown name is an error.
  bool has(std::string_view name) const { return loop_.has(name); }

  /// Does this training go on where another one stood?
  bool resumed() const { return loop_.resumed; }
  /// Training ends: after this batch, or after this epoch.
  void stop() const { loop_.stop = true; }
  bool stopped() const { return loop_.stop; }

  /// What every learning rate is multiplied by from now on; kept with the optimizer's memory. 1 at first.
  double rate_factor() const { return loop_.rate_factor.get(); }
  void scale_rate(double by) const { loop_.rate_factor.set(loop_.rate_factor.get() * by); }

  /// Copies parameters and states, and sets them from such a copy.
  TFX_COLD void keep_weights(kept_weights& copy) const {
    copy.bytes_.resize(loop_.weights[0].bytes + loop_.weights[1].bytes);
    char* to = copy.bytes_.data();
    for (const detail::memory_part& part : loop_.weights) {
      if (part.bytes) std::memcpy(to, part.data, part.bytes);
      to += part.bytes;
    }
  }
  TFX_COLD void restore_weights(const kept_weights& copy) const {
    if (copy.bytes_.size() != loop_.weights[0].bytes + loop_.weights[1].bytes) detail::fail("fit: the weights to restore are of another network, or none");
    const char* from = copy.bytes_.data();
    for (const detail::memory_part& part : loop_.weights) {
      if (part.bytes) std::memcpy(part.data, from, part.bytes);
      from += part.bytes;
    }
  }

private:
  friend struct detail::loop_access;
  detail::loop_state& loop_;
};
namespace detail {
struct loop_access {
  static loop_state& of(const moment& m) { return m.loop_; }
};
}  // namespace detail

struct training_begin : moment {};
struct epoch_begin : moment {};
/// Before an update, and after it.
struct batch_begin : moment {};
struct batch_end : moment {};
/// Before the validation of an epoch, and after it.
struct evaluation_begin : moment {};
struct evaluation_end : moment {};
struct epoch_end : moment {};
struct training_end : moment {};

namespace detail {

template <class... M> struct moment_list {};
using all_moments = moment_list<training_begin, epoch_begin, batch_begin, batch_end, evaluation_begin, evaluation_end, epoch_end, training_end>;
enum class when { training_begin, epoch_begin, batch_begin, batch_end, evaluation_begin, evaluation_end, epoch_end, training_end };
inline constexpr int n_moments = 8;

template <class O, class... M> constexpr bool hears_any(moment_list<M...>) { return (std::is_invocable_v<O&, const M&> || ...); }

/// Is each of them called at some moment?
template <class... O> struct observers_verdict {
  static constexpr message value() {
    constexpr bool hears[] = {hears_any<O>(all_moments{})..., true};
    message m;
    for (int k = 0; k < int(sizeof...(O)); ++k) {
      if (hears[k]) continue;
      m.put("fit: observer ");
      m.put(k + 1);
      m.put(" cannot be called with a moment: const training_begin&, epoch_begin&, batch_begin&, batch_end&, evaluation_begin&, evaluation_end&, epoch_end&, training_end&");
      break;
    }
    return m;
  }
  static constexpr bool right = value().size == 0;
};

/// An observer as the loop sees it. One that keeps training is told first of what begins and ends, and last of all else: by then the
/// others have seen it too.
struct observer_view {
  void* self;
  void (*tell[n_moments])(void* self, loop_state& loop);
  bool keeps = false;
  std::string_view label{};
  void (*archive)(void* self, void* state) = nullptr;   ///< what it goes on from, if any observer keeps training
};
template <class O> inline constexpr bool keeps_training = requires { std::remove_cvref_t<O>::keeps_training; };
template <class O, class M> constexpr auto teller() -> void (*)(void*, loop_state&) {
  if constexpr (std::is_invocable_v<O&, const M&>) return [](void* self, loop_state& loop) { (*static_cast<O*>(self))(M{moment(loop)}); };
  else return nullptr;
}
/// What observers write where they stand to; whoever keeps training has its header.
template <class O> struct archive_of { using type = data::pipeline_state; };
template <bool Kept, class O> constexpr auto archiver() -> void (*)(void*, void*) {
  if constexpr (!Kept) return nullptr;
  else if constexpr (requires(O& o, typename archive_of<O>::type& s) { o.archive(s); })
    return [](void* self, void* state) { static_cast<O*>(self)->archive(*static_cast<typename archive_of<O>::type*>(state)); };
  else return nullptr;
}
template <bool Kept, class O, class... M> observer_view view_of(O& observer, moment_list<M...>) {
  return {const_cast<void*>(static_cast<const void*>(&observer)), {teller<O, M>()...}, keeps_training<O>, type_name<std::remove_const_t<O>>(), archiver<Kept, O>()};
}
/// Tells all of them.
inline void tell_observers(std::span<const observer_view> all, when now, loop_state& loop) {
  const bool first = now == when::training_begin || now == when::training_end;
  for (const bool keepers : {first, !first})
    for (const observer_view& o : all)
      if (o.keeps == keepers && o.tell[int(now)]) o.tell[int(now)](o.self, loop);
}

}  // namespace detail

}  // namespace tfx
