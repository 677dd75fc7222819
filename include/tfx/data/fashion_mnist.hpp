// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <tfx/core/shape.hpp>
#include <tfx/data/dataset.hpp>
#include <tfx/data/idx.hpp>
#include <tfx/io/file_error.hpp>

namespace tfx::data {

inline constexpr std::string_view fashion_mnist_classes[10] = {
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};

using fashion_mnist_dataset = dataset<shape<28, 28>, std::uint8_t, shape<>, std::uint8_t, 10>;

struct fashion_mnist_data {
  fashion_mnist_dataset train;   ///< 60,000 examples
  fashion_mnist_dataset test;    ///< 10,000 examples
};

namespace detail {
inline constexpr const char* fashion_mnist_files[4] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                                       "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

/// The file as it is distributed, or unpacked; empty when neither is there.
inline std::filesystem::path packed_or_plain(const std::filesystem::path& folder, const char* name) {
  std::error_code ignored;
  for (const char* suffix : {".gz", ""}) {
    std::filesystem::path path = folder / (std::string(name) + suffix);
    if (std::filesystem::exists(path, ignored)) return path;
  }
  return {};
}

inline std::vector<std::filesystem::path> fashion_mnist_folders(const std::filesystem::path& folder) {
  if (!folder.empty()) return {folder};
  std::vector<std::filesystem::path> places;
  if (const char* named = std::getenv("TFX_DATA"); named != nullptr && *named != 0) {
    places.emplace_back(named);
    places.push_back(std::filesystem::path(named) / "fashion-mnist");
  }
  places.emplace_back("/usr/share/datasets/fashion-mnist");
  places.emplace_back("data/fashion-mnist");
  return places;
}
}  // namespace detail

/// 70,000 grey pictures of 28 x 28 pixels, each of one of ten kinds of clothing.
///
/// Reads the four IDX files, packed or not, from `folder`; without one from the first of $TFX_DATA,
/// /usr/share/datasets/fashion-mnist and ./data/fashion-mnist that has any of them.
///
/// Errors     io::file_error: no files (it says where to get them), or one that is not as expected
/// Source     Xiao, Rasul and Vollgraf 2017, "Fashion-MNIST"
inline fashion_mnist_data fashion_mnist(const std::filesystem::path& folder = {}) {
  const std::vector<std::filesystem::path> places = detail::fashion_mnist_folders(folder);
  for (const std::filesystem::path& place : places) {
    std::filesystem::path files[4];
    bool any = false;
    for (int i = 0; i < 4; ++i) {
      files[i] = detail::packed_or_plain(place, detail::fashion_mnist_files[i]);
      any = any || !files[i].empty();
    }
    if (!any) continue;
    for (int i = 0; i < 4; ++i) {
      if (files[i].empty()) files[i] = place / (std::string(detail::fashion_mnist_files[i]) + ".gz");
    }
    return {read_idx_pair<shape<28, 28>, 10>(files[0], files[1], fashion_mnist_classes),
            read_idx_pair<shape<28, 28>, 10>(files[2], files[3], fashion_mnist_classes)};
  }
  std::string looked;
  for (const std::filesystem::path& place : places) {
    if (!looked.empty()) looked += ", ";
    looked += place.string();
  }
  throw io::file_error(places.front(), io::file_error::nowhere,
                       "the four files of Fashion-MNIST (train-images-idx3-ubyte.gz ...)",
                       "none in " + looked +
                           ". Install them (apt install dataset-fashion-mnist), or download them from the repository "
                           "zalandoresearch/fashion-mnist on GitHub, folder data/fashion, and name their folder: "
                           "--data FOLDER, the environment variable TFX_DATA, or data::fashion_mnist(\"FOLDER\")");
}

}  // namespace tfx::data
