// SPDX-License-Identifier: Apache-2.0
#include <tfx/io/npz.hpp>
#include <tfx/io/write_npz.hpp>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <tfx/io/safetensors.hpp>

#include "../fixtures/arrays.hpp"
#include "damaged.hpp"
#include "scratch.hpp"

using namespace tfx;
using io::file_error;
namespace of = tfx::fixtures;

namespace {

template <class Bytes> std::vector<char> bytes_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }
void write(const std::filesystem::path& path, const std::vector<char>& bytes) { std::ofstream(path, std::ios::binary).write(bytes.data(), std::streamsize(bytes.size())); }

/// The sentence with which a file is refused, without its name; empty: it is not.
template <class File> std::string refused(const std::filesystem::path& path) {
  try {
    const File file(path);
    if constexpr (requires { file.tensors(); })
      for (const auto& array : file.tensors()) {
        std::vector<unsigned char> out(std::size_t(array.size()) + 8);
        for (const dtype type : {dtype::float32, dtype::float64, dtype::float16, dtype::int16, dtype::int64, dtype::uint8, dtype::boolean})
          if (io::detail::safetensors_dtype(type) == array.dtype) file.read(array, type, out.data());
      }
  } catch (const file_error& error) {
    return std::string(error.what()).substr(path.string().size() + 2);
  }
  return {};
}

struct variables {
  float weight[12] = {}, bias[3] = {};
  template <class F> void for_each_variable(F f) {
    f(std::string_view("dense/weight"), dims{2, {4, 3}, false}, weight);
    f(std::string_view("dense/bias"), dims{1, {3}, false}, bias);
  }
};

}  // namespace

TEST_CASE("arrays of NumPy's: both byte orders, both orders of axes, stored and deflated") {
  const scratch at;
  for (const auto& bytes : {bytes_of(of::numpy_stored::bytes), bytes_of(of::numpy_deflated::bytes)}) {
    write(at / "file.npz", bytes);
    const io::npz_file file(at / "file.npz");
    CHECK(file.tensors().size() == 8);
    std::vector<float> weight(12), halves(2);
    std::vector<double> bias(3), wide(12);
    std::vector<std::int16_t> cube(24);
    std::vector<std::int64_t> number(1);
    std::vector<std::uint8_t> numbers(200);
    bool flags[3] = {};
    file.read("dense/weight", weight);
    for (int i = 0; i < 12; ++i) CHECK(weight[std::size_t(i)] == float(i) / 4);
    file.read("dense/weight", wide, true);
    CHECK(wide[11] == 2.75);
    file.read("dense/bias", bias);
    CHECK(bias == std::vector<double>{-1.5, -0.5, 0.5});
    file.read("cube", cube);
    for (int i = 0; i < 24; ++i) CHECK(cube[std::size_t(i)] == i);
    file.read("half", halves);
    CHECK(halves == std::vector<float>{0.5f, -2.25f});
    file.read("flags", flags);
    CHECK((flags[0] && !flags[1] && flags[2]));
    file.read("number", number);
    CHECK(number[0] == 1234567890123);
    CHECK(file.find("number")->shape.empty());
    file.read("bytes", numbers);
    CHECK(numbers[199] == 199);
    CHECK(file.find("nothing")->shape == std::vector<std::int64_t>{0, 4});
    CHECK(file.find("weight") == nullptr);
    CHECK_THROWS_AS(file.read("dense/bias", weight), file_error);   // another number of elements
    CHECK_THROWS_AS(file.read("cube", halves), file_error);
    const io::npy_array copy = *file.find("cube");
    file.read(copy, dtype::int16, cube.data());
    CHECK(cube[23] == 23);
  }
}

