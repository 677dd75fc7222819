// SPDX-License-Identifier: Apache-2.0
// hosted: clock, files
#pragma once

#include <chrono>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <tfx/backend/simd/backend.hpp>
#include <tfx/compile/explain.hpp>
#include <tfx/io/atomic_file.hpp>
#include <tfx/run/executable.hpp>

namespace tfx {

namespace backend {

/// One launch of a program in numbers: what it does, as `explain` says it, and how long all its runs took.
struct launch_time {
  std::string_view work;
  long long flops = 0, bytes = 0;   ///< of one run at the full batch; bytes with 4-byte elements
  long long runs = 0;
  double nanoseconds = 0;
};

/// What `timed` has measured, of all programs that ran on it.
class measurements {
public:
  struct program {
    std::vector<launch_time> launches;
    double nanoseconds = 0;   ///< of whole runs
    long long runs = 0;
  };
  /// Of a trace no more events are kept than this.
  std::size_t most_events = 1'000'000;

  const std::deque<program>& programs() const { return programs_; }
  void clear() {
    const std::lock_guard lock(mutex_);
    events_.clear();
    for (program& p : programs_) {
      p.nanoseconds = 0;
      p.runs = 0;
      for (launch_time& l : p.launches) l.runs = 0, l.nanoseconds = 0;
    }
  }
  /// A table for each program that ran: the time of a launch, its share of the run, and its work by time.
  std::string table() const {
    const std::lock_guard lock(mutex_);
    std::string out;
    char line[160];
    for (const program& p : programs_) {
      if (p.runs == 0) continue;
      const double each = p.nanoseconds / double(p.runs);
      double inside = 0;
      out += "   #    us/run   share  GFLOP/s    GB/s  work\n";
      for (std::size_t i = 0; i < p.launches.size(); ++i) {
        const launch_time& l = p.launches[i];
        if (l.runs == 0) continue;
        inside += l.nanoseconds;
        const double once = l.nanoseconds / double(l.runs);
        std::snprintf(line, sizeof line, "%4zu %9.1f %6.1f%% %8.1f %7.1f  ", i, l.nanoseconds / double(p.runs) / 1000, l.nanoseconds / p.nanoseconds * 100, double(l.flops) / once, double(l.bytes) / once);
        ((out += line) += l.work) += '\n';
      }
      std::snprintf(line, sizeof line, "%lld runs of %.1f us, of which launches take %.1f%%\n\n", p.runs, each / 1000, inside / p.nanoseconds * 100);
      out += line;
    }
    return out;
  }
  /// Chrome's trace format, which Perfetto and chrome://tracing show: programs are processes.
  ///
  /// Errors     io::file_error
  void save_trace(const std::filesystem::path& path) const {
    const std::lock_guard lock(mutex_);
    io::atomic_file file(path);
    file.write("{\"displayTimeUnit\": \"ns\", \"traceEvents\": [");
    char line[200];
    for (std::size_t k = 0; k < programs_.size(); ++k)
      file.write({line, std::size_t(std::snprintf(line, sizeof line, "%s\n{\"name\": \"process_name\", \"ph\": \"M\", \"pid\": %zu, \"tid\": 0, \"args\": {\"name\": \"program %zu, %zu launches\"}}", k ? "," : "", k, k, programs_[k].launches.size()))});
    for (const event& e : events_) {
      const launch_time& l = programs_[e.program].launches[e.launch];
      file.write(",\n{\"name\": \"");
      for (const char c : l.work) {
        if (c == '"' || c == '\\') file.write("\\");
        file.write({&c, 1});
      }
      file.write({line, std::size_t(std::snprintf(line, sizeof line, "\", \"cat\": \"launch\", \"ph\": \"X\", \"ts\": %.3f, \"dur\": %.3f, \"pid\": %zu, \"tid\": 0, \"args\": {\"launch\": %zu, \"flops\": %lld, \"bytes\": %lld}}",
                                                      e.start / 1000, e.nanoseconds / 1000, e.program, e.launch, l.flops, l.bytes))});
    }
    file.write("\n]}\n");
    file.commit();
  }

