// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

/// Errors as sentences. While a program is traced a mistake is a VALUE: one complete sentence (operation, path, expected,
/// found), after which tracing goes on with a shape that always exists. It is printed in ONE place, `report` below, by asking
/// for a member that a type with the sentence in its name lacks. g++ prints the include chain of the file that holds an
/// error, so every umbrella header includes this one first.
namespace tfx {

/// Text of bounded length, written while compiling.
template <int Capacity> struct sentence {
  char text[Capacity] = {};
  int size = 0;

  constexpr void put(char c) {
    if (size < Capacity) text[size++] = c;
  }
  constexpr void put(std::string_view s) {
    for (char c : s) put(c);
  }
  constexpr void put(long long v) {
    if (v < 0) put('-');
    if (v >= 10 || v <= -10) put(v / 10 < 0 ? -(v / 10) : v / 10);
    put(char('0' + (v % 10 < 0 ? -(v % 10) : v % 10)));
  }
  constexpr void put(int v) { put(static_cast<long long>(v)); }
  constexpr operator std::string_view() const { return {text, std::size_t(size)}; }
};
using message = sentence<400>;

/// A piece of a sentence as a template argument.
template <int Size> struct text { char characters[Size + 1] = {}; };
/// Names the sentence in a type: g++ and clang from 16 on print the pieces as strings.
template <text...> struct mistake {};
/// The same for compilers that print such arguments as numbers: character by character.
template <char...> struct spelled {};

#if defined(__CUDACC__) || defined(__EDG__) || (defined(__clang__) && __clang_major__ < 16)
inline constexpr bool names_show_text = false;
#else
inline constexpr bool names_show_text = true;
#endif

namespace detail {

struct text_pieces {
  int begin[24] = {}, size[24] = {}, count = 0;
};

/// clang shortens strings of more than 31 characters in a type's name, so a sentence is cut at blanks (never inside a shape).
constexpr text_pieces cut_sentence(std::string_view s) {
  text_pieces p;
  int at = 0;
  const int n = int(s.size());
  while (at < n && p.count < 24) {
    int end = at + 30 < n ? at + 30 : n;
    if (end < n) {
      int depth = 0, blank = 0;
      for (int i = at; i <= end; ++i) {
        const char c = s[std::size_t(i)];
        depth += c == '[';
        depth -= c == ']';
        if (c == ' ' && depth == 0) blank = i;
      }
      if (blank > at) end = blank;
    }
    p.begin[p.count] = at;
    p.size[p.count++] = end - at;
    at = end < n && s[std::size_t(end)] == ' ' ? end + 1 : end;
  }
  return p;
}

template <class Source> struct named_mistake {
  static constexpr message words = Source::value();
  static constexpr text_pieces cut = cut_sentence(words);

  template <int Begin, int Size> static constexpr text<Size> piece() {
    text<Size> t;
    for (int i = 0; i < Size; ++i) t.characters[i] = words.text[Begin + i];
    t.characters[Size] = 0;   // clang 19 prints numbers if the closing zero was not written
    return t;
  }
  template <int... I> static auto whole(std::integer_sequence<int, I...>) -> mistake<piece<cut.begin[I], cut.size[I]>()...>;
  template <int... I> static auto letters(std::integer_sequence<int, I...>) -> spelled<words.text[I]...>;
  static auto choose() {
    if constexpr (names_show_text) return decltype(whole(std::make_integer_sequence<int, cut.count>{})){};
    else return decltype(letters(std::make_integer_sequence<int, words.size>{})){};
  }
  using type = decltype(choose());
};

template <class Mistake> struct printed { static_assert(Mistake::none); };

}  // namespace detail

#if __cpp_static_assert >= 202306L
template <class Source> inline constexpr std::string_view mistake_words = detail::named_mistake<Source>::words;
template <class Source> inline constexpr std::size_t report = [] {
  static_assert(false, mistake_words<Source>);
  return std::size_t(1);
}();
#else
template <class Source> inline constexpr std::size_t report = sizeof(detail::printed<typename detail::named_mistake<Source>::type>);
#endif

/// Prints the sentence `Source::value()` when it is not empty. A member of the class that found the mistake; nothing else
/// depends on it, so nothing follows from it.
template <bool Right, class Source> struct tell {};
template <class Source> struct tell<false, Source> {
  enum : std::size_t { said = report<Source> };
};

/// The line a function was called from: the default argument `source_line at = {}`.
struct source_line {
  int value;
  constexpr source_line(int line = __builtin_LINE()) : value(line) {}
};

}  // namespace tfx
