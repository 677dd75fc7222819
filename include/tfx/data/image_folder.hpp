// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>

#include <tfx/data/pipeline.hpp>
#include <tfx/data/read_picture.hpp>

namespace tfx::data {

struct image_folder_options {
  resizing method = resizing::bilinear;
  float divisor = 255;   ///< pixels are read as 0 to 1
};

namespace detail {

template <int H, int W, int C> struct image_folder_node : source_node {
  using image = std::array<std::array<std::array<float, std::size_t(C)>, std::size_t(W)>, std::size_t(H)>;
  using value_type = std::pair<image, int>;
  std::vector<std::pair<std::filesystem::path, int>> files;
  image_folder_options options;
  std::uint64_t at = 0;

  void begin(std::uint64_t) { at = 0; }
  bool next(value_type& to) {
    if (at >= files.size()) return false;
    const auto& [path, label] = files[std::size_t(at++)];
    to.second = label;
    float* const pixels = to.first[0][0].data();
    resize(read_picture(path, C), pixels, H, W, options.method);
    for (int i = 0; i < H * W * C; ++i) pixels[i] /= options.divisor;
    return true;
  }
  void archive(pipeline_state& s) {
    s.stage("image_folder");
    s.same(files.size(), "files");
    s(at);
  }
};

}  // namespace detail

/// The names of the folders in a folder, sorted: the classes of its pictures.
///
/// Errors     io::file_error: no such folder; no folders in it
inline std::vector<std::string> image_classes(const std::filesystem::path& folder) {
  std::error_code wrong;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder, wrong))
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  if (wrong) throw io::file_error(folder, io::file_error::nowhere, "a folder", wrong.message());
  if (names.empty()) throw io::file_error(folder, io::file_error::nowhere, "a folder for each class", "none");
  std::sort(names.begin(), names.end());
  return names;
}

/// The pictures (PNG, JPEG, BMP) in the folders of a folder, sorted by their names, as pairs of an array [H, W, C] and the number of
/// the folder. Read them in parallel by `files` and `map` with `read_picture`; here they come one after the other.
///
///     auto train = data::image_folder<180, 180, 3>("flowers") | data::cache() | data::shuffle(4000) | data::batch<32>() | data::prefetch();
///
/// Errors     io::file_error: no such folder; when it is read, a damaged picture, behind which the next one is read
template <int H, int W, int C> pipeline<detail::image_folder_node<H, W, C>> image_folder(const std::filesystem::path& folder, image_folder_options options = {}) {
  static_assert(C == 1 || C == 3 || C == 4, "tfx::data::image_folder: pictures have 1, 3 or 4 channels");
  std::vector<std::pair<std::filesystem::path, int>> files;
  const std::vector<std::string> classes = image_classes(folder);
  for (std::size_t c = 0; c < classes.size(); ++c)
    for (const auto& entry : std::filesystem::directory_iterator(folder / classes[c])) {
      std::string ending = entry.path().extension().string();
      for (char& x : ending) x = x >= 'A' && x <= 'Z' ? char(x - 'A' + 'a') : x;
      if (ending == ".png" || ending == ".jpg" || ending == ".jpeg" || ending == ".bmp") files.emplace_back(entry.path(), int(c));
    }
  if (files.empty()) throw io::file_error(folder, io::file_error::nowhere, "pictures in its folders", "none");
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.second != b.second ? a.second < b.second : a.first < b.first; });
  return pipeline<detail::image_folder_node<H, W, C>>({{}, std::move(files), options});
}

}  // namespace tfx::data
