// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

namespace tfx::data::detail {

/// A node at an address that stays, as threads need it. Copies are made of it as its copy constructor says.
template <class Body> class boxed {
  std::unique_ptr<Body> body_;

public:
  using value_type = typename Body::value_type;
  explicit boxed(std::unique_ptr<Body> b) : body_(std::move(b)) {}
  boxed(const boxed& other) : body_(std::make_unique<Body>(*other.body_)) {}
  boxed(boxed&&) noexcept = default;
  boxed& operator=(boxed&&) noexcept = default;

  void begin(std::uint64_t pass) { body_->begin(pass); }
  bool next(value_type& to) { return body_->next(to); }
  template <class State> void archive(State& s) { body_->archive(s); }
  void cancel() {
    if (body_) body_->cancel();
  }
  void join() {
    if (body_) body_->join();
  }
};

}  // namespace tfx::data::detail
