// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: strings, heap memory

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <tfx/core/fail.hpp>
#include <tfx/data/pipeline.hpp>

/// What data was like when a network learned from it, and whether other data is like it: a forgotten or a different normalisation, a column in
/// other units, values that were never missing.
namespace tfx::data {

/// What is known of a column of numbers. Places of an array of at most `most_places` are columns of their own; the numbers of a longer one,
/// such as a picture, are one column.
struct column_statistics {
  int column = 0, place = -1;              ///< in an example; in its array, -1: all of it
  std::int64_t count = 0, missing = 0;     ///< numbers that are there; NaN, and optional values that are not
  double least = std::numeric_limits<double>::infinity(), greatest = -std::numeric_limits<double>::infinity();
  double mean = 0, squares = 0;            ///< sum of squares about the mean

  double deviation() const { return count > 0 ? std::sqrt(squares / double(count)) : 0; }
  /// One more number. Source: Welford 1962
  void add(double x) {
    if (x != x) {
      ++missing;
      return;
    }
    const double before = x - mean;
    mean += before / double(++count);
    squares += before * (x - mean);
    least = x < least ? x : least;
    greatest = x > greatest ? x : greatest;
  }
  std::string name() const { return "column " + std::to_string(column) + (place < 0 ? "" : ", number " + std::to_string(place)); }
};

namespace detail {
inline constexpr std::size_t most_places = 32;

/// Calls f(x) for each number of a part of an example; one that is missing is NaN.
template <class X, class F> void each_number(const X& x, F f) {
  constexpr double missing = std::numeric_limits<double>::quiet_NaN();
  if constexpr (std::is_arithmetic_v<X> || std::is_enum_v<X>) f(double(x));
  else if constexpr (requires { x.has_value(); *x; }) x ? each_number(*x, f) : f(missing);
  else if constexpr (requires { x.data(); x.size(); })
    for (std::size_t i = 0; i < std::size_t(x.size()); ++i) each_number(x.data()[i], f);
  else if constexpr (requires { double(x); }) f(double(x));   // half-width numbers
}
/// The parts of an example: those of a pair or tuple, else itself.
template <class E, class F> void each_part(const E& example, F f) {
  if constexpr (requires { std::tuple_size<E>::value; } && !requires { example.data(); })
    [&]<std::size_t... K>(std::index_sequence<K...>) { (f(int(K), std::get<K>(example)), ...); }(std::make_index_sequence<std::tuple_size_v<E>>{});
  else f(0, example);
}
/// The examples of an element: a batch has several.
template <class E, class F> void each_example(const E& element, F f) {
  if constexpr (is_list<E>) for (const auto& one : element) f(one);
  else f(element);
}
/// Calls f(column, place, x) for each number of an example. Strings have none.
template <class E, class F> void each_value(const E& example, F f) {
  each_part(example, [&](int column, const auto& part) {
    using Part = std::remove_cvref_t<decltype(part)>;
    if constexpr (!std::is_convertible_v<const Part&, std::string_view>) {
      std::size_t n = 0;
      each_number(part, [&](double) { ++n; });
      constexpr bool is_array = !std::is_arithmetic_v<Part> && requires { part.data(); };
      int place = is_array && n <= most_places ? 0 : -1;
      each_number(part, [&](double x) { f(column, place < 0 ? -1 : place++, x); });
    }
  });
}
}  // namespace detail

/// Statistics of all columns.
///
///     const auto learned = data::statistics_of(train);                         // one pass
///     save(m, "prices.safetensors", {{"statistics", learned.text()}});
///     ...
///     const data::statistics learned(io::safetensors_file("prices.safetensors").metadata().at("statistics"));
///     for (auto& x : data::csv<...>(...) | data::check(learned)) ...
class statistics {
public:
  statistics() = default;
  /// From what `text` wrote.
  ///
  /// Errors     text that is none of statistics, with the line
  explicit statistics(std::string_view text) { parse(text); }

  std::int64_t examples = 0;
  std::vector<column_statistics> columns{};

