// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <tfx/core/list.hpp>
#include <tfx/graph/concepts.hpp>
#include <tfx/graph/control_operations.hpp>
#include <tfx/graph/handle.hpp>
#include <tfx/graph/leaf.hpp>
#include <tfx/graph/leaf_operations.hpp>
#include <tfx/graph/node.hpp>
#include <tfx/graph/region.hpp>
#include <tfx/graph/run_extents.hpp>
#include <tfx/graph/scope_names.hpp>

namespace tfx {

struct call_list;
struct scope;

/// Records a graph: appends nodes, finds the ones that exist already (value numbering), names parameters by the layers they
/// were made in, keeps the current value of every leaf, and collects the first mistake.
struct builder : run_extents {
  list<node> nodes;
  list<int> edges;                       ///< inputs of all nodes
  list<geometry> geometries;             ///< of producers: `node::aux` is a row
  list<leaf_info> leaves;
  list<int> leaf_node, current;          ///< per leaf: its node, and the node of its value now
  list<char> names;                      ///< pool of characters
  list<path_info> paths;                 ///< of layers; row 0 is the root
  list<int> barriers;                    ///< written values: no gradient flows through an update
  list<region_info> regions{1};
  int region = 0;                        ///< being recorded

  /// A value of which only some steps are there (`step_mask`), and the mask that says which.
  struct masked_value {
    int value, mask;
  };
  list<masked_value> step_masks;

  int path_index = 0;                    ///< of the open scopes, in the table of paths
  const scope* innermost = nullptr;
  list<segment_count> segments;          ///< of the open scopes, the innermost one's last
  std::string_view pending{};            ///< a scope opened by the caller under this name: the layer itself does not open another

  call_list* calls = nullptr;            ///< where calls are noted, if anybody asks for them

  bool training = false;
  int modes_given = 0;                   ///< depth of nn::training, nn::evaluating
  bool mode_asked = false;               ///< did anything depend on the program's own mode?
  bool minimizes = false;
  int rate_factor = -1;                  ///< leaf that every learning rate is multiplied by; -1: none
  int frozen = 0, shared = 0;            ///< depth of nn::frozen, nn::shared
  dtype precision = dtype::real_type;    ///< to which contractions round (nn::in_precision)
  int sites = 0, pins = 0;               ///< dropout sites, copies that must stay apart
  long long arena_limit = 0;             ///< bytes of the arena that the program is to do with; 0: no limit
  int space_size[max_spaces] = {};
  int spaces = first_io_space;

  // Offsets decided by an earlier trace, so that programs share one storage of parameters and state.
  const leaf_info* layout = nullptr;
  const char* layout_names = nullptr;
  int layout_size = 0, layout_row = 0;

  list<int> bucket{1024, -1}, next;              ///< chains of nodes with the same hash
  list<int> leaf_bucket{256, -1}, leaf_next;     ///< and of leaves

  constexpr builder() {
    nodes.reserve(512);
    next.reserve(512);
    edges.reserve(1024);
    names.reserve(4096);
    paths.push_back({});
  }
  builder(const builder&) = delete;

  // ---- nodes
  constexpr int input(int id, int k) const { return edges.data[nodes.data[id].first + k]; }
  constexpr bool encloses(int outer, int inner) const {
    for (; inner >= 0; inner = regions[inner].parent)
      if (inner == outer) return true;
    return false;
  }

  template <class F> static constexpr const op_info* record() { return register_functor<F>::info; }
  /// In place of a node of what is no operation.
  template <class F> constexpr int refuse(const dims& shape, dtype type) {
    complain(label_of<F>, at_path{}, detail::what_is_missing<F>());
    return stand_in(shape, type).id;
  }

  template <class F, class... Id> constexpr int emit(const dims& shape, dtype type, int aux, Id... in) {
    if constexpr (graph_op<F>) {
      const int ids[sizeof...(Id) + 1] = {in..., -1};
      return insert(record<F>(), shape, type, ids, int(sizeof...(Id)), aux, 0);
    } else {
      return refuse<F>(shape, type);
    }
  }
  /// A producer.
  template <class F, class... Id> constexpr int emit(const dims& shape, dtype type, geometry g, Id... in) {
    if (F::arity < 0) g.operands = int(sizeof...(Id));
    if constexpr (detail::reads_narrow<F>) return emit<F>(shape, type, row_of(g), in...);
    else return emit<F>(shape, type, row_of(g), as_words(in)...);
  }
  /// What other producers read: a value of a type that lies narrower in memory, as words.
  constexpr int as_words(int id) {
    const node n = nodes.data[id];
    return lies_narrow(n.type) ? emit<copy_op>(n.shape, widened(n.type), 0, id) : id;
  }
  template <class F, named_geometry G, class... Id> constexpr int emit(const dims& shape, dtype type, const G& g, Id... in) {
    return emit<F>(shape, type, geometry::of(g), in...);
  }
  /// In a region of the caller's choice, without hoisting.
  template <class F, class... Id> constexpr int emit_at(int where, const dims& shape, dtype type, int aux, Id... in) {
    const int ids[sizeof...(Id) + 1] = {in..., -1};
    return number(record<F>(), shape, type, ids, int(sizeof...(Id)), aux, 0, where);
  }

