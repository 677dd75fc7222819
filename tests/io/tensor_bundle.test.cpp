// SPDX-License-Identifier: Apache-2.0
// labels: exceptions
// TensorFlow's bundles: what is written is read, damage is refused. tensor_bundle.test.py asks TensorFlow.
#include <doctest/doctest.h>

#include <tfx/io/tensor_bundle.hpp>

#include "damaged.hpp"
#include "scratch.hpp"

namespace {

using namespace tfx;

struct arrays {
  std::vector<std::vector<float>> numbers;
  std::vector<io::named_array> all;
  explicit arrays(int n) : numbers(std::size_t(n)) {
    for (int i = 0; i < n; ++i) {
      auto& x = numbers[std::size_t(i)];
      for (int k = 0; k < 2 * (i % 4); ++k) x.push_back(float(i) + 0.25f * float(k));
      char name[40];
      std::snprintf(name, sizeof name, "block_%03d/dense/kernel", i);
      all.push_back({name, dtype::float32, {2, i % 4}, x.data()});
    }
  }
};

}  // namespace

TEST_CASE("arrays come back, over several blocks of the index") {
  const scratch folder;
  const arrays written(300);
  io::write_tensor_bundle(folder / "a", written.all);
  const io::tensor_bundle file(folder / "a");
  REQUIRE(file.tensors().size() == 300);
  for (std::size_t i = 0; i < 300; ++i) {
    const io::bundle_entry& e = file.tensors()[i];
    CHECK(e.name == written.all[i].name);
    CHECK(e.shape == written.all[i].shape);
    std::vector<float> x(e.count());
    file.read(e.name, x);
    CHECK(x == written.numbers[i]);
    std::vector<double> wide(e.count());
    file.read(e.name, wide, true);
    CHECK(std::equal(wide.begin(), wide.end(), x.begin()));
  }
  CHECK(file.find("block") == nullptr);
  std::vector<int> whole(2);
  CHECK_THROWS_AS(file.read("block_001/dense/kernel", whole), io::file_error);
  CHECK_THROWS_AS(io::tensor_bundle(folder / "b"), io::file_error);
  const io::named_array twice[] = {written.all[1], written.all[1]}, odd{"z", dtype::complex128, {1}, nullptr};
  CHECK_THROWS_AS(io::write_tensor_bundle(folder / "c", twice), std::invalid_argument);
  CHECK_THROWS_AS(io::write_tensor_bundle(folder / "c", std::span(&odd, 1)), std::invalid_argument);
  CHECK(folder.files() == 2);
}
TEST_CASE("damage is refused") {
  const scratch folder;
  const arrays written(40);
  io::write_tensor_bundle(folder / "a", written.all);
  const std::string index = contents_of(folder / "a.index"), data = contents_of(folder / "a.data-00000-of-00001");
  const auto read_all = [&] {
    const io::tensor_bundle file(folder / "a");
    for (const io::bundle_entry& e : file.tensors()) {
      std::vector<float> x(e.count());
      file.read(e.name, x);
    }
  };
  survives_damage<io::file_error>(index, 300, [&](const std::string& bytes) {
    folder.put("a.index", bytes);
    read_all();
  });
  folder.put("a.index", index);
  for (std::size_t at = 0; at < data.size(); at += 53) {
    std::string wrong = data;
    wrong[at] = char(wrong[at] ^ 4);
    folder.put("a.data-00000-of-00001", wrong);
    CHECK_THROWS_AS(read_all(), io::file_error);
  }
  folder.put("a.data-00000-of-00001", data.substr(0, data.size() - 1));
  CHECK_THROWS_AS(read_all(), io::file_error);
}
TEST_CASE("names that share more than entries may are refused before they fill the memory") {
  const scratch folder;
  io::detail::block_writer block, index;
  std::string table, name(4000, 'n'), entries;
  for (int i = 0; i < 2000; ++i) {   // each a byte longer than the one before, of which it repeats nothing
    const bool first = i == 0;
    io::detail::put_varint(entries, first ? 0 : name.size());
    io::detail::put_varint(entries, first ? name.size() : 1);
    io::detail::put_varint(entries, 0);
    entries += first ? name : "n";
    if (!first) name += 'n';
  }
  io::detail::put_word(entries, 0);
  io::detail::put_word(entries, 1);
  const io::detail::block_place place{0, entries.size()};
  entries.push_back('\0');
  io::detail::put_word(entries, io::masked_crc32c(entries.data(), entries.size()));
  table = entries;
  index.add("z", place.bytes());
  std::string footer = block.close(table).bytes();
  footer += index.close(table).bytes();
  footer.resize(40, '\0');
  table += footer;
  table.append(reinterpret_cast<const char*>(&io::detail::table_magic), 8);
  folder.put("a.index", table);
  CHECK_THROWS_WITH(io::read_sorted_table(folder / "a.index"), doctest::Contains("names of at most"));
}
TEST_CASE("the newest of a folder") {
  const scratch folder;
  CHECK(io::latest_tensor_bundle(folder.folder()).empty());
  folder.put("checkpoint", "model_checkpoint_path: \"step-2\"\nall_model_checkpoint_paths: \"step-1\"\n");
  CHECK(io::latest_tensor_bundle(folder.folder()).empty());   // which is not there
  io::write_tensor_bundle(folder / "step-2", arrays(3).all);
  CHECK(io::latest_tensor_bundle(folder.folder()) == folder / "step-2");
}
