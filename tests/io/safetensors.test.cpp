// SPDX-License-Identifier: Apache-2.0
#include <tfx/io/safetensors.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "damaged.hpp"
#include "scratch.hpp"

using namespace tfx;
using io::file_error;
using io::safetensors_file;

namespace {
/// A file of the format, from its parts.
std::string file_of(const std::string& header, const std::string& data = "") {
  const std::uint64_t length = header.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &length, 8);
  return out + header + data;
}

file_error error_of(const std::filesystem::path& path) {
  try {
    safetensors_file file(path);
  } catch (const file_error& error) {
    return error;
  }
  FAIL("the file was accepted");
  return {"", 0, "", ""};
}

template <class T> std::string bytes_of(std::vector<T> values) {
  std::string out(values.size() * sizeof(T), '\0');
  std::memcpy(out.data(), values.data(), out.size());
  return out;
}

struct pretend_model {
  std::vector<float> weight = {1, 2, 3, 4, 5, 6};
  std::vector<float> bias = {-1, -2};
  std::vector<double> mean = {0.1};
  std::int64_t step = 12;

  template <class Function> void for_each_variable(Function f) { visit(*this, f); }
  template <class Function> void for_each_variable(Function f) const { visit(*this, f); }

 private:
  template <class Self, class Function> static void visit(Self& self, Function& f) {
    f("dense/weight", dims{2, {3, 2}, false}, self.weight.data());
    f("dense/bias", dims{1, {2}, false}, self.bias.data());
    f("norm/mean", dims{1, {1}, false}, self.mean.data());
    f("step", dims{}, &self.step);
  }
};
}  // namespace

TEST_CASE("the bytes are the format's") {
  const scratch at;
  const float weight[] = {1.5f, -2};
  const std::uint8_t mask[] = {1, 0, 1};
  const io::named_array arrays[] = {{"mask", dtype::boolean, {3}, mask}, {"w", dtype::float32, {2, 1}, weight}};
  io::write_safetensors(at / "file", arrays, {{"made by", "\"hand\""}});
  const std::string header =
      R"({"__metadata__":{"made by":"\"hand\""},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
      R"("mask":{"dtype":"BOOL","shape":[3],"data_offsets":[8,11]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  CHECK(contents_of(at / "file") == file_of(padded, bytes_of<float>({1.5f, -2}) + std::string("\1\0\1", 3)));
}

TEST_CASE("every type comes back") {
  const scratch at;
  const std::vector<float> f32 = {0, -0.0f, 1e-45f, std::numeric_limits<float>::infinity()};
  const std::vector<double> f64 = {std::numeric_limits<double>::denorm_min(), 0.1};
  const std::vector<std::int32_t> i32 = {INT32_MIN, 7};
  const std::vector<std::int64_t> i64 = {INT64_MIN};
  const std::vector<std::uint8_t> u8 = {255, 0, 3};
  const bool flags[] = {true, false};
  const std::vector<io::named_array> arrays = {
      {"f32", dtype::float32, {2, 2}, f32.data()}, {"f64", dtype::float64, {2}, f64.data()},
      {"i32", dtype::int32, {1, 2, 1}, i32.data()}, {"i64", dtype::int64, {}, i64.data()},
      {"u8", dtype::uint8, {3}, u8.data()},         {"flags", dtype::boolean, {2}, flags},
      {"empty", dtype::float32, {0, 5}, nullptr}};
  io::write_safetensors(at / "file", arrays, {{"k", "v"}, {"ключ", "значение"}});

  const safetensors_file file(at / "file");
  CHECK(file.tensors().size() == 7);
  CHECK(file.metadata() == std::map<std::string, std::string>{{"k", "v"}, {"ключ", "значение"}});
  CHECK(file.find("i32")->shape == std::vector<std::int64_t>{1, 2, 1});
  CHECK(file.find("i64")->shape.empty());
  CHECK(file.find("empty")->count() == 0);
  CHECK(file.find("other") == nullptr);

  const auto same = [&]<class T>(const char* name, const std::vector<T>& expected) {
    std::vector<T> found(expected.size());
    file.read(name, found);
    CHECK(std::memcmp(found.data(), expected.data(), expected.size() * sizeof(T)) == 0);
  };
  same("f32", f32);
  same("f64", f64);
  same("i32", i32);
  same("i64", i64);
  same("u8", u8);
  bool read_flags[2] = {false, true};
  file.read("flags", read_flags);
  CHECK(read_flags[0]);
  CHECK(!read_flags[1]);
  file.read("empty", std::span<float>());

  // Each starts at a multiple of its element size, counted from the start of the file.
  const std::uint64_t header = std::filesystem::file_size(at / "file") - file.tensors().back().end;
  for (const auto& entry : file.tensors()) {
    if (entry.count() != 0) CHECK((header + entry.begin) % (entry.size() / entry.count()) == 0);
  }
}

