// SPDX-License-Identifier: Apache-2.0
#include <tfx/summary/progress.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

using tfx::summary::progress;
using tfx::summary::progress_options;
using tfx::summary::terminal;
using tfx::summary::text_line;

namespace {
double now = 0;
double clock_of_the_test() { return now; }

/// A stream that keeps what is written to it.
class capture {
 public:
  capture() : stream_(std::tmpfile()) { REQUIRE(stream_ != nullptr); }
  ~capture() { std::fclose(stream_); }
  std::FILE* stream() const { return stream_; }
  std::string text() const {
    std::string out(static_cast<std::size_t>(std::ftell(stream_)), '\0');
    std::rewind(stream_);
    out.resize(std::fread(out.data(), 1, out.size(), stream_));
    return out;
  }

 private:
  std::FILE* stream_;
};

constexpr std::string_view names[] = {"accuracy"};
constexpr double values[] = {0.8591};

progress_options options_for(const capture& out) {
  return {.stream = out.stream(), .unit = "images", .clock = clock_of_the_test};
}

std::string number(double value) {
  text_line line;
  line.number(value);
  return std::string(line.text());
}

std::string duration(double seconds) {
  text_line line;
  line.duration(seconds);
  return std::string(line.text());
}

int columns_of(std::string_view text) {
  int columns = 0;
  bool escape = false;
  for (char c : text) {
    if (c == '\x1b') escape = true;
    else if (escape) escape = !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
    else if (c != '\r' && (static_cast<unsigned char>(c) & 0xc0) != 0x80) ++columns;
  }
  return columns;
}
}  // namespace

TEST_CASE("a log gets one line for an epoch") {
  const capture out;
  progress bar(options_for(out));
  now = 100;
  bar.begin_epoch(1, 5, 60000, 64);
  for (int step = 1; step <= 938; ++step) {
    now = 100 + step * 0.002;
    bar.update(step == 938 ? 60000 : step * 64, 0.5, names, values);
  }
  now = 102;
  constexpr std::string_view all[] = {"accuracy", "val_loss"};
  constexpr double last[] = {0.8602, 0.4021};
  bar.end_epoch(0.3874, all, last);
  CHECK(out.text() ==
        "Epoch 2/5  938 steps  2.0s  2.1ms/step  30,000 images/s  loss 0.3874  accuracy 0.8602  val_loss 0.4021\n");
}

TEST_CASE("a long epoch gets a line now and then") {
  const capture out;
  progress bar(options_for(out), terminal{.unicode = true});
  now = 0;
  bar.begin_epoch(0, 1, 1000, 10);
  for (int second = 1; second <= 65; ++second) {
    now = second;
    bar.update(second * 10, 2, names, values);
  }
  CHECK(out.text() == "Epoch 1/1 ━━━━╌╌╌╌╌╌╌╌╌╌  30/100  ETA 1m10s  loss 2.0000  accuracy 0.8591  10 images/s\n"
                      "Epoch 1/1 ━━━━━━━━╌╌╌╌╌╌  60/100  ETA 40s  loss 2.0000  accuracy 0.8591  10 images/s\n");
}

TEST_CASE("a terminal is drawn over about ten times a second") {
  const capture out;
  progress bar(options_for(out), terminal{.interactive = true, .colour = false, .unicode = false, .width = 120});
  now = 0;
  bar.begin_epoch(0, 2, 1000, 1);
  for (int i = 1; i <= 1000; ++i) {
    now = i * 0.002;
    bar.update(i, 1, names, values);
  }
  bar.end_epoch(1, names, values);
  const std::string text = out.text();
  int drawn = -1;
  for (char c : text) drawn += c == '\r';
  CHECK(drawn >= 18);
  CHECK(drawn <= 21);
  CHECK(text.find("\rEpoch 1/2 [=") != std::string::npos);
  CHECK(text.find("\x1b[3") == std::string::npos);
  CHECK(
      text.ends_with("\rEpoch 1/2  1000 steps  2.0s  2.0ms/step  500 images/s  loss 1.0000  accuracy 0.8591\x1b[K\n"));
}

