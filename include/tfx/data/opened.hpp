// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <tfx/data/pipeline.hpp>

namespace tfx::data::detail {

/// A file that a source has opened. Its copies have not.
template <class T> class opened {
  std::unique_ptr<T> file_;

public:
  opened() = default;
  opened(const opened&) {}
  opened(opened&&) noexcept = default;
  opened& operator=(opened&&) noexcept = default;
  explicit operator bool() const { return file_ != nullptr; }
  T* operator->() { return file_.get(); }
  T& operator*() { return *file_; }
  template <class... A> T& emplace(A&&... a) {
    file_ = std::make_unique<T>(std::forward<A>(a)...);
    return *file_;
  }
  void reset() { file_.reset(); }
};

}  // namespace tfx::data::detail
