// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <tfx/train/unknown_name.hpp>

namespace tfx {

class history;
namespace detail { struct loop_state; }

/// What training gave, epoch by epoch and by name.
///
///     auto history = m.fit<training>(train, {.epochs = 20, .validation = test});
///     history["val_accuracy"].back();
///     history.save("history.csv");                // with <tfx/train/write_history.hpp>
///
/// Of an epoch without validation the values that begin with `val_` are NaN.
class history {
public:
  /// `loss`, then the losses of several outputs, then metrics; the same of the validation data as `val_loss` and so on.
  const std::vector<std::string>& names() const { return names_; }
  /// A value for each epoch.
  const std::vector<double>& operator[](std::string_view name) const { return values_[place_of(name)]; }
  bool has(std::string_view name) const {
    for (const std::string& known : names_)
      if (known == name) return true;
    return false;
  }
  /// How many were trained, and how many were before them.
  int first_epoch() const { return first_epoch_; }
  int epochs() const { return int(seconds_.size()); }
  const std::vector<double>& seconds() const { return seconds_; }
  /// Before the last epoch, by an observer.
  bool stopped() const { return stopped_; }

  /// A line of names and one for each epoch, separated by commas; replaces the file as a whole. Needs <tfx/train/write_history.hpp>.
  template <class Path> void save(const Path& path) const {
    static_assert(requires { write_history(*this, path); }, "tfx::history::save: include <tfx/train/write_history.hpp>");
    if constexpr (requires { write_history(*this, path); }) write_history(*this, path);
  }

  /// What was seen before is put in front, name by name.
  template <class State> void archive(State& s) {
    std::vector<std::string> names = names_;
    std::vector<std::vector<double>> values = values_;
    s(names);
    s(values);
    s(seconds_);
    s(first_epoch_);
    if (!s.loading()) return;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      values_[i].assign(seconds_.size(), std::numeric_limits<double>::quiet_NaN());
      for (std::size_t k = 0; k < names.size() && k < values.size(); ++k)
        if (names[k] == names_[i]) values_[i] = values[k];
    }
  }

private:
  friend struct detail::loop_state;
  TFX_COLD std::size_t place_of(std::string_view name) const {
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (names_[i] == name) return i;
    detail::fail_unknown_name("history", name, names_);
  }

  std::vector<std::string> names_;
  std::vector<std::vector<double>> values_;   ///< of each name
  std::vector<double> seconds_;
  int first_epoch_ = 0;
  bool stopped_ = false;
};

}  // namespace tfx
