// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/data/node_mutex.hpp>
#include <tfx/data/opened.hpp>
#include <tfx/io/tf_record.hpp>

namespace tfx::data {

namespace detail {

template <class Up> struct file_cache_node : cancellable_node<Up> {
  using value_type = typename Up::value_type;
  std::filesystem::path path;
  opened<io::tf_record_reader> in{};
  opened<io::tf_record_writer> out{};
  std::uint64_t pass = 0, offset = 0, count = 0;
  bool reads = false, ended = false;

  void begin(std::uint64_t p) {
    pass = p;
    in.reset();
    out.reset();
    offset = count = 0;
    ended = false;
    std::error_code none;
    reads = std::filesystem::exists(path, none);
    if (reads) return;
    cancellable_node<Up>::begin(p);
    out.emplace(path);
  }
  bool next(value_type& to) {
    if (ended) return false;
    if (reads) {
      if (!in) in.emplace(path, io::packing::none).go_to(offset, count);
      const auto record = in->next();
      offset = in->offset();
      count = in->count();
      if (!record) return !(ended = true);
      pipeline_state s(*record);
      s(to);
      if (!s.at_end()) in->fail(in->start(), "an element of this pipeline", "one of " + std::to_string(record->size()) + " bytes");
      return true;
    }
    if (!this->upstream.next(to)) {
      if (this->was_cancelled()) return false;
      ended = true;   // also where the file cannot be written
      if (out) out->commit();
      out.reset();
      return false;
    }
    if (out) {
      pipeline_state s;
      s(to);
      out->write(s.bytes());
    }
    return true;
  }
  /// A file that was not complete is not written on: the next pass starts it anew.
  void archive(pipeline_state& s) {
    s.stage("file cache");
    s(pass);
    s(reads);
    s(ended);
    s(offset);
    s(count);
    if (s.loading()) {
      in.reset();
      out.reset();
      if (!reads) cancellable_node<Up>::begin(pass);
    }
    if (!reads) this->upstream.archive(s);
  }
};

struct file_cache_stage : stage {
  std::filesystem::path path;
  template <class Up> auto over(Up up) const { return file_cache_node<Up>{{{std::move(up)}}, path}; }
};

}  // namespace detail

/// Keeps the elements of the first complete pass in a file, which is there when all of them are, and is read from then on, also by
/// other processes. Delete it when what comes before changes.
///
/// Errors     io::file_error: it cannot be written; it is damaged, or holds other elements
inline detail::file_cache_stage cache(std::filesystem::path path) { return {{}, std::move(path)}; }

}  // namespace tfx::data
