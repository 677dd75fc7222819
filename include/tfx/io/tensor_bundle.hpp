// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tfx/io/atomic_file.hpp>
#include <tfx/io/element_types.hpp>
#include <tfx/io/load.hpp>
#include <tfx/io/named_arrays.hpp>
#include <tfx/io/protobuf_writer.hpp>
#include <tfx/io/sorted_table.hpp>

/// TensorFlow's checkpoints: `PREFIX.index`, a sorted table of names, types, shapes, places and checksums, and `PREFIX.data-00000-of-00001`,
/// the numbers. A file `checkpoint` in the folder names the newest.
///
/// Source     TensorFlow, core/protobuf/tensor_bundle.proto and core/util/tensor_bundle; python/training/checkpoint_state.proto
namespace tfx::io {

/// An array in a bundle.
struct bundle_entry {
  std::string name;
  std::string_view dtype;             ///< as in safetensors files: F32, I64 and so on
  std::vector<std::int64_t> shape;
  int shard = 0;                      ///< which of the data files
  std::uint64_t begin = 0, end = 0;   ///< in it
  std::uint32_t checksum = 0;         ///< masked CRC-32C
  std::uint64_t size() const { return end - begin; }
  std::uint64_t count() const {
    std::uint64_t n = 1;
    for (const std::int64_t extent : shape) n *= std::uint64_t(extent);
    return n;
  }
};

namespace detail {
/// TensorFlow's numbers for element types.
struct tensorflow_type {
  int number;
  dtype type;
};
inline constexpr tensorflow_type tensorflow_types[] = {{1, dtype::float32}, {2, dtype::float64},   {3, dtype::int32},  {4, dtype::uint8},   {5, dtype::int16},
                                                       {6, dtype::int8},    {8, dtype::complex64}, {9, dtype::int64},  {10, dtype::boolean}, {14, dtype::bfloat16},
                                                       {17, dtype::uint16}, {19, dtype::float16},  {22, dtype::uint32}, {23, dtype::uint64}};
inline std::string shard_name(const std::filesystem::path& prefix, int shard, int shards) {
  char ending[40];
  std::snprintf(ending, sizeof ending, ".data-%05d-of-%05d", shard, shards);
  return prefix.string() + ending;
}
inline std::string index_name(const std::filesystem::path& prefix) { return prefix.string() + ".index"; }
}  // namespace detail

/// An open bundle. Its arrays of numbers can be read; strings, which TensorFlow keeps the graph of its objects in, are only named.
///
///     load(m, io::tensor_bundle("tf/ckpt-5"), {.rename = {{"dense", "layer_with_weights-0"}}});
///     for (const io::bundle_entry& entry : io::tensor_bundle("tf/ckpt-5").tensors()) std::puts(entry.name.c_str());
///
/// Errors     file_error with the place in the index or the data: no bundle, checksums, sizes that disagree with shapes, arrays in slices,
///            big-endian numbers
class tensor_bundle {
public:
  explicit tensor_bundle(const std::filesystem::path& prefix) : path_(prefix) {
    const std::filesystem::path index = detail::index_name(prefix);
    int shards = 0;
    for (const auto& [name, bytes] : read_sorted_table(index)) {
      if (name.empty()) {
        shards = read_header(index, bytes);
        for (int k = 0; k < shards; ++k) data_.push_back(std::make_unique<seekable_file>(detail::shard_name(prefix, k, shards)));
        continue;
      }
      if (shards == 0) throw file_error(index, 0, "a header before the first name", "none");
      read_entry(index, name, bytes);
    }
    if (shards == 0) throw file_error(index, 0, "the header of a bundle", "none");
    for (std::size_t i = 0; i < arrays_.size(); ++i) index_.emplace(arrays_[i].name, i);
  }

  /// In the order of their names.
  const std::vector<bundle_entry>& tensors() const { return arrays_; }
  /// Names of what is no array of numbers.
  const std::vector<std::string>& others() const { return others_; }
  const std::filesystem::path& path() const { return path_; }
  /// nullptr when there is no array of that name.
  const bundle_entry* find(std::string_view name) const {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : &arrays_[found->second];
  }

