// SPDX-License-Identifier: Apache-2.0
// labels: threads
// Event files byte by byte, and the thread that writes them. What TensorBoard makes of them is tensorboard.test.py's.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include <tfx/summary/audio.hpp>
#include <tfx/summary/hparams.hpp>
#include <tfx/summary/histogram.hpp>
#include <tfx/summary/mesh.hpp>
#include <tfx/summary/pr_curve.hpp>
#include <tfx/summary/projector.hpp>
#include <tfx/summary/text.hpp>

#include "../io/scratch.hpp"

namespace {

using namespace tfx;

std::string from_hex(std::string_view hex) {
  std::string bytes, digits;
  for (const char c : hex)
    if (c != ' ') digits += c;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) bytes += char(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

/// Whole records with right checks; anything else fails.
std::vector<std::string> records_of(const std::filesystem::path& path) {
  const std::string all = contents_of(path);
  std::vector<std::string> out;
  for (std::size_t at = 0; at < all.size();) {
    REQUIRE(at + io::record_head <= all.size());
    const std::size_t size = io::first_record(std::string_view(all).substr(at));
    REQUIRE(at + size <= all.size());
    std::uint32_t head, tail;
    std::memcpy(&head, all.data() + at + 8, 4);
    std::memcpy(&tail, all.data() + at + size - 4, 4);
    REQUIRE(head == io::masked_crc32c(all.data() + at, 8));
    out.push_back(all.substr(at + io::record_head, size - io::record_head - io::record_tail));
    REQUIRE(tail == io::masked_crc32c(out.back().data(), out.back().size()));
    at += size;
  }
  return out;
}
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> out;
  for (const auto& file : std::filesystem::directory_iterator(folder)) out.push_back(file.path());
  std::sort(out.begin(), out.end());
  return out;
}
/// The step of an event, which stands behind its time.
std::int64_t step_of(const std::string& event) {
  if (event.size() < 10 || event[9] != 0x10) return 0;
  std::int64_t step = 0;
  for (std::size_t i = 10, shift = 0;; ++i, shift += 7) {
    step |= std::int64_t(event[i] & 127) << shift;
    if (!(event[i] & 128)) return step;
  }
}

/// While it is alive no file may be longer.
struct longest_file {
  ::rlimit before{};
  void (*handler)(int) = std::signal(SIGXFSZ, SIG_IGN);
  explicit longest_file(::rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before);
    const ::rlimit now{bytes, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &now) == 0);
  }
  ~longest_file() {
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
  }
};

}  // namespace

TEST_CASE("the check of records, by instruction and by table") {
  CHECK(io::crc32c("123456789", 9) == 0xe3069283u);
  CHECK(io::masked_crc32c("123456789", 9) == 0xc78ab0e5u);
  const std::string zeros(32, '\0'), ones(32, '\xff');
  CHECK(io::crc32c(zeros.data(), 32) == 0x8a9136aau);   // RFC 3720, B.4
  CHECK(io::crc32c(ones.data(), 32) == 0x62a8ab43u);
  CHECK(io::masked_crc32c("", 0) == 0xa282ead8u);
  std::string text;
  for (int i = 0; i < 100; ++i) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    CHECK(io::crc32c(text.data(), text.size()) == ~io::detail::crc32c_by_table(~0u, at, text.size()));
    CHECK(io::crc32c(at + text.size() / 3, text.size() - text.size() / 3, io::crc32c(at, text.size() / 3)) == io::crc32c(at, text.size()));
    text += char(i * 37);
  }
}

TEST_CASE("events as TensorFlow writes them") {
  std::string bytes;
  summary::append_event(bytes, 1.0, 0, [](io::protobuf_writer& event) { event.bytes(3, "brain.Event:2"); });
  CHECK(bytes == from_hex("1800000000000000 a37f4b22 09000000000000f03f 1a0d627261696e2e4576656e743a32 86bf577a"));
  bytes.clear();   // a record of TensorFlow 2.21
  double time;
  float x;
  std::memcpy(&time, from_hex("f226c3d994c3da41").data(), 8);
  std::memcpy(&x, from_hex("f606e53d").data(), 4);
  summary::append_value(bytes, time, 20, "evaluation_loss_vs_iterations", {"scalars"}, [&](io::protobuf_writer& tensor) { summary::put_numbers<float>(tensor, {}, {&x, 1}); });
  CHECK(bytes == from_hex("4700000000000000 bac3fb9b 09f226c3d994c3da41 1014 2a3a0a380a1d 6576616c756174696f6e5f6c6f73735f76735f697465726174696f6e73 420a080112002204f606e53d "
                          "4a0b0a090a077363616c617273 eb6c2af6"));

  // Lengths of one byte and of more.
  for (const std::size_t size : {0u, 127u, 128u, 16383u, 16384u, 300000u}) {
    std::string out, inner;
    io::protobuf_writer(out).message(1, [&](io::protobuf_writer& w) { w.bytes(2, std::string(size, 'x')); });
    io::protobuf_writer(inner).bytes(2, std::string(size, 'x'));
    std::string wanted;
    io::protobuf_writer(wanted).bytes(1, inner);
    CHECK(out == wanted);
  }
  std::string numbers;
  io::protobuf_writer(numbers).integer(15, -1);
  io::protobuf_writer(numbers).integer(16, 300);
  CHECK(numbers == from_hex("78ffffffffffffffffff01 8001ac02"));
}