  /// The k-th result of a producer of several, whose node is its first one, in the body that this belongs to.
  constexpr int result_of(int id, int k) {
    if (k == 0) return id;
    const node first = nodes.data[id];
    const result_info is = first.op->result(k, geometries.data[first.aux], first.shape, first.type);
    if (lies_narrow(is.type) && !same_matrix(is.shape, first.shape))
      complain(first.op->name, at_path{}, ": its result ", is.name, " is a matrix of its own, and must be of words");
    return emit_at<other_result_op>(first.region, is.shape, is.type, k, id);
  }

  /// A value of a body where it can't be read.
  constexpr int reject(const op_info& op) {
    complain(op.name, at_path{}, ": a value of a loop's or branch's body is used outside it; return it from the body");
    return 0;
  }

  /// Places a node: values of another body are rejected, and work that does not depend on the current body moves out of it.
  constexpr int insert(const op_info* op, const dims& shape, dtype type, const int* in, int count, int aux, double value) {
    if (region == 0) {
      for (int k = 0; k < count && regions.count > 1; ++k)
        if (nodes.data[in[k]].region != 0) return reject(*op);
      return number(op, shape, type, in, count, aux, value, 0);
    }
    for (int k = 0; k < count; ++k)
      if (!encloses(nodes.data[in[k]].region, region)) return reject(*nodes.data[in[k]].op);
    int where = region;
    if (op->kind == op_kind::leaf || op->kind == op_kind::constant) {
      where = 0;
    } else {
      while (where > 0 && regions[where].hoist) {
        bool belongs = false;
        for (int k = 0; k < count; ++k) belongs = belongs || nodes.data[in[k]].region == where;
        if (belongs) break;
        where = regions[where].parent;
      }
    }
    return number(op, shape, type, in, count, aux, value, where);
  }

  /// The node with these properties: an existing one, or a new one. Every node comes through here, so that this is written
  /// with bare pointers: a call costs the compiler more than all else on a line.
  constexpr int number(const op_info* op, const dims& shape, dtype type, const int* in, int count, int aux, double value, int where) {
    const std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
    std::uint32_t h = op->hash + 7919u * unsigned(aux) + 31u * unsigned(bits >> 32) + unsigned(bits);
    for (int k = 0; k < count; ++k) h = (h ^ unsigned(in[k] + 1)) * 16777619u;
    h = (h * 2654435769u) >> 22;   // Fibonacci hashing: the top ten bits depend on all others
    const int head = bucket.data[h];
    for (int i = head; i >= 0; i = next.data[i]) {
      const node& n = nodes.data[i];
      if (n.aux != aux || n.count != count || n.op->id != op->id || n.region != where || n.type != type) continue;
      if (count == 0 && std::bit_cast<std::uint64_t>(n.number) != bits) continue;
      const int* edge = edges.data + n.first;
      bool same = true;
      for (int k = 0; same && k < count; ++k) same = edge[k] == in[k];
      if (same && n.shape == shape) return i;
    }
    const int id = nodes.count, first = edges.count;
    for (int k = 0; k < count; ++k) edges.push_back(in[k]);
    nodes.push_back({op, shape, type, first, count, aux, value, where, -1, line, path_index});
    next.push_back(head);
    bucket.data[h] = id;
    return id;
  }

  constexpr int row_of(const geometry& g) {
    for (int i = 0; i < geometries.count; ++i)
      if (geometries.data[i] == g) return i;
    geometries.push_back(g);
    return geometries.size() - 1;
  }

  constexpr handle constant(double value, dtype type = dtype::real_type) {
    const int none[1] = {-1};
    return {this, insert(record<constant_op>(), dims{}, type, none, 0, 0, value)};
  }

  /// In place of a result that a mistake left without: a program with a mistake is traced to its end, but never compiled.
  constexpr handle stand_in(const dims& shape, dtype type) {
    const int none[1] = {-1};
    return {this, number(record<leaf_op>(), held_shape(shape, type), type == dtype::complex_type ? dtype::real_type : type, none, 0, -1, 0, 0)};
  }

