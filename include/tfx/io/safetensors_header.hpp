// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <tfx/io/file_error.hpp>

namespace tfx::io {

/// One array of a safetensors file. `dtype` is the file's name of the type; offsets count from the end of the header.
struct safetensors_entry {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  std::uint64_t size() const { return end - begin; }
  std::uint64_t count() const {
    std::uint64_t n = 1;
    for (std::int64_t extent : shape) n *= std::uint64_t(extent);
    return n;
  }
};

namespace detail {

struct safetensors_contents {
  std::vector<safetensors_entry> tensors;
  std::map<std::string, std::string> metadata;
  std::map<std::string, std::size_t, std::less<>> index;
};

struct safetensors_type {
  std::string_view name;
  unsigned bits;
};
inline constexpr safetensors_type safetensors_types[] = {
    {"BOOL", 8},   {"U8", 8},       {"I8", 8},       {"F8_E4M3", 8},     {"F8_E5M2", 8},     {"F8_E8M0", 8},
    {"I16", 16},   {"U16", 16},     {"F16", 16},     {"BF16", 16},       {"I32", 32},        {"U32", 32},
    {"F32", 32},   {"C64", 64},     {"F64", 64},     {"I64", 64},        {"U64", 64},        {"F4", 4},
    {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}};

inline unsigned bits_of(std::string_view type) {
  for (const safetensors_type& known : safetensors_types) {
    if (known.name == type) return known.bits;
  }
  return 0;
}

/// Walks over the header and notes how far the parser has come, so that an error can say where it is.
struct counting_iterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at;
  const char** furthest;

  reference operator*() const { return *at; }
  counting_iterator& operator++() {
    ++at;
    *furthest = at;
    return *this;
  }
  counting_iterator operator++(int) {
    counting_iterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const counting_iterator& other) const { return at == other.at; }
  bool operator!=(const counting_iterator& other) const { return at != other.at; }
};

/// Accepts the one structure that the header may have, event by event: no tree is built, whatever the file holds, and a
/// name given twice is seen.
class safetensors_header_reader {
 public:
  using json = nlohmann::json;
  using number_integer_t = json::number_integer_t;
  using number_unsigned_t = json::number_unsigned_t;
  using number_float_t = json::number_float_t;
  using string_t = json::string_t;
  using binary_t = json::binary_t;

  safetensors_header_reader(const std::filesystem::path& path, const std::string& text, safetensors_contents& out)
      : path_(path), text_(text), furthest_(text.data()), out_(out) {}

  void run() {
    counting_iterator first{text_.data(), &furthest_};
    counting_iterator last{text_.data() + text_.size(), &furthest_};
    json::sax_parse(first, last, this);
  }

  bool start_object(std::size_t) {
    switch (place_) {
      case place::file: place_ = place::names; return true;
      case place::entry_value: place_ = place::fields; return true;
      case place::metadata_value: place_ = place::metadata; return true;
      default: return unexpected("an object");
    }
  }

  bool key(string_t& name) {
    if (place_ == place::names) return start_entry(name);
    if (place_ == place::metadata) {
      metadata_key_ = name;
      if (out_.metadata.contains(name)) fail("every name once", "'" + name + "' in __metadata__ again");
      place_ = place::metadata_text;
      return true;
    }
    place_ = name == "dtype"          ? place::type_value
             : name == "shape"        ? place::shape_value
             : name == "data_offsets" ? place::offsets_value
                                      : place::fields;
    if (place_ == place::fields) fail("dtype, shape or data_offsets in '" + entry_.name + "'", "'" + name + "'");
    const unsigned bit = place_ == place::type_value ? 1u : place_ == place::shape_value ? 2u : 4u;
    if ((seen_ & bit) != 0) fail("every name once", "'" + name + "' in '" + entry_.name + "' again");
    seen_ |= bit;
    return true;
  }

  bool string(string_t& value) {
    if (place_ == place::type_value) {
      if (bits_of(value) == 0) fail("a known dtype of '" + entry_.name + "'", "'" + value + "'");
      entry_.dtype = value;
      place_ = place::fields;
      return true;
    }
    if (place_ == place::metadata_text) {
      out_.metadata.emplace(metadata_key_, value);
      place_ = place::metadata;
      return true;
    }
    return unexpected("a string");
  }

