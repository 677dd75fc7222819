// SPDX-License-Identifier: Apache-2.0
// survive FOLDER [asynchronous]: trains with checkpoints in a folder, going on from those that are there, and prints a fingerprint of
// the weights. SURVIVE="kind n" makes something fail at the n-th call that changes a file, or at the n-th batch:
//   batch    the process is killed at that batch         call     ... at that call
//   torn     half of what is written next is, then the process is killed
//   full     there is no room, for ten calls
//   fsync    the disk fails to flush, from then on           rename   the next renaming fails
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <tfx/tfx.hpp>
#include <tfx/train/checkpoints.hpp>

#include "networks.hpp"

namespace {

struct {
  std::string kind;
  long at = -1, calls = 0;
  bool is(const char* what) const { return kind == what; }
} fault;

[[noreturn]] void die() {
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}
/// Before a call: is it to fail?
bool strikes(const char* kind) {
  if (fault.is("call") && fault.calls + 1 == fault.at) die();
  ++fault.calls;
  return fault.is(kind) && fault.calls >= fault.at;
}

}  // namespace

// The library's own calls come here: a program's functions stand before those of the system's library.
extern "C" ssize_t write(int file, const void* data, size_t size) {
  if (strikes("torn")) {
    static_cast<void>(::syscall(SYS_write, file, data, size / 2));
    die();
  }
  if (fault.is("full") && fault.calls >= fault.at && fault.calls < fault.at + 10) {
    errno = ENOSPC;
    return -1;
  }
  return ::syscall(SYS_write, file, data, size);
}
extern "C" int fsync(int file) {
  if (strikes("fsync")) {
    errno = EIO;
    return -1;
  }
  return int(::syscall(SYS_fsync, file));
}
extern "C" int rename(const char* from, const char* to) noexcept {
  if (strikes("rename")) {
    fault.kind.clear();
    errno = EIO;
    return -1;
  }
  return int(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<16>{}, nn::dropout{.rate = 0.1}, nn::tanh{}, nn::dense<1>{});
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 0.01});

int main(int count, char** word) {
  if (const char* told = std::getenv("SURVIVE")) {
    char kind[20] = "";
    if (std::sscanf(told, "%19s %ld", kind, &fault.at) == 2) fault.kind = kind;
  }
  std::vector<std::array<float, 4>> x;
  std::vector<float> y;
  for (int i = 0; i < 200; ++i) {
    x.push_back({float(i % 7) / 7, float(i % 5) / 5, float(i % 11) / 11, float(i % 3)});
    y.push_back(x.back()[0] * x.back()[1] - x.back()[2]);
  }
  long batches = 0;
  const auto batch = [&](const batch_end&) {
    if (fault.is("batch") && ++batches == fault.at) die();
  };
  early_stopping stopping{.watch = "loss", .patience = 3, .restore_best = true};
  reduce_on_plateau reduce{.watch = "loss", .factor = 0.5, .patience = 1, .min_delta = 0.001};
  try {
    model<net, input<16, 4>> m{seed{3}};
    m.fit<training>(data::columns(x, y), {.epochs = 8, .quiet = true, .resume = true}, batch, stopping,
                    checkpoints{.folder = word[1], .name = "{step}", .every_steps = 5, .asynchronous = count > 2}, reduce);
    std::printf("%016llx\n", static_cast<unsigned long long>(networks::fingerprint_of(m)));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
