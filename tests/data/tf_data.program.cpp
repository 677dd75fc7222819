// SPDX-License-Identifier: Apache-2.0
// Says in which order elements come, for tf_data.test.py: a line on the input is a case, a line on the output its elements.
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include <tfx/data/csv.hpp>
#include <tfx/data/image_folder.hpp>
#include <tfx/data/pipelines.hpp>
#include <tfx/data/text_lines.hpp>
#include <tfx/data/tf_records.hpp>

namespace {

using namespace tfx;

void print(const auto& x) {
  if constexpr (std::is_floating_point_v<std::remove_cvref_t<decltype(x)>>) {
    if (x != x) std::printf("NaN");
    else std::printf("%.17g", double(x));
  } else if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(x)>>) {
    std::printf("%lld", static_cast<long long>(x));
  } else if constexpr (requires { x.c_str(); }) {
    std::printf("\"");
    for (const char c : x) {
      const auto code = static_cast<unsigned char>(c);
      std::printf(code < 32 || c == '"' || c == '\\' || code > 126 ? "\\u%04x" : "%c", code);
    }
    std::printf("\"");
  } else if constexpr (requires { std::begin(x); }) {
    std::printf("[");
    bool first = true;
    for (const auto& e : x) {
      if (!std::exchange(first, false)) std::printf(",");
      print(e);
    }
    std::printf("]");
  } else {
    std::printf("[");
    bool first = true;
    std::apply([&](const auto&... part) { ((std::exchange(first, false) ? 0 : std::printf(","), print(part)), ...); }, x);
    std::printf("]");
  }
}
void print_all(auto p) {
  std::printf("[");
  bool first = true;
  for (auto& x : p) {
    if (!std::exchange(first, false)) std::printf(",");
    print(x);
  }
  std::printf("]\n");
}
auto range(int n) {
  return data::from([n, i = 0]() mutable { return i < n ? std::optional(i++) : std::nullopt; });
}
/// Lengths that go up and down.
int some(int i) { return i * 7 % 5 + i * 3 % 4; }

io::packing packing_called(const std::string& name) { return name == "GZIP" ? io::packing::gzip : name == "ZLIB" ? io::packing::zlib : io::packing::none; }

void write(const std::string& path, const std::string& how) {
  io::tf_record_writer out(path, packing_called(how));
  for (int i = 0; i < 40; ++i) {
    io::tf_example e;
    e.features["x"].floats = {float(i) / 4, -1.5f};
    e.features["n"].integers = {i - 20, std::int64_t(1) << (i + 20)};
    e.features["name"].bytes = {std::string(std::size_t(i * 31), char('a' + i % 26)), "\xff"};
    e.features["none"] = {};
    out.write(e.encode());
  }
  io::tf_sequence_example s;
  s.context["length"].integers = {3};
  for (int i = 0; i < 3; ++i) {
    s.lists["steps"].emplace_back().floats = {float(i), float(i * i)};
    s.lists["words"].emplace_back().bytes = {std::string(1, char('x' + i))};
  }
  out.write(s.encode());
  out.commit();
}
void read(const std::string& path) {
  io::tf_record_reader in(path);
  std::printf("[");
  bool first = true;
  for (int i = 0; i < 40; ++i) {
    const auto e = io::tf_example::parse(*in.next());
    if (!std::exchange(first, false)) std::printf(",");
    const auto& f = e->features;
    print(std::tuple(f.at("x").floats, f.at("n").integers, f.at("name").bytes, f.at("none").floats));
  }
  const auto s = io::tf_sequence_example::parse(*in.next());
  std::printf(",");
  print(std::tuple(s->context.at("length").integers, s->lists.at("steps").at(2).floats, s->lists.at("words").at(1).bytes, int(s->lists.at("words").size())));
  std::printf("]\n");
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream in(line);
    std::string what, path, how;
    int n = 0, a = 0, b = 0, c = 0;
    in >> what;
    if (what == "interleave") {
      in >> n >> a >> b;
      print_all(range(n) | data::interleave([](int i) { return range(some(i)) | data::map([i](int k) { return 100 * i + k; }); }, {.cycle = std::size_t(a), .block = std::size_t(b)}));
    } else if (what == "window") {
      in >> n >> a >> b >> c;
      print_all(range(n) | data::window(std::size_t(a), {.shift = std::size_t(b), .stride = std::size_t(c)}));
    } else if (what == "full_window") {
      in >> n >> a >> b >> c;
      print_all(range(n) | data::window(std::size_t(a), {.shift = std::size_t(b), .stride = std::size_t(c), .drop_remainder = true}));
    } else if (what == "batch") {
      in >> n >> a;
      print_all(range(n) | data::batch<4>({.drop_remainder = a != 0}));
    } else if (what == "shard") {
      in >> n >> a >> b;
      print_all(range(n) | data::shard(std::uint64_t(a), std::uint64_t(b)) | data::skip(1) | data::repeat(2) | data::take(7));
    } else if (what == "group") {
      in >> n >> a;
      print_all(range(n) | data::group_by_window([](int i) { return (i * 7) % 5 - 2; }, a));
    } else if (what == "padded") {
      in >> n;
      print_all(range(n) | data::map([](int i) { return std::vector<int>(std::size_t(some(i)), i); }) | data::padded_batch<4>(-1));
    } else if (what == "buckets") {
      in >> n;
      print_all(range(n) | data::map([](int i) { return std::vector<int>(std::size_t(some(i)), i); }) | data::bucket_by_length<2, 4, 6>() | data::padded_batch<3>());
    } else if (what == "choose") {
      in >> n;
      print_all(data::choose(range(n) | data::map([](int i) { return i * i % 3; }), range(5), range(9) | data::map([](int i) { return 10 + i; }), range(4) | data::map([](int i) { return 20 + i; })));
    } else if (what == "lines") {
      in >> path;
      print_all(data::text_lines(path));
    } else if (what == "csv") {
      in >> path;
      print_all(data::csv<double, std::string, int, std::array<float, 2>>(path));
    } else if (what == "write") {
      in >> path >> how;
      write(path, how);
      std::printf("[]\n");
    } else if (what == "read") {
      in >> path;
      read(path);
    } else if (what == "parse") {
      in >> path;
      print_all(data::tf_examples<std::array<float, 2>, std::vector<std::int64_t>>(path, {"x", "n"}) | data::take(40));
    } else if (what == "resize") {
      in >> path >> how;
      const data::picture p = data::read_picture(path, 3);
      for (const auto& [h, w] : {std::pair(5, 7), {40, 50}, {13, 31}, {1, 1}}) {
        std::vector<float> to(std::size_t(h * w * 3));
        data::resize(p, to.data(), h, w, how == "nearest" ? data::resizing::nearest : data::resizing::bilinear);
        std::printf("%s", h == 5 ? "[" : ",");
        print(to);
      }
      std::printf("]\n");
    } else if (what == "folder") {
      in >> path;
      print_all(data::image_folder<4, 6, 3>(path, {.method = data::resizing::bilinear}));
    }
    std::fflush(stdout);
  }
}
