// SPDX-License-Identifier: Apache-2.0
// Sources of files: what is said of bad ones, where they go on from, and a cache in a file. What they read is compared with TensorFlow
// in tf_data.test.py.
#include <doctest/doctest.h>

#include <tfx/data/csv.hpp>
#include <tfx/data/csv_facts.hpp>
#include <tfx/data/file_cache.hpp>
#include <tfx/data/files.hpp>
#include <tfx/data/interleave.hpp>
#include <tfx/data/map.hpp>
#include <tfx/data/shuffle.hpp>
#include <tfx/data/stages.hpp>
#include <tfx/data/text_lines.hpp>
#include <tfx/data/tf_records.hpp>

#include "../io/damaged.hpp"
#include "../io/scratch.hpp"

namespace {

using namespace tfx;
using strings = std::vector<std::string>;

template <class P> auto all(P&& p) {
  std::vector<typename std::remove_cvref_t<P>::value_type> out;
  for (auto& x : p) out.push_back(x);
  return out;
}
/// What is said, without the folder.
template <class F> std::string said(const scratch& folder, F f) {
  try {
    f();
  } catch (const std::exception& e) {
    std::string text = e.what();
    const std::string name = folder.folder().string() + "/";
    while (text.find(name) != text.npos) text.erase(text.find(name), name.size());
    return text;
  }
  return "nothing";
}
/// From the state after each element the rest is the same.
template <class Make> void goes_on(Make make) {
  const auto given = all(make());
  REQUIRE(given.size() > 2);
  typename decltype(make())::value_type x{};
  for (std::size_t from = 0; from <= given.size(); ++from) {
    auto p = make(), other = make();
    p.begin(0);
    for (std::size_t i = 0; i < from; ++i) p.next(x);
    other.restore(p.state());
    for (std::size_t i = from; i < given.size(); ++i) {
      REQUIRE(other.next(x));
      CHECK(x == given[i]);
    }
    CHECK_FALSE(other.next(x));
  }
}

}  // namespace

TEST_CASE("a bad row says where it is and what was expected, and the next one is read") {
  const scratch folder;
  const auto read = [&](std::string_view text, data::csv_options o = {}) {
    const auto path = folder.put("t.csv", text);
    return said(folder, [&] { all(data::csv<float, std::int8_t>(path, o)); });
  };
  CHECK(read("a,b\n1,2\nmany,3\n") == "t.csv: line 3, column a: expected a number, found 'many'");
  CHECK(read("a,b\n1,2\n\n3,128\n") == "t.csv: line 4, column b: expected an integer from -128 to 127, found '128'");
  CHECK(read("a,b\n1,\n") == "t.csv: line 2, column b: expected an integer from -128 to 127, found a missing value");
  CHECK(read("a,b\n1,2,3\n") == "t.csv: line 2: expected 2 columns, found 3");
  CHECK(read("a,b,c\n1,2,3\n") == "t.csv: line 2: expected 2 columns, as the types say, found 3");
  CHECK(read("a,b\n\"x\ny\"z,2\n") == "t.csv: line 2, column a: expected quotes around the whole field, found a closing quote before more text");
  CHECK(read("a,b\n1,\"2\n") == "t.csv: line 2, column b: expected a closing quote, found the end of the file");
  CHECK(read("a,b\n1,2\"\n") == "t.csv: line 2, column b: expected quotes around the whole field, found a quote within it");
  CHECK(read("a,b\n1,2\n", {.columns = {"a", "c"}}) == "t.csv: line 1: expected a column named c, found a, b");
  CHECK(read("a,b\n1,2\n", {.columns = {"a"}}) == "t.csv: line 1: expected 2 chosen columns, as the types say, found 1");
  CHECK(read("a,b\n1,cat\n", {.categories = {{"b", {"dog", "cow"}}}}) == "t.csv: line 2, column b: expected one of its 2 categories, found 'cat'");
  CHECK(read("") == "t.csv: expected a line with the names of the columns, found no lines");
  CHECK(said(folder, [&] { all(data::csv<float>(folder / "none.csv")); }) == "none.csv: expected a readable file, found No such file or directory");

  const auto path = folder.put("t.csv", "x;kind;y\r\n1;dog;10\n2;\"c\"\"ow\";NA\nx;dog;1\n4;dog\n5;dog;7");
  std::uint64_t bad = 0;
  auto rows = data::csv<std::optional<int>, int, std::string>(path, {.columns = {"y", "kind", "kind"}, .categories = {{"kind", {"dog", "c\"ow"}}}, .missing = {"NA"}, .separator = ';'});
  const auto found = all(data::pipeline(rows) | data::ignore_errors({.seen = &bad}));
  REQUIRE(found.size() == 4);
  CHECK(bad == 1);
  CHECK(found[0] == std::tuple(std::optional(10), 0, std::string("dog")));
  CHECK(found[1] == std::tuple(std::optional<int>(), 1, std::string("c\"ow")));
  CHECK(found[3] == std::tuple(std::optional(7), 0, std::string("dog")));
  goes_on([&] { return data::csv<std::optional<std::string>, std::string>(path, {.columns = {"0", "1"}, .separator = ';', .header = false}) | data::ignore_errors(); });
  CHECK(all(data::csv<std::string>(folder / "none.csv") | data::ignore_errors()).empty());   // and comes to an end
}