  /// One array into a vector, span or array of the right size, converted as `load_options::convert` says.
  template <class Range> void read(std::string_view name, Range&& out, bool convert = false) const {
    using element = std::remove_pointer_t<decltype(std::data(out))>;
    static_assert(!detail::safetensors_dtype(dtype_of<element>).empty(), "tfx: files have no name for this element type");
    const bundle_entry* entry = find(name);
    if (entry == nullptr) throw file_error(path_, file_error::nowhere, "an array named " + std::string(name), "no such name");
    if (std::size(out) != entry->count()) file_of(*entry).fail(entry->begin, std::to_string(std::size(out)) + " elements of " + entry->name, std::to_string(entry->count()));
    read(*entry, dtype_of<element>, std::data(out), convert);
  }
  /// One array into memory for `entry.count()` elements of type `wanted`.
  void read(const bundle_entry& entry, dtype wanted, void* out, bool convert = false) const {
    const detail::conversion how = detail::conversion_between(entry.dtype, wanted, convert);
    if (how == detail::conversion::none) file_of(entry).fail(entry.begin, std::string(detail::safetensors_dtype(wanted)) + " elements of " + entry.name, std::string(entry.dtype));
    const std::vector<std::byte> bytes = bytes_of(entry);
    if (how != detail::conversion::same) return detail::convert_some(how, bytes.data(), std::size_t(entry.count()), wanted, out, 0);
    if (wanted == dtype::boolean) check_booleans(entry, bytes);
    if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
  }
  /// A byte other than 0 and 1 in a `bool` is undefined behaviour wherever it is looked at, so it never gets there.
  void check_booleans(const bundle_entry& entry) const { check_booleans(entry, bytes_of(entry)); }

private:
  static int read_header(const std::filesystem::path& index, std::string_view bytes) {
    std::uint64_t shards = 1, big_endian = 0;
    protobuf_reader in(bytes);
    while (in.next()) {
      if (in.field == 1 && in.kind == 0) shards = in.number;
      if (in.field == 2 && in.kind == 0) big_endian = in.number;
    }
    if (!in.right || shards < 1 || shards > 99'999) throw file_error(index, 0, "the header of a bundle with 1 to 99999 data files", in.right ? std::to_string(shards) : "other bytes");
    if (big_endian != 0) throw file_error(index, 0, "little-endian numbers", "big-endian ones");
    return int(shards);
  }
  void read_entry(const std::filesystem::path& index, const std::string& name, std::string_view bytes) {
    const auto wrong = [&](std::string expected, std::string found) { throw file_error(index, file_error::nowhere, name + ": " + expected, std::move(found)); };
    bundle_entry entry;
    entry.name = name;
    std::uint64_t type = 0, shard = 0, size = 0;
    protobuf_reader in(bytes);
    while (in.next()) {
      if (in.field == 1 && in.kind == 0) type = in.number;
      else if (in.is_bytes(2)) read_shape(in, entry.shape);
      else if (in.field == 3 && in.kind == 0) shard = in.number;
      else if (in.field == 4 && in.kind == 0) entry.begin = in.number;
      else if (in.field == 5 && in.kind == 0) size = in.number;
      else if (in.field == 6 && in.kind == 5) entry.checksum = std::uint32_t(in.number);
      else if (in.field == 7) wrong("an array in one piece", "slices of it");
    }
    if (!in.right) wrong("an entry of a bundle", "other bytes");
    if (shard >= data_.size()) wrong("a data file below " + std::to_string(data_.size()), std::to_string(shard));
    entry.shard = int(shard);
    const std::uint64_t there = data_[std::size_t(shard)]->size();
    if (entry.begin > there || size > there - entry.begin) data_[std::size_t(shard)]->fail(there, std::to_string(size) + " bytes of " + name + " at byte " + std::to_string(entry.begin), "the end of the file");
    entry.end = entry.begin + size;
    const auto* known = std::find_if(std::begin(detail::tensorflow_types), std::end(detail::tensorflow_types), [&](const auto& t) { return std::uint64_t(t.number) == type; });
    if (known == std::end(detail::tensorflow_types)) {
      others_.push_back(name);
      return;
    }
    entry.dtype = detail::safetensors_dtype(known->type);
    const bool empty = std::find(entry.shape.begin(), entry.shape.end(), 0) != entry.shape.end();
    std::uint64_t wanted = empty ? 0 : std::uint64_t(size_of(known->type));
    for (const std::int64_t extent : entry.shape) {
      const bool fits = extent >= 0 && (empty || wanted <= size / std::uint64_t(extent));   // so that nothing overflows
      if (!fits) wrong("a shape of " + std::to_string(size) + " bytes", detail::describe(entry.dtype, entry.shape));
      wanted *= std::uint64_t(extent);
    }
    if (wanted != size) wrong("a shape of " + std::to_string(size) + " bytes", detail::describe(entry.dtype, entry.shape));
    arrays_.push_back(std::move(entry));
  }
  static void read_shape(protobuf_reader& in, std::vector<std::int64_t>& shape) {
    protobuf_reader dims(in.bytes);
    while (dims.next()) {
      if (!dims.is_bytes(2)) continue;
      std::int64_t extent = 0;
      protobuf_reader dim(dims.bytes);
      while (dim.next())
        if (dim.field == 1 && dim.kind == 0) extent = std::int64_t(dim.number);
      if (!dim.right) in.right = false;
      shape.push_back(extent);
    }
    if (!dims.right) in.right = false;
  }
  const seekable_file& file_of(const bundle_entry& entry) const { return *data_[std::size_t(entry.shard)]; }
  std::vector<std::byte> bytes_of(const bundle_entry& entry) const {
    std::vector<std::byte> bytes(std::size_t(entry.size()));
    file_of(entry).read(entry.begin, bytes.data(), bytes.size());
    if (masked_crc32c(bytes.data(), bytes.size()) != entry.checksum) file_of(entry).fail(entry.begin, entry.name + " with its checksum", "another checksum");
    return bytes;
  }
  void check_booleans(const bundle_entry& entry, const std::vector<std::byte>& bytes) const {
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if (entry.dtype == "BOOL" && std::to_integer<int>(bytes[i]) > 1) file_of(entry).fail(entry.begin + i, "0 or 1 in " + entry.name, std::to_string(std::to_integer<int>(bytes[i])));
  }

  std::filesystem::path path_;
  std::vector<std::unique_ptr<seekable_file>> data_;
  std::vector<bundle_entry> arrays_;
  std::vector<std::string> others_;
  std::map<std::string, std::size_t, std::less<>> index_;
};
static_assert(array_file<tensor_bundle>);

/// Writes arrays as a bundle: the data, then the index, each as a whole or not at all.
///
/// Errors     file_error (system), std::invalid_argument (an element type that TensorFlow has no number for, two arrays of one name)
inline void write_tensor_bundle(const std::filesystem::path& prefix, std::span<const named_array> arrays) {
  std::map<std::string, const named_array*> order;
  for (const named_array& a : arrays)
    if (a.name.empty() || !order.emplace(a.name, &a).second) throw std::invalid_argument("tfx: a bundle has arrays of different names, found '" + a.name + "' again");
  std::vector<std::pair<std::string, std::string>> entries(1);
  protobuf_writer header(entries[0].second);
  header.integer(1, 1);
  header.message(3, [](protobuf_writer& version) { version.integer(1, 1); });
  atomic_file data(detail::shard_name(prefix, 0, 1));
  std::uint64_t offset = 0;
  for (const auto& one : order) {
    const std::string& name = one.first;
    const named_array* const a = one.second;
    const auto* known = std::find_if(std::begin(detail::tensorflow_types), std::end(detail::tensorflow_types), [&](const auto& t) { return t.type == a->type; });
    if (known == std::end(detail::tensorflow_types)) throw std::invalid_argument("tfx: " + name + ": TensorFlow has no such elements");
    std::uint64_t size = std::uint64_t(size_of(a->type));
    for (const std::int64_t extent : a->shape) size *= std::uint64_t(extent);
    data.write(a->data, std::size_t(size));
    protobuf_writer entry(entries.emplace_back(name, std::string()).second);
    entry.integer(1, known->number);
    entry.message(2, [&](protobuf_writer& shape) {
      for (const std::int64_t extent : a->shape) shape.message(2, [&](protobuf_writer& dim) { dim.integer(1, extent); });
    });
    if (offset != 0) entry.integer(4, std::int64_t(offset));
    entry.integer(5, std::int64_t(size));
    entry.fixed(6, masked_crc32c(a->data, std::size_t(size)));
    offset += size;
  }
  data.commit();
  atomic_file index(detail::index_name(prefix));
  index.write(write_sorted_table(entries));
  index.commit();
}

/// The prefix of the newest bundle in a folder, as its file `checkpoint` says; empty if there is none. What `tf.train.latest_checkpoint`
/// gives.
inline std::filesystem::path latest_tensor_bundle(const std::filesystem::path& folder) {
  std::FILE* const file = std::fopen((folder / "checkpoint").c_str(), "rb");
  if (file == nullptr) return {};
  char line[4096];
  std::string found;
  while (found.empty() && std::fgets(line, sizeof line, file)) {
    constexpr std::string_view key = "model_checkpoint_path: \"";
    const std::string_view text(line);
    if (text.starts_with(key) && text.find('"', key.size()) != text.npos) found = text.substr(key.size(), text.find('"', key.size()) - key.size());
  }
  std::fclose(file);
  if (found.empty()) return {};
  const std::filesystem::path prefix = std::filesystem::path(found).is_absolute() ? std::filesystem::path(found) : folder / found;
  return std::filesystem::exists(detail::index_name(prefix)) ? prefix : std::filesystem::path();
}

}  // namespace tfx::io

namespace tfx {

/// Writes all parameters and states of a model, or what a `checkpoint` has, as a bundle that TensorFlow reads, and names it as the newest
/// in its folder.
///
///     save_tensor_bundle(m, "tf/step-500");     // tf.train.load_checkpoint(tf.train.latest_checkpoint("tf"))
///
/// Errors     io::file_error, std::invalid_argument (the name)
template <class Model> requires has_variables<const Model> void save_tensor_bundle(const Model& model, const std::filesystem::path& prefix) {
  const std::string name = prefix.filename().string();
  if (name.empty() || name.find_first_of("\"\\\n") != name.npos) throw std::invalid_argument("tfx: a bundle's name is text without quotes, backslashes and ends of lines, found '" + name + "'");
  io::write_tensor_bundle(prefix, detail::variables_of<const void*>(model));
  io::atomic_file state(prefix.parent_path() / "checkpoint");
  state.write("model_checkpoint_path: \"" + name + "\"\nall_model_checkpoint_paths: \"" + name + "\"\n");
  state.commit();
}

}  // namespace tfx
