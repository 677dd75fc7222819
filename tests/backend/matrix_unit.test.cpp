// SPDX-License-Identifier: Apache-2.0
// labels: native unsanitized
// A system that refuses the matrix unit.
#include "products.hpp"

#include <cstdio>
#include <cstdlib>

#if defined(TFX_SIMD_HAS_MATRIX_UNIT)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace tfx;
using namespace tfx::test;

using product_in_pairs = product<1, 70, 83, 131, 0, 0, 0, 0, summing::pairs>;

/// As a program makes it, with the best set that it finds.
void multiply(guarded<float>& y) {
  const planned<float, bfloat16, bfloat16> p(std::type_identity<product_in_pairs>{});
  guarded<bfloat16> a(p.left_size()), b(p.right_size());
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = bfloat16(float(i * 7919 % 1009) - 500);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = bfloat16(float(i * 104729 % 997) / 64 - 8);
  const geometry row = geometry::of(p.geo);
  scratch_memory<float> scratch(planned<float, bfloat16, bfloat16>::matmul::scratch(p.geo, 70, 83));
  call<float> c = call_of<float>(row, p.tiles, 70, 83, 131, {}, scratch, 1);
  void* operands[] = {a.data(), b.data()};
  c.operand = operands;
  backend::simd_matmul<float>::run(c, y.data(), nullptr);
}

/// From here on arch_prctl is an error to this process.
bool refuse() {
  sock_filter steps[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_arch_prctl, 0, 1),
                         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter = {4, steps};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace

TEST_CASE("a process that is refused the matrix unit gives the same bits without it") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();   // before anything has asked for the unit
  guarded<float> y(70 * 83), refused(70 * 83);
  if (child == 0) {
    if (!refuse()) _exit(77);
    multiply(y);
    const bool none = !backend::has_matrix_unit();
    const bool written = write(ends[1], y.data(), y.size() * sizeof(float)) == ssize_t(y.size() * sizeof(float));
    _exit(none && written ? 0 : 1);
  }
  close(ends[1]);
  char* at = reinterpret_cast<char*>(refused.data());
  for (ssize_t count = 1, left = ssize_t(refused.size() * sizeof(float)); left > 0 && count > 0; at += count, left -= count)
    count = read(ends[0], at, std::size_t(left));
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    std::puts("skipped: calls of the system can't be refused here");
    std::exit(77);
  }
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  multiply(y);
  CHECK(y.same_bits(refused));
}

#else

TEST_CASE("a process that is refused the matrix unit gives the same bits without it") {
  std::puts("skipped: this build has no products for it");
  std::exit(77);
}

#endif
