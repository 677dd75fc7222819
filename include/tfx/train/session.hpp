// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/train/prediction.hpp>

namespace tfx {

namespace detail {
template <class Weights> struct outlived {
  static constexpr bool right = false;
  static constexpr message value() {
    message m;
    m.put("session: these weights end with the statement; give them a name first");
    return m;
  }
};
}  // namespace detail

/// What one thread needs to predict with weights that others read too: the arena, scratch memory, and one row of inputs.
///
///     session s{w};          // weights or frozen weights, which outlive it
///     auto y = s.predict(x);
template <class Weights> class session {
public:
  using value_type = typename Weights::value_type;
  using predictor = detail::prediction<Weights>;
  /// Of its memory, besides a row of inputs.
  static constexpr std::size_t bytes = Weights::executable_type::arena_elements * sizeof(value_type);

  explicit session(const Weights& w) : weights_(&w) {}
  explicit session(const Weights&& w) : weights_(&w) { [[maybe_unused]] tell<false, detail::outlived<Weights>> told; }

  /// As those of `model`.
  template <class... X> requires(!detail::addresses_and_rows<std::remove_cvref_t<X>...>) auto predict(X&&... x) { return run_.ask_any(*weights_, x...); }
  template <class X> std::vector<value_type> predict_rows(const X& x) { return run_.predict_rows(*weights_, x); }
  template <class X, class Y> void predict(const X* x, Y* out, int rows) { run_.predict(*weights_, x, out, rows); }
  /// Where inputs have lengths, these come first: `s.predict(lengths{17}, x)`.
  template <class X> std::vector<value_type> predict_rows(const lengths& present, const X& x) { return run_.predict_rows(*weights_, present, x); }
  template <class X, class Y> void predict(const lengths& present, const X* x, Y* out, int rows) { run_.predict(*weights_, present, x, out, rows); }

private:
  const Weights* weights_;
  detail::prediction<Weights> run_;
};
template <class Weights> session(const Weights&) -> session<Weights>;
template <class Weights> session(const Weights&&) -> session<Weights>;

}  // namespace tfx
