// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <map>
#include <optional>
#include <vector>

#include <tfx/io/protobuf_reader.hpp>
#include <tfx/io/protobuf_writer.hpp>

/// The messages Example and SequenceExample of TensorFlow: named features.
namespace tfx::io {

/// Byte strings, numbers or integers; at most one of the three has any.
struct tf_feature {
  std::vector<std::string> bytes{};
  std::vector<float> floats{};
  std::vector<std::int64_t> integers{};
  bool operator==(const tf_feature&) const = default;
};

/// What is in a feature's bytes, without copies: `kind` is 1 byte strings, 2 numbers, 3 integers, 0 none of them.
struct tf_feature_view {
  int kind = 0;
  std::string_view list{};
  bool right = true;

  explicit tf_feature_view(std::string_view feature) {
    protobuf_reader in(feature);
    while (in.next())
      if (in.field <= 3 && in.is_bytes(in.field)) {
        kind = in.field;
        list = in.bytes;
      }
    right = in.right;
  }
  /// put(value) of each: a std::string_view, a float or a std::int64_t. False where the bytes are no list.
  template <class Bytes, class Float, class Integer> bool each(Bytes put_bytes, Float put_float, Integer put_integer) const {
    protobuf_reader in(list);
    while (in.next()) {
      if (in.field != 1) continue;
      if (kind == 1 && in.kind == 2) {
        put_bytes(in.bytes);
      } else if (kind == 2 && in.kind == 5) {
        put_float(std::bit_cast<float>(std::uint32_t(in.number)));
      } else if (kind == 2 && in.kind == 2) {
        if (in.bytes.size() % 4 != 0) return false;
        for (protobuf_reader packed(in.bytes); !packed.at_end();) put_float(std::bit_cast<float>(std::uint32_t(packed.fixed(4))));
      } else if (kind == 3 && in.kind == 0) {
        put_integer(std::int64_t(in.number));
      } else if (kind == 3 && in.kind == 2) {
        protobuf_reader packed(in.bytes);
        while (!packed.at_end()) put_integer(std::int64_t(packed.varint()));
        if (!packed.right) return false;
      } else {
        return false;
      }
    }
    return in.right;
  }
};

namespace detail {

inline bool parse(std::string_view bytes, tf_feature& to) {
  const tf_feature_view view(bytes);
  return view.right && view.each([&](std::string_view b) { to.bytes.emplace_back(b); }, [&](float x) { to.floats.push_back(x); }, [&](std::int64_t x) { to.integers.push_back(x); });
}
inline bool parse(std::string_view bytes, std::vector<tf_feature>& to) {
  protobuf_reader in(bytes);
  while (in.next())
    if (in.is_bytes(1) && !parse(in.bytes, to.emplace_back())) return false;
  return in.right;
}
/// An entry of a map: a name and a message.
inline bool parse_entry(std::string_view entry, std::string_view& name, std::string_view& value) {
  name = value = {};
  protobuf_reader in(entry);
  while (in.next()) {
    if (in.is_bytes(1)) name = in.bytes;
    if (in.is_bytes(2)) value = in.bytes;
  }
  return in.right;
}
template <class T> bool parse(std::string_view bytes, std::map<std::string, T>& to) {
  protobuf_reader in(bytes);
  while (in.next()) {
    if (!in.is_bytes(1)) continue;
    std::string_view name, value;
    if (!parse_entry(in.bytes, name, value)) return false;
    T& t = to[std::string(name)] = {};
    if (!parse(value, t)) return false;
  }
  return in.right;
}

inline void encode(protobuf_writer& to, const tf_feature& f) {
  if (!f.bytes.empty()) to.message(1, [&](protobuf_writer& list) { for (const std::string& b : f.bytes) list.bytes(1, b); });
  else if (!f.floats.empty()) to.message(2, [&](protobuf_writer& list) { list.packed<float>(1, {f.floats.data(), f.floats.size()}); });
  else if (!f.integers.empty()) to.message(3, [&](protobuf_writer& list) { list.packed_integers(1, {f.integers.data(), f.integers.size()}); });
}
inline void encode(protobuf_writer& to, const std::vector<tf_feature>& list) {
  for (const tf_feature& f : list) to.message(1, [&](protobuf_writer& feature) { encode(feature, f); });
}
template <class T> void encode(protobuf_writer& to, const std::map<std::string, T>& entries) {
  for (const auto& [name, value] : entries) {
    to.message(1, [&, &key = name, &of = value](protobuf_writer& entry) {
      entry.bytes(1, key);
      entry.message(2, [&](protobuf_writer& v) { encode(v, of); });
    });
  }
}

}  // namespace detail

/// An example with named features.
///
///     io::tf_example e;
///     e.features["x"].floats = {1, 2, 3};
///     out.write(e.encode());
struct tf_example {
  std::map<std::string, tf_feature> features{};

  std::string encode() const {
    std::string out;
    protobuf_writer(out).message(1, [&](protobuf_writer& to) { detail::encode(to, features); });
    return out;
  }
  /// Nothing where the bytes are no Example.
  static std::optional<tf_example> parse(std::string_view bytes) {
    tf_example e;
    protobuf_reader in(bytes);
    while (in.next())
      if (in.is_bytes(1) && !detail::parse(in.bytes, e.features)) return std::nullopt;
    return in.right ? std::optional(std::move(e)) : std::nullopt;
  }
};

/// An example with named features, and named lists of features, one for each step of a sequence.
struct tf_sequence_example {
  std::map<std::string, tf_feature> context{};
  std::map<std::string, std::vector<tf_feature>> lists{};

  std::string encode() const {
    std::string out;
    protobuf_writer to(out);
    to.message(1, [&](protobuf_writer& all) { detail::encode(all, context); });
    to.message(2, [&](protobuf_writer& all) { detail::encode(all, lists); });
    return out;
  }
  /// Nothing where the bytes are no SequenceExample.
  static std::optional<tf_sequence_example> parse(std::string_view bytes) {
    tf_sequence_example e;
    protobuf_reader in(bytes);
    while (in.next()) {
      if (in.is_bytes(1) && !detail::parse(in.bytes, e.context)) return std::nullopt;
      if (in.is_bytes(2) && !detail::parse(in.bytes, e.lists)) return std::nullopt;
    }
    return in.right ? std::optional(std::move(e)) : std::nullopt;
  }
};

}  // namespace tfx::io