TEST_CASE("what a table is made of") {
  const scratch folder;
  const auto path = folder.put("t.csv", "n,x,kind,mixed\n1,0.5,b,1\n-2,1e3,a,\n,nan,b,x\n");
  const auto facts = data::csv_facts(path);
  REQUIRE(facts.size() == 4);
  CHECK(facts[0].kind == data::csv_kind::integer);
  CHECK(facts[0].missing == 1);
  CHECK(facts[0].least == -2);
  CHECK(facts[0].mean == -0.5);
  CHECK(facts[1].kind == data::csv_kind::number);
  CHECK(facts[1].name == "x");
  CHECK(facts[1].most == 1000);
  CHECK(facts[2].kind == data::csv_kind::text);
  CHECK(facts[2].categories == strings{"a", "b"});
  CHECK(facts[3].kind == data::csv_kind::text);
  CHECK(data::csv_words_of(path, "kind") == strings{"a", "b"});
  CHECK(said(folder, [&] { data::csv_words_of(path, "kinds"); }) == "t.csv: line 1: expected a column named kinds, found n, x, kind, mixed");
}

TEST_CASE("lines and files") {
  const scratch folder;
  folder.put("b.txt", "3\r\n4\n\n5");
  folder.put("a.txt", "1\n2\n");
  folder.put("c.log", "9\n");
  const strings names = data::files(folder / "*.txt");
  REQUIRE(names.size() == 2);
  CHECK(names[0].ends_with("/a.txt"));
  const auto lines = [&] { return data::files(folder / "?.txt") | data::flat_map([](const std::string& name) { return data::text_lines(name); }); };
  CHECK(all(lines()) == strings{"1", "2", "3", "4", "", "5"});
  goes_on([&] { return lines() | data::shuffle(3); });
  const auto packed = folder.put("d.txt.gz", gzip(std::string(200000, 'x') + "\ny\nz\n"));
  goes_on([&] { return data::text_lines(packed); });
  CHECK(said(folder, [&] { data::files(folder / "*.csv"); }) == "*.csv: expected files of such names, found none");
}

TEST_CASE("damaged records are noticed") {
  const scratch folder;
  const auto path = folder / "r.tfrecord";
  for (const io::packing how : {io::packing::none, io::packing::gzip, io::packing::zlib}) {
    io::tf_record_writer out(path, how);
    for (int i = 0; i < 5; ++i) out.write(std::string(std::size_t(100 * i), char('a' + i)));
    CHECK(std::filesystem::exists(path) == (how != io::packing::none));   // until then the old one
    out.commit();
    const auto records = all(data::tf_records(path));
    REQUIRE(records.size() == 5);
    CHECK(records[4] == std::string(400, 'e'));
    goes_on([&] { return data::tf_records(path); });
    const std::string whole = contents_of(path);
    const std::size_t step = how == io::packing::none ? 7 : 1;
    for (std::size_t n = 1; n < whole.size(); n += step) {
      const auto cut = folder.put("cut", std::string_view(whole).substr(0, n));
      bool throws = false, some = false;
      try {
        for (auto& r : data::tf_records(cut, how)) some = some || !r.empty();
      } catch (const io::file_error&) {
        throws = true;
      }
      CHECK((throws || n == 16 || n == 132 || n == 348 || n == 664));   // the ends of records
      CHECK(all(data::tf_records(cut, how) | data::ignore_errors()).size() <= 5);
    }
  }
  io::tf_record_writer out(path);
  for (int i = 0; i < 3; ++i) out.write("record " + std::to_string(i));
  out.commit();
  const std::string whole = contents_of(path);
  std::string bad = whole;
  bad[24 + 12 + 3] ^= 1;
  folder.put("bad", bad);
  CHECK(said(folder, [&] { all(data::tf_records(folder / "bad")); }) == "bad: at byte 24 expected record 1 and its checksum, found a record with another checksum");
  CHECK(all(data::tf_records(folder / "bad") | data::ignore_errors()) == strings{"record 0", "record 2"});
  bad = whole;
  bad[24 + 5] ^= 1;
  folder.put("bad", bad);
  CHECK(said(folder, [&] { all(data::tf_records(folder / "bad")); }) == "bad: at byte 24 expected the length of a record and its checksum, found a length with another checksum");
  CHECK(all(data::tf_records(folder / "bad") | data::ignore_errors()) == strings{"record 0"});
}

