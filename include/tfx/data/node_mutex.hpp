// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include <tfx/data/pipeline.hpp>

namespace tfx::data::detail {

/// The mutex of a node. A copy of the node has its own.
struct node_mutex : std::mutex {
  node_mutex() = default;
  node_mutex(const node_mutex&) noexcept {}
  node_mutex& operator=(const node_mutex&) noexcept { return *this; }
};

/// A stage that has to know whether its pass was cancelled: then the end of what comes before is not the end of the pass. What it
/// begins or ends within `next` it begins and ends under the mutex, so that `cancel` finds it whole, and nothing begins after it.
template <class Upstream> struct cancellable_node : stage_node<Upstream> {
  node_mutex changing{};
  bool cancelled = false;   ///< under the mutex
  void begin(std::uint64_t pass) {
    let_go_on();
    this->upstream.begin(pass);
  }
  void cancel() {
    const std::lock_guard alone(changing);
    cancelled = true;
    this->upstream.cancel();
  }
  void let_go_on() {
    const std::lock_guard alone(changing);
    cancelled = false;
  }
  bool was_cancelled() {
    const std::lock_guard alone(changing);
    return cancelled;
  }
};

}  // namespace tfx::data::detail
