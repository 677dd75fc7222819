// SPDX-License-Identifier: Apache-2.0
// Writes the file that safetensors.test.py expects, or checks one that it wrote.
#include <tfx/core/complex.hpp>
#include <tfx/io/safetensors.hpp>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <span>
#include <string>
#include <vector>

namespace {
const std::vector<float> f32 = {0, 0.25f, 0.5f, 0.75f, 1, 1.25f};
const std::vector<double> f64 = {0.1, -0.1};
const std::vector<std::int32_t> i32 = {-1, 2, -3};
const std::vector<std::int64_t> i64 = {1234567890123};
const std::vector<std::uint8_t> u8 = {1, 2, 3, 250};
const std::vector<std::uint64_t> u64 = {18446744073709551615u, 1};
const std::vector<std::uint32_t> u32 = {4294967295u};
const std::vector<std::int16_t> i16 = {-32768, 2, 3};
const std::vector<std::uint16_t> u16 = {65535};
const std::vector<std::int8_t> i8 = {-128, 127, 0};
const std::vector<tfx::float16> halves = {tfx::float16(0.5), tfx::float16(-2.25), tfx::float16(65504.0)};
const std::vector<tfx::complex64> complex = {{1, 2}, {-0.5f, 0}};
const bool flags[3] = {true, false, true};

void write(const char* path, bool with_metadata) {
  const std::vector<tfx::io::named_array> arrays = {{"u8", tfx::dtype::uint8, {4}, u8.data()},
                                                    {"flags", tfx::dtype::boolean, {3}, flags},
                                                    {"f32", tfx::dtype::float32, {2, 3}, f32.data()},
                                                    {"layer/\"ä\"/f64", tfx::dtype::float64, {2, 1}, f64.data()},
                                                    {"i32", tfx::dtype::int32, {3}, i32.data()},
                                                    {"i64", tfx::dtype::int64, {}, i64.data()},
                                                    {"u64", tfx::dtype::uint64, {2}, u64.data()},
                                                    {"u32", tfx::dtype::uint32, {1}, u32.data()},
                                                    {"i16", tfx::dtype::int16, {3}, i16.data()},
                                                    {"u16", tfx::dtype::uint16, {1}, u16.data()},
                                                    {"i8", tfx::dtype::int8, {3}, i8.data()},
                                                    {"halves", tfx::dtype::float16, {3}, halves.data()},
                                                    {"complex", tfx::dtype::complex64, {2}, complex.data()},
                                                    {"empty", tfx::dtype::float32, {0, 4}, nullptr}};
  if (with_metadata) {
    tfx::io::write_safetensors(path, arrays, {{"format", "tfx"}, {"note", "line\nbreak"}});
  } else {
    tfx::io::write_safetensors(path, arrays);
  }
}

template <class T> bool same(const tfx::io::safetensors_file& file, const char* name, const std::vector<T>& expected) {
  std::vector<T> found(expected.size());
  file.read(name, found);
  if (std::memcmp(found.data(), expected.data(), expected.size() * sizeof(T)) == 0) return true;
  std::printf("%s differs\n", name);
  return false;
}

bool read(const char* path) {
  const tfx::io::safetensors_file file(path);
  bool right = same(file, "f32", f32) && same(file, "layer/\"ä\"/f64", f64) && same(file, "i32", i32) &&
               same(file, "i64", i64) && same(file, "u8", u8) && same(file, "f16", f32) && same(file, "u64", u64) &&
               same(file, "u32", u32) && same(file, "i16", i16) && same(file, "u16", u16) && same(file, "i8", i8) &&
               same(file, "halves", halves) && same(file, "complex", complex) &&
               same(file, "empty", std::vector<float>{});
  bool read_flags[3] = {};
  file.read("flags", read_flags);
  right = right && std::memcmp(read_flags, flags, sizeof flags) == 0;
  right = right && file.find("f32")->shape == std::vector<std::int64_t>{2, 3} && file.find("i64")->shape.empty();
  return right && file.metadata().at("note") == "line\nbreak" && file.tensors().size() == 15;
}
}  // namespace

int main(int count, char** arguments) try {
  const std::string command = count == 3 ? arguments[1] : "";
  if (command == "write") write(arguments[2], true);
  else if (command == "write_plain") write(arguments[2], false);
  else if (command != "read" || !read(arguments[2])) return 1;
  return 0;
} catch (const std::exception& error) {
  std::printf("%s\n", error.what());
  return 2;
}
