// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tfx/summary/terminal.hpp>

namespace tfx::summary {

/// A curve: one value per epoch (or step), from the first on. A value that is not finite leaves a gap.
struct series {
  std::string_view name;
  std::span<const double> values;
};

struct plot_options {
  std::string_view title = {};
  std::string_view x_label = "epoch";
  double first_x = 1;       ///< where the first value of every curve belongs
  bool unicode = true;      ///< draw with braille dots; otherwise, and for several curves without colour, with letters
  bool colour = false;

  /// What the stream can show.
  static plot_options for_stream(std::FILE* stream) {
    const terminal what = terminal::of(stream);
    plot_options options;
    options.unicode = what.unicode;
    options.colour = what.colour;
    return options;
  }
};

namespace detail {

/// The picture elements of a plot: characters, or 2 x 4 braille dots in each of them.
class plot_canvas {
 public:
  plot_canvas(int columns, int rows, bool braille)
      : columns_(columns), rows_(rows), braille_(braille), cells_(std::size_t(columns) * std::size_t(rows)) {}

  int width() const { return braille_ ? columns_ * 2 : columns_; }
  int height() const { return braille_ ? rows_ * 4 : rows_; }

  /// (0, 0) is the lower left corner. Where curves meet, the last one is seen.
  void set(int x, int y, int curve) {
    if (x < 0 || y < 0 || x >= width() || y >= height()) return;
    const int from_top = height() - 1 - y;
    cell& at = cells_[place_of(braille_ ? x / 2 : x, braille_ ? from_top / 4 : from_top)];
    // Unicode numbers the dots of the upper three rows first, then those of the fourth.
    static constexpr std::uint8_t dots[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    at.dots = static_cast<std::uint8_t>(at.dots | dots[from_top % 4][x % 2]);
    at.curve = curve;
  }

  void line(int x0, int y0, int x1, int y1, int curve) {
    const int steps = std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1});
    for (int i = 0; i <= steps; ++i) {
      const double t = static_cast<double>(i) / steps;
      set(static_cast<int>(std::lround(x0 + t * (x1 - x0))), static_cast<int>(std::lround(y0 + t * (y1 - y0))), curve);
    }
  }

  struct cell {
    std::uint8_t dots = 0;
    int curve = -1;
  };
  const cell& cell_at(int column, int row) const { return cells_[place_of(column, row)]; }

 private:
  std::size_t place_of(int column, int row) const {
    return std::size_t(row) * std::size_t(columns_) + std::size_t(column);
  }

  int columns_;
  int rows_;
  bool braille_;
  std::vector<cell> cells_;
};

/// The step of 1, 2 or 5 times a power of ten that divides a range into about `parts`.
inline double round_step(double range, int parts) {
  const double rough = range / std::max(parts, 1);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double ratio = rough / power;
  return power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10);
}