TEST_CASE("weights are loaded from them by name") {
  const scratch at;
  write(at / "file.npz", bytes_of(of::numpy_deflated::bytes));
  variables v;
  CHECK_THROWS_AS(load(v, io::npz_file(at / "file.npz")), io::mismatch_error);   // F64 is not float
  CHECK(v.weight[5] == 0);
  CHECK(load(v, io::npz_file(at / "file.npz"), {.only = "dense", .convert = true}) == 2);
  CHECK(v.weight[5] == 1.25f);
  CHECK(v.bias[2] == 0.5f);
}

TEST_CASE("single arrays") {
  const scratch at;
  write(at / "one.npy", bytes_of(of::numpy_array::bytes));
  const io::npy_file file(at / "one.npy");
  CHECK(file.array().shape == std::vector<std::int64_t>{3, 2});
  std::vector<double> rows(6);
  file.read(rows);
  CHECK(rows == std::vector<double>{0, 1, 2, 3, 4, 5});
  write(at / "two.npy", bytes_of(of::numpy_array_2::bytes));
  std::vector<std::int32_t> two(2);
  io::npy_file(at / "two.npy").read(two);
  CHECK(two == std::vector<std::int32_t>{1, -2});
}

TEST_CASE("damaged arrays are refused with the place") {
  const scratch at;
  const auto said = [&](auto change) {
    std::vector<char> bytes = bytes_of(of::numpy_array::bytes);
    change(bytes);
    write(at / "one.npy", bytes);
    return refused<io::npy_file>(at / "one.npy");
  };
  const auto replace = [](std::string from, std::string to) {
    return [=](std::vector<char>& bytes) {
      const auto found = std::search(bytes.begin(), bytes.end(), from.begin(), from.end());
      REQUIRE(found != bytes.end());
      std::copy(to.begin(), to.end(), found);
    };
  };
  CHECK(said([](auto& b) { b.resize(7); }) == "at byte 0 expected 10 bytes of a .npy header, found 7 bytes in all");
  CHECK(said([](auto& b) { b[1] = 'M'; }) == "at byte 0 expected the first bytes of a .npy file, 93 'NUMPY', found others");
  CHECK(said([](auto& b) { b[6] = 9; }) == "at byte 6 expected version 1, 2 or 3, found 9");
  CHECK(said([](auto& b) { b[9] = 1; }) == "at byte 8 expected a header of at most 166 bytes, found 374");
  CHECK(said([](auto& b) { b.pop_back(); }) == "at byte 128 expected 48 bytes of elements, found 47");
  CHECK(said(replace(">f8", ">c8")) == "at byte 20 expected floats of 2, 4 or 8 bytes, integers or booleans, found '>c8'");
  CHECK(said(replace("True", "Else")) == "at byte 44 expected True or False, found 'Else, 'shape'");
  CHECK(said(replace("shape", "shale")).starts_with("at byte 50 expected 'descr', 'fortran_order' and 'shape', once each, found 'shale'"));
  CHECK(said(replace("(3, 2)", "(3, 3)")) == "at byte 128 expected 72 bytes of elements, found 48");
  CHECK(said(replace("(3, 2)", "(3, x)")).starts_with("at byte 63 expected an extent, found 'x)"));
}

/// What is in an archive: names, types, shapes and the bytes of the elements.
using contents = std::vector<std::tuple<std::string, std::string, std::vector<std::int64_t>, std::vector<unsigned char>>>;
contents contents_of(const io::npz_file& file) {
  contents all;
  for (const auto& array : file.tensors()) {
    std::vector<unsigned char> out(std::size_t(array.size()) + 8);
    for (const dtype type : {dtype::float32, dtype::float64, dtype::float16, dtype::int16, dtype::int64, dtype::uint8, dtype::boolean})
      if (io::detail::safetensors_dtype(type) == array.dtype) file.read(array, type, out.data());
    all.emplace_back(array.name, array.dtype, array.shape, std::move(out));
  }
  return all;
}