  bool start_array(std::size_t) {
    if (place_ == place::shape_value) place_ = place::extents;
    else if (place_ == place::offsets_value) place_ = place::offsets;
    else return unexpected("an array");
    return true;
  }

  bool number_unsigned(number_unsigned_t value) {
    if (place_ == place::extents) {
      if (value > std::uint64_t{INT64_MAX})
        fail("an extent below 2^63 in '" + entry_.name + "'", std::to_string(value));
      entry_.shape.push_back(std::int64_t(value));
      return true;
    }
    if (place_ == place::offsets) {
      if (offsets_ == 2) fail("two data_offsets of '" + entry_.name + "'", "a third");
      (offsets_++ == 0 ? entry_.begin : entry_.end) = value;
      return true;
    }
    return unexpected("a number");
  }

  bool end_array() {
    if (place_ == place::offsets && offsets_ != 2) {
      fail("two data_offsets of '" + entry_.name + "'", std::to_string(offsets_));
    }
    place_ = place::fields;
    return true;
  }

  bool end_object() {
    if (place_ == place::metadata) {
      place_ = place::names;
    } else if (place_ == place::names) {
      place_ = place::end;
    } else {
      if (seen_ != 7) fail("dtype, shape and data_offsets of '" + entry_.name + "'", "not all of them");
      check_size();
      if (!out_.index.emplace(entry_.name, out_.tensors.size()).second) {
        fail("every name once", "'" + entry_.name + "' again");
      }
      out_.tensors.push_back(std::move(entry_));
      place_ = place::names;
    }
    return true;
  }

  bool null() { return unexpected("null"); }
  bool boolean(bool) { return unexpected("true or false"); }
  bool number_integer(number_integer_t) { return unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t& text) { return unexpected("the number " + text); }
  bool binary(binary_t&) { return unexpected("binary data"); }

  template <class Exception> bool parse_error(std::size_t, const std::string&, const Exception& error) {
    std::string reason = error.what();
    // The library's own prefix names its classes and counts from the start of the header.
    if (const std::size_t colon = reason.find(": "); colon != std::string::npos) reason = reason.substr(colon + 2);
    fail("valid JSON in UTF-8", reason);
  }

 private:
  enum class place {
    file, names, entry_value, fields, type_value, shape_value, extents, offsets_value, offsets,
    metadata_value, metadata, metadata_text, end
  };

  bool start_entry(const std::string& name) {
    if (name == "__metadata__") {
      if (has_metadata_) fail("every name once", "__metadata__ again");
      has_metadata_ = true;
      place_ = place::metadata_value;
      return true;
    }
    entry_ = {};
    entry_.name = name;
    seen_ = 0;
    offsets_ = 0;
    place_ = place::entry_value;
    return true;
  }

  /// shape times width has to be what the offsets enclose, without overflow on the way.
  void check_size() const {
    const auto is_zero = [](std::int64_t extent) { return extent == 0; };
    std::uint64_t bits = 0;
    if (std::none_of(entry_.shape.begin(), entry_.shape.end(), is_zero)) {
      bits = bits_of(entry_.dtype);
      for (std::int64_t extent : entry_.shape) {
        if (!__builtin_mul_overflow(bits, std::uint64_t(extent), &bits)) continue;
        fail("a size below 2^64 bits of '" + entry_.name + "'", "a larger shape");
      }
    }
    if (entry_.end < entry_.begin) {
      fail("data_offsets of '" + entry_.name + "' in order", range_text(entry_));
    }
    if (bits % 8 != 0 || bits / 8 != entry_.size()) {
      fail(std::to_string(bits / 8) + " bytes for dtype and shape of '" + entry_.name + "'",
           std::to_string(entry_.size()));
    }
  }

  static std::string range_text(const safetensors_entry& entry) {
    return std::to_string(entry.begin) + " to " + std::to_string(entry.end);
  }

  bool unexpected(const std::string& found) const {
    switch (place_) {
      case place::file: fail("an object", found);
      case place::entry_value: fail("an object with dtype, shape and data_offsets for '" + entry_.name + "'", found);
      case place::type_value: fail("a string as dtype of '" + entry_.name + "'", found);
      case place::shape_value:
      case place::extents: fail("whole numbers as shape of '" + entry_.name + "'", found);
      case place::offsets_value:
      case place::offsets: fail("two whole numbers as data_offsets of '" + entry_.name + "'", found);
      default: fail("a map from strings to strings as __metadata__", found);
    }
  }

