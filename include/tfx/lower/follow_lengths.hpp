// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/graph.hpp>

namespace tfx::detail {

/// Compares two traces of one step, in which the lengths are different primes: finds the numbers that follow them, and says what
/// follows a length as no program can.
struct length_follower {
  builder& b;
  const builder& other;
  const list<int>& number;   ///< of the nodes of b that are kept
  list<followed_number> found{};
  list<int> there{};   ///< per node that is kept, the other trace's

  constexpr list<followed_number> find(const list<int>& other_number) {
    if (!b.right()) return {};
    if (!other.right()) {
      b.wrong = other.wrong;
      stand_for(other);
      b.say(" and may be another one in each run");
      return {};
    }
    if (b.arena_limit > 0) b.complain("fit_in: the arena of a program with lengths can't be limited");
    if (!match(other_number)) return {};
    for (int i = 0; i < number.count && b.right(); ++i)
      if (number[i] >= 0) compare(i, there[number[i]], other_number);
    for (int r = 0; r < b.regions.count && b.right(); ++r)
      if (!follow(b.regions[r].bound, other.regions[r].bound, r, 0, graph_table::region))
        b.complain("a loop of ", b.regions[r].bound, " iterations", no_multiple);
    for (int k = 0; k < b.geometries.count && b.right(); ++k) words(k);
    return static_cast<list<followed_number>&&>(found);
  }
  /// What the numbers in a sentence mean.
  constexpr void stand_for(const builder& traced) {
    for (int k = 0; k < traced.n_lengths; ++k) {
      b.say(k == 0 ? "; " : ", ");
      b.say(traced.lengths[k].traced);
      b.say(k == 0 ? " stands for up_to<" : " for up_to<");
      b.say(traced.lengths[k].bound);
      if (traced.lengths[k].which > 0) {
        b.say(", ");
        b.say(traced.lengths[k].which);
      }
      b.say(">");
    }
  }

private:
  static constexpr std::string_view no_multiple = " follows a length neither as a multiple of it nor as some steps more",
                                    by_number = " is something else where the length is another one: extents of their own follow no length, and a number that does is a sum or a mean";

  /// Have the graphs as many of everything?
  constexpr bool match(const list<int>& two) {
    int live = 0, others = 0;
    for (int i = 0; i < number.count; ++i) live += number[i] >= 0;
    for (int i = 0; i < two.count; ++i) others += two[i] >= 0;
    const bool same = live == others && b.regions.count == other.regions.count && b.leaves.count == other.leaves.count && b.geometries.count == other.geometries.count;
    there = list<int>(live, -1);
    for (int i = 0; same && i < two.count; ++i)
      if (two[i] >= 0) there[two[i]] = i;
    if (!same) b.complain("the program", by_number);
    return same;
  }
  constexpr void compare(int i, int j, const list<int>& other_number) {
    const node &m = b.nodes[i], &n = other.nodes[j];
    bool same = m.op->id == n.op->id && m.type == n.type && m.shape.rank == n.shape.rank && m.count == n.count && m.region == n.region;
    same = same && (m.op->kind == op_kind::assign ? number[m.aux] == other_number[n.aux] : m.aux == n.aux);
    for (int k = 0; same && k < m.count; ++k) same = number[b.input(i, k)] == other_number[other.input(j, k)];
    if (!same || (m.number != n.number && (m.number == m.number || n.number == n.number))) return refuse(i, by_number);
    for (int axis = 0; axis < m.shape.rank; ++axis) {
      if (!follow(m.shape.extent[axis], n.shape.extent[axis], number[i], axis, graph_table::node)) return refuse(i, no_multiple, true);
      if (m.shape.extent[axis] != n.shape.extent[axis] && m.op->kind == op_kind::leaf && b.leaves[m.aux].space < first_io_space)
        return b.complain(b.name(b.leaves[m.aux]), ": a variable has a fixed shape, and ", m.shape, " follows a length; reduce over the steps first");
    }
  }
  constexpr void words(int k) {
    const geometry &one = b.geometries[k], &two = other.geometries[k];
    bool right = follow(one.contracted, two.contracted, k, 0, graph_table::geometry) && one.contracts_batch == two.contracts_batch && one.operands == two.operands;
    for (int w = 0; w < geometry::most; ++w) right = right && follow(one.v[w], two.v[w], k, 1 + w, graph_table::geometry);
    for (int i = 0; !right && i < number.count && b.right(); ++i)
      if (number[i] >= 0 && is_producer(b.nodes[i].op->kind) && b.nodes[i].aux == k) refuse(i, no_multiple);
  }
  /// Extents only grow with a length.
  constexpr bool follow(int one, int two, int row, int column, graph_table table) {
    if (one == two) return true;
    followed_number f;
    if (!follow_lengths(one, two, b.lengths, other.lengths, b.n_lengths, f.number)) return false;
    if (table == graph_table::node && (f.number.fixed < 0 || (f.number.fixed > 0 && f.number.factor != 1 && b.n_lengths > 1))) return false;
    f.row = row;
    f.column = std::int16_t(column);
    f.table = std::int16_t(table);
    found.push_back(f);
    return true;
  }
  constexpr void refuse(int i, std::string_view why, bool with_shape = false) {
    const node& m = b.nodes[i];
    const path_info p = b.paths[m.path];
    const std::string_view path(b.names.data + p.begin, std::size_t(p.size));
    b.line = m.line;
    b.complain(m.op->name, path.empty() ? "" : " at ", path, at_line{}, with_shape ? ": " : "");
    if (with_shape) b.say(m.shape);
    b.say(why);
  }
};

}  // namespace tfx::detail