TEST_CASE("buckets, sound and curves") {
  const std::vector<float> x = {0, 1, 1, 2, 3, 4, HUGE_VALF, NAN};
  CHECK(summary::histogram_buckets(std::span<const float>(x), 4) == std::vector<double>{0, 1, 1, 1, 2, 2, 2, 3, 1, 3, 4, 2});
  const std::vector<int> same = {7, 7};
  CHECK(summary::histogram_buckets(std::span<const int>(same), 2) == std::vector<double>{7, 7, 0, 7, 7, 2});
  CHECK(summary::histogram_buckets(std::span<const int>(), 1) == std::vector<double>{0, 0, 0});
  const std::vector<double> sound = {0, 0.5, -2, 1};
  CHECK(summary::wav_of(std::span<const double>(sound), {.rate = 8000, .channels = 2}) ==
        from_hex("52494646 2c000000 57415645 666d7420 10000000 0100 0200 401f0000 007d0000 0400 1000 64617461 08000000 0000 0040 0180 ff7f"));
  const std::vector<int> labels = {1, 0, 1};
  const std::vector<float> said = {0.9f, 0.6f, 0.2f};
  CHECK(summary::pr_counts(std::span<const int>(labels), std::span<const float>(said), 3) ==
        std::vector<float>{2, 1, 0, 1, 1, 0, 0, 0, 1, 0, 1, 2, 2.0f / 3, 0.5f, 0, 1, 0.5f, 0});
}

TEST_CASE("a run's file, and what several threads give it") {
  const scratch folder;
  {
    summary::event_writer log(folder / "a" / "run", {.suffix = ".v2"} );
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        const std::string tag = "of " + std::to_string(t);
        for (int step = 1; step <= 200; ++step) {
          summary::scalar(log, tag, step, step);
          if (step % 50 == 0) summary::histogram(log, tag, std::vector<float>(1000, float(t)), step);
          if (step % 90 == 0) log.flush();
        }
      });
    for (auto& thread : threads) thread.join();
    log.flush();
    CHECK(records_of(log.path()).size() == 1 + 4 * 204);
    summary::text(log, "note", "last", 999);
    CHECK(log.dropped() == 0);
    const std::string name = log.path().filename().string();
    CHECK(name.starts_with("events.out.tfevents."));
    CHECK(name.ends_with(".v2"));
    CHECK(name.find("." + std::to_string(::getpid()) + ".") != name.npos);
  }
  const auto files = files_in(folder / "a" / "run");
  REQUIRE(files.size() == 1);
  const auto records = records_of(files[0]);
  CHECK(records.size() == 2 + 4 * 204);
  CHECK(step_of(records.back()) == 999);   // the destructor has written it
  std::int64_t sum = 0;
  for (const std::string& record : records) sum += step_of(record);
  CHECK(sum == 4 * (200 * 201 / 2 + 50 + 100 + 150 + 200) + 999);
}

TEST_CASE("files that are full are followed by others, which begin with what lasts") {
  const scratch folder;
  {
    summary::event_writer log(folder / "run", {.file_bytes = 4000, .files = 3});
    summary::hparams(log, {{"rate", 0.1}, {"name", "a"}, {"on", true}});
    for (int step = 1; step <= 1000; ++step) summary::scalar(log, "x", step, step);
  }
  const auto files = files_in(folder / "run");
  REQUIRE(files.size() == 3);
  std::int64_t next = 0;
  for (const auto& file : files) {
    CHECK(std::filesystem::file_size(file) <= 4000);
    const auto records = records_of(file);
    CHECK(records[0].find("brain.Event:2") != std::string::npos);
    CHECK(records[1].find("_hparams_/session_start_info") != std::string::npos);
    for (std::size_t i = 2; i < records.size(); ++i) {
      CHECK((next == 0 || step_of(records[i]) == next));
      next = step_of(records[i]) + 1;
    }
  }
  CHECK(next == 1001);
}