  // ---- leaves
  constexpr std::string_view name(const leaf_info& l) const { return {names.data + l.path, std::size_t(l.path_length)}; }
  constexpr int find(std::string_view full, int space) const { return find(full, hash_of(full), space); }
  constexpr int find(std::string_view full, std::uint32_t hash, int space) const {
    for (int i = leaf_bucket.data[int(hash & 255u)]; i >= 0; i = leaf_next.data[i])
      if (leaves.data[i].hash == hash && leaves.data[i].space == space && name(leaves.data[i]) == full) return i;
    return -1;
  }
  /// The leaf of that complete name. An existing one is an answer only where sharing was asked for.
  constexpr int leaf(int space, const dims& shape, dtype type, std::string_view full, initializer init, bool reuse,
                     int fan_in = 0, int fan_out = 0) {
    const int start = names.size();
    names.append(full.data(), int(full.size()));
    return named_leaf(start, hash_of(full), space, shape, type, init, reuse, fan_in, fan_out);
  }
  /// The same with the name as the last characters of the pool; they are taken back if it exists.
  constexpr int named_leaf(int start, std::uint32_t hash, int space, const dims& shape, dtype type, initializer init, bool reuse,
                           int fan_in, int fan_out) {
    const std::string_view full(names.data + start, std::size_t(names.size() - start));
    if (space >= parameter_space && space <= slot_space) {
      if (const int i = find(full, hash, space); i >= 0) {
        if (!reuse) complain("two parameters are named ", full, at_line{}, "; nn::named tells layers apart, nn::shared makes them one");
        else if (!(leaves.data[i].shape == shape)) complain("shared parameter ", full, at_line{}, " is ", leaves.data[i].shape, ", asked for as ", shape);
        names.count = start;
        return i;
      }
    }
    leaf_info l;
    l.space = space;
    l.size = shape.size();
    l.init = init;
    l.fan_in = fan_in;
    l.fan_out = fan_out;
    l.shape = shape;
    l.type = type;
    l.trainable = space == parameter_space && frozen == 0;
    l.hash = hash;
    l.path = start;
    l.path_length = int(full.size());
    if (layout_size > 0 && (space == parameter_space || space == state_space)) {
      const int row = place_in_layout(full, hash, space);
      if (row < 0) complain("parameter ", full, at_line{}, " is not among the model's parameters");
      l.offset = row < 0 ? 0 : layout[row].offset;
      if (l.offset + padded(l.words()) > space_size[space]) space_size[space] = l.offset + padded(l.words());
    } else {
      l.offset = space_size[space];
      const long long end = l.offset + padded<long long>(l.words());
      if (end > 2147483647) complain(full, at_line{}, ": a program's variables of one kind have at most 2^31 - 1 elements together");
      else space_size[space] = int(end);
    }
    if (shape.bounded) bound_batch(shape.extent[0]);
    const int index = leaves.size();
    leaves.push_back(l);
    leaf_next.push_back(leaf_bucket.data[int(hash & 255u)]);
    leaf_bucket.data[int(hash & 255u)] = index;
    const int none[1] = {-1};
    const int id = number(record<leaf_op>(), shape, type, none, 0, index, 0, 0);
    leaf_node.push_back(id);
    current.push_back(id);
    return index;
  }
  /// Programs of one model mostly ask in the order in which the layout was made, so the search goes on from the last answer.
  constexpr int place_in_layout(std::string_view full, std::uint32_t hash, int space) {
    for (int tried = 0; tried < layout_size; ++tried, ++layout_row) {
      if (layout_row >= layout_size) layout_row = 0;
      const leaf_info& o = layout[layout_row];
      if (o.hash == hash && o.space == space && std::string_view(layout_names + o.path, std::size_t(o.path_length)) == full)
        return layout_row++;
    }
    return -1;
  }
  /// A leaf named by the open scopes.
  constexpr int local_leaf(int space, const dims& shape, std::string_view own_name, initializer init, int fan_in, int fan_out) {
    const int start = names.size();
    names.append(path, path_size);
    names.append(own_name.data(), int(own_name.size()));
    const std::uint32_t hash = hash_of({names.data + start, std::size_t(names.size() - start)});
    return named_leaf(start, hash, space, shape, dtype::real_type, init, shared > 0, fan_in, fan_out);
  }
  /// A leaf named after another one: `dense/weight` + `adam`, `m`.
  constexpr int leaf_beside(int other, std::string_view prefix, std::string_view own_name, int space, const dims& shape) {
    const leaf_info& o = leaves.data[other];
    const int start = names.size();
    std::uint32_t hash = o.hash;
    auto put = [&](std::string_view s) {
      names.append(s.data(), int(s.size()));
      hash = hash_of(s, hash);
    };
    names.reserve(start + o.path_length);   // before its own characters are read
    names.append(names.data + o.path, o.path_length);
    put("/");
    put(prefix);
    put("/");
    put(own_name);
    return named_leaf(start, hash, space, shape, dtype::real_type, {}, true, 0, 0);
  }