  // what `timed` tells
  std::size_t add(std::string_view names, const std::vector<launch_time>& launches) {
    const std::lock_guard lock(mutex_);
    program& p = programs_.emplace_back(program{launches});
    for (launch_time& l : p.launches) {
      const std::size_t end = names.find('\n');
      l.work = names.substr(0, end);
      names.remove_prefix(end + 1);
    }
    return programs_.size() - 1;
  }
  void add_run(std::size_t which, double nanoseconds) {
    const std::lock_guard lock(mutex_);
    programs_[which].nanoseconds += nanoseconds;
    ++programs_[which].runs;
  }
  void add_launch(std::size_t which, std::size_t launch, double start, double nanoseconds) {
    const std::lock_guard lock(mutex_);
    launch_time& l = programs_[which].launches[launch];
    l.nanoseconds += nanoseconds;
    ++l.runs;
    if (events_.size() < most_events) events_.push_back({which, launch, start, nanoseconds});
  }
  static double now() {
    using clock = std::chrono::steady_clock;
    static const clock::time_point begin = clock::now();
    return std::chrono::duration<double, std::nano>(clock::now() - begin).count();
  }

private:
  struct event {
    std::size_t program, launch;
    double start, nanoseconds;   ///< since the first run
  };
  mutable std::mutex mutex_;
  std::deque<program> programs_;
  std::vector<event> events_;
};

/// Another backend with a clock around each launch. The bits are the other one's.
///
///     model<net, input<64, 28, 28>, backend::timed<>> m{seed{1}};
///     m.fit<training>(train, {.epochs = 1});
///     std::fputs(backend::measured().table().c_str(), stdout);
///     backend::measured().save_trace("trace.json");   // ui.perfetto.dev
///
/// Launches that go through the batch some rows at a time, one after the other, are measured together, as the first of them.
/// Cost       two readings of the clock for each launch, well below a microsecond
template <class Inner = simd<>> struct timed : Inner {};

/// One for the program, of all backends that are timed.
inline measurements& measured() {
  static measurements all;
  return all;
}

}  // namespace backend

template <class Plan, class Inner, class T, bool Frozen> struct executable<Plan, backend::timed<Inner>, T, Frozen> : executable<Plan, Inner, T, Frozen> {
  using untimed = executable<Plan, Inner, T, Frozen>;

  static void run(const bindings<T>& b) {
    static const std::size_t mine = begin();
    backend::measurements& all = backend::measured();
    typename untimed::counters at(b);
    const double start = all.now();
    const auto timed = [&](int launch, auto work) {
      const double from = all.now();
      work();
      all.add_launch(mine, std::size_t(launch), from, all.now() - from);
    };
    untimed::follow(b, at, [&](int i) { timed(i, [&] { untimed::launch(b, i, at); }); },
                    [&](int k) { timed(Plan::runs[std::size_t(k)].first, [&] { untimed::run_by_rows(b, k, at); }); });
    all.add_run(mine, all.now() - start);
  }

private:
  struct facts {
    long long flops[Plan::n_launches + 1] = {}, bytes[Plan::n_launches + 1] = {};
  };
  static constexpr facts of_launches = [] {
    facts f;
    for (int i = 0; i < Plan::n_launches; ++i) {
      f.flops[i] = Plan::kernels.launches[i].flops;
      f.bytes[i] = Plan::kernels.launches[i].bytes * int(sizeof(float));
    }
    for (int k = 0; k < Plan::n_runs; ++k)
      for (int i = Plan::runs[std::size_t(k)].first + 1; i <= Plan::runs[std::size_t(k)].last; ++i) {
        f.flops[Plan::runs[std::size_t(k)].first] += f.flops[i];
        f.bytes[Plan::runs[std::size_t(k)].first] += f.bytes[i];
      }
    return f;
  }();
  static std::size_t begin() {
    auto launches = std::vector<backend::launch_time>(std::size_t(Plan::n_launches));
    for (std::size_t i = 0; i < launches.size(); ++i) launches[i].flops = of_launches.flops[i], launches[i].bytes = of_launches.bytes[i];
    return backend::measured().add(constant_text<detail::launch_names<Plan>>::value, launches);
  }
};

}  // namespace tfx