TEST_CASE("no damage of an archive goes unnoticed, and none is read beyond") {
  const scratch at;
  for (const auto& right : {bytes_of(of::numpy_stored::bytes), bytes_of(of::numpy_deflated::bytes)}) {
    write(at / "file.npz", right);
    const contents wanted = contents_of(io::npz_file(at / "file.npz"));
    const auto same = [&](const std::vector<char>& bytes) {   // or refused
      write(at / "file.npz", bytes);
      const contents found = contents_of(io::npz_file(at / "file.npz"));
      CHECK(found == wanted);
    };
    for (std::size_t i = 0; i < right.size(); i += 3) {
      std::vector<char> bytes = right;
      bytes[i] = char(bytes[i] ^ 0x5a);
      try {   // times, versions and attributes are not looked at
        same(bytes);
      } catch (const file_error&) {
      }
      bytes.resize(i);
      write(at / "file.npz", bytes);
      CHECK(refused<io::npz_file>(at / "file.npz").starts_with("at byte "));
    }
    survives_damage<file_error>({right.begin(), right.end()}, 300, [&](const std::string& bytes) {
      write(at / "file.npz", {bytes.begin(), bytes.end()});
      contents_of(io::npz_file(at / "file.npz"));
    });
  }
  std::vector<char> bytes = bytes_of(of::numpy_stored::bytes);
  bytes[bytes.size() - 22 + 10] = 99;   // members
  write(at / "file.npz", bytes);
  CHECK(refused<io::npz_file>(at / "file.npz").ends_with("expected an entry of the directory, found its end"));
  // The first member's own header does not agree with the directory.
  bytes = bytes_of(of::numpy_stored::bytes);
  bytes[30] ^= 1;
  write(at / "file.npz", bytes);
  CHECK(refused<io::npz_file>(at / "file.npz").starts_with("at byte 30 expected the name "));
  bytes[30] ^= 1;
  bytes[8] = 8;
  write(at / "file.npz", bytes);
  CHECK(refused<io::npz_file>(at / "file.npz").starts_with("at byte 8 expected "));
}

TEST_CASE("no damage of an array leads its reader astray") {
  const scratch at;
  const auto whole = bytes_of(of::numpy_array::bytes);
  survives_damage<file_error>({whole.begin(), whole.end()}, 1000, [&](const std::string& bytes) {
    const io::npy_file file(at.put("file.npy", bytes));
    std::vector<double> out(std::size_t(file.array().count()));
    file.read(out, true);
  });
}

TEST_CASE("what is written is read") {
  const scratch at;
  const float numbers[6] = {1, -2.5f, 3, 0, 5, 6};
  const std::int64_t whole = -7;
  const bool flags[3] = {true, false, true};
  const io::named_array arrays[] = {{"dense/weight", dtype::float32, {2, 3}, numbers}, {"step", dtype::int64, {}, &whole}, {"flags", dtype::boolean, {3}, flags}, {"none", dtype::float32, {0, 4}, nullptr}};
  io::write_npz(at / "a.npz", arrays);
  const io::npz_file file(at / "a.npz");
  REQUIRE(file.tensors().size() == 4);
  std::vector<float> read(6);
  file.read("dense/weight", read);
  CHECK(std::equal(read.begin(), read.end(), numbers));
  CHECK(file.find("dense/weight")->shape == std::vector<std::int64_t>{2, 3});
  CHECK(file.find("none")->shape == std::vector<std::int64_t>{0, 4});
  std::int64_t step[1] = {};
  file.read("step", std::span(step));
  CHECK(step[0] == -7);
  const io::named_array twice[] = {arrays[0], arrays[0]}, brain{"b", dtype::bfloat16, {}, &whole};
  CHECK_THROWS_AS(io::write_npz(at / "b.npz", twice), std::invalid_argument);
  CHECK_THROWS_AS(io::write_npz(at / "b.npz", std::span(&brain, 1)), std::invalid_argument);
  const io::named_array endless{std::string(70'000, 'n'), dtype::float32, {2, 3}, numbers};
  CHECK_THROWS_AS(io::write_npz(at / "b.npz", std::span(&endless, 1)), std::invalid_argument);
  CHECK(at.files() == 1);
}