TEST_CASE("features that are not there, or other ones") {
  const scratch folder;
  io::tf_example e;
  e.features["x"].floats = {1, 2};
  e.features["b"].bytes = {"abc"};
  io::tf_record_writer out(folder / "e");
  out.write(e.encode());
  out.write("no message");
  out.commit();
  const auto read = [&]<class... P>(std::type_identity<std::tuple<P...>>, const std::array<std::string, sizeof...(P)>& names) {
    return said(folder, [&] { all(data::tf_examples<P...>(folder / "e", names) | data::take(1)); });
  };
  using data::features;
  CHECK(read(std::type_identity<std::tuple<std::array<float, 2>, std::array<std::uint8_t, 3>, std::string>>{}, {"x", "b", "b"}) == "nothing");
  CHECK(read(std::type_identity<std::tuple<int>>{}, {"y"}) == "e: record 0: expected feature y with one int64, found no such feature");
  CHECK(read(std::type_identity<std::tuple<float>>{}, {"x"}) == "e: record 0: expected feature x with one float, found 2 values");
  CHECK(read(std::type_identity<std::tuple<std::vector<int>>>{}, {"x"}) == "e: record 0: expected feature x with int64, found floats");
  CHECK(read(std::type_identity<std::tuple<std::array<std::uint8_t, 4>>>{}, {"b"}) == "e: record 0: expected feature b with a byte string of 4 bytes, found 3 bytes");
  auto parsed = data::tf_records(folder / "e") | data::map(features<std::array<float, 2>>({"x"}));
  CHECK(said(folder, [&] { all(parsed); }) == "data: expected an Example, found other bytes at byte 0");
  e.features["n"].integers = {1, 1 << 20};
  io::tf_record_writer wide(folder / "e");
  wide.write(e.encode());
  wide.commit();
  CHECK(read(std::type_identity<std::tuple<std::vector<std::int16_t>>>{}, {"n"}) == "e: record 0: expected feature n with int64, found 1048576, which its type cannot hold");
  e.features.erase("n");
  // Each part has to be a message of the right kinds.
  const auto damaged_at = [&](auto change) {
    std::string bytes = e.encode();
    change(bytes);
    io::tf_record_writer damaged_file(folder / "damaged");
    damaged_file.write(e.encode());
    damaged_file.write(bytes);
    damaged_file.commit();
    CHECK_FALSE(io::tf_example::parse(bytes));
    return said(folder, [&] { all(data::tf_examples<std::array<float, 2>>(folder / "damaged", {"x"})); });
  };
  // 0a 1f | 0a 0c | 0a 01 b | 12 07 0a 05 | 0a 03 abc, then 0a 0f | 0a 01 x | 12 0a 12 08 | 0a 08 values
  CHECK(damaged_at([](auto& b) { b[0] = 0x08; }) == "damaged: record 1: expected an Example, found other bytes at byte 0");
  CHECK(damaged_at([](auto& b) { b[2] = 0x0d; }) == "damaged: record 1: expected an Example, found other bytes at byte 2");
  CHECK(damaged_at([](auto& b) { b[4] = 0x08; }) == "damaged: record 1: expected an Example, found other bytes at byte 4");
  CHECK(damaged_at([](auto& b) { b[b.size() - 10] = 0x09; }) == "damaged: record 1: expected feature x with 2 floats, found other bytes");
  // No bytes make a reader go astray.
  const std::string whole = e.encode();
  for (std::size_t n = 0; n < whole.size(); ++n)
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = whole;
      other[n] = char(other[n] ^ 1 << bit);
      io::tf_example::parse(other);
      io::tf_example::parse(other.substr(0, n));
      io::tf_sequence_example::parse(other);
      std::tuple<std::array<float, 2>, std::string> to;
      data::detail::feature_parser<std::array<float, 2>, std::string>{{"x", "b"}}.read(other, to);
    }
}

