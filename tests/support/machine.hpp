// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tfx/backend/reference/interpret.hpp>
#include <tfx/run/executable.hpp>

#include "numbers.hpp"
#include "run_kernels.hpp"

/// Programs with memory, ready to run. `machine<Step, Backend, T>` is compiled for a backend; `machine<Step, interpreted, T>`
/// records the step at run time and runs its graph node by node, which costs the compiler next to nothing.
namespace tfx::testing {

/// Memory of exactly so many elements, on a 64-byte line, so that a sanitizer sees every step outside.
template <class T> struct exact_memory {
  explicit exact_memory(std::size_t n) : size(n), data(static_cast<T*>(::operator new(n * sizeof(T) + 1, std::align_val_t(64)))) {}
  exact_memory(const exact_memory&) = delete;
  ~exact_memory() { ::operator delete(data, std::align_val_t(64)); }
  void fill(T x) { std::fill_n(data, size, x); }
  std::size_t size;
  T* data;
};

/// What a program's memory is made for.
struct program_tables {
  std::span<const leaf_info> leaves;
  const char* names;
  const int* space_size;
  int spaces;
  std::span<const constant_info> constants;

  std::string_view name(const leaf_info& l) const { return {names + l.path, std::size_t(l.path_length)}; }
};

/// All spaces of a program but the arena. What was never written is not a number.
template <class T> class program_memory {
 public:
  static constexpr T poison = std::numeric_limits<T>::quiet_NaN();

  explicit program_memory(const program_tables& tables) : program(tables) {
    for (int s = parameter_space; s < max_spaces; ++s) {
      std::size_t n = s < program.spaces ? std::size_t(program.space_size[s]) : 0;
      if (s == constant_space) n = program.constants.size();
      if (s == batch_space) n = 2;
      if (s == counter_space) n = max_regions;
      space_.push_back(std::make_unique<exact_memory<T>>(n));
      space_.back()->fill(s == slot_space ? T(0) : poison);
    }
    for (std::size_t i = 0; i < program.constants.size(); ++i) at(constant_space)[i] = program.constants[i].template word<T>();
    for (const leaf_info& l : program.leaves)
      if (l.space == parameter_space || l.space == state_space) init::fill(l.init, l.fan_in, l.fan_out, at(l.space) + l.offset, l.size, 1, l.hash);
  }

  T* at(int s) { return space_[std::size_t(s - parameter_space)]->data; }
  /// Leaf k of those in a space, in the order in which they were made.
  const leaf_info& leaf(int s, int k) const {
    for (const leaf_info& l : program.leaves)
      if (l.space == s && k-- == 0) return l;
    FAIL("no such leaf");
    return program.leaves[0];
  }
  const leaf_info& leaf(std::string_view path) const {
    for (const leaf_info& l : program.leaves)
      if (program.name(l) == path) return l;
    FAIL("no leaf is called ", std::string(path));
    return program.leaves[0];
  }
  /// Words, of which what lies narrower takes some.
  std::span<T> values(const leaf_info& l) { return {at(l.space) + l.offset, std::size_t(l.words())}; }
  std::span<T> values(std::string_view path) { return values(leaf(path)); }
  /// What is there in this run: of a bounded leaf the rows present.
  std::span<T> present(const leaf_info& l) {
    const int n = l.shape.bounded ? l.size / l.shape.extent[0] * int(state.batch) : l.size;
    return values(l).first(std::size_t(n));
  }
  /// What is there in this run, whatever its element type, as numbers.
  std::vector<T> numbers_present(const leaf_info& l) {
    std::vector<T> all(std::size_t(l.shape.bounded ? l.size / l.shape.extent[0] * int(state.batch) : l.size));
    for (std::size_t i = 0; i < all.size(); ++i) {
      const T word = load_stored<T>(further(values(l).data(), std::ptrdiff_t(i), form_of(l.type)), form_of(l.type));
      all[i] = is_whole(l.type) ? T(whole_of(word)) : word;
    }
    return all;
  }
  template <class Numbers> void put(const leaf_info& l, const Numbers& from) {
    const std::span<T> to = values(l);
    REQUIRE(from.size() <= std::size_t(l.size));
    std::fill(to.begin(), to.end(), poison);
    std::size_t i = 0;
    for (const auto x : from) put_stored(further(to.data(), std::ptrdiff_t(i++), form_of(l.type)), word_of<T>(double(x), is_whole(l.type)), form_of(l.type));
  }

  program_tables program;
  run_state state{1, 1, 0};

 protected:
  /// The addresses for one run.
  bindings<T> bind(T* arena) {
    at(batch_space)[0] = T(state.batch);
    at(batch_space)[1] = T(1) / T(state.batch);
    bindings<T> b;
    b.base[arena_space] = arena;
    for (int s = parameter_space; s < max_spaces; ++s) b.base[s] = at(s);
    b.run = state;
    return b;
  }

 private:
  std::vector<std::unique_ptr<exact_memory<T>>> space_;
};

/// A program compiled for a backend.
template <class Step, class Backend, class T> class machine : public program_memory<T> {
  using P = plan<Step>;
  using E = executable<P, Backend, T>;

 public:
  [[no_unique_address]] tell<verdict<Step>::right, verdict<Step>> told{};

  machine()
      : program_memory<T>({{P::leaves.data(), std::size_t(P::n_leaves)}, P::names.data(), P::space_sizes.data(), P::spaces, P::constants}) {}

  void run() {
    arena_.fill(this->poison);
    bindings<T> b = this->bind(arena_.data);
    b.scratch = arena_.data + P::arena_elements;
    E::run(b);
  }

 private:
  exact_memory<T> arena_{E::arena_elements};
};

/// Takes the place of a backend: the graph is recorded at run time and interpreted.
struct interpreted {};

/// A program recorded at run time.
template <class T> class recorded_machine : public program_memory<T> {
 public:
  explicit recorded_machine(void (*record)(builder&)) : recorded_machine(through_passes(record)) {}

  void run() { interpret<T>(graph_->g, this->bind(nullptr).base, this->state); }
  /// The kernels that the passes make of the graph, in place of its nodes.
  void run_kernels() {
    exact_memory<T> arena(std::size_t(graph_->arena.arena));
    kernel_runner(*graph_, this->bind(arena.data).base, this->state).run();
  }

 private:
  using graph_pointer = std::unique_ptr<compiled_graph>;
  explicit recorded_machine(graph_pointer graph) : program_memory<T>(tables_of(*graph)), graph_(std::move(graph)) {}

  static graph_pointer through_passes(void (*record)(builder&)) {
    builder b;
    record(b);
    REQUIRE_MESSAGE(b.right(), std::string(b.wrong.text, std::size_t(b.wrong.size)));
    return std::make_unique<compiled_graph>(b);
  }
  static program_tables tables_of(const compiled_graph& c) {
    return {{c.g.leaves, std::size_t(c.g.n_leaves)}, c.g.names, c.g.space_size, c.g.spaces, {c.kernels.constants.data, std::size_t(c.kernels.constants.size())}};
  }

  graph_pointer graph_;
};

template <class Step, class T> class machine<Step, interpreted, T> : public recorded_machine<T> {
 public:
  machine() : recorded_machine<T>(&tfx::record<Step>) {}
};

}  // namespace tfx::testing