inline std::string plot_number(double value, double step) {
  char text[64];
  const int decimals = step >= 1 || step <= 0 ? 0 : std::min(6, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  if (std::fabs(value) >= 1e6 || (step > 0 && step < 1e-5)) std::snprintf(text, sizeof text, "%.2g", value);
  else std::snprintf(text, sizeof text, "%.*f", decimals, std::fabs(value) < step * 1e-6 ? 0.0 : value);
  return text;
}

/// The value axis: the range of all curves, and the step between marks at round values within it.
struct plot_axis {
  double low = 0;
  double high = 1;
  double step = 1;

  static plot_axis of(std::span<const series> curves, int rows) {
    plot_axis axis;
    bool any = false;
    for (const series& curve : curves) {
      for (double value : curve.values) {
        if (!std::isfinite(value)) continue;
        axis.low = any ? std::min(axis.low, value) : value;
        axis.high = any ? std::max(axis.high, value) : value;
        any = true;
      }
    }
    if (!any) return {0, 1, 1};
    if (!(axis.high > axis.low)) {
      const double margin = axis.high == 0 ? 1 : std::fabs(axis.high) * 0.1;
      axis.low -= margin;
      axis.high += margin;
    }
    // Round steps can be wider than the range they are to divide; then finer ones are.
    for (int parts = std::max(rows / 3, 1); parts < 64; parts *= 2) {
      axis.step = round_step(axis.high - axis.low, parts);
      if (axis.last_mark() > axis.first_mark()) break;
    }
    return axis;
  }

  /// Marks are at whole multiples of the step.
  double first_mark() const { return std::ceil(low / step - 1e-9); }
  double last_mark() const { return std::floor(high / step + 1e-9); }

  /// 0 at the bottom, `steps` at the top.
  int position(double value, int steps) const {
    return static_cast<int>(std::lround((value - low) / (high - low) * steps));
  }
};

inline constexpr std::string_view plot_colours[6] = {"\x1b[36m", "\x1b[33m", "\x1b[35m",
                                                     "\x1b[32m", "\x1b[34m", "\x1b[31m"};
inline constexpr char plot_letters[6] = {'*', 'o', '+', 'x', '#', '%'};

class plot_writer {
 public:
  plot_writer(std::span<const series> curves, int width, int height, const plot_options& options)
      : curves_(curves), options_(options), rows_(std::max(height - 3 - (options.title.empty() ? 0 : 1), 3)) {
    axis_ = plot_axis::of(curves, rows_);
    for (const series& curve : curves) longest_ = std::max(longest_, curve.values.size());
    for (int row = 0; row < rows_; ++row) {
      labels_.push_back(label_of(row));
      label_width_ = std::max(label_width_, labels_.back().size());
    }
    columns_ = std::max(width - static_cast<int>(label_width_) - 2, 8);
    braille_ = options.unicode && (options.colour || curves.size() < 2);
  }

  std::string write() {
    plot_canvas canvas(columns_, rows_, braille_);
    draw_curves(canvas);
    if (!options_.title.empty()) text_.append(label_width_ + 2, ' ').append(options_.title).append("\n");
    for (int row = 0; row < rows_; ++row) {
      const std::string& label = labels_[std::size_t(row)];
      text_.append(label_width_ - label.size(), ' ').append(label);
      text_ += options_.unicode ? (label.empty() ? " │" : " ┤") : (label.empty() ? " |" : " +");
      write_row(canvas, row);
    }
    write_x_axis();
    write_legend();
    return std::move(text_);
  }

 private:
  /// A row carries the mark that falls into it, if any.
  std::string label_of(int row) const {
    for (double mark = axis_.first_mark(); mark <= axis_.last_mark(); ++mark) {
      const double value = mark * axis_.step;
      if (axis_.position(value, rows_ - 1) == rows_ - 1 - row) return plot_number(value, axis_.step);
    }
    return {};
  }

  int x_of(std::size_t i, int width) const {
    if (longest_ < 2) return width / 2;
    return static_cast<int>(std::lround(static_cast<double>(i) / static_cast<double>(longest_ - 1) * (width - 1)));
  }

  void draw_curves(plot_canvas& canvas) const {
    for (std::size_t c = 0; c < curves_.size(); ++c) {
      bool connected = false;
      int last_x = 0;
      int last_y = 0;
      const std::span<const double> values = curves_[c].values;
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i])) {
          connected = false;
          continue;
        }
        const int x = x_of(i, canvas.width());
        const int y = height_of(values[i], canvas);
        canvas.line(connected ? last_x : x, connected ? last_y : y, x, y, static_cast<int>(c));
        connected = true;
        last_x = x;
        last_y = y;
      }
    }
  }

  /// In braille a mark stands in the middle of its row of four dots.
  int height_of(double value, const plot_canvas& canvas) const {
    if (!braille_) return axis_.position(value, rows_ - 1);
    const double row = (value - axis_.low) / (axis_.high - axis_.low) * (rows_ - 1);
    return std::clamp(static_cast<int>(std::lround(row * 4 + 1.5)), 0, canvas.height() - 1);
  }

  void write_row(const plot_canvas& canvas, int row) {
    int last = columns_ - 1;
    while (last >= 0 && canvas.cell_at(last, row).curve < 0) --last;
    int colour = -1;
    for (int column = 0; column <= last; ++column) {
      const plot_canvas::cell& at = canvas.cell_at(column, row);
      if (at.curve < 0) {
        text_ += ' ';
        continue;
      }
      if (options_.colour && at.curve != colour) text_ += plot_colours[std::size_t(at.curve) % 6];
      colour = at.curve;
      if (braille_) append_braille(at.dots);
      else text_ += plot_letters[std::size_t(at.curve) % 6];
    }
    if (options_.colour && colour >= 0) text_ += "\x1b[0m";
    text_ += '\n';
  }

  void append_braille(unsigned dots) {
    text_ += static_cast<char>(0xe2);
    text_ += static_cast<char>(0xa0 | dots >> 6);
    text_ += static_cast<char>(0x80 | (dots & 0x3f));
  }

  void write_x_axis() {
    text_.append(label_width_, ' ').append(options_.unicode ? " └" : " +");
    const double last_x = options_.first_x + static_cast<double>(longest_ > 0 ? longest_ - 1 : 0);
    const double step =
        longest_ < 2 ? 1 : std::max(1.0, round_step(last_x - options_.first_x, std::max(columns_ / 10, 1)));
    std::string numbers(std::size_t(columns_), ' ');
    std::string marks(std::size_t(columns_), ' ');
    std::size_t free_from = 0;
    for (std::size_t i = 0; i < longest_; ++i) {
      const double x = options_.first_x + static_cast<double>(i);
      const bool on_step = std::fabs(x / step - std::round(x / step)) < 1e-9;
      if (i != 0 && !on_step) continue;
      const std::size_t at = static_cast<std::size_t>(x_of(i, columns_));
      const std::string number = plot_number(x, 1);
      const std::size_t centred = at >= number.size() / 2 ? at - number.size() / 2 : 0;
      const std::size_t start =
          std::min(centred, std::size_t(columns_) - std::min(number.size(), std::size_t(columns_)));
      if (start < free_from) continue;
      marks[at] = '+';
      numbers.replace(start, number.size(), number);
      free_from = start + number.size() + 2;
    }
    for (char mark : marks) {
      if (options_.unicode) text_ += mark == '+' ? "┴" : "─";
      else text_ += mark == '+' ? '+' : '-';
    }
    while (!numbers.empty() && numbers.back() == ' ') numbers.pop_back();
    text_.append("\n").append(label_width_ + 2, ' ').append(numbers);
    if (!options_.x_label.empty()) text_.append("  ").append(options_.x_label);
    text_ += '\n';
  }

  void write_legend() {
    text_.append(label_width_ + 2, ' ');
    for (std::size_t c = 0; c < curves_.size(); ++c) {
      if (c != 0) text_ += "   ";
      if (options_.colour) text_ += plot_colours[c % 6];
      if (braille_) text_ += "⠤⠤";
      else text_ += plot_letters[c % 6];
      if (options_.colour) text_ += "\x1b[0m";
      text_.append(" ").append(curves_[c].name);
      if (!curves_[c].values.empty()) text_.append(" ").append(last_value(curves_[c].values.back()));
    }
    text_ += '\n';
  }

  static std::string last_value(double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.4g", value);
    return text;
  }

  std::span<const series> curves_;
  const plot_options& options_;
  plot_axis axis_;
  int rows_;
  int columns_ = 0;
  bool braille_ = false;
  std::size_t longest_ = 0;
  std::size_t label_width_ = 0;
  std::vector<std::string> labels_;
  std::string text_;
};
}  // namespace detail

/// Curves as text, `height` lines of at most `width` columns, with both axes labelled and a legend that gives the last
/// value of each. (The name of the x axis and the legend may be longer.)
///
///     const summary::series curves[] = {{"loss", history.loss}, {"val_loss", history.val_loss}};
///     std::cout << summary::terminal_plot(curves, 72, 16, summary::plot_options::for_stream(stdout));
inline std::string terminal_plot(std::span<const series> curves, int width = 72, int height = 16,
                                 const plot_options& options = {}) {
  return detail::plot_writer(curves, width, height, options).write();
}

}  // namespace tfx::summary