TEST_CASE("a cache in a file is there when it is complete") {
  const scratch folder;
  const auto path = folder / "cache";
  int made = 0;
  std::vector<std::string> words = {"a", "", "ccc", "d"};
  const auto source = [&] { return words | data::map([&](const std::string& w) { ++made; return std::pair(w, std::array<float, 2>{float(w.size()), 1}); }) | data::cache(path); };
  {
    auto p = source();
    std::pair<std::string, std::array<float, 2>> x;
    p.begin(0);
    p.next(x);
    p.next(x);
  }
  CHECK(folder.files() == 0);
  made = 0;
  const auto first = all(source());
  CHECK(made == 4);
  CHECK(folder.files() == 1);
  CHECK(all(source()) == first);
  CHECK(made == 4);
  CHECK(first[2].first == "ccc");
  goes_on(source);
  CHECK(all(words | data::map([](const std::string& w) { return w; }) | data::cache(folder / "other")) == words);
  CHECK(said(folder, [&] { all(words | data::map([](const std::string&) { return 1.0; }) | data::cache(path)); }) ==
        "cache: at byte 0 expected an element of this pipeline, found one of 17 bytes");

  // Not there after a pass that was cancelled; a file that cannot be written is tried once.
  auto cancelled = words | data::take(4) | data::cache(folder / "cancelled");
  cancelled.begin(0);
  std::string word;
  for (int i = 0; i < 4; ++i) cancelled.next(word);
  cancelled.cancel();
  CHECK_FALSE(cancelled.next(word));
  CHECK_FALSE(std::filesystem::exists(folder / "cancelled"));
  CHECK(all(cancelled) == words);
  CHECK(std::filesystem::exists(folder / "cancelled"));
  auto fails = words | data::take(4) | data::cache(folder / "taken" / "x");
  std::filesystem::create_directory(folder / "taken");
  fails.begin(0);
  for (int i = 0; i < 4; ++i) fails.next(word);
  std::filesystem::remove_all(folder / "taken");
  CHECK_THROWS_AS(fails.next(word), io::file_error);
  CHECK_FALSE(fails.next(word));
}

TEST_CASE("a file that became shorter is not gone on with") {
  const scratch folder;
  const auto path = folder.put("t.txt", "one\ntwo\nthree\n");
  auto p = data::text_lines(path) | data::take(9);
  std::string line;
  p.begin(0);
  for (int i = 0; i < 3; ++i) p.next(line);
  const std::string state = p.state();
  folder.put("t.txt", "one\n");
  p.restore(state);
  CHECK(said(folder, [&] { p.next(line); }) == "t.txt: at byte 4 expected more bytes, found the end of the file");
}

TEST_CASE("no damage of a table, of records or of examples leads a reader astray") {
  const scratch folder;
  survives_damage<io::record_error>("a,b,c\n1,\"x\",2\n3,\"y\"\"z\n\",4\r\n\n5,,6\n", 1000, [&](const std::string& bytes) {
    io::csv_reader table(folder.put("t.csv", bytes), ',', false);
    std::size_t sizes = 0;
    while (table.next())
      for (std::size_t i = 0; i < table.size(); ++i) sizes += table.field(i).size();
    CHECK(sizes <= bytes.size());
  });
  io::tf_example e;
  e.features["x"].floats = {1, 2};
  e.features["b"].bytes = {"abc", ""};
  e.features["n"].integers = {-1, 300};
  io::tf_record_writer out(folder / "r");
  for (int i = 0; i < 3; ++i) out.write(e.encode());
  out.commit();
  const std::string records = contents_of(folder / "r");
  for (const std::string& whole : {records, gzip(records)})
    survives_damage<io::file_error>(whole, 300, [&](const std::string& bytes) {
      io::tf_record_reader in(folder.put("r", bytes));
      std::size_t sizes = 0;
      while (const auto record = in.next()) sizes += record->size();
      CHECK(sizes <= records.size());   // each has its checksum
    });
  struct no_example {};
  survives_damage<no_example>(e.encode(), 5000, [&](const std::string& bytes) {
    std::size_t fields = 0;
    for (io::protobuf_reader in(bytes); in.next();) ++fields;
    CHECK(fields <= bytes.size());
    std::tuple<std::array<float, 2>, std::string, std::vector<int>> to;
    const bool other = !data::detail::feature_parser<std::array<float, 2>, std::string, std::vector<int>>{{"x", "b", "n"}}.read(bytes, to).first.empty();
    io::tf_sequence_example::parse(bytes);
    const auto parsed = io::tf_example::parse(bytes);
    if (parsed) CHECK(io::tf_example::parse(parsed->encode()).has_value());
    if (other || !parsed) throw no_example();
  });
}
