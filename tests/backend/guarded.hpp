// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

namespace tfx::test {

/// Memory that ends exactly at an unreadable page: a read or write behind it stops the test. Before it lies garbage
/// (NaN).
template <class T> class guarded {
 public:
  explicit guarded(std::size_t count) : count_(count) {
    const std::size_t page = std::size_t(sysconf(_SC_PAGESIZE));
    bytes_ = (count * sizeof(T) + page - 1) / page * page + page;
    memory_ =
        static_cast<unsigned char*>(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(memory_ + bytes_ - page, page, PROT_NONE);
    data_ = reinterpret_cast<T*>(memory_ + bytes_ - page - count * sizeof(T));
    std::memset(memory_, 0xff, std::size_t(reinterpret_cast<unsigned char*>(data_) - memory_));
  }
  guarded(const guarded&) = delete;
  guarded& operator=(const guarded&) = delete;
  ~guarded() { munmap(memory_, bytes_); }

  T* data() { return data_; }
  std::size_t size() const { return count_; }
  T& operator[](std::size_t i) { return data_[i]; }

  /// Reproducible values in [-1, 1], some of them exactly zero.
  void fill(std::uint64_t seed) {
    for (std::size_t i = 0; i < count_; ++i) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      const auto word = std::int32_t(seed >> 33);
      data_[i] = word % 17 == 0 ? T(0) : T(word - (1 << 30)) / T(1 << 30);
    }
  }

  bool same_bits(guarded& other) const { return std::memcmp(data_, other.data_, count_ * sizeof(T)) == 0; }

 private:
  std::size_t count_ = 0, bytes_ = 0;
  unsigned char* memory_ = nullptr;
  T* data_ = nullptr;
};

/// Scratch memory as a program provides it: 64-byte aligned, exactly as large as asked for, full of garbage (NaN).
template <class T> class scratch_memory {
 public:
  explicit scratch_memory(std::size_t count) : memory_(((count * sizeof(T) + 63) / 64 * 64) / sizeof(T)) {
    std::memset(memory_.data(), 0xff, memory_.size() * sizeof(T));
  }
  T* data() { return memory_.data(); }

 private:
  guarded<T> memory_;
};

}  // namespace tfx::test
