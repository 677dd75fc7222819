// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <cmath>
#include <cstdint>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <tfx/summary/event_writer.hpp>

namespace tfx::summary {

/// How sound lies in memory: numbers from -1 to 1, of each channel one, then those of the next moment.
struct audio_form {
  int rate = 44100;   ///< moments per second
  int channels = 1;
};

/// Sound as a WAV file of 16 bits; what lies outside of -1 to 1 is cut off.
///
/// Source     Multimedia Programming Interface and Data Specifications 1.0, 1991; numbers rounded as TensorFlow's encode_wav does
template <class T> std::string wav_of(std::span<const T> sound, const audio_form& form) {
  const std::uint32_t bytes = std::uint32_t(sound.size()) * 2, rate = std::uint32_t(form.rate), frame = std::uint32_t(form.channels) * 2;
  std::string out;
  const auto word = [&](std::uint32_t value, int size) {
    for (int i = 0; i < size; ++i) out.push_back(char(value >> 8 * i & 255));
  };
  out.reserve(44 + bytes);
  out += "RIFF";
  word(36 + bytes, 4);
  out += "WAVEfmt ";
  word(16, 4);
  word(1, 2);   // numbers as they are
  word(std::uint32_t(form.channels), 2);
  word(rate, 4);
  word(rate * frame, 4);
  word(frame, 2);
  word(16, 2);
  out += "data";
  word(bytes, 4);
  for (const T x : sound) {
    const double inside = x > T(-1) ? x < T(1) ? double(x) : 1.0 : x <= T(-1) ? -1.0 : 0.0;
    word(std::uint32_t(std::lrint(inside * 32767)), 2);
  }
  return out;
}

/// A sound, for the page Audio. It is copied; the writer's thread makes a WAV file of it.
///
///     summary::audio(log, "voice", samples, {.rate = 16000}, step);
template <class Sound> void audio(event_writer& log, std::string_view tag, const Sound& sound, const audio_form& form, std::int64_t step) {
  const std::span all(std::data(sound), std::size(sound));
  if (form.rate < 1 || form.channels < 1 || all.size() % std::size_t(form.channels) != 0)
    throw std::invalid_argument("tfx::summary::audio: " + std::string(tag) + ": expected a rate above 0 and moments of " + std::to_string(form.channels) + " channels, found a rate of " + std::to_string(form.rate) +
                                " and " + std::to_string(all.size()) + " numbers");
  if (!log.due(tag, step)) return;
  using T = std::remove_cv_t<typename decltype(all)::element_type>;
  log.write_later(all.size_bytes(), [tag = std::string(tag), copy = std::vector<T>(all.begin(), all.end()), form, step](std::string& out, double time) {
    append_value(out, time, step, tag, {"audio", "\x10\x0b"}, [&](io::protobuf_writer& tensor) {   // encoding = WAV
      put_strings(tensor, {1, 2});
      tensor.bytes(8, wav_of(std::span<const T>(copy), form));
      tensor.bytes(8, "");   // a label
    });
  });
}

}  // namespace tfx::summary
