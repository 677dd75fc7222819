// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: strings

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <tfx/io/crc32c.hpp>

/// Records as TFRecord and event files hold them:
///
///     length, 8 bytes | masked CRC-32C of these | the record | its masked CRC-32C; all little-endian
namespace tfx::io {

/// What stands before and after a record in a file.
struct tf_record_frame {
  unsigned char before[12];
  unsigned char after[4];

  explicit tf_record_frame(std::string_view record) {
    std::uint64_t size = record.size();
    for (int i = 0; i < 8; ++i, size >>= 8) before[i] = static_cast<unsigned char>(size);
    put(before + 8, masked_crc32c(before, 8));
    put(after, masked_crc32c(record.data(), record.size()));
  }
  static std::uint32_t get(const char* from) {
    std::uint32_t x = 0;
    for (int i = 3; i >= 0; --i) x = x << 8 | static_cast<unsigned char>(from[i]);
    return x;
  }

private:
  static void put(unsigned char* to, std::uint32_t x) {
    for (int i = 0; i < 4; ++i, x >>= 8) to[i] = static_cast<unsigned char>(x);
  }
};

inline constexpr std::size_t record_head = sizeof(tf_record_frame::before), record_tail = sizeof(tf_record_frame::after);

/// Appends a record to `out`; `write(out)` appends its bytes.
template <class F> void append_record(std::string& out, F write) {
  const std::size_t at = out.size();
  out.append(record_head, '\0');
  write(out);
  const tf_record_frame frame({out.data() + at + record_head, out.size() - at - record_head});
  std::memcpy(out.data() + at, frame.before, record_head);
  out.append(reinterpret_cast<const char*>(frame.after), record_tail);
}

/// Bytes of the first record in `records`, which are whole, with what stands before and after it.
inline std::size_t first_record(std::string_view records) {
  const std::uint64_t size = tf_record_frame::get(records.data()) | std::uint64_t{tf_record_frame::get(records.data() + 4)} << 32;
  return record_head + std::size_t(size) + record_tail;
}

}  // namespace tfx::io