  // A state that a body reads or writes becomes a carry of that body and of every body around it.
  struct state_carry {
    int region, leaf, port, before;
  };
  list<state_carry> state_carries;
  constexpr void carry_state(int l) {
    for (int i = 0; i < state_carries.size(); ++i)
      if (state_carries[i].region == region && state_carries[i].leaf == l) return;
    const int here = region, around = regions[here].parent;
    region = around;
    if (around > 0) carry_state(l);
    region = here;
    const int before = current[l];
    const dims shape = leaves[l].shape;
    const dtype type = nodes[before].type;
    const int start = emit_at<copy_op>(around, shape, type, ++pins, before);
    current[l] = emit_at<carry_op>(here, shape, type, pins, start);
    state_carries.push_back({here, l, current[l], before});
  }
  /// The run-time trip count of a dynamic region, as a value of its parent.
  constexpr int trip_count(int of_region) {
    const region_info r = regions[of_region];
    if (r.counter >= 0) return emit_at<final_op>(r.parent, dims{}, dtype::real_type, 0, r.counter, r.loop);
    return input(r.loop, 1);
  }

  constexpr bool is_carried(int l) const { return region > 0 && leaves.data[l].space == state_space; }
  constexpr handle read(int l) {
    if (is_carried(l)) carry_state(l);
    return {this, current.data[l]};
  }
  /// Later reads see the new value; one assignment is emitted at the end. No gradient flows through it.
  constexpr void write(int l, handle value) {
    if (is_carried(l)) carry_state(l);
    current.data[l] = value.id;
    if (leaves.data[l].space < first_io_space) barriers.push_back(value.id);
  }
  constexpr handle add_input(const dims& shape, dtype type, std::string_view own_name) {
    if (spaces >= max_spaces) {
      complain("a program has at most ", max_spaces - first_io_space, " inputs and outputs");
      return constant(0);
    }
    return read(leaf(spaces++, held_shape(shape, type), type == dtype::complex_type ? dtype::real_type : type, own_name, {}, false));
  }
  constexpr void add_output(handle value) {
    if (spaces >= max_spaces) return complain("a program has at most ", max_spaces - first_io_space, " inputs and outputs");
    const int l = leaf(spaces++, value.shape(), value.type(), "output", {}, false);
    if (value.id == leaf_node.data[l]) return;
    current.data[l] = value.id;
  }
  /// Rows present in this run, or the inverse of that number.
  constexpr handle batch_rows(bool inverse) { return number_of_run(inverse ? 1 : 0, inverse ? "inverse_batch" : "batch"); }
  /// The k-th length of this run, or its inverse.
  constexpr handle length(int k, bool inverse) { return number_of_run(2 + 2 * k + int(inverse), inverse ? "inverse_length" : "length"); }
  /// An extent as a number: a constant, or a length of this run.
  constexpr handle extent(int n) {
    for (int k = 0; k < n_lengths; ++k)
      if (lengths[k].traced == n) return length(k, false);
    return constant(n);
  }
  constexpr handle number_of_run(int at, std::string_view called) {
    for (int i = 0; i < leaves.size(); ++i)
      if (leaves.data[i].space == batch_space && leaves.data[i].offset == at) return {this, leaf_node.data[i]};
    const int l = leaf(batch_space, dims{}, dtype::real_type, called, {}, false);
    leaves.data[l].offset = at;
    space_size[batch_space] = leaf_alignment;
    return {this, leaf_node.data[l]};
  }
  /// One assignment for every leaf whose value has changed. A value that is another leaf which changes too is copied first:
  /// all assignments take effect together.
  constexpr void finish() {
    if (!right()) return;
    for (int i = 0; i < leaves.size(); ++i) {
      int root = current.data[i];
      while (nodes.data[root].op->kind == op_kind::view) root = input(root, 0);
      const node& n = nodes.data[root];
      if (current.data[i] == leaf_node.data[i] || n.op->kind != op_kind::leaf || current.data[n.aux] == leaf_node.data[n.aux]) continue;
      const node shown = nodes.data[current.data[i]];
      current.data[i] = emit_at<copy_op>(0, shown.shape, shown.type, ++pins, current.data[i]);
    }
    for (int i = 0; i < leaves.size(); ++i) {
      if (current.data[i] == leaf_node.data[i]) continue;
      const int in[1] = {current.data[i]};
      number(record<assign_op>(), nodes.data[leaf_node.data[i]].shape, leaves.data[i].type, in, 1, leaf_node.data[i], 0, 0);
    }
  }
};

constexpr dims handle::shape() const { return graph->nodes.data[id].shape; }
constexpr dtype handle::type() const { return graph->nodes.data[id].type; }

}  // namespace tfx