TEST_CASE("half precision is read as float") {
  const scratch at;
  // Zero, smallest subnormal, largest subnormal, 1, largest, -infinity; then 1, -2.5 and 1e38 rounded to bfloat16.
  const std::string data =
      bytes_of<std::uint16_t>({0x0000, 0x0001, 0x83ff, 0x3c00, 0x7bff, 0xfc00, 0x3f80, 0xc020, 0x7e96});
  const auto path = at.put(
      "file",
      file_of(
          R"({"h":{"dtype":"F16","shape":[6],"data_offsets":[0,12]},)"
              R"("b":{"dtype":"BF16","shape":[3],"data_offsets":[12,18]}})",
          data));
  const safetensors_file file(path);
  std::vector<float> half(6);
  file.read("h", half);
  CHECK(half == std::vector<float>{0, 0x1p-24f, -0x3ffp-24f, 1, 65504, -std::numeric_limits<float>::infinity()});
  std::vector<double> brain(3);
  file.read("b", brain);
  CHECK(brain[0] == 1);
  CHECK(brain[1] == -2.5);
  CHECK(brain[2] == doctest::Approx(1e38).epsilon(0.004));
}

TEST_CASE("float and double are converted when asked") {
  const scratch at;
  const double wide[] = {0.1, -3};
  const io::named_array arrays[] = {{"x", dtype::float64, {2}, wide}};
  io::write_safetensors(at / "file", arrays);
  const safetensors_file file(at / "file");
  std::vector<float> out(2);
  CHECK_THROWS_AS(file.read("x", out), file_error);
  file.read("x", out, true);
  CHECK(out == std::vector<float>{0.1f, -3});
  std::vector<std::int32_t> whole(2);
  CHECK_THROWS_AS(file.read("x", whole, true), file_error);
  std::vector<double> short_one(1);
  CHECK_THROWS_AS(file.read("x", short_one), file_error);
  CHECK_THROWS_AS(file.read("y", short_one), file_error);
}

TEST_CASE("arrays larger than a block are converted whole") {
  const scratch at;
  std::vector<double> wide(50001);
  for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = static_cast<double>(i) / 7;
  const io::named_array arrays[] = {{"x", dtype::float64, {50001}, wide.data()}};
  io::write_safetensors(at / "file", arrays);
  std::vector<float> out(wide.size());
  safetensors_file(at / "file").read("x", out, true);
  for (std::size_t i = 0; i < wide.size(); i += 997) CHECK(out[i] == static_cast<float>(wide[i]));
  CHECK(out.back() == static_cast<float>(wide.back()));
}

