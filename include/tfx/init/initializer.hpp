// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tfx/core/random.hpp>
#include <tfx/init/orthogonal.hpp>
#include <tfx/lanes/random.hpp>

namespace tfx {

/// How a parameter is filled before training: a plain value, so that a layer can carry it and a layout can store it.
struct initializer {
  enum class kind : std::uint8_t { constant, uniform, normal, truncated_normal, scaled_uniform, scaled_normal, one_gate, orthogonal };
  enum class fan : std::uint8_t { in, out, average };

  kind distribution = kind::constant;
  fan mode = fan::in;
  double a = 0, b = 0;  ///< constant: value; uniform: lower, upper; normal: mean, deviation; scaled: scale; one gate: others, second quarter

  constexpr bool operator==(const initializer&) const = default;
};

/// The named initialisers, as Keras 3 defines them: `init::he_normal{}` and `init::he_normal()` are the same value.
namespace init {

struct constant : initializer {
  constexpr explicit constant(double value) : initializer{kind::constant, fan::in, value, 0} {}
};
struct zeros : initializer {
  constexpr zeros() : initializer{kind::constant, fan::in, 0, 0} {}
};
struct ones : initializer {
  constexpr ones() : initializer{kind::constant, fan::in, 1, 0} {}
};
/// Zeros, but ones for the second of four gates: what an LSTM remembers at first.
///
/// Source     Jozefowicz, Zaremba and Sutskever 2015, section 2.2
struct unit_forget_bias : initializer {
  constexpr unit_forget_bias() : initializer{kind::one_gate, fan::in, 0, 1} {}
};
struct uniform : initializer {
  constexpr explicit uniform(double lower = -0.05, double upper = 0.05)
      : initializer{kind::uniform, fan::in, lower, upper} {}
};
struct normal : initializer {
  constexpr explicit normal(double mean = 0, double deviation = 0.05)
      : initializer{kind::normal, fan::in, mean, deviation} {}
};
/// Cut at two deviations; the deviation of what remains is 0.88 times the one given.
struct truncated_normal : initializer {
  constexpr explicit truncated_normal(double mean = 0, double deviation = 0.05)
      : initializer{kind::truncated_normal, fan::in, mean, deviation} {}
};

/// Variance scale / fan, uniform or normal cut at two deviations (and widened, so that the variance is the one named).
struct variance_scaling : initializer {
  constexpr explicit variance_scaling(double scale = 1, fan by = fan::in, bool as_normal = true)
      : initializer{as_normal ? kind::scaled_normal : kind::scaled_uniform, by, scale, 0} {}
};
/// Glorot and Bengio 2010, equation 16: fan = (fan_in + fan_out) / 2.
struct glorot_uniform : variance_scaling {
  constexpr glorot_uniform() : variance_scaling(1, fan::average, false) {}
};
struct glorot_normal : variance_scaling {
  constexpr glorot_normal() : variance_scaling(1, fan::average, true) {}
};
/// He et al. 2015, equation 10.
struct he_uniform : variance_scaling {
  constexpr he_uniform() : variance_scaling(2, fan::in, false) {}
};
struct he_normal : variance_scaling {
  constexpr he_normal() : variance_scaling(2, fan::in, true) {}
};
/// LeCun et al. 1998, section 4.6.
struct lecun_uniform : variance_scaling {
  constexpr lecun_uniform() : variance_scaling(1, fan::in, false) {}
};
struct lecun_normal : variance_scaling {
  constexpr lecun_normal() : variance_scaling(1, fan::in, true) {}
};

/// A matrix with orthonormal rows, or columns if it has more rows than columns: of normal numbers, evenly among all such matrices.
/// `fan_out` is its number of columns.
///
/// Source     Saxe, McClelland and Ganguli 2014, section 3
struct orthogonal : initializer {
  constexpr orthogonal() : initializer{kind::orthogonal, fan::in, 0, 1} {}
};

/// Fans of a kernel whose last two axes are inputs and outputs: receptive is the product of the axes before them.
struct fans {
  int in = 1, out = 1;
  constexpr bool operator==(const fans&) const = default;
};
constexpr fans fans_of(int inputs, int outputs, int receptive = 1) { return {inputs * receptive, outputs * receptive}; }

namespace detail {

/// Phi(-2): what a normal distribution has below two deviations.
inline constexpr double below_two = 0.022750131948179207200;
/// The deviation of a standard normal variable cut at two.
inline constexpr double cut_deviation = 0.87962566103423978;

}  // namespace detail

/// Writes n numbers. The same site and seed give the same numbers on every machine; element i does not depend on n (except for one gate of four, and what is
/// orthogonal).
template <class T> constexpr void fill(const initializer& how, int fan_in, int fan_out, T* out, int n,
                                       std::uint64_t seed, std::uint32_t site) {
  using kind = initializer::kind;
  using L = lanes::traits<double>;
  const random_stream stream{seed, 0, site};
  double offset = how.a, scale = 0;
  if (how.distribution == kind::uniform) scale = how.b - how.a;
  if (how.distribution == kind::normal || how.distribution == kind::truncated_normal || how.distribution == kind::orthogonal) scale = how.b;
  if (how.distribution == kind::scaled_uniform || how.distribution == kind::scaled_normal) {
    using fan = initializer::fan;
    const double divisor = how.mode == fan::in    ? fan_in
                           : how.mode == fan::out ? fan_out
                                                  : (double(fan_in) + fan_out) / 2;
    const double variance = how.a / (divisor > 1 ? divisor : 1);
    if (how.distribution == kind::scaled_uniform) {
      const double limit = L::sqrt(3 * variance);
      offset = -limit;
      scale = 2 * limit;
    } else {
      offset = 0;
      scale = L::sqrt(variance) / detail::cut_deviation;
    }
  }
  philox_words first{}, second{};  // of four elements at once
  for (int i = 0; i < n; ++i) {
    if (how.distribution == kind::constant) {
      out[i] = T(how.a);
      continue;
    }
    if (how.distribution == kind::one_gate) {
      out[i] = T(i / (n / 4 ? n / 4 : 1) == 1 ? how.b : how.a);
      continue;
    }
    if (i % 4 == 0) {
      first = stream.words(std::uint64_t(i / 4));
      second = stream.words(std::uint64_t(i / 4), 1);
    }
    const std::uint32_t high = first.w[i % 4], low = second.w[i % 4];
    double x = 0;
    switch (how.distribution) {
      case kind::constant:
      case kind::one_gate:
        break;
      case kind::uniform:
      case kind::scaled_uniform:
        x = unit_interval<double>(high, low);
        break;
      case kind::normal:
      case kind::truncated_normal:
      case kind::scaled_normal:
      case kind::orthogonal:
        x = open_interval<double>(high, low);
        if (how.distribution != kind::normal && how.distribution != kind::orthogonal) x = L::fma(x, 1 - 2 * detail::below_two, detail::below_two);
        x = lanes::math::normal_quantile(x);  // in one place: it is long
        break;
    }
    out[i] = T(L::fma(x, scale, offset));
  }
  if (how.distribution == kind::orthogonal) {
    const int columns = fan_out > 0 ? fan_out : n;
    detail::orthonormal_lines<T>(out, n / columns, columns).make();
  }
}

}  // namespace init
}  // namespace tfx
