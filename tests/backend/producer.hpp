// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <doctest/doctest.h>

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/tile.hpp>

#include "guarded.hpp"

namespace tfx::test {

/// Where the epilogue of a test writes, and how often it was given each result.
template <class T> struct received {
  T* to = nullptr;
  int cols = 0;
  std::vector<int> times;
  bool bad_stride = false;
};

template <class T> inline received<T>* receiver = nullptr;

/// An epilogue that stores, counts, and reads each row up to a multiple of 16 elements as a fused kernel does.
template <class T>
void receive(const call<T>&, int row, int rows, int col, int cols, const T* block, std::ptrdiff_t stride) {
  received<T>& r = *receiver<T>;
  if (stride < (cols + 15) / 16 * 16) r.bad_stride = true;
  volatile T sink = 0;
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < cols; ++j) {
      const std::size_t at = std::size_t(row + i) * std::size_t(r.cols) + std::size_t(col + j);
      r.to[at] = block[i * stride + j];
      ++r.times[at];
    }
    for (int j = cols; j < (cols + 15) / 16 * 16; ++j) sink = block[i * stride + j];
  }
  (void)sink;
}

/// A row of the geometry table, of the struct that an operation names.
constexpr geometry row_of(const geometry& g) { return g; }
template <named_geometry G> constexpr geometry row_of(const G& g) { return geometry::of(g); }

/// A call of a producer, its first part.
template <class T> call<T> call_of(const geometry& g, const void* tiles, int rows, int cols, int contracted,
                                   const std::vector<void*>& operands, scratch_memory<T>& scratch, int parts) {
  call<T> a;
  a.operand = operands.data();
  a.rows = rows;
  a.cols = cols;
  a.geo = &g;
  a.contracted = contracted;
  a.scratch = scratch.data();
  a.tiles = tiles;
  a.parts = parts;
  return a;
}

/// Runs a producer in `parts` parts, directly and through an epilogue, and compares the bits with `expected`.
template <class T, class Producer> void check_parts(const geometry& g, const void* tiles, int bound_rows, int rows,
                                                    int cols, int contracted, std::vector<void*> operands,
                                                    guarded<T>& expected, int parts) {
  const std::size_t count = std::size_t(rows) * std::size_t(cols);
  scratch_memory<T> scratch(Producer::scratch(g, bound_rows, cols));
  call<T> a = call_of(g, tiles, rows, cols, contracted, operands, scratch, parts);

  guarded<T> direct(count);
  std::memset(direct.data(), 0xff, count * sizeof(T));
  for (a.part = 0; a.part < parts; ++a.part) Producer::run(a, direct.data(), nullptr);
  CHECK(direct.same_bits(expected));

  guarded<T> fused(count);
  std::memset(fused.data(), 0xff, count * sizeof(T));
  received<T> r;
  r.to = fused.data();
  r.cols = cols;
  r.times.assign(count, 0);
  receiver<T> = &r;
  for (a.part = 0; a.part < parts; ++a.part) Producer::run(a, nullptr, &receive<T>);
  CHECK(fused.same_bits(expected));
  CHECK_FALSE(r.bad_stride);
  bool once = true;
  for (const int times : r.times) once = once && times == 1;
  CHECK(once);
}

/// Tables with one of the sets of a launch each, of those that this build contains and the processor has. The portable one,
/// which is slow, comes last.
template <class T> std::vector<backend::tile_table<T>> tables_of_sets(const void* tiles) {
  std::vector<backend::tile_table<T>> tables;
  for (int set = backend::instruction_set(); set < backend::instruction_sets; ++set) {
    const backend::tile_set<T>* each = &static_cast<const backend::tile_table<T>*>(tiles)->set[set];
    do {
      backend::tile_table<T> table;
      for (backend::tile_set<T>& same : table.set) same = *each, same.beyond = nullptr;
      tables.push_back(table);
      each = each->beyond;
    } while (each != nullptr && each->present());
  }
  return tables;
}

/// The same for the micro-kernels of every instruction set that this build contains and the processor has.
template <class T, class Producer, class G> void check_producer(const G& known, const void* tiles, int bound_rows, int rows,
                                                       int cols, int contracted, std::vector<void*> operands,
                                                       guarded<T>& expected, int parts) {
  const geometry g = row_of(known);
  const std::vector<backend::tile_table<T>> tables = tables_of_sets<T>(tiles);
  for (const backend::tile_table<T>& table : tables) {
    // The portable kernels are slow, and are the same code whatever the parts.
    const auto set = &table - tables.data();
    if (backend::instruction_sets > 1 && &table == &tables.back() && parts != 3) continue;
    CAPTURE(set);
    check_parts<T, Producer>(g, &table, bound_rows, rows, cols, contracted, operands, expected, parts);
  }
}

}  // namespace tfx::test
