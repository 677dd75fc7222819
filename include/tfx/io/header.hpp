// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <type_traits>

#include <tfx/core/shape.hpp>
#include <tfx/io/atomic_file.hpp>

namespace tfx::io {

namespace detail {

/// A number as a C++ literal that gives the same bits (of a NaN: a NaN).
template <class T> std::string literal_of(T value) {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
  const char* const suffix = sizeof(T) == 4 ? "f" : "";
  char text[48];
  if (std::isnan(value)) std::snprintf(text, sizeof text, "__builtin_nan%s(\"\")", suffix);
  else if (std::isinf(value)) std::snprintf(text, sizeof text, "%s__builtin_inf%s()", value < 0 ? "-" : "", suffix);
  else std::snprintf(text, sizeof text, "%a%s", static_cast<double>(value), suffix);
  return text;
}

}  // namespace detail

/// Writes a model's numbers as a C++ header: one constant array, parameters and then state, each in the order in which the
/// network makes them, without gaps. What `predictor::predict` takes.
///
///     write_parameters_header(classifier, "weights.hpp");   // inline constexpr float weights[340] = { ... };
///
/// Hexadecimal literals: a number read back has the same bits. Nothing but the array is in the file.
///
/// Errors     file_error, and the file that was there before is unchanged
template <class Model>
void write_parameters_header(const Model& model, const std::filesystem::path& path, std::string_view name = "weights") {
  std::string text;
  std::size_t count = 0;
  const char* type = "float";
  model.for_each_variable([&](std::string_view variable, const dims& shape, const auto* data) {
    using T = std::remove_cvref_t<decltype(*data)>;
    type = std::is_same_v<T, double> ? "double" : "float";
    text += "    // ";
    text += variable;
    text += " [";
    for (int i = 0; i < shape.rank; ++i) {
      text += i == 0 ? "" : ", ";
      text += std::to_string(shape.extent[i]);
    }
    text += "]\n";
    for (int i = 0; i < shape.size(); ++i) {
      text += i % 8 == 0 ? "    " : " ";
      text += detail::literal_of<T>(data[i]);
      text += i % 8 == 7 || i + 1 == shape.size() ? ",\n" : ",";
    }
    count += std::size_t(shape.size());
  });
  atomic_file file(path);
  for (const std::string_view piece : {std::string_view("// Written by tfx::io::write_parameters_header.\n#pragma once\n\ninline constexpr "),
                                       std::string_view(type), std::string_view(" "), name, std::string_view("[")})
    file.write(piece);
  file.write(std::to_string(count));
  file.write("] = {\n");
  file.write(text);
  file.write("};\n");
  file.commit();
}

}  // namespace tfx::io