  template <class E> void add(const E& example) {
    ++examples;
    detail::each_value(example, [&](int column, int place, double x) { at(column, place).add(x); });
  }
  const column_statistics* find(int column, int place) const {
    for (const column_statistics& c : columns)
      if (c.column == column && c.place == place) return &c;
    return nullptr;
  }
  /// A line for the examples and one for each column; the numbers come back as they are.
  std::string text() const {
    std::string out = "examples," + std::to_string(examples) + "\n";
    for (const column_statistics& c : columns) {
      out += std::to_string(c.column) + "," + std::to_string(c.place) + "," + std::to_string(c.count) + "," + std::to_string(c.missing);
      for (const double x : {c.least, c.greatest, c.mean, c.squares}) {
        char digits[40];
        out += ',';
        out.append(digits, std::to_chars(digits, digits + sizeof digits, x).ptr);
      }
      out += '\n';
    }
    return out;
  }

private:
  column_statistics& at(int column, int place) {
    const auto is = [&](std::size_t k) { return columns[k].column == column && columns[k].place == place; };
    for (const std::size_t k : {now_, now_ + 1, std::size_t(0)})   // numbers come in the same order again and again
      if (k < columns.size() && is(k)) return columns[now_ = k];
    for (now_ = 0; now_ < columns.size(); ++now_)
      if (is(now_)) return columns[now_];
    return columns.emplace_back(column_statistics{.column = column, .place = place});
  }
  void parse(std::string_view text) {
    int line = 0;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      const std::string_view whole = text.substr(0, end);
      std::string_view rest = whole;
      text.remove_prefix(end == text.npos ? text.size() : end + 1);
      const auto wrong = [&] { tfx::detail::fail(("data::statistics: line " + std::to_string(line) + ": expected what statistics::text writes, found '" + std::string(whole.substr(0, 60)) + "'").c_str()); };
      const auto take = [&](auto& x, bool last) {
        const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), x);
        rest.remove_prefix(std::size_t(stop - rest.data()));
        if (error != std::errc() || last != rest.empty() || (!last && rest[0] != ',')) wrong();
        if (!last) rest.remove_prefix(1);
      };
      if (++line == 1) {
        constexpr std::string_view head = "examples,";
        if (!rest.starts_with(head)) wrong();
        rest.remove_prefix(head.size());
        take(examples, true);
        continue;
      }
      column_statistics c;
      take(c.column, false);
      take(c.place, false);
      take(c.count, false);
      take(c.missing, false);
      take(c.least, false);
      take(c.greatest, false);
      take(c.mean, false);
      take(c.squares, true);
      columns.push_back(c);
    }
    if (line == 0) tfx::detail::fail("data::statistics: expected what statistics::text writes, found nothing");
  }
  std::size_t now_ = 0;   ///< the column of the last number
};

/// Statistics of all examples of a pipeline or a range, or of batches of such: numbers, optional values, arrays and vectors, and pairs and tuples
/// of these. One pass.
template <class Examples> statistics statistics_of(Examples&& examples) {
  statistics s;
  for (auto&& element : examples) detail::each_example(element, [&](const auto& one) { s.add(one); });
  return s;
}

/// How far data may lie from what is known.
struct check_options {
  double slack = 0.1;         ///< beyond the least and the greatest, as a share of what lies between them
  int window = 256;           ///< examples, after which means are looked at, once in a pass; 0: never
  double deviations = 3;      ///< between the mean of these and the one that is known
};

namespace detail {
inline std::string short_number(double x) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.6g", x);
  return digits;
}
template <class Up> struct check_node : stage_node<Up> {
  using value_type = typename Up::value_type;
  statistics known;
  check_options o;
  statistics seen{};
  void begin(std::uint64_t pass) {
    seen = {};
    this->upstream.begin(pass);
  }
  bool next(value_type& to) {
    if (!this->upstream.next(to)) return false;
    each_example(to, [&](const auto& one) { look_at(one); });
    return true;
  }
  void archive(pipeline_state& s) {
    s.stage("check");
    this->upstream.archive(s);
    s(seen.examples);
    s(seen.columns);
  }

private:
  template <class E> void look_at(const E& example) {
    if (seen.examples <= o.window) seen.add(example);
    else ++seen.examples;
    each_value(example, [&](int column, int place, double x) {
      const column_statistics* c = known.find(column, place);
      if (c == nullptr) complain({column, place}, "no such column", x == x ? short_number(x) : "none");
      if (x != x) {
        if (c->missing == 0) complain(*c, "a number", "none");
        return;
      }
      const double room = o.slack * (c->greatest - c->least);
      if (!(x >= c->least - room && x <= c->greatest + room)) complain(*c, short_number(c->least) + " to " + short_number(c->greatest), short_number(x));
    });
    if (o.window > 0 && seen.examples == o.window) look_at_means();
  }
  void look_at_means() {
    for (const column_statistics& now : seen.columns) {
      const column_statistics* c = known.find(now.column, now.place);
      if (c == nullptr || now.count == 0 || c->deviation() == 0) continue;
      if (std::fabs(now.mean - c->mean) > o.deviations * c->deviation())
        tfx::detail::fail(("data: " + now.name() + ": expected a mean near " + short_number(c->mean) + ", with a deviation of " + short_number(c->deviation()) + ", as in " + std::to_string(known.examples) +
                           " examples; found " + short_number(now.mean) + " in the first " + std::to_string(o.window)).c_str());
    }
  }
  [[noreturn]] void complain(const column_statistics& c, const std::string& expected, const std::string& found) const {
    tfx::detail::fail(("data: " + c.name() + " of example " + std::to_string(seen.examples - 1) + ": expected " + expected + ", as in " + std::to_string(known.examples) + " examples; found " + found).c_str());
  }
};
struct check_stage : stage {
  statistics known;
  check_options o;
  template <class Up> auto over(Up up) const { return check_node<Up>{{std::move(up)}, known, o}; }
};
}  // namespace detail

/// Fails at the first example that is not as those that `known` are of: outside of their range, missing where nothing was, or, after `window`
/// examples, with another mean.
inline detail::check_stage check(statistics known, check_options o = {}) { return {{}, std::move(known), o}; }

}  // namespace tfx::data