  /// Eight bytes with the header's length come before it.
  std::uint64_t offset() const { return 8 + std::uint64_t(furthest_ - text_.data()); }

  [[noreturn]] void fail(std::string expected, std::string found) const {
    throw file_error(path_, offset(), std::move(expected), std::move(found));
  }

  const std::filesystem::path& path_;
  const std::string& text_;
  const char* furthest_;
  safetensors_contents& out_;
  place place_ = place::file;
  safetensors_entry entry_;
  std::string metadata_key_;
  unsigned seen_ = 0;
  int offsets_ = 0;
  bool has_metadata_ = false;
};

/// Checks the header completely, and that the arrays cover the `data_size` bytes after it without hole or overlap.
inline safetensors_contents read_safetensors_header(const std::filesystem::path& path, const std::string& text,
                                                    std::uint64_t data_size) {
  if (text.empty() || text[0] != '{') {
    throw file_error(path, 8, "a header that starts with {", text.empty() ? "an empty header" : "another character");
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string::npos) {   // where the parser would stop
    throw file_error(path, 8 + nul, "valid JSON in UTF-8", "a character 0");
  }
  safetensors_contents out;
  safetensors_header_reader(path, text, out).run();
  std::sort(out.tensors.begin(), out.tensors.end(), [](const safetensors_entry& a, const safetensors_entry& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  const std::uint64_t data_start = 8 + text.size();
  std::uint64_t covered = 0;
  for (std::size_t i = 0; i < out.tensors.size(); ++i) {
    const safetensors_entry& entry = out.tensors[i];
    if (entry.begin != covered) {
      throw file_error(path, data_start + covered,
                       "'" + entry.name + "' to start at offset " + std::to_string(covered) + " of the data",
                       std::to_string(entry.begin) + (entry.begin > covered ? " (a hole)" : " (an overlap)"));
    }
    covered = entry.end;
    out.index[entry.name] = i;
  }
  if (covered != data_size) {
    throw file_error(path, data_start + std::min(covered, data_size),
                     std::to_string(covered) + " bytes of data in the file", std::to_string(data_size));
  }
  return out;
}

/// The header as text, padded with spaces so that the data after it starts at a multiple of eight bytes.
inline std::string write_safetensors_header(const std::vector<safetensors_entry>& entries,
                                            const std::map<std::string, std::string>& metadata) {
  const auto quoted = [](const std::string& text) {
    try {
      return nlohmann::json(text).dump();
    } catch (const nlohmann::json::type_error&) {
      throw std::invalid_argument("tfx::io::write_safetensors: a name or text is not valid UTF-8");
    }
  };
  std::map<std::string_view, bool> names;
  std::string text = "{";
  if (!metadata.empty()) {
    text += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) {
      if (text.back() != '{') text += ",";
      text += quoted(key) + ":" + quoted(value);
    }
    text += "}";
  }
  for (const safetensors_entry& entry : entries) {
    for (std::int64_t extent : entry.shape) {
      if (extent < 0)
        throw std::invalid_argument("tfx::io::write_safetensors: '" + entry.name + "' has a negative extent");
    }
    if (entry.dtype.empty())
      throw std::invalid_argument("tfx::io::write_safetensors: '" + entry.name + "' has no element type");
    if (entry.name == "__metadata__" || !names.emplace(entry.name, true).second) {
      throw std::invalid_argument("tfx::io::write_safetensors: the name '" + entry.name + "' is taken");
    }
    if (text.size() > 1) text += ",";
    text += quoted(entry.name) + ":{\"dtype\":\"" + entry.dtype + "\",\"shape\":[";
    for (std::size_t i = 0; i < entry.shape.size(); ++i) {
      if (i != 0) text += ",";
      text += std::to_string(entry.shape[i]);
    }
    text += "],\"data_offsets\":[" + std::to_string(entry.begin) + "," + std::to_string(entry.end) + "]}";
  }
  text += "}";
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace detail
}  // namespace tfx::io
