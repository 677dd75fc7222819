// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: sockets

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <httplib.h>

#include <tfx/tracking/json_text.hpp>
#include <tfx/train/go_on_without.hpp>
#include <tfx/train/moments.hpp>

namespace tfx::tracking {

/// Of `remote_monitor`, with the names of Keras.
struct remote_options {
  std::string path = "/publish/epoch/end/";
  httplib::Headers headers = {};
};

/// An observer that sends the values of each epoch to a server, as JSON: {"epoch":0,"loss":0.25,"val_loss":0.5}, with epochs from 0. Needs
/// cpp-httplib; in CMake the component tfx::http, by hand with Debian's `$(pkg-config --cflags --libs cpp-httplib)`.
///
///     m.fit<training>(train, {.epochs = 20}, tracking::remote_monitor("http://localhost:9000"));
///
/// A server that does not take them is said on stderr, and training goes on. What is no number is a text, "NaN".
/// Source     Keras's RemoteMonitor with send_as_json
class remote_monitor {
public:
  explicit remote_monitor(const std::string& root = "http://localhost:9000", remote_options options = {}) : root_(root), options_(std::move(options)), client_(root) {}

  TFX_COLD void operator()(const epoch_end& e) {
    std::string body = "{\"epoch\":" + std::to_string(e.epoch() - 1);
    const auto add = [&](const std::string& name) { (((body += ',') += detail::quoted(name)) += ':') += detail::number_text(e[name]); };
    for (const std::string_view name : e.names()) add(std::string(name));
    for (const std::string_view name : e.names())
      if (e.validated()) add("val_" + std::string(name));
    body += '}';
    tfx::detail::go_on_without("remote_monitor", [&] {
      const httplib::Result got = client_.Post(options_.path.c_str(), options_.headers, body, "application/json");
      if (!got) throw std::runtime_error(root_ + options_.path + ": " + httplib::to_string(got.error()));
      if (got->status >= 400) throw std::runtime_error(root_ + options_.path + ": expected success, found " + std::to_string(got->status));
    });
  }

private:
  std::string root_;
  remote_options options_;
  httplib::Client client_;
};

}  // namespace tfx::tracking