TEST_CASE("of too many values some are dropped and counted, or wait; a rate limits each tag") {
  const scratch folder;
  {
    summary::event_writer log(folder / "drop", {.flush_seconds = 60, .queue_bytes = 0});
    for (int step = 1; step <= 10; ++step) summary::scalar(log, "x", step, step);
    CHECK(log.dropped() == 10);
  }
  summary::event_writer waits(folder / "wait", {.flush_seconds = 60, .queue_bytes = 100, .full = summary::when_full::wait});
  for (int step = 1; step <= 500; ++step) summary::scalar(waits, "x", step, step);
  waits.close();
  CHECK(waits.dropped() == 0);
  CHECK(records_of(waits.path()).size() == 501);
  CHECK_THROWS_WITH_AS(summary::scalar(waits, "x", 1, 1), ("tfx::summary::event_writer: " + (folder / "wait").string() + " is closed").c_str(), std::logic_error);

  summary::event_writer rare(folder / "rare", {.limit = {.steps = 10}});
  for (int step = 0; step < 100; ++step)
    for (const char* tag : {"a", "b"}) summary::scalar(rare, tag, step, step);
  rare.flush();
  CHECK(records_of(rare.path()).size() == 21);
  summary::event_writer slow(folder / "slow", {.limit = {.seconds = 3600}});
  for (int step = 0; step < 100; ++step) summary::scalar(slow, "a", step, step);
  slow.flush();
  CHECK(records_of(slow.path()).size() == 2);
}

TEST_CASE("what cannot be written is said once, with path and reason, and the file keeps whole records") {
  const scratch folder;
  folder.put("file", "no folder");
  CHECK_THROWS_WITH_AS(summary::event_writer(folder / "file" / "run"), doctest::Contains("to make a folder for events, found Not a directory"), io::file_error);
  summary::event_writer log(folder / "run");
  {
    const longest_file limit(5000);
    for (int step = 1; step <= 200; ++step) summary::scalar(log, "x", step, step);
    CHECK_THROWS_WITH_AS(log.flush(), doctest::Contains("more bytes of events, found File too large"), io::file_error);
    for (int step = 201; step <= 210; ++step) summary::scalar(log, "x", step, step);
    log.flush();   // said once
  }
  const auto kept = records_of(log.path());
  CHECK(kept.size() > 50);
  CHECK(log.dropped() == 211 - std::int64_t(kept.size()));
  summary::scalar(log, "x", 1, 1000);   // and when there is room again, it goes on
  log.close();
  CHECK(step_of(records_of(log.path()).back()) == 1000);
}

TEST_CASE("a file whose head cannot be written is not left behind") {
  const scratch folder;
  const longest_file limit(10);
  CHECK_THROWS_WITH_AS(summary::event_file(folder / "run"), doctest::Contains("found File too large"), io::file_error);
  CHECK(files_in(folder / "run").empty());
}
TEST_CASE("a further file whose head cannot be written is begun again") {
  const scratch folder;
  std::string record;
  summary::append_event(record, 1, 1, [](io::protobuf_writer&) {});
  summary::event_file file(folder / "run", {}, 100);
  std::size_t left = 0;
  {
    const longest_file limit(10);
    std::string several;
    for (int i = 0; i < 9; ++i) several += record;
    CHECK_THROWS_AS(file.append(several, left), io::file_error);
  }
  file.append(record + record + record, left);
  file.append(record + record + record, left);
  for (const auto& path : files_in(folder / "run")) CHECK(records_of(path).at(0).find("brain.Event:2") != std::string::npos);
}

TEST_CASE("what does not fit together is refused") {
  const scratch folder;
  summary::event_writer log(folder / "run");
  const std::vector<float> five(5), six(6);
  const std::int32_t face[] = {0, 1, 2};
  CHECK_THROWS_AS(summary::mesh(log, "m", {.vertices = five}, 0), std::invalid_argument);
  CHECK_THROWS_AS(summary::mesh(log, "m", {.vertices = six, .faces = face}, 0), std::invalid_argument);
  CHECK_THROWS_AS(summary::pr_curve(log, "p", five, six, 0), std::invalid_argument);
  CHECK_THROWS_AS(summary::audio(log, "a", five, {.channels = 2}, 0), std::invalid_argument);
  CHECK_THROWS_AS(summary::text(log, "t", std::vector<std::string>(3), 2, 0), std::invalid_argument);
  summary::projector points(folder / "run");
  CHECK_THROWS_WITH(points.add("p", five, 2), "tfx::summary::projector: p: expected rows of 2 numbers and a word for each, found 5 numbers");
  CHECK_THROWS_AS(points.add("p", six, 2, {{"", {"a", "b"}}}), std::invalid_argument);
}
