// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <algorithm>
#include <concepts>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <tfx/summary/event_writer.hpp>

namespace tfx::summary {

/// A number, true or false, or a word.
struct hparam_value {
  enum kind { word = 1, truth = 2, number = 3 } is;   // TensorBoard's numbers of these types
  double value = 0;
  std::string text{};

  hparam_value(const char* w) : is(word), text(w) {}
  hparam_value(std::string w) : is(word), text(std::move(w)) {}
  hparam_value(std::same_as<bool> auto b) : is(truth), value(b) {}
  template <class N> requires(std::is_arithmetic_v<N> && !std::same_as<N, bool>) hparam_value(N n) : is(number), value(double(n)) {}

  /// adam, true, 0.001
  std::string as_text() const {
    if (is == word) return text;
    if (is == truth) return value != 0 ? "true" : "false";
    char digits[40];
    std::snprintf(digits, sizeof digits, "%.15g", value);
    return digits;
  }
};
/// A hyper-parameter of one trial.
struct hparam {
  std::string name;
  hparam_value value;
};

/// What trials may choose a hyper-parameter from: some values, or numbers from `least` to `greatest`. With neither, anything.
struct hparam_domain {
  std::string name;
  std::vector<hparam_value> values = {};
  double least = std::numeric_limits<double>::quiet_NaN(), greatest = least;
  std::string shown_as = {}, description = {};
};
/// By what trials are compared: a scalar of the trial's run, or of a run below it.
struct hparam_metric {
  std::string tag;
  std::string run = {};
  std::string shown_as = {}, description = {};
};
enum class trial_status : int { success = 1, failure = 2, running = 3 };

namespace detail {

inline void put_hparam_value(io::protobuf_writer& w, int field, const hparam_value& v) {   // google.protobuf.Value
  w.message(field, [&](io::protobuf_writer& value) {
    if (v.is == hparam_value::number) value.number(2, v.value);
    else if (v.is == hparam_value::word) value.bytes(3, v.text);
    else value.integer(4, v.value != 0);
  });
}
template <class F> void write_hparams(event_writer& log, std::string_view tag, int field, F put) {
  std::string content;
  io::protobuf_writer(content).message(field, put);
  log.write([&](std::string& out, double time) {
    append_value(out, time, 0, tag, {"hparams", content}, [](io::protobuf_writer& tensor) { put_numbers<float>(tensor, {0}, {}); });
  }, true);
}
/// The same for the same hyper-parameters, in any order: augment=true, rate=0.1.
inline std::string group_of(const std::vector<hparam>& all) {
  std::vector<std::string> parts;
  for (const hparam& p : all) parts.push_back(p.name + '=' + p.value.as_text());
  std::sort(parts.begin(), parts.end());
  std::string text;
  for (const std::string& part : parts) (text += text.empty() ? "" : ", ") += part;
  return text;
}

}  // namespace detail

/// What is tried and what is compared, for the page HParams: once, in the folder above those of the trials.
///
///     summary::event_writer all("logs/search");
///     summary::hparams_config(all, {{.name = "rate", .least = 1e-4, .greatest = 1e-2}}, {{.tag = "epoch_accuracy", .run = "validation"}});
inline void hparams_config(event_writer& log, const std::vector<hparam_domain>& domains, const std::vector<hparam_metric>& metrics) {
  detail::write_hparams(log, "_hparams_/experiment", 2, [&](io::protobuf_writer& experiment) {
    experiment.number(3, wall_time());
    for (const hparam_domain& d : domains) {
      experiment.message(4, [&](io::protobuf_writer& info) {
        info.bytes(1, d.name);
        if (!d.shown_as.empty()) info.bytes(2, d.shown_as);
        if (!d.description.empty()) info.bytes(3, d.description);
        const bool interval = d.least == d.least;
        if (interval) info.integer(4, hparam_value::number);
        else if (!d.values.empty()) info.integer(4, d.values[0].is);
        if (interval) {
          info.message(6, [&](io::protobuf_writer& between) {
            between.number(1, d.least);
            between.number(2, d.greatest);
          });
        } else if (!d.values.empty()) {
          info.message(5, [&](io::protobuf_writer& list) {
            for (const hparam_value& v : d.values) detail::put_hparam_value(list, 1, v);
          });
        }
      });
    }
    for (const hparam_metric& m : metrics) {
      experiment.message(5, [&](io::protobuf_writer& info) {
        info.message(1, [&](io::protobuf_writer& name) {
          if (!m.run.empty()) name.bytes(1, m.run);
          name.bytes(2, m.tag);
        });
        if (!m.shown_as.empty()) info.bytes(3, m.shown_as);
        if (!m.description.empty()) info.bytes(4, m.description);
      });
    }
  });
}

/// Begins a trial, whose run this is, with its hyper-parameters. Trials of one group are shown as one; unless it is said otherwise
/// those with equal hyper-parameters are.
///
///     summary::hparams(log, {{"rate", 1e-3}, {"units", 64}, {"optimizer", "adam"}, {"augment", true}});
inline void hparams(event_writer& log, const std::vector<hparam>& all, std::string_view group = {}) {
  detail::write_hparams(log, "_hparams_/session_start_info", 3, [&](io::protobuf_writer& start) {
    for (const hparam& p : all) {
      start.message(1, [&](io::protobuf_writer& entry) {
        entry.bytes(1, p.name);
        detail::put_hparam_value(entry, 2, p.value);
      });
    }
    start.bytes(4, group.empty() ? detail::group_of(all) : std::string(group));
    start.number(5, wall_time());
  });
}
/// Ends it.
inline void end_trial(event_writer& log, trial_status status = trial_status::success) {
  detail::write_hparams(log, "_hparams_/session_end_info", 4, [&](io::protobuf_writer& end) {
    end.integer(1, int(status));
    end.number(2, wall_time());
  });
}

}  // namespace tfx::summary