TEST_CASE("each thing that can be wrong with a file is said with its place") {
  const scratch at;
  const auto check = [&](const std::string& contents, std::uint64_t offset, const std::string& expected,
                         const std::string& found) {
    const file_error error = error_of(at.put("file", contents));
    CAPTURE(contents);
    CHECK(error.offset() == offset);
    CHECK(error.expected() == expected);
    CHECK(error.found() == found);
  };
  const std::string eight(8, 'x');
  const std::string good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  CHECK_NOTHROW(safetensors_file(at.put("good", file_of(good, eight))));

  check("", 0, "8 bytes with the length of the header", "0 bytes in all");
  check("1234567", 0, "8 bytes with the length of the header", "7 bytes in all");
  check(std::string("\x01\xe1\xf5\x05\0\0\0\0", 8), 0, "a header of at most 100000000 bytes", "100000001");
  check(std::string(8, '\xff'), 0, "a header of at most 100000000 bytes", "18446744073709551615");
  check(std::string("\x09\0\0\0\0\0\0\0", 8) + "{}", 0, "a header of at most the 2 bytes that follow", "9");
  check(file_of(""), 8, "a header that starts with {", "an empty header");
  check(file_of(" {}"), 8, "a header that starts with {", "another character");
  check(file_of("{}", "x"), 10, "0 bytes of data in the file", "1");
  check(file_of(good, "1234567"), 8 + good.size() + 7, "8 bytes of data in the file", "7");
  check(file_of(good, eight + "9"), 8 + good.size() + 8, "8 bytes of data in the file", "9");

  const auto refused = [&](const std::string& header, const std::string& expected, const std::string& found) {
    const file_error error = error_of(at.put("file", file_of(header, eight)));
    CAPTURE(header);
    CHECK(error.offset() >= 8);
    CHECK(error.offset() <= 8 + header.size());
    CHECK(error.expected() == expected);
    CHECK(error.found().find(found) != std::string::npos);
  };
  refused(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", "12 bytes for dtype and shape of 'a'", "8");
  refused(R"({"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}})", "a known dtype of 'a'", "'F99'");
  refused(
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
      "every name once", "'a' again");
  refused(R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "every name once",
          "'dtype' in 'a' again");
  refused(std::string(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})") + '\0', "valid JSON in UTF-8", "a character 0");
  refused(R"({"__metadata__":{"k":"1","k":"2"}})", "every name once", "'k' in __metadata__ again");
  refused(R"({"__metadata__":{},"__metadata__":{}})", "every name once", "__metadata__ again");
  refused(R"({"__metadata__":{"k":1}})", "a map from strings to strings as __metadata__", "a number");
  refused(R"({"__metadata__":{"k":{}}})", "a map from strings to strings as __metadata__", "an object");
  refused(R"({"a":{"dtype":"F32","shape":[2]}})", "dtype, shape and data_offsets of 'a'", "not all of them");
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}})", "dtype, shape or data_offsets in 'a'",
          "'more'");
  refused(R"({"a":[]})", "an object with dtype, shape and data_offsets for 'a'", "an array");
  refused(R"({"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}})", "a string as dtype of 'a'", "a number");
  refused(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "whole numbers as shape of 'a'",
          "a negative number");
  refused(R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})", "whole numbers as shape of 'a'",
          "the number 2.0");
  refused(R"({"a":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}})", "whole numbers as shape of 'a'", "an array");
  refused(R"({"a":{"dtype":"F32","shape":null,"data_offsets":[0,8]}})", "whole numbers as shape of 'a'", "null");
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", "two data_offsets of 'a'", "1");
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}})", "two data_offsets of 'a'", "a third");
  refused(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", "data_offsets of 'a' in order", "8 to 0");
  refused(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904],"data_offsets":[0,8]}})",
          "a size below 2^64 bits of 'a'", "a larger shape");
  refused(R"({"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,8]}})", "an extent below 2^63 in 'a'",
          "9223372036854775808");
  refused(R"({"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,8]}})",
          "whole numbers as shape of 'a'", "the number 99999999999999999999");
  refused(R"({"a":{"dtype":"F4","shape":[1],"data_offsets":[0,8]}})", "0 bytes for dtype and shape of 'a'", "8");
  refused("{\"a\xff\":{}}", "valid JSON in UTF-8", "UTF-8");
  refused("{\"a\":{", "valid JSON in UTF-8", "");
  refused("{} x", "valid JSON in UTF-8", "");
  refused(std::string(1, '{') + std::string(3, '\0'), "valid JSON in UTF-8", "");

  const auto placed = [&](const std::string& header, std::uint64_t place, const std::string& expected,
                          const std::string& found) {
    check(file_of(header, eight), 8 + header.size() + place, expected, found);
  };
  placed(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})", 0, "'a' to start at offset 0 of the data",
         "4 (a hole)");
  placed(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[5],"data_offsets":[3,8]}})",
         2, "'b' to start at offset 2 of the data", "3 (a hole)");
  placed(R"({"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})",
         5, "'b' to start at offset 5 of the data", "4 (an overlap)");
  placed(R"({"a":{"dtype":"U8","shape":[18],"data_offsets":[0,18]}})", 8, "18 bytes of data in the file", "8");
}