TEST_CASE("a line never reaches the edge of the terminal") {
  for (int width : {20, 40, 79, 80, 99, 100, 200}) {
    for (bool unicode : {false, true}) {
      const capture out;
      progress bar(options_for(out), terminal{.interactive = true, .colour = true, .unicode = unicode, .width = width});
      now = 0;
      bar.begin_epoch(99, 1000, 1000000, 64);
      now = 1;
      bar.update(600000, 123456, names, values);
      const std::string text = out.text();
      CHECK(columns_of(text) < width);
      // A colour that was begun is ended.
      CHECK(text.rfind("\x1b[0m") > text.rfind("\x1b[36m") - (text.find("\x1b[36m") == std::string::npos));
    }
  }
}

TEST_CASE("quiet is quiet") {
  const capture out;
  progress_options options = options_for(out);
  options.quiet = true;
  progress bar(options, terminal{.interactive = true});
  bar.begin_epoch(0, 1, 10);
  bar.update(10, 1);
  bar.end_epoch(1);
  CHECK(out.text().empty());
}

TEST_CASE("nothing to count and clocks that stand still do no harm") {
  const capture out;
  progress bar(options_for(out), terminal{.interactive = true, .width = 200});
  now = 5;
  bar.begin_epoch(0, 0, 0, 0);
  bar.update(0, std::numeric_limits<double>::quiet_NaN());
  bar.update(7, -std::numeric_limits<double>::infinity());
  bar.end_epoch(1e300);
  CHECK(out.text().find("nan") != std::string::npos);
}

TEST_CASE("numbers") {
  CHECK(number(0) == "0.0000");
  CHECK(number(-0.25) == "-0.2500");
  CHECK(number(0.00012345) == "1.2345e-04");
  CHECK(number(1234.5) == "1234.5000");
  CHECK(number(1e20) == "1.0000e+20");
  CHECK(number(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(duration(0.04) == "0.0s");
  CHECK(duration(9.94) == "9.9s");
  CHECK(duration(59.4) == "59s");
  CHECK(duration(59.6) == "1m00s");
  CHECK(duration(3599) == "59m59s");
  CHECK(duration(3725) == "1h02m");
  CHECK(duration(-1) == "?");
  CHECK(duration(std::numeric_limits<double>::quiet_NaN()) == "?");
  text_line line;
  line.grouped(0).grouped(-1234567) << " ";
  line.grouped(999) << " ";
  line.grouped(1000);
  CHECK(line.text() == "0-1,234,567 999 1,000");
}

TEST_CASE("a line that is too long loses its end and nothing else") {
  text_line line;
  for (int i = 0; i < 1000; ++i) line << "ä1";
  line.control("\x1b[0m");
  CHECK(line.text().size() <= 1024);
  CHECK(line.text().ends_with("\x1b[0m"));
  CHECK((line.text().size() - 4) % 3 == 0);
}

TEST_CASE("the locale's character set") {
  const char* names_of_variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
  std::string before[3];
  for (int i = 0; i < 3; ++i) {
    const char* value = std::getenv(names_of_variables[i]);
    before[i] = value == nullptr ? "" : value;
    ::unsetenv(names_of_variables[i]);
  }
  CHECK(!terminal::speaks_utf8());
  ::setenv("LANG", "de_DE.UTF-8", 1);
  CHECK(terminal::speaks_utf8());
  ::setenv("LC_CTYPE", "C", 1);
  CHECK(!terminal::speaks_utf8());
  ::setenv("LC_ALL", "en_US.utf8", 1);
  CHECK(terminal::speaks_utf8());
  for (int i = 0; i < 3; ++i) ::setenv(names_of_variables[i], before[i].c_str(), 1);
}
