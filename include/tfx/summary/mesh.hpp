// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <cstdint>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <tfx/summary/event_writer.hpp>

namespace tfx::summary {

/// Bodies in space: three numbers for each corner; of a face the numbers of its three corners, from 0; three bytes of colour for each
/// corner. Without faces it is a cloud of points. Of several bodies each has as many corners and faces, one behind the other.
struct mesh_parts {
  std::span<const float> vertices;
  std::span<const std::int32_t> faces = {};
  std::span<const std::uint8_t> colours = {};
  int meshes = 1;
  std::string_view json_config = {};   ///< of the scene: camera, lights, material, as TensorBoard's mesh page takes it
};

/// Bodies or clouds of points, for the page Mesh.
///
///     summary::mesh(log, "scan", {.vertices = points, .colours = colours}, step);
inline void mesh(event_writer& log, std::string_view tag, const mesh_parts& parts, std::int64_t step) {
  enum content : int { vertex = 1, face = 2, colour = 3 };
  const std::size_t row = parts.meshes > 0 ? 3 * std::size_t(parts.meshes) : 1;
  const std::size_t corners = parts.vertices.size() / 3;
  bool right = parts.meshes > 0 && parts.vertices.size() % row == 0 && parts.faces.size() % row == 0 && (parts.colours.empty() || parts.colours.size() == parts.vertices.size());
  for (const std::int32_t corner : parts.faces) right = right && corner >= 0 && std::size_t(corner) < corners / std::size_t(parts.meshes);
  if (!right)
    throw std::invalid_argument("tfx::summary::mesh: " + std::string(tag) + ": expected three numbers a corner, three numbers of corners a face and three bytes a colour, for each of " + std::to_string(parts.meshes) +
                                " meshes, found " + std::to_string(parts.vertices.size()) + ", " + std::to_string(parts.faces.size()) + " and " + std::to_string(parts.colours.size()) +
                                " numbers, or a face of a corner that there is not");
  if (!log.due(tag, step)) return;
  const int components = 1 << vertex | (parts.faces.empty() ? 0 : 1 << face) | (parts.colours.empty() ? 0 : 1 << colour);
  const auto part = [&]<class T>(content which, std::string_view ending, std::span<const T> numbers) {
    if (numbers.empty()) return;
    const std::int64_t extents[] = {parts.meshes, std::int64_t(numbers.size() / row), 3};
    std::string about;
    io::protobuf_writer w(about);
    w.bytes(2, tag);
    w.integer(3, which);
    if (!parts.json_config.empty()) w.bytes(5, parts.json_config);
    for (const std::int64_t extent : extents) w.integer(6, extent);
    w.integer(7, components);
    const std::string own = std::string(tag) + std::string(ending);
    log.write([&](std::string& out, double time) {
      append_value(out, time, step, own, {"mesh", about}, [&](io::protobuf_writer& tensor) { put_numbers<T>(tensor, {extents[0], extents[1], 3}, numbers); });
    });
  };
  part(vertex, "_VERTEX", parts.vertices);
  part(face, "_FACE", parts.faces);
  part(colour, "_COLOR", parts.colours);
}

}  // namespace tfx::summary
