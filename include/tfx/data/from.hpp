// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <exception>
#include <memory>

#include <tfx/data/pipeline.hpp>

/// Sources that are functions.
namespace tfx::data {

/// What a coroutine that yields elements gives:
///
///     data::generator<int> squares(int n) {
///       for (int i = 0; i < n; ++i) co_yield i * i;
///     }
///     auto p = data::from([] { return squares(100); }) | data::batch<10>();
template <class T> class generator {
public:
  struct promise_type {
    const T* kept = nullptr;   ///< a variable of the coroutine
    T* given = nullptr;        ///< a temporary, which lives until it goes on
    std::exception_ptr error{};
    generator get_return_object() { return generator(std::coroutine_handle<promise_type>::from_promise(*this)); }
    static std::suspend_always initial_suspend() noexcept { return {}; }
    static std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(const T& x) noexcept {
      kept = &x;
      given = nullptr;
      return {};
    }
    std::suspend_always yield_value(T&& x) noexcept {
      given = &x;
      return {};
    }
    void return_void() noexcept {}
    void unhandled_exception() { error = std::current_exception(); }
  };

  generator() = default;
  explicit generator(std::coroutine_handle<promise_type> h) : handle_(h) {}
  generator(generator&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  generator& operator=(generator&& other) noexcept {
    generator old(std::exchange(handle_, std::exchange(other.handle_, {})));
    return *this;
  }
  ~generator() {
    if (handle_) handle_.destroy();
  }

  /// The next element; false at the end.
  bool next(T& to) {
    if (!handle_ || handle_.done()) return false;
    handle_.resume();
    promise_type& p = handle_.promise();
    if (std::exception_ptr error = std::exchange(p.error, nullptr)) std::rethrow_exception(error);
    if (handle_.done()) return false;
    if (p.given != nullptr) detail::hand_over(*p.given, to);
    else to = *p.kept;
    return true;
  }

private:
  std::coroutine_handle<promise_type> handle_{};
};

namespace detail {

template <class R> struct yielded_by { static constexpr bool right = false; };
template <class T> struct yielded_by<generator<T>> {
  static constexpr bool right = true;
  using type = T;
};
template <class T> struct yielded_by<std::optional<T>> {
  static constexpr bool right = true;
  using type = T;
};

template <class F> struct function_node : source_node {
  using result = std::invoke_result_t<F&>;
  static_assert(yielded_by<result>::right, "tfx::data::from: the function gives a data::generator or a std::optional, which is empty at the end");
  using value_type = typename yielded_by<result>::type;
  static constexpr bool coroutine = std::same_as<result, generator<value_type>>;
  struct running {
    std::unique_ptr<F> f{};   ///< a lambda that is a coroutine refers to itself
    std::conditional_t<coroutine, result, int> elements{};   ///< ends before f
    running() = default;
    running(const running&) {}   // a copy starts anew
    running(running&&) = default;
    running& operator=(running&& other) noexcept {
      elements = std::move(other.elements);   // before what it refers to
      f = std::move(other.f);
      return *this;
    }
  };
  F start;
  running now{};
  std::uint64_t given = 0;
  bool ended = false;

  void begin(std::uint64_t) {
    now = running();
    now.f = std::make_unique<F>(start);
    if constexpr (coroutine) now.elements = (*now.f)();
    given = 0;
    ended = false;
  }
  bool next(value_type& to) {
    if (ended) return false;
    if constexpr (coroutine) {
      if (!now.elements.next(to)) return !(ended = true);
    } else {
      result x = (*now.f)();
      if (!x) return !(ended = true);
      hand_over(*x, to);
    }
    ++given;
    return true;
  }
  void archive(pipeline_state& s) {
    s.stage("function");
    s(given);
    s(ended);
    if (!s.loading()) return;
    const std::uint64_t wanted = given;
    const bool was_ended = ended;
    begin(0);
    value_type skipped{};
    while (given < wanted && next(skipped)) {}
    if (given != wanted) fail_short("function");
    ended = was_ended;
  }
};

}  // namespace detail

/// Elements that a function makes: one that starts a coroutine for each pass, or one that is called for each element, gives a
/// `std::optional` and is copied for each pass. A pipeline that is restored runs it again and leaves out what it had given.
///
///     data::from([i = 0]() mutable { return i < 10 ? std::optional(i++) : std::nullopt; })
template <class F> auto from(F f) {
  using Node = detail::function_node<F>;
  return pipeline<Node>(Node{{}, std::move(f)});
}

}  // namespace tfx::data
