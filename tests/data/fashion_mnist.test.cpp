// SPDX-License-Identifier: Apache-2.0
#include <tfx/data/fashion_mnist.hpp>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "../io/scratch.hpp"

using namespace tfx;

TEST_CASE("absent files: the error says how to get them") {
  const scratch at;
  try {
    data::fashion_mnist(at.folder());
    FAIL("an empty folder was accepted");
  } catch (const io::file_error& error) {
    const std::string text = error.what();
    CHECK(text.find("apt install dataset-fashion-mnist") != std::string::npos);
    CHECK(text.find("zalandoresearch/fashion-mnist") != std::string::npos);
    CHECK(text.find("--data") != std::string::npos);
    CHECK(text.find("TFX_DATA") != std::string::npos);
    CHECK(text.find(at.folder().string()) != std::string::npos);
  }
}

TEST_CASE("one absent file is named") {
  const scratch at;
  at.put("t10k-labels-idx1-ubyte", "");
  try {
    data::fashion_mnist(at.folder());
    FAIL("a folder with one file was accepted");
  } catch (const io::file_error& error) {
    CHECK(error.path() == at / "train-images-idx3-ubyte.gz");
  }
}

TEST_CASE("the data set is the published one") {
  const std::filesystem::path folder = "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(folder)) {
    MESSAGE("skipped: no Fashion-MNIST (apt install dataset-fashion-mnist)");
    return;
  }
  const auto [train, test] = data::fashion_mnist(folder);
  CHECK(train.size() == 60000);
  CHECK(test.size() == 10000);

  int count[10] = {};
  for (std::size_t i = 0; i < train.size(); ++i) ++count[train.labels[i]];
  for (int c = 0; c < 10; ++c) CHECK(count[c] == 6000);

  // Mean and standard deviation as everybody normalises with: 0.2860 and 0.3530.
  double sum = 0;
  double squares = 0;
  std::vector<float> image(784);
  for (std::uint32_t i = 0; i < train.size(); ++i) {
    train.gather(&i, 1, image.data());
    for (float value : image) {
      sum += value;
      squares += double{value} * value;
    }
  }
  const double numbers = 60000.0 * 784;
  const double mean = sum / numbers;
  CHECK(mean == doctest::Approx(0.2860).epsilon(0.0002));
  CHECK(std::sqrt(squares / numbers - mean * mean) == doctest::Approx(0.3530).epsilon(0.0002));

  // The first pictures of both parts, as shown in every tutorial.
  CHECK(train.class_name(train.labels[0]) == "Ankle boot");
  CHECK(test.class_name(test.labels[0]) == "Ankle boot");
  CHECK(test.class_name(test.labels[1]) == "Pullover");
  CHECK(test.class_name(test.labels[2]) == "Trouser");
}

TEST_CASE("the folder can be named in the environment") {
  const scratch at;
  for (const char* name : data::detail::fashion_mnist_files) {
    const bool labels = std::string(name).find("labels") != std::string::npos;
    std::string file{0, 0, 8, static_cast<char>(labels ? 1 : 3), 0, 0, 0, 1};
    if (!labels) file += std::string("\0\0\0\x1c\0\0\0\x1c", 8);
    at.put(name, file + std::string(labels ? 1 : 784, '\7'));
  }
  ::setenv("TFX_DATA", at.folder().c_str(), 1);
  const auto found = data::fashion_mnist();
  ::unsetenv("TFX_DATA");
  CHECK(found.train.size() == 1);
  CHECK(found.test.labels[0] == 7);
}