TEST_CASE("the place of a mistake in the header is where it stands") {
  const scratch at;
  const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F99","shape":[]}})";
  const file_error error = error_of(at.put("file", file_of(header, std::string(8, 'x'))));
  const std::uint64_t stands = 8 + header.find("\"F99\"");
  CHECK(error.offset() >= stands);
  CHECK(error.offset() <= stands + 6);
}

TEST_CASE("a header nested as deep as it is long is refused at once") {
  const scratch at;
  const file_error error = error_of(at.put("file", file_of("{\"a\":" + std::string(1000000, '['))));
  CHECK(error.offset() < 20);
}

TEST_CASE("no truncation and no changed bit does harm") {
  const scratch at;
  const float weight[] = {1, 2, 3};
  const std::int64_t step = 9;
  const io::named_array arrays[] = {{"w", dtype::float32, {3, 1}, weight}, {"step", dtype::int64, {}, &step}};
  io::write_safetensors(at / "whole", arrays, {{"format", "tfx"}});
  const std::string whole = contents_of(at / "whole");
  const std::size_t header_end = whole.size() - 20;

  for (std::size_t length = 0; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK_THROWS_AS(safetensors_file(at.put("file", whole.substr(0, length))), file_error);
  }
  int accepted = 0;
  for (std::size_t bit = 0; bit < header_end * 8; ++bit) {
    std::string changed = whole;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    CAPTURE(bit);
    try {
      const safetensors_file file(at.put("file", changed));
      ++accepted;
      for (const auto& entry : file.tensors()) {
        std::vector<std::byte> memory(std::size_t(entry.size()) + 1);
        for (dtype type : {dtype::float32, dtype::float64, dtype::int64, dtype::boolean}) {
          if (size_of(type) == 8 && entry.size() % 8 != 0) continue;
          try {
            file.read(entry, type, memory.data());
          } catch (const file_error&) {
          }
        }
      }
    } catch (const file_error& error) {
      CHECK(!error.expected().empty());
      CHECK(!error.found().empty());
    }
  }
  // Another letter in a name or text, another type of the same width: still a file of the format.
  CHECK(accepted > 0);
  CHECK(accepted < 150);
}

TEST_CASE("no damage of a header leads its reader astray") {
  const scratch at;
  const float weight[] = {1, 2, 3};
  const io::named_array arrays[] = {{"w", dtype::float32, {3, 1}, weight}};
  io::write_safetensors(at / "whole", arrays, {{"format", "tfx"}});
  survives_damage<file_error>(contents_of(at / "whole"), 1000, [&](const std::string& bytes) {
    const safetensors_file file(at.put("file", bytes));
    for (const auto& entry : file.tensors()) {
      std::vector<std::byte> memory(std::size_t(entry.size()) + 1);
      file.read(entry, dtype::float32, memory.data());
    }
  });
}

