// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>

#include <tfx/core/fail.hpp>
#include <tfx/data/list.hpp>

namespace tfx::data {

/// Where a pipeline stands, written down or read back: every stage names what it is made of once, for both ways.
///
///     void archive(pipeline_state& s) {
///       s.stage("take");
///       upstream.archive(s);
///       s(taken);
///     }
///
/// Values are numbers and what is made of them: arrays, pairs, tuples, strings, vectors, lists and optional values. Of an error that
/// waits for its turn the text is kept: it comes back as a std::runtime_error.
/// Errors     bytes that end early; those of another pipeline, with the stage that differs
class pipeline_state {
public:
  pipeline_state() = default;
  explicit pipeline_state(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()), loading_(true) {}

  bool loading() const { return loading_; }
  /// What has been written.
  std::string& bytes() { return bytes_; }
  bool at_end() const { return at_ == end_; }

  template <class T> void operator()(T& x) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = x;
      raw(&byte, 1);
      x = byte != 0;
    } else if constexpr (std::is_same_v<T, std::exception_ptr>) {
      error(x);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      raw(&x, sizeof x);
    } else if constexpr (requires { std::tuple_size<T>::value; }) {
      if constexpr (requires { x.data(); }) sequence(x);
      else std::apply([this](auto&... part) { ((*this)(part), ...); }, x);
    } else if constexpr (requires { x.has_value(); x.emplace(); }) {
      bool present = x.has_value();
      (*this)(present);
      if (loading() && !present) x.reset();
      if (loading() && present) x.emplace();
      if (present) (*this)(*x);
    } else if constexpr (detail::is_list<T>) {
      const std::size_t n = count(x.size());
      if (loading()) {
        x.clear();
        for (std::size_t i = 0; i < n; ++i) (*this)(x.add());
      } else {
        for (auto& item : x) (*this)(item);
      }
    } else if constexpr (requires { x.resize(std::size_t(1)); x.data(); }) {
      const std::size_t n = count(x.size());
      if (loading()) x.resize(n);
      sequence(x);
    } else if constexpr (requires { x.data(); x.size(); }) {
      sequence(x);
    } else {
      static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>, "tfx::data: elements of this type cannot be kept in a pipeline's state or a file");
      raw(&x, sizeof x);
    }
  }

  /// The same in the pipeline that was saved and the one that goes on.
  void stage(std::string_view name) { same(name, "stage"); }
  template <class T> void same(T value, const char* what) {
    if constexpr (std::is_arithmetic_v<T>) {
      T saved = value;
      (*this)(saved);
      if (!(saved == value)) differs(what, std::to_string(value), std::to_string(saved));
    } else {
      std::string saved(value);
      (*this)(saved);
      if (saved != value) differs(what, std::string(value), saved);
    }
  }

private:
  void raw(void* data, std::size_t size) {
    if (!loading()) {
      bytes_.append(static_cast<const char*>(data), size);
      return;
    }
    if (std::size_t(end_ - at_) < size) tfx::detail::fail("data: the state of a pipeline ends early");
    if (size != 0) std::memcpy(data, at_, size);
    at_ += size;
  }
  void error(std::exception_ptr& x) {
    bool present = x != nullptr;
    (*this)(present);
    std::string text = "an error that is no std::exception";
    if (present && !loading()) {
      try {
        std::rethrow_exception(x);
      } catch (const std::exception& e) {
        text = e.what();
      } catch (...) {
      }
    }
    if (present) (*this)(text);
    if (loading()) x = present ? std::make_exception_ptr(std::runtime_error(text)) : nullptr;
  }
  std::size_t count(std::size_t size) {
    std::uint64_t n = size;
    (*this)(n);
    // An element has at least a byte: no memory is asked for that the bytes cannot fill.
    if (loading() && n > std::uint64_t(end_ - at_)) tfx::detail::fail("data: the state of a pipeline ends early");
    return std::size_t(n);
  }
  template <class R> void sequence(R& x) {
    using T = std::remove_cvref_t<decltype(*x.data())>;
    if constexpr (std::is_arithmetic_v<T>) raw(x.data(), x.size() * sizeof(T));
    else for (std::size_t i = 0; i < std::size_t(x.size()); ++i) (*this)(x.data()[i]);
  }
  [[noreturn]] static void differs(const char* what, const std::string& here, const std::string& saved) {
    tfx::detail::fail((std::string("data: the state is of another pipeline: expected ") + what + " " + here + ", found " + saved.substr(0, 100)).c_str());
  }

  std::string bytes_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  bool loading_ = false;
};

}  // namespace tfx::data
