// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <zlib.h>

#include <tfx/io/seekable_file.hpp>

namespace tfx::io {

/// A file in an archive.
struct zip_member {
  std::string name;
  bool deflated = false;
  std::uint32_t crc = 0;
  std::uint64_t packed = 0, size = 0;   ///< bytes in the archive, and unpacked
  std::uint64_t header = 0, begin = 0;  ///< of its header and of its bytes, in the archive
};

/// An open zip archive: stored and deflated members, also of more than 4 GB. The directory and every header have been compared.
///
/// Errors     file_error with the place in the archive: no directory, other methods, encryption, members outside of the file; when
///            read, damaged data and another checksum
/// Source     PKWARE, APPNOTE.TXT 6.3
class zip_file {
 public:
  explicit zip_file(const std::filesystem::path& path) : file_(path) { read_directory(); }

  const std::filesystem::path& path() const { return file_.path(); }
  const std::vector<zip_member>& members() const { return members_; }
  [[noreturn]] void fail(std::uint64_t offset, std::string expected, std::string found) const { file_.fail(offset, std::move(expected), std::move(found)); }

  /// All bytes of a member.
  std::vector<std::byte> read(const zip_member& m) const {
    constexpr std::uint64_t expansion = 1032;   // deflate's best case is 258 bytes from two bits
    if (m.deflated ? m.size / expansion > m.packed + 1 : m.size != m.packed)
      fail(m.header, "a size of " + m.name + " that " + std::to_string(m.packed) + " bytes can hold", std::to_string(m.size));
    std::vector<std::byte> packed(std::size_t(m.packed));
    file_.read(m.begin, packed.data(), packed.size());
    std::vector<std::byte> bytes = m.deflated ? inflated(m, packed) : std::move(packed);
    std::uint32_t crc = 0;
    for (std::size_t i = 0; i < bytes.size(); i += block) {
      crc = std::uint32_t(::crc32(crc, reinterpret_cast<const Bytef*>(bytes.data() + i), uInt(std::min(block, bytes.size() - i))));
    }
    if (crc != m.crc) fail(m.begin, "bytes of " + m.name + " with checksum " + std::to_string(m.crc), std::to_string(crc));
    return bytes;
  }

 private:
  static constexpr std::size_t block = std::size_t(1) << 30;
  static constexpr std::uint64_t wide = 0xffffffffu;

  template <int Bytes> std::uint64_t number(const unsigned char* at) const {
    std::uint64_t n = 0;
    for (int i = Bytes; i-- > 0;) n = n << 8 | at[i];
    return n;
  }

  void read_directory() {
    constexpr std::size_t end_size = 22, longest_comment = 65535;
    const std::uint64_t size = file_.size();
    const std::size_t tail = std::size_t(std::min<std::uint64_t>(size, end_size + longest_comment));
    std::vector<unsigned char> end(tail);
    file_.read(size - tail, end.data(), tail);
    std::size_t at = tail < end_size ? 0 : tail - end_size + 1;
    while (at > 0 && number<4>(&end[at - 1]) != 0x06054b50u) --at;
    if (at == 0) fail(size < end_size ? 0 : size - end_size, "the end of a zip archive's directory", "none");
    --at;
    const std::uint64_t place = size - tail + at;
    std::uint64_t count = number<2>(&end[at + 10]), bytes = number<4>(&end[at + 12]), begin = number<4>(&end[at + 16]), limit = place;
    if ((count == 0xffff || bytes == wide || begin == wide) && place >= 20) {   // behind 4 GB, or 65,535 members
      unsigned char locator[20], far_end[56];
      file_.read(place - 20, locator, sizeof locator);
      if (number<4>(locator) == 0x07064b50u) {
        const std::uint64_t far_place = number<8>(locator + 8);
        if (far_place > size - sizeof far_end) fail(place - 12, "the place of the directory's end", std::to_string(far_place));
        file_.read(far_place, far_end, sizeof far_end);
        if (number<4>(far_end) != 0x06064b50u) fail(far_place, "the end of the directory", "something else");
        count = number<8>(far_end + 32);
        bytes = number<8>(far_end + 40);
        begin = number<8>(far_end + 48);
        limit = far_place;
      }
    }
    if (begin > limit || bytes > limit - begin) fail(place + 12, "a directory within the file", std::to_string(bytes) + " bytes at byte " + std::to_string(begin));
    std::vector<unsigned char> directory(std::size_t(bytes), 0);
    file_.read(begin, directory.data(), directory.size());
    std::size_t done = 0;
    for (std::uint64_t i = 0; i < count; ++i) done += read_entry(directory, done, begin + done);
    if (done != directory.size()) fail(begin + done, "the end of the directory", "more bytes");
  }

