// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/geometry/conv2d.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Which taps of a window one position reads: taps `first`, `first + step`, ... (the axis' step), the first of them at
/// `at`.
struct axis_taps {
  int first = 0, count = 0, at = 0;

  constexpr bool operator==(const axis_taps&) const = default;
};

/// Positions `start`, `start + step`, ... that read the same taps; `at` advances by the axis' advance from one to the
/// next.
struct axis_run {
  int start = 0, step = 1, count = 0;
  axis_taps taps;
};

/// One axis of a convolution or of its transpose (the gradient with respect to the input), as a gather: a result at p
/// reads the source at p * stride - pad + tap * dilation, or where p + pad - tap * dilation divides by stride, at the
/// quotient.
struct conv_axis {
  int results = 0, source = 0, taps = 1, stride = 1, pad = 0, dilation = 1;
  bool transposed = false;

  /// From one tap to the next that reads anything.
  constexpr int tap_step() const {
    int step = 1;
    while (transposed && step * dilation % stride != 0) ++step;
    return step;
  }
  /// How far the source moves from one of these taps to the next.
  constexpr int tap_advance() const { return transposed ? -(tap_step() * dilation / stride) : dilation; }
  /// Results that far apart read the same taps; meanwhile the source moves by `advance`.
  constexpr int period() const { return transposed ? stride : 1; }
  constexpr int advance() const { return transposed ? 1 : stride; }

  __attribute__((noinline)) constexpr axis_taps taps_at(int p) const {
    axis_taps found;
    for (int tap = 0; tap < taps; ++tap) {
      int at = p * stride - pad + tap * dilation;
      if (transposed) {
        const int distance = p + pad - tap * dilation;
        at = distance < 0 || distance % stride != 0 ? -1 : distance / stride;
      }
      if (at < 0 || at >= source) continue;
      if (found.count == 0) {
        found.first = tap;
        found.at = at;
      }
      ++found.count;
    }
    return found;
  }

  /// The longest run from p on, up to `end`. Inside, where no tap is cut off, its length is known without looking.
  __attribute__((noinline)) constexpr axis_run run_at(int p, int end) const {
    axis_run run = {p, period(), 1, taps_at(p)};
    const int last_tap = run.taps.first + (run.taps.count - 1) * tap_step();
    if (run.taps.count > 0 && run.taps.first < tap_step() && last_tap + tap_step() >= taps) {
      const int highest = greater_of(run.taps.at, run.taps.at + (run.taps.count - 1) * tap_advance());
      run.count = 1 + (source - 1 - highest) / advance();
    } else {
      for (int next = p + run.step; next < end; next += run.step, ++run.count) {
        axis_taps expected = run.taps;
        if (expected.count > 0) expected.at += run.count * advance();
        if (taps_at(next) != expected) break;
      }
    }
    run.count = lesser_of(run.count, divide_up(end - p, run.step));
    return run;
  }

  /// The results for which a tap reads the source and not padding; not of a transpose.
  constexpr range reached(int tap) const {
    const int offset = pad - tap * dilation, last = source - 1 + offset;
    const int from = offset > 0 ? divide_up(offset, stride) : 0;
    return {from, greater_of(from, last < 0 ? 0 : lesser_of(last / stride + 1, results))};
  }

  /// The results of `part` that read a tap.
  constexpr axis_run readers(int tap, range part) const {
    const int offset = pad - tap * dilation;
    axis_run run = {0, period(), 0, {tap, 1, 0}};
    if (transposed) {
      const int from = greater_of(part.from + offset, 0), to = lesser_of((source - 1) * stride, part.to - 1 + offset);
      run.taps.at = divide_up(from, stride);
      run.start = run.taps.at * stride - offset;
      run.count = to < 0 ? 0 : greater_of(to / stride - run.taps.at + 1, 0);
    } else {
      const range all = common(reached(tap), part);
      run.start = all.from;
      run.count = greater_of(all.size(), 0);
      run.taps.at = all.from * stride - offset;
    }
    return run;
  }

  /// Does a result read padding?
  constexpr bool pads() const {
    if (transposed) return stride > 1 || pad < (taps - 1) * dilation || results - 1 + pad >= source;
    return pad > 0 || (results - 1) * stride + (taps - 1) * dilation >= source;
  }
  /// The length of the longest run: what tiles should fit.
  constexpr int longest_run() const {
    int longest = 1;
    for (int p = 0; p < period() && p < results; ++p) {
      for (int at = p; at < results;) {
        const axis_run run = run_at(at, results);
        longest = greater_of(longest, run.count);
        at += run.count * run.step;
      }
    }
    return longest;
  }
};

/// Calls function(axis_run) for runs that cover `part`.
template <class Function> void for_runs(const conv_axis& axis, range part, Function function) {
  for (int first = part.from; first < lesser_of(part.from + axis.period(), part.to); ++first) {
    for (int at = first; at < part.to;) {
      const axis_run run = axis.run_at(at, part.to);
      function(run);
      at += run.count * run.step;
    }
  }
}

/// A convolution, or a pooling, as its kernels see it: an image may be one line.
struct conv_shape : conv2d_geometry {
  constexpr explicit conv_shape(const conv2d_geometry& known) : conv2d_geometry(known) {
    // One pixel in, one out: all pixels of an image are one line.
    if (kernel_height == 1 && kernel_width == 1 && stride_height == 1 && stride_width == 1 && pad_top == 0 &&
        pad_left == 0 && height == out_height && width == out_width && window_height == 1 && window_width == 1) {
      width = out_width = height * width;
      height = out_height = 1;
    }
  }
  /// Of a pooling: groups are channels.
  constexpr explicit conv_shape(const pool2d_geometry& known)
      : conv_shape(conv2d_geometry{known, known.channels, known.channels}) {}

  /// Every channel on its own.
  constexpr bool depthwise() const { return groups > 1 && groups == channels && groups == out_channels; }
  /// More groups than channels in them: lanes are groups.
  constexpr bool many_groups() const { return groups >= 8 && channels <= 8 * groups && out_channels <= 8 * groups; }

  constexpr conv_axis rows() const {
    return {out_height, height, kernel_height, stride_height, pad_top, dilation_height, false};
  }
  constexpr conv_axis columns() const {
    return {out_width, width, kernel_width, stride_width, pad_left, dilation_width, false};
  }
  constexpr conv_axis rows_to_input() const {
    return {height, out_height, kernel_height, stride_height, pad_top, dilation_height, true};
  }
  constexpr conv_axis columns_to_input() const {
    return {width, out_width, kernel_width, stride_width, pad_left, dilation_width, true};
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
