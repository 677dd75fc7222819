// SPDX-License-Identifier: Apache-2.0
// A server gets the values of each epoch; one that is away holds up nothing.
#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <tfx/tracking/remote_monitor.hpp>

namespace {

using namespace tfx;

/// An epoch that ended with this loss, and one that was validated.
void end_epoch(tracking::remote_monitor& monitor, double loss, bool validated) {
  const std::string_view names[] = {"loss"};
  const detail::value_info info[] = {{-1, "loss"}};
  detail::loop_state loop;
  loop.values = info;
  loop.names = names;
  loop.open(true, 0, 1);
  loop.epoch = validated ? 1 : 0;
  loop.add_values(0, &loss, 1);
  if (validated) loop.add_values(1, &loss, 1);
  else loop.add_no_values(1);
  loop.validated = validated;
  monitor(epoch_end{moment(loop)});
}

}  // namespace

TEST_CASE("a server is sent the values of epochs as JSON, with headers") {
  httplib::Server server;
  std::vector<std::string> seen;
  server.Post("/told", [&](const httplib::Request& request, httplib::Response&) { seen.push_back(request.get_header_value("Token") + " " + request.get_header_value("Content-Type") + " " + request.body); });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread listening([&] { server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();
  const std::string root = "http://127.0.0.1:" + std::to_string(port);
  tracking::remote_monitor monitor(root, {.path = "/told", .headers = {{"Token", "secret"}}}), elsewhere(root, {.path = "/none"});
  end_epoch(monitor, 0.25, false);
  end_epoch(monitor, 0.5, true);
  end_epoch(monitor, std::numeric_limits<double>::quiet_NaN(), false);
  end_epoch(elsewhere, 1, false);   // says on stderr that it found 404
  server.stop();
  listening.join();
  end_epoch(monitor, 1, false);     // and that there is none
  CHECK(seen == std::vector<std::string>{"secret application/json {\"epoch\":0,\"loss\":0.25}", "secret application/json {\"epoch\":1,\"loss\":0.5,\"val_loss\":0.5}", "secret application/json {\"epoch\":0,\"loss\":\"NaN\"}"});
}