TEST_CASE("what can't be written is refused before the old file is touched") {
  const scratch at;
  const auto path = at.put("file", "old");
  const float one = 1;
  const auto refused = [&](std::vector<io::named_array> arrays, std::map<std::string, std::string> metadata = {}) {
    CHECK_THROWS_AS(io::write_safetensors(path, arrays, metadata), std::invalid_argument);
    CHECK(contents_of(path) == "old");
    CHECK(at.files() == 1);
  };
  refused({{"a", dtype::float32, {}, &one}, {"a", dtype::float32, {}, &one}});
  refused({{"__metadata__", dtype::float32, {}, &one}});
  refused({{"\xff", dtype::float32, {}, &one}});
  refused({{"a", dtype::real_type, {}, &one}});
  refused({{"a", dtype::float32, {-1}, &one}});
  refused({{"a", dtype::float32, {}, &one}}, {{"k", "\xc3"}});
}

TEST_CASE("booleans other than 0 and 1 are not let in") {
  const scratch at;
  const auto path =
      at.put("file", file_of(R"({"f":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}})", std::string("\0\1\2\0", 4)));
  bool flags[4] = {};
  const io::named_buffer wanted[] = {{"f", dtype::boolean, {4}, flags}};
  CHECK_THROWS_WITH_AS(io::load_into(safetensors_file(path), wanted),
                       (path.string() + ": at byte 65 expected 0 or 1 in f, found 2").c_str(), file_error);
  CHECK(!flags[1]);
}

TEST_CASE("a model is saved and loaded") {
  const scratch at;
  static_assert(has_variables<pretend_model> && has_variables<const pretend_model>);
  static_assert(!has_variables<int>);
  pretend_model model;
  save(model, at / "model");
  pretend_model other;
  other.weight.assign(6, 0);
  other.bias.assign(2, 0);
  other.mean = {0};
  other.step = 0;
  load(other, at / "model");
  CHECK(other.weight == model.weight);
  CHECK(other.bias == model.bias);
  CHECK(other.mean == model.mean);
  CHECK(other.step == 12);
  CHECK(safetensors_file(at / "model").metadata().at("format") == "tfx");
  CHECK(!safetensors_file(at / "model").metadata().at("version").empty());
}

TEST_CASE("all differences are said at once and nothing is changed") {
  const scratch at;
  pretend_model model;
  const float extra[] = {1, 2};
  const double narrow[] = {1, 2};
  const io::named_array arrays[] = {{"dense/weight", dtype::float32, {2, 1}, extra},
                                    {"dense/bias", dtype::float64, {2}, narrow},
                                    {"dense/gain", dtype::float32, {2}, extra},
                                    {"step", dtype::int64, {}, narrow}};
  io::write_safetensors(at / "model", arrays);
  const pretend_model before = model;
  try {
    load(model, at / "model");
    FAIL("a file that does not fit was loaded");
  } catch (const io::mismatch_error& error) {
    CHECK(error.differences() == std::vector<std::string>{
                                     "dense/weight: expected F32 [3, 2], found F32 [2, 1]",
                                     "dense/bias: expected F32 [2], found F64 [2]",
                                     "norm/mean: expected F64 [1], found nothing of that name",
                                     "dense/gain: expected nothing of that name, found F32 [2]",
                                 });
    CHECK(std::string(error.what()).find((at / "model").string()) == 0);
  }
  CHECK(model.weight == before.weight);
  CHECK(model.bias == before.bias);
  CHECK(model.step == before.step);
}

TEST_CASE("surplus arrays and other precision are taken when asked") {
  const scratch at;
  const float single[] = {0.1f, 0.2f};
  const io::named_array arrays[] = {{"x", dtype::float32, {2}, single}, {"y", dtype::float32, {2}, single}};
  io::write_safetensors(at / "file", arrays);
  double out[2] = {};
  const io::named_buffer wanted[] = {{"x", dtype::float64, {2}, out}};
  CHECK_THROWS_AS(io::load_into(safetensors_file(at / "file"), wanted, {.convert = true}), io::mismatch_error);
  CHECK_THROWS_AS(io::load_into(safetensors_file(at / "file"), wanted, {.allow_surplus = true}), io::mismatch_error);
  io::load_into(safetensors_file(at / "file"), wanted, {.convert = true, .allow_surplus = true});
  CHECK(out[0] == static_cast<double>(0.1f));
  CHECK(out[1] == static_cast<double>(0.2f));
}
