// SPDX-License-Identifier: Apache-2.0
// hosted: text and streams
#pragma once

#include <charconv>
#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

#include <tfx/expr/evaluate.hpp>

namespace tfx {

namespace detail {

/// One number, split where a column is aligned.
struct printed_number {
  std::string left, right;  ///< up to the point (or all of it), and what follows
};

/// How a tensor's numbers are written, as NumPy does: the shortest digits that give the number back, at most eight
/// after the point, in columns; with exponents where numbers are very large, very small or of very different size.
template <class T> class number_format {
 public:
  explicit number_format(const std::vector<T>& shown) {
    if constexpr (std::is_floating_point_v<T>) {
      T largest = 0, smallest = 0;
      for (const T x : shown) {
        const T size = x < 0 ? -x : x;
        if (!(size > 0) || !finite(size)) continue;
        if (size > largest) largest = size;
        if (smallest == 0 || size < smallest) smallest = size;
      }
      exponents_ = largest >= T(1e8) || (smallest > 0 && (smallest < T(1e-4) || largest / smallest > T(1000)));
    }
    for (const T x : shown) {
      if (!finite(x)) continue;
      const printed_number p = split(x);
      left_ = p.left.size() > left_ ? p.left.size() : left_;
      right_ = p.right.size() > right_ ? p.right.size() : right_;
    }
    for (const T x : shown) {  // these may use the whole width
      if (finite(x)) continue;
      const std::size_t size = split(x).left.size();
      if (size > left_ + right_) left_ = size - right_;
    }
  }
  std::string text(T x) const {
    printed_number p = split(x);
    if constexpr (std::is_floating_point_v<T>) {
      if (!finite(x)) return std::string(left_ + right_ - p.left.size(), ' ') + p.left;
      if (exponents_) return std::string(left_ - p.left.size(), ' ') + p.left + mantissa(x, right_ - exponent_size);
    }
    return std::string(left_ - p.left.size(), ' ') + p.left + p.right + std::string(right_ - p.right.size(), ' ');
  }

 private:
  static constexpr std::size_t exponent_size = 4;  // e+00

  static bool finite(T x) {
    if constexpr (std::is_floating_point_v<T>)
      return x - x == 0;
    else
      return true;
  }
  printed_number split(T x) const {
    if constexpr (std::is_same_v<T, bool>) {
      return {x ? "True" : "False", {}};
    } else if constexpr (!std::is_floating_point_v<T>) {
      return {std::to_string(x), {}};
    } else {
      if (x != x) return {"nan", {}};
      if (!finite(x)) return {x > 0 ? "inf" : "-inf", {}};
      const std::string all =
          exponents_ ? digits(x, std::chars_format::scientific) : digits(x, std::chars_format::fixed);
      const std::size_t point = all.find('.');
      return {all.substr(0, point), all.substr(point)};
    }
  }
  /// Shortest, with a point, with at most eight digits after it.
  static std::string digits(T x, std::chars_format format) {
    char buffer[400];
    std::string s(buffer, std::to_chars(buffer, buffer + sizeof buffer, x, format).ptr);
    std::size_t end = s.find('e') == s.npos ? s.size() : s.find('e');
    std::size_t point = s.find('.');
    if (point != s.npos && end - point - 1 > 8) {
      s.assign(buffer, std::to_chars(buffer, buffer + sizeof buffer, x, format, 8).ptr);
      point = s.find('.');
      end = s.find('e') == s.npos ? s.size() : s.find('e');
      std::size_t last = end;
      while (s[last - 1] == '0') --last;
      s.erase(last, end - last);
    }
    if (point == s.npos) s.insert(end, 1, '.');
    return s;
  }
  /// From the point on, with zeros up to a given number of digits.
  static std::string mantissa(T x, std::size_t size) {
    std::string s = digits(x, std::chars_format::scientific);
    s.erase(0, s.find('.'));
    const std::size_t e = s.find('e');
    if (e < size) s.insert(e, size - e, '0');
    return s;
  }

  bool exponents_ = false;
  std::size_t left_ = 0, right_ = 0;
};

/// Complex numbers: both parts in columns of their own.
template <class T> requires is_complex<T> class number_format<T> {
 public:
  explicit number_format(const std::vector<T>& shown) : real_(parts(shown, false)), imaginary_(parts(shown, true)) {}
  std::string text(T z) const {
    const auto im = z.imag();
    const bool negative = im < 0 || (im == 0 && 1 / im < 0);
    std::string s = imaginary_.text(negative ? -im : im);
    s.erase(0, s.find_first_not_of(' '));
    const std::size_t size = s.find(' ') == s.npos ? s.size() : s.find(' ');
    s.insert(size, 1, 'j');
    return real_.text(z.real()) + (negative ? '-' : '+') + s;
  }

 private:
  using part = typename T::value_type;
  static std::vector<part> parts(const std::vector<T>& shown, bool imaginary) {
    std::vector<part> x;
    for (const T& z : shown) x.push_back(!imaginary ? z.real() : z.imag() < 0 ? -z.imag() : z.imag());
    return x;
  }

  number_format<part> real_, imaginary_;
};

/// Writes the axes one inside the other; long ones are cut to their first and last three places.
template <class T> class tensor_printer {
 public:
  static constexpr int most = 1000, edge = 3, line = 75;

  tensor_printer(const T* data, const dims& shape)
      : data_(data), shape_(shape), cut_(shape.size() > most), format_(shown(data, shape, shape.size() > most)) {}
  std::string text() {
    if (shape_.rank == 0) {
      std::string s = format_.text(*data_);
      if (s.back() == '.') s += '0';
      return s;
    }
    axis(0, 0);
    return out_;
  }

 private:
  static bool hidden(int i, int extent, bool cut) { return cut && extent > 2 * edge && i >= edge && i < extent - edge; }
  static std::vector<T> shown(const T* data, const dims& shape, bool cut) {
    std::vector<T> x;
    for (int i = 0; i < shape.size(); ++i) {
      bool visible = true;
      for (int axis = shape.rank - 1, rest = i; axis >= 0; rest /= shape[axis--])
        visible = visible && !hidden(rest % shape[axis], shape[axis], cut);
      if (visible) x.push_back(data[i]);
    }
    return x;
  }
  void axis(int depth, int place) {
    const int extent = shape_[depth];
    const bool last = depth + 1 == shape_.rank;
    out_ += '[';
    std::size_t begin = out_.size() - std::size_t(depth) - 1;  // of the line
    for (int i = 0; i < extent; ++i) {
      const bool dots = hidden(i, extent, cut_);
      const std::string item = !last  ? std::string{}
                               : dots ? std::string("...")
                                      : format_.text(data_[place * extent + i]);
      if (i > 0 && !last) out_.append(std::size_t(shape_.rank - depth - 1), '\n').append(std::size_t(depth) + 1, ' ');
      if (i > 0 && last) {
        if (out_.size() + 1 + item.size() + std::size_t(shape_.rank - depth) - 1 > begin + line) {
          while (out_.back() == ' ') out_.pop_back();
          out_ += '\n';
          begin = out_.size();
          out_.append(std::size_t(depth) + 1, ' ');
        } else {
          out_ += ' ';
        }
      }
      if (last)
        out_ += item;
      else if (dots)
        out_ += "...";
      else
        axis(depth + 1, place * extent + i);
      if (dots) i = extent - edge - 1;
    }
    out_ += ']';
  }

  const T* data_;
  dims shape_;
  bool cut_;
  number_format<T> format_;
  std::string out_;
};

}  // namespace detail

/// A tensor, view or expression as NumPy prints it: aligned columns, `...` in tensors of more than a thousand elements.
template <value_like X> std::string to_text(const X& x) {
  const auto& t = detail::in_memory(x);
  using T = std::remove_cvref_t<decltype(*t.data())>;
  return detail::tensor_printer<T>(t.data(), t.dim).text();
}
template <value_like X> std::ostream& operator<<(std::ostream& out, const X& x) { return out << to_text(x); }

}  // namespace tfx
