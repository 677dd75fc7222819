// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/data/opened.hpp>
#include <tfx/io/record_error.hpp>
#include <tfx/io/tf_example.hpp>
#include <tfx/io/tf_record.hpp>

/// Records of TFRecord files, and the numbers in their Examples.
namespace tfx::data {

namespace detail {

struct tf_records_node : source_node {
  using value_type = std::string;
  std::filesystem::path path;
  io::packing packed;
  opened<io::tf_record_reader> in{};
  std::uint64_t offset = 0, count = 0;
  bool lost = false;   ///< the file cannot be opened

  void begin(std::uint64_t) {
    in.reset();
    offset = count = 0;
    lost = false;
  }
  bool next(std::string& to) {
    const std::optional<std::string_view> record = next_view();
    if (record) to.assign(*record);
    return record.has_value();
  }
  void archive(pipeline_state& s) {
    s.stage("tf_records");
    s(offset);
    s(count);
    s(lost);
    if (s.loading()) in.reset();
  }
  std::optional<std::string_view> next_view() {
    if (lost) return std::nullopt;
    lost = true;
    if (!in) in.emplace(path, packed).go_to(offset, count);
    lost = false;
    struct place {   // also where a record is bad
      tf_records_node& n;
      ~place() {
        n.offset = n.in->offset();
        n.count = n.in->count();
      }
    } const after{*this};
    return in->next();
  }
};

/// How a feature's values become a part of an element.
template <class T> struct feature_part {   // one number
  using number = T;
  static constexpr int kind = std::is_floating_point_v<T> ? 2 : 3;
  static_assert(std::is_arithmetic_v<T>, "tfx::data: a feature is a number, a std::string, or a std::array or std::vector of numbers");
  T& to;
  std::size_t count = 0;
  void put(auto x) {
    if (count++ == 0) to = as_element<T>(x);
  }
  bool full() const { return count == 1; }
  static std::string wanted() { return kind == 2 ? "one float" : "one int64"; }
};
template <> struct feature_part<std::string> {
  static constexpr int kind = 1;
  std::string& to;
  std::size_t count = 0;
  void put(std::string_view bytes) {
    if (count++ == 0) to.assign(bytes);
  }
  bool full() const { return count == 1; }
  static std::string wanted() { return "one byte string"; }
};
template <class T, std::size_t N> struct feature_part<std::array<T, N>> {
  using number = T;
  static constexpr bool bytes = sizeof(T) == 1;
  static constexpr int kind = bytes ? 1 : std::is_floating_point_v<T> ? 2 : 3;
  std::array<T, N>& to;
  std::size_t count = 0;
  void put(std::string_view b) {
    if (b.size() == N && count == 0) std::memcpy(to.data(), b.data(), N);
    count += b.size();
  }
  void put(auto x) {
    if (count < N) to[count] = as_element<T>(x);
    ++count;
  }
  bool full() const { return count == N; }
  static std::string wanted() { return bytes ? "a byte string of " + std::to_string(N) + " bytes" : std::to_string(N) + (kind == 2 ? " floats" : " int64"); }
};
template <class T> struct feature_part<std::vector<T>> {
  using number = T;
  static constexpr int kind = std::is_floating_point_v<T> ? 2 : 3;
  std::vector<T>& to;
  std::size_t count = 0;
  void put(auto x) {
    if (count++ == 0) to.clear();
    to.push_back(as_element<T>(x));
  }
  bool full() const {
    if (count == 0) to.clear();
    return true;
  }
  static std::string wanted() { return kind == 2 ? "floats" : "int64"; }
};

template <class... Part> struct feature_parser {
  std::array<std::string, sizeof...(Part)> names;

  /// What was expected and found instead where that was no such Example; empty where it was.
  std::pair<std::string, std::string> read(std::string_view bytes, std::tuple<Part...>& to) const {
    std::array<std::string_view, sizeof...(Part)> value{};
    std::array<bool, sizeof...(Part)> present{};
    const auto other = [&](std::string_view part) { return std::pair("an Example", "other bytes at byte " + std::to_string(part.data() - bytes.data())); };
    io::protobuf_reader in(bytes);
    while (in.next()) {
      if (!in.is_bytes(1)) continue;
      io::protobuf_reader features(in.bytes);
      while (features.next()) {
        if (!features.is_bytes(1)) continue;
        std::string_view name, message;
        if (!io::detail::parse_entry(features.bytes, name, message)) return other(features.bytes);
        for (std::size_t k = 0; k < sizeof...(Part); ++k)
          if (names[k] == name) {
            value[k] = message;
            present[k] = true;
          }
      }
      if (!features.right) return other(in.bytes);
    }
    if (!in.right) return other(bytes);
    std::pair<std::string, std::string> wrong;
    [&]<std::size_t... K>(std::index_sequence<K...>) { (void)(one(K, present[K], value[K], feature_part<Part>{std::get<K>(to)}, wrong) && ...); }(std::index_sequence_for<Part...>{});
    return wrong;
  }

private:
  template <class P> bool one(std::size_t k, bool present, std::string_view message, P part, std::pair<std::string, std::string>& wrong) const {
    const io::tf_feature_view view(message);
    bool whole = view.right;
    std::optional<std::int64_t> outside;   // what the part's type cannot hold
    if (present && whole && view.kind == P::kind) {
      const auto ignore = [](auto) {};
      const auto put = [&](auto x) {
        if constexpr (P::kind == 3)
          if constexpr (integer<typename P::number>)
            if (!std::in_range<typename P::number>(x)) return void(outside = x);
        part.put(x);
      };
      if constexpr (P::kind == 1) whole = view.each(put, ignore, ignore);
      else if constexpr (P::kind == 2) whole = view.each(ignore, put, ignore);
      else whole = view.each(ignore, ignore, put);
    }
    if (present && whole && !outside && (view.kind == P::kind || view.kind == 0) && part.full()) return true;
    static constexpr const char* kinds[] = {"nothing", "byte strings", "floats", "int64"};
    wrong = {"feature " + names[k] + " with " + P::wanted(),
             !present ? "no such feature" : !whole ? "other bytes" : outside ? std::to_string(*outside) + ", which its type cannot hold" : view.kind == P::kind && part.count > 0 ? std::to_string(part.count) + (P::kind == 1 ? " bytes" : " values") : kinds[view.kind]};
    return false;
  }
};

template <class... Part> struct tf_examples_node : tf_records_node {
  using value_type = std::tuple<Part...>;
  feature_parser<Part...> features;
  bool next(value_type& to) {
    const std::optional<std::string_view> record = next_view();
    if (!record) return false;
    auto [expected, found] = features.read(*record, to);
    if (!expected.empty()) throw io::record_error(path, "record", count - 1, "", expected, found);
    return true;
  }
};

}  // namespace detail

/// The records of a TFRecord file as byte strings. How it is packed is recognised.
///
/// Errors     io::file_error: no such file, a wrong checksum, a file that ends early. After a record with a wrong checksum the next
///            one is read: see `ignore_errors`
inline pipeline<detail::tf_records_node> tf_records(std::filesystem::path path, io::packing how = io::packing::recognised) {
  return pipeline<detail::tf_records_node>({{}, std::move(path), how});
}

/// A function from the bytes of an Example to a tuple of features: floats and int64 as numbers or arrays of as many, byte strings as
/// `std::string` or as arrays of bytes; any number of numbers as `std::vector`.
///
///     data::tf_records("train.tfrecord") | data::map(data::features<std::array<float, 4>, int>({"x", "label"}), {.threads = 4})
///
/// Errors     std::invalid_argument: other bytes, a feature that is not there, has another type or size, or a number that the part cannot hold
template <class... Part> auto features(const std::array<std::string, sizeof...(Part)>& names) {
  return [parser = detail::feature_parser<Part...>{names}](const std::string& record) {
    std::tuple<Part...> to;
    const auto [expected, found] = parser.read(record, to);
    if (!expected.empty()) tfx::detail::fail(("data: expected " + expected + ", found " + found).c_str());
    return to;
  };
}
/// The Examples of a TFRecord file as tuples of features.
///
///     data::tf_examples<std::array<float, 4>, int>("train.tfrecord", {"x", "label"})
///
/// Errors     those of `tf_records`; io::record_error with the record's number: those of `features`
template <class... Part>
pipeline<detail::tf_examples_node<Part...>> tf_examples(std::filesystem::path path, const std::array<std::string, sizeof...(Part)>& names,
                                                        io::packing how = io::packing::recognised) {
  return pipeline<detail::tf_examples_node<Part...>>({{{}, std::move(path), how}, {names}});
}

}  // namespace tfx::data
