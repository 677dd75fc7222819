// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: processes, files

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tfx/core/random.hpp>
#include <tfx/summary/event_writer.hpp>
#include <tfx/summary/hparams.hpp>
#include <tfx/train/unknown_name.hpp>

/// Search for hyper-parameters: trials in processes of their own, side by side.
namespace tfx::tracking {

/// What a trial may choose from: some values, or numbers from `least` to `greatest`.
struct choice {
  std::string name;
  std::vector<summary::hparam_value> values = {};
  double least = std::numeric_limits<double>::quiet_NaN(), greatest = least;
  bool by_factors = false;   ///< as many numbers between 0.001 and 0.01 as between 0.01 and 0.1
  bool whole = false;
};

/// One choice of all.
struct trial {
  int number = 0;
  std::vector<summary::hparam> params = {};
  int budget = 0;   ///< epochs, or what else successive halving gives out; 0: as many as it takes

  const summary::hparam_value& value(std::string_view name) const {
    std::vector<std::string_view> known;
    for (const summary::hparam& p : params) {
      if (p.name == name) return p.value;
      known.push_back(p.name);
    }
    tfx::detail::fail_unknown_name("trial", name, known);
  }
  double operator[](std::string_view name) const { return value(name).value; }
};
/// What came of it.
struct trial_result {
  trial of;
  double value = std::numeric_limits<double>::quiet_NaN();
  std::string mistake = {};   ///< what an exception said, or how its process ended; empty: it has a value
};

struct search_options {
  int processes = 1;             ///< at once
  bool highest = false;          ///< is the largest value the best?
  std::string log = {};          ///< a folder of events for TensorBoard's page HParams: a run for each trial, with its value; empty: none
  std::string value = "value";   ///< its name there
};

/// All combinations of the values of choices; the last one changes first.
inline std::vector<trial> grid(const std::vector<choice>& choices) {
  std::size_t count = 1;
  for (const choice& c : choices) {
    if (c.values.empty()) throw std::invalid_argument("grid: '" + c.name + "' has no values");
    count *= c.values.size();
  }
  std::vector<trial> all(count);
  for (std::size_t i = 0; i < count; ++i) {
    all[i].number = int(i);
    all[i].params.reserve(choices.size());
    std::size_t left = count, at = i;
    for (const choice& c : choices) {
      left /= c.values.size();
      all[i].params.push_back({c.name, c.values[at / left]});
      at %= left;
    }
  }
  return all;
}
/// So many combinations at random. The first ones do not depend on how many follow.
inline std::vector<trial> at_random(const std::vector<choice>& choices, int count, std::uint64_t seed = 0) {
  std::vector<trial> all;
  for (int i = 0; i < count; ++i) {
    trial t{i};
    for (std::size_t k = 0; k < choices.size(); ++k) {
      const choice& c = choices[k];
      const double u = uniform01<double>(random_stream{.seed = seed, .site = std::uint32_t(k)}, std::uint64_t(i));
      if (!c.values.empty()) {
        t.params.push_back({c.name, c.values[std::size_t(u * double(c.values.size()))]});
        continue;
      }
      if (!(c.least <= c.greatest) || (c.by_factors && !(c.least > 0))) throw std::invalid_argument("at_random: '" + c.name + "' has neither values nor numbers from least to greatest, which with by_factors are positive");
      const double greatest = c.greatest + (c.whole ? 1 : 0), x = c.by_factors ? c.least * std::pow(greatest / c.least, u) : c.least + u * (greatest - c.least);
      t.params.push_back({c.name, c.whole ? std::min(std::floor(x), c.greatest) : x});
    }
    all.push_back(std::move(t));
  }
  return all;
}

namespace detail {

/// A trial in another process, which writes its value, or what went wrong, to a pipe.
struct running_trial {
  std::size_t which;
  pid_t process;
  int pipe;
  std::string said = {};
};
[[noreturn]] inline void fail_system(const char* what) { throw std::runtime_error(std::string("search: ") + what + ": " + std::strerror(errno)); }

/// '=' and the bytes of a number, or '!' and a text.
template <class F> std::string outcome_of(const trial& t, F& f, const search_options& options) {
  try {
    double value;
    if (options.log.empty()) {
      value = f(t);
    } else {
      summary::event_writer log(options.log + "/" + std::to_string(t.number) + (t.budget ? "_" + std::to_string(t.budget) : ""));
      summary::hparams(log, t.params);
      try {
        value = f(t);
      } catch (...) {
        summary::end_trial(log, summary::trial_status::failure);
        throw;
      }
      summary::scalar(log, options.value, value, t.budget);
      summary::end_trial(log);
      log.close();
    }
    return "=" + std::string(reinterpret_cast<const char*>(&value), sizeof value);
  } catch (const std::exception& error) {
    const std::string what = error.what();
    return "!" + (what.empty() ? "an exception without a text" : what);
  } catch (...) {   // nothing may go on in the caller's copy
    return "!an exception of another type than std::exception";
  }
}
template <class F> [[noreturn]] void run_trial(const trial& t, F& f, const search_options& options, int pipe) {
  const std::string said = outcome_of(t, f, options);
  std::fflush(nullptr);
  for (std::size_t done = 0; done < said.size();) {
    const ssize_t n = ::write(pipe, said.data() + done, said.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;   // the one who asked is gone
    done += std::size_t(n);
  }
  ::_exit(0);   // what the parent has registered for its end is not done here
}
inline void take_outcome(trial_result& result, const std::string& said, int status) {
  if (said.size() == 1 + sizeof(double) && said[0] == '=') std::memcpy(&result.value, said.data() + 1, sizeof(double));
  else if (said.starts_with('!')) result.mistake = said.substr(1);
  else result.mistake = WIFSIGNALED(status) ? "ended by signal " + std::to_string(WTERMSIG(status)) : "ended with " + std::to_string(WEXITSTATUS(status)) + " before it had a value";
}

/// What is tried, for the page HParams: few values one by one, many numbers as an interval.
inline void log_search(const std::vector<trial>& trials, const search_options& options) {
  std::vector<summary::hparam_domain> domains;
  for (const trial& t : trials)
    for (const summary::hparam& p : t.params) {
      auto known = std::find_if(domains.begin(), domains.end(), [&](const summary::hparam_domain& d) { return d.name == p.name; });
      if (known == domains.end()) known = domains.insert(domains.end(), {.name = p.name});
      if (std::none_of(known->values.begin(), known->values.end(), [&](const summary::hparam_value& v) { return v.as_text() == p.value.as_text(); })) known->values.push_back(p.value);
    }
  for (summary::hparam_domain& d : domains) {
    if (d.values.size() <= 10 || d.values[0].is != summary::hparam_value::number) continue;
    const auto [least, greatest] = std::minmax_element(d.values.begin(), d.values.end(), [](const auto& a, const auto& b) { return a.value < b.value; });
    d.least = least->value;
    d.greatest = greatest->value;
    d.values.clear();
  }
  summary::event_writer log(options.log);
  summary::hparams_config(log, domains, {{.tag = options.value}});
  log.close();
}

template <class F> std::vector<trial_result> run_trials(const std::vector<trial>& trials, F& f, const search_options& options) {
  std::vector<trial_result> results;
  for (const trial& t : trials) results.push_back({t});
  std::vector<running_trial> running;
  for (std::size_t next = 0; next < trials.size() || !running.empty();) {
    while (next < trials.size() && running.size() < std::size_t(std::max(options.processes, 1))) {
      int ends[2];
      if (::pipe(ends) != 0) fail_system("a pipe");
      std::fflush(nullptr);
      const pid_t process = ::fork();
      if (process < 0) fail_system("a process");
      if (process == 0) {
        ::close(ends[0]);
        run_trial(trials[next], f, options, ends[1]);
      }
      ::close(ends[1]);
      running.push_back({next++, process, ends[0]});
    }
    std::vector<pollfd> waiting;
    for (const running_trial& r : running) waiting.push_back({r.pipe, POLLIN, 0});
    if (::poll(waiting.data(), nfds_t(waiting.size()), -1) < 0 && errno != EINTR) fail_system("to wait for trials");
    for (std::size_t i = running.size(); i-- > 0;) {
      if (!waiting[i].revents) continue;
      char part[4096];
      const ssize_t n = ::read(running[i].pipe, part, sizeof part);
      if (n > 0) {
        running[i].said.append(part, std::size_t(n));
        continue;
      }
      ::close(running[i].pipe);
      int status = 0;
      ::waitpid(running[i].process, &status, 0);
      take_outcome(results[running[i].which], running[i].said, status);
      running.erase(running.begin() + std::ptrdiff_t(i));
    }
  }
  return results;
}

}  // namespace detail

/// Makes trials, `options.processes` at a time, and gives their results in the trials' order. `f(const trial&)` gives a value, in a process of its own:
/// what it changes in memory is lost. The processes are copies of this one, with one thread: nothing may run in other threads before, no
/// program on `backend::threads` and no event_writer.
///
///     auto results = tracking::search(tracking::at_random({{.name = "rate", .least = 1e-4, .greatest = 1e-1, .by_factors = true}}, 20),
///                                     [&](const tracking::trial& t) { ...; return history["val_loss"].back(); }, {.processes = 4, .log = "logs/search"});
///     tracking::best_of(results).of["rate"];
///
/// Errors     std::runtime_error where the system makes no process. A trial that fails has its mistake in the result
template <class F> std::vector<trial_result> search(const std::vector<trial>& trials, F f, const search_options& options = {}) {
  if (!options.log.empty()) detail::log_search(trials, options);
  return detail::run_trials(trials, f, options);
}

/// Of results with a value the best, the first of equals.
inline const trial_result& best_of(const std::vector<trial_result>& results, bool highest = false) {
  const trial_result* best = nullptr;
  for (const trial_result& r : results)
    if (r.value == r.value && (!best || (highest ? r.value > best->value : r.value < best->value))) best = &r;
  if (!best) throw std::runtime_error("best_of: no trial has a value" + (results.empty() ? std::string() : "; the first one: " + results[0].mistake));
  return *best;
}

/// Of `successive_halving` and `hyperband`.
struct halving_options {
  int least = 1, most = 81;   ///< budgets of a trial
  int factor = 3;             ///< of so many trials one goes on, with so many times its budget
};

namespace detail {

inline void check(const halving_options& h, const char* who) {
  if (h.least < 1 || h.most < h.least || h.factor < 2) throw std::invalid_argument(std::string(who) + ": expected 1 <= least <= most and a factor of at least 2");
}
template <class F> void halve(std::vector<trial> trials, F& f, const halving_options& halving, const search_options& options, std::vector<trial_result>& all) {
  for (long long budget = halving.least; !trials.empty() && budget <= halving.most; budget *= halving.factor) {
    for (trial& t : trials) t.budget = int(budget);
    std::vector<trial_result> results = run_trials(trials, f, options);
    all.insert(all.end(), results.begin(), results.end());
    std::erase_if(results, [](const trial_result& r) { return r.value != r.value; });
    std::stable_sort(results.begin(), results.end(), [&](const trial_result& a, const trial_result& b) { return options.highest ? a.value > b.value : a.value < b.value; });
    const std::size_t going_on = std::min(results.size(), trials.size() / std::size_t(halving.factor));
    trials.clear();
    for (std::size_t i = 0; i < going_on; ++i) trials.push_back(results[i].of);
  }
}

}  // namespace detail

/// Gives all trials the least budget, the best of them more, and so on: a share 1 / factor goes on each time, up to the largest budget. Gives all
/// results, each trial's with the budget that it had.
///
/// A trial that goes on is made again from its beginning, unless f keeps a checkpoint under its number and resumes.
/// Source     Jamieson and Talwalkar 2016
template <class F> std::vector<trial_result> successive_halving(const std::vector<trial>& trials, F f, const halving_options& halving, const search_options& options = {}) {
  detail::check(halving, "successive_halving");
  if (!options.log.empty()) detail::log_search(trials, options);
  std::vector<trial_result> all;
  detail::halve(trials, f, halving, options, all);
  return all;
}
/// Rounds of successive halving over trials at random: from many with the least budget to few with the largest.
///
/// Source     Li et al. 2018, algorithm 1
template <class F> std::vector<trial_result> hyperband(const std::vector<choice>& choices, F f, const halving_options& halving, const search_options& options = {}, std::uint64_t seed = 0) {
  detail::check(halving, "hyperband");
  int last = 0;          // rounds behind the first one
  long long share = 1;   // of the largest budget: factor to the power of the rounds that are left
  for (; share * halving.factor <= halving.most / halving.least; share *= halving.factor) ++last;
  struct round {
    int trials, least;
  };
  std::vector<round> rounds;
  int count = 0;
  for (int s = last; s >= 0; --s, share /= halving.factor) {
    rounds.push_back({int(((last + 1) * share + s) / (s + 1)), int(halving.most / share)});
    count += rounds.back().trials;
  }
  const std::vector<trial> trials = at_random(choices, count, seed);
  if (!options.log.empty()) detail::log_search(trials, options);
  std::vector<trial_result> all;
  auto next = trials.begin();
  for (const round& r : rounds) {
    detail::halve({next, next + r.trials}, f, {r.least, halving.most, halving.factor}, options, all);
    next += r.trials;
  }
  return all;
}

}  // namespace tfx::tracking
