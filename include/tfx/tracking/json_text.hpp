// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

/// The little of JSON that tracking writes and reads. Texts are UTF-8.
namespace tfx::tracking::detail {

/// A text as JSON, which is also a quoted scalar of YAML.
inline std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    char code[8];
    if (c == '"' || c == '\\') (out += '\\') += c;
    else if (c == '\n') out += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20) out.append(code, std::size_t(std::snprintf(code, sizeof code, "\\u%04x", unsigned(c))));
    else out += c;
  }
  return out += '"';
}
/// A number with the fewest digits that give the same double again. What is no number is a text, as in protocol buffers' JSON.
inline std::string number_text(double x) {
  if (std::isnan(x)) return quoted("NaN");
  if (std::isinf(x)) return quoted(x > 0 ? "Infinity" : "-Infinity");
  char digits[40];
  return {digits, std::to_chars(digits, digits + sizeof digits, x).ptr};
}

/// The text behind an opening quote at text[at - 1]; `at` is set behind the closing one.
inline std::string unquoted(std::string_view text, std::size_t& at) {
  std::string out;
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] != '\\' || at + 1 == text.size()) {
      out += text[at];
      continue;
    }
    const char c = text[++at];
    if (c == 'u' && at + 4 < text.size()) {
      unsigned code = 0;
      std::sscanf(std::string(text.substr(at + 1, 4)).c_str(), "%4x", &code);
      at += 4;
      if (code < 0x80) out += char(code);
      else if (code < 0x800) (out += char(0xc0 | code >> 6)) += char(0x80 | (code & 63));
      else ((out += char(0xe0 | code >> 12)) += char(0x80 | (code >> 6 & 63))) += char(0x80 | (code & 63));
    } else {
      out += c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
    }
  }
  ++at;
  return out;
}
/// The first text that belongs to a key, at any depth. Quotes within texts are escaped, so that nothing else looks like a key.
inline std::optional<std::string> text_of_key(std::string_view json, std::string_view key) {
  const std::string wanted = quoted(key);
  for (std::size_t at = json.find(wanted); at != json.npos; at = json.find(wanted, at + 1)) {
    std::size_t next = json.find_first_not_of(" \t\r\n", at + wanted.size());
    if (next == json.npos || json[next] != ':') continue;
    next = json.find_first_not_of(" \t\r\n", next + 1);
    if (next == json.npos || json[next] != '"') continue;
    return unquoted(json, ++next);
  }
  return std::nullopt;
}

}  // namespace tfx::tracking::detail