  /// One entry of the directory; gives its length.
  std::size_t read_entry(const std::vector<unsigned char>& directory, std::size_t at, std::uint64_t place) {
    constexpr std::size_t fixed = 46;
    const std::size_t room = directory.size() - at;
    const unsigned char* const e = directory.data() + at;
    if (room < fixed || number<4>(e) != 0x02014b50u) fail(place, "an entry of the directory", room < fixed ? "its end" : "something else");
    const std::size_t name = number<2>(e + 28), extra = number<2>(e + 30), comment = number<2>(e + 32);
    if (room - fixed < name + extra + comment) fail(place + 28, "an entry within the directory", std::to_string(name + extra + comment) + " bytes");
    zip_member m;
    m.name.assign(reinterpret_cast<const char*>(e + fixed), name);
    m.crc = std::uint32_t(number<4>(e + 16));
    m.packed = number<4>(e + 20);
    m.size = number<4>(e + 24);
    m.header = number<4>(e + 42);
    for (std::size_t k = 0; k + 4 <= extra;) {
      const unsigned char* const x = e + fixed + name + k;
      const std::size_t length = number<2>(x + 2);
      if (number<2>(x) == 1 && k + 4 + length <= extra) {
        std::size_t from = 4;
        for (std::uint64_t* n : {&m.size, &m.packed, &m.header})
          if (*n == wide && from + 8 <= 4 + length) {
            *n = number<8>(x + from);
            from += 8;
          }
      }
      k += 4 + length;
    }
    const std::uint64_t method = number<2>(e + 10);
    if (number<2>(e + 8) & 1) fail(place + 8, m.name + " without encryption", "an encrypted one");
    if (method != 0 && method != 8) fail(place + 10, m.name + " stored (0) or deflated (8)", "method " + std::to_string(method));
    m.deflated = method == 8;
    find_bytes(m, method, place);
    members_.push_back(std::move(m));
    return fixed + name + extra + comment;
  }
  /// By its own header, which has to agree with the directory.
  void find_bytes(zip_member& m, std::uint64_t method, std::uint64_t place) const {
    unsigned char local[30];
    const std::uint64_t size = file_.size();
    if (size < sizeof local || m.header > size - sizeof local) fail(place + 42, "the place of " + m.name, std::to_string(m.header));
    file_.read(m.header, local, sizeof local);
    if (number<4>(local) != 0x04034b50u) fail(m.header, "the header of " + m.name, "something else");
    const std::uint64_t length = number<2>(local + 26), own_method = number<2>(local + 8);
    if (own_method != method) fail(m.header + 8, m.name + " packed by method " + std::to_string(method) + ", as the directory says", std::to_string(own_method));
    std::string name(std::size_t(std::min(length, size - m.header - sizeof local)), '\0');
    file_.read(m.header + sizeof local, name.data(), name.size());
    if (name != m.name) fail(m.header + sizeof local, "the name " + m.name + ", as in the directory", name);
    m.begin = m.header + sizeof local + length + number<2>(local + 28);
    if (m.begin > size || m.packed > size - m.begin) fail(m.header, "the " + std::to_string(m.packed) + " bytes of " + m.name, "the end of the file");
  }

  std::vector<std::byte> inflated(const zip_member& m, const std::vector<std::byte>& packed) const {
    constexpr int largest_window = 15;
    struct stream {
      ::z_stream z{};
      stream() {
        if (::inflateInit2(&z, -largest_window) != Z_OK) throw std::bad_alloc();
      }
      ~stream() { ::inflateEnd(&z); }
    } s;
    std::vector<std::byte> bytes(std::size_t(m.size));
    std::size_t from = 0, to = 0;
    Bytef beyond = 0;
    while (true) {
      const std::size_t in = std::min(block, packed.size() - from), out = std::min(block, bytes.size() - to);
      s.z.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data() + from));
      s.z.avail_in = uInt(in);
      s.z.next_out = out > 0 ? reinterpret_cast<Bytef*>(bytes.data() + to) : &beyond;
      s.z.avail_out = out > 0 ? uInt(out) : 1;
      const int status = ::inflate(&s.z, Z_NO_FLUSH);
      const std::size_t taken = in - s.z.avail_in, given = (out > 0 ? out : 1) - s.z.avail_out;
      from += taken;
      if (out == 0 && given > 0) fail(m.begin + from, "the end of " + m.name + " after " + std::to_string(m.size) + " bytes", "more");
      to += given;
      if (status == Z_STREAM_END) break;
      if (status != Z_OK) fail(m.begin + from, "deflated data of " + m.name, s.z.msg ? s.z.msg : "its end");
      if (taken == 0 && given == 0) fail(m.begin + from, "more deflated data of " + m.name, "its end");
    }
    if (to != bytes.size()) fail(m.begin + from, std::to_string(m.size) + " bytes of " + m.name, std::to_string(to));
    return bytes;
  }

  seekable_file file_;
  std::vector<zip_member> members_;
};

}  // namespace tfx::io
