// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files

#include <filesystem>

#include <tfx/io/safetensors.hpp>
#include <tfx/train/weights.hpp>

namespace tfx {

/// Weights from a file, ready to be shared: any number of threads predict with one const object.
///
///     const auto w = load<net, input<16, 784>>("mnist.safetensors");
///     std::jthread worker([&] { session s{w}; y = s.predict(x); });
///
/// `file` is the name of a safetensors file, or a file that is open, such as io::npz_file("mnist.npz").
///
/// Errors     io::mismatch_error with all differences, io::file_error
template <const auto& Net, class Input, class Backend = backend::simd<>, class T = float, class File = std::filesystem::path>
weights<Net, Input, Backend, T> load(const File& file, const io::load_options& options = {}) {
  weights<Net, Input, Backend, T> loaded;
  load(loaded, file, options);
  return loaded;
}

}  // namespace tfx
