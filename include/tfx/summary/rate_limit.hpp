// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: clock, strings

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tfx::summary {

/// How often: at most every so many steps, and every so many seconds. The first time is always due.
struct rate_limit {
  std::int64_t steps = 1;
  double seconds = 0;
};

/// The same of each of many tags.
class rate_limits {
public:
  explicit rate_limits(rate_limit each) : each_(each) {}

  bool any() const { return each_.steps > 1 || each_.seconds > 0; }
  /// Is it time for this tag? Then it has been. A step before the last one begins anew.
  bool due(std::string_view tag, std::int64_t step) {
    const auto now = std::chrono::steady_clock::now();
    std::size_t at = 0;
    while (at < last_.size() && last_[at].tag != tag) ++at;
    if (at == last_.size()) {
      last_.push_back({std::string(tag), step, now});
      return true;
    }
    last& l = last_[at];
    const bool again = step < l.step;
    if (!again && (step - l.step < each_.steps || std::chrono::duration<double>(now - l.time).count() < each_.seconds)) return false;
    l.step = step;
    l.time = now;
    return true;
  }

private:
  struct last {
    std::string tag;
    std::int64_t step;
    std::chrono::steady_clock::time_point time;
  };
  rate_limit each_;
  std::vector<last> last_;   ///< of few tags: they are looked through
};

}  // namespace tfx::summary
