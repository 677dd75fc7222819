// SPDX-License-Identifier: Apache-2.0
// tensor_bundle copy FROM TO: all arrays of one bundle to another, names of the rest on stdout
// tensor_bundle save PREFIX: a small model; tensor_bundle latest FOLDER: the newest bundle there
#include <cstdio>
#include <cstring>
#include <string_view>

#include <tfx/io/safetensors.hpp>
#include <tfx/io/tensor_bundle.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<3>{}, nn::relu{}, nn::dense<2>{});

namespace {

dtype type_named(std::string_view name) {
  for (const auto& known : io::detail::tensorflow_types)
    if (io::detail::safetensors_dtype(known.type) == name) return known.type;
  throw std::invalid_argument("no such type");
}
void copy_bundle(const char* from, const char* to) {
  const io::tensor_bundle file(from);
  std::vector<std::vector<char>> bytes;
  std::vector<io::named_array> arrays;
  for (const io::bundle_entry& entry : file.tensors()) {
    file.read(entry, type_named(entry.dtype), bytes.emplace_back(std::size_t(entry.size())).data());
    arrays.push_back({entry.name, type_named(entry.dtype), entry.shape, bytes.back().data()});
  }
  io::write_tensor_bundle(to, arrays);
  for (const std::string& name : file.others()) std::puts(name.c_str());
}

}  // namespace

int main(int count, char** word) {
  try {
    const std::string_view what = count > 1 ? word[1] : "";
    if (what == "copy" && count == 4) copy_bundle(word[2], word[3]);
    else if (what == "save" && count == 3) save_tensor_bundle(model<net, input<4, 2>>{seed{7}}, word[2]);
    else if (what == "latest" && count == 3) std::puts(io::latest_tensor_bundle(word[2]).c_str());
    else return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
