// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tfx/io/crc32c.hpp>
#include <tfx/io/protobuf_reader.hpp>
#include <tfx/io/seekable_file.hpp>

/// Sorted tables of LevelDB, in which TensorFlow keeps what its checkpoints have: bytes by name.
///
///     blocks of entries | a block of nothing | a block that says where the blocks are | where these two are, in 48 bytes
///
/// An entry is three varints, the bytes that its name shares with the one before, those of its own, and those of its value, then both.
/// Every sixteenth shares none; where these are stands at a block's end. Behind a block are a byte, how it is packed, and a masked CRC-32C.
///
/// Source     LevelDB's table format; TensorFlow, core/lib/io/format.cc
namespace tfx::io {

namespace detail {
inline constexpr std::uint64_t table_magic = 0xdb4775248b80fb57;
inline constexpr std::size_t table_footer = 48, block_trailer = 5;

inline void put_varint(std::string& out, std::uint64_t x) {
  for (; x > 127; x >>= 7) out.push_back(char(x | 128));
  out.push_back(char(x));
}
inline void put_word(std::string& out, std::uint32_t x) { out.append(reinterpret_cast<const char*>(&x), sizeof x); }
inline std::uint32_t word_at(std::string_view bytes, std::size_t at) {
  std::uint32_t x;
  std::memcpy(&x, bytes.data() + at, sizeof x);
  return x;
}
/// Where a block is.
struct block_place {
  std::uint64_t offset = 0, size = 0;
  std::string bytes() const {
    std::string out;
    put_varint(out, offset);
    put_varint(out, size);
    return out;
  }
};

class block_writer {
public:
  void add(std::string_view name, std::string_view value) {
    std::size_t shared = 0;
    if (count_++ % 16 == 0) {
      restarts_.push_back(std::uint32_t(bytes_.size()));
    } else {
      while (shared < std::min(name.size(), last_.size()) && name[shared] == last_[shared]) ++shared;
    }
    put_varint(bytes_, shared);
    put_varint(bytes_, name.size() - shared);
    put_varint(bytes_, value.size());
    bytes_.append(name.substr(shared)).append(value);
    last_ = name;
  }
  std::size_t size() const { return bytes_.size(); }
  const std::string& last() const { return last_; }
  /// The block with its end, behind what `to` has.
  block_place close(std::string& to) {
    if (restarts_.empty()) restarts_.push_back(0);
    for (const std::uint32_t r : restarts_) put_word(bytes_, r);
    put_word(bytes_, std::uint32_t(restarts_.size()));
    const block_place place{to.size(), bytes_.size()};
    bytes_.push_back('\0');   // not packed
    put_word(bytes_, masked_crc32c(bytes_.data(), bytes_.size()));
    to += bytes_;
    *this = {};
    return place;
  }

private:
  std::string bytes_, last_;
  std::vector<std::uint32_t> restarts_;
  std::size_t count_ = 0;
};
}  // namespace detail

/// The bytes of a table; entries are given in the order of their names, byte by byte.
inline std::string write_sorted_table(const std::vector<std::pair<std::string, std::string>>& entries) {
  constexpr std::size_t block_size = 4096;
  std::string out;
  detail::block_writer block, index;
  const auto close = [&] {
    const std::string last = block.last();
    index.add(last, block.close(out).bytes());
  };
  for (const auto& [name, value] : entries) {
    block.add(name, value);
    if (block.size() >= block_size) close();
  }
  if (block.size() > 0) close();
  detail::block_writer nothing;
  std::string footer = nothing.close(out).bytes();
  footer += index.close(out).bytes();
  footer.resize(detail::table_footer - sizeof detail::table_magic, '\0');
  out += footer;
  out.append(reinterpret_cast<const char*>(&detail::table_magic), sizeof detail::table_magic);
  return out;
}

/// All entries of a table, in its order.
///
/// Errors     file_error with the place: what is no table, checksums, blocks that are packed
inline std::vector<std::pair<std::string, std::string>> read_sorted_table(const std::filesystem::path& path) {
  const seekable_file file(path);
  if (file.size() < detail::table_footer) file.fail(0, "a table of at least 48 bytes", std::to_string(file.size()));
  const std::uint64_t blocks_end = file.size() - detail::table_footer;
  std::string footer(detail::table_footer, '\0');
  file.read(blocks_end, footer.data(), footer.size());
  std::uint64_t magic;
  std::memcpy(&magic, footer.data() + footer.size() - sizeof magic, sizeof magic);
  if (magic != detail::table_magic) file.fail(file.size() - sizeof magic, "the end of a sorted table", "other bytes");

  const auto place_in = [&](protobuf_reader& in, std::uint64_t at) {
    detail::block_place place;
    place.offset = in.varint();
    place.size = in.varint();
    if (!in.right || place.size < 4 || place.offset > blocks_end || place.size > blocks_end - place.offset || blocks_end - place.offset - place.size < detail::block_trailer)
      file.fail(at, "the place of a block", "another one than the file has");
    return place;
  };
  const auto each_entry = [&](const detail::block_place& place, auto f) {
    std::string bytes(std::size_t(place.size) + detail::block_trailer, '\0');
    file.read(place.offset, bytes.data(), bytes.size());
    const std::size_t end = std::size_t(place.size);
    if (detail::word_at(bytes, end + 1) != masked_crc32c(bytes.data(), end + 1)) file.fail(place.offset, "a block with its checksum", "another checksum");
    if (bytes[end] != 0) file.fail(place.offset + end, "a block that is not packed", "packing " + std::to_string(int(static_cast<unsigned char>(bytes[end]))));
    const std::uint64_t restarts = detail::word_at(bytes, end - 4);
    if (restarts > (end - 4) / 4) file.fail(place.offset + end - 4, "so many places of whole names as there is room for", std::to_string(restarts));
    const std::string_view entries = std::string_view(bytes).substr(0, end - 4 - std::size_t(restarts) * 4);
    std::string name;
    for (std::size_t at = 0; at < entries.size();) {
      protobuf_reader in(entries.substr(at));
      const std::uint64_t shared = in.varint(), own = in.varint(), value = in.varint(), left = in.left();
      if (!in.right || shared > name.size() || own > left || value > left - own) file.fail(place.offset + at, "an entry", "lengths that it cannot have");
      const std::string_view rest = entries.substr(entries.size() - std::size_t(left));
      name.resize(std::size_t(shared));
      name += rest.substr(0, std::size_t(own));
      f(name, rest.substr(std::size_t(own), std::size_t(value)), place.offset + at);
      at = entries.size() - std::size_t(left - own - value);
    }
  };

  protobuf_reader in(std::string_view(footer).substr(0, footer.size() - sizeof magic));
  place_in(in, blocks_end);   // of the block of nothing
  const detail::block_place index = place_in(in, blocks_end);
  std::vector<std::pair<std::string, std::string>> all;
  std::uint64_t names = 0;   // at most fifteen entries share theirs with a whole one: no memory out of proportion is asked for
  each_entry(index, [&](const std::string&, std::string_view where, std::uint64_t at) {
    protobuf_reader block(where);
    each_entry(place_in(block, at), [&](const std::string& name, std::string_view value, std::uint64_t here) {
      if (!all.empty() && name <= all.back().first) file.fail(here, "names in order", "'" + name + "' behind '" + all.back().first + "'");
      if ((names += name.size()) > 64 * file.size()) file.fail(here, "names of at most " + std::to_string(64 * file.size()) + " bytes together", "more");
      all.emplace_back(name, value);
    });
  });
  return all;
}

}  // namespace tfx::io
