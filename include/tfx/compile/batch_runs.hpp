// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/fusion.hpp>

namespace tfx {

/// Groups that follow each other and are computed for a few rows of the batch at a time, one after the other, so that
/// what one hands to the next is still in the second-level cache.
struct batch_run {
  int first = 0, last = 0;  ///< groups, both included
  int rows = 0;             ///< of the batch at a time
};

inline constexpr int max_batch_runs = 32;
/// The launch of a run that touches most may touch this many words.
inline constexpr long long batch_run_elements = 256 * 1024;

namespace detail {

/// How a group depends on the batch.
enum class batch_use : std::uint8_t {
  whole,    ///< needs all of it, or none
  by_rows,  ///< each row of the batch on its own
  sums      ///< adds it up, row after row; what it makes is complete after the last one
};

template <class Fusion> struct batch_run_finder {
  const graph_view& g;
  const Fusion& f;
  const node* nodes = g.nodes;
  list<batch_use> use{};     ///< per group
  list<char> present{};      ///< per group: is there anything in it?
  list<long long> touched{};  ///< per group: words of rows of the batch, at the bound

  constexpr void find_uses() {
    use = list<batch_use>(f.n_groups + 1, batch_use::whole);
    present = list<char>(f.n_groups + 1, 0);
    touched = list<long long>(f.n_groups + 1, 0);
    for (int q = 0; q < f.n_groups; ++q) {
      const group& a = f.groups[q];
      if (a.region != 0 || !a.domain.bounded || a.kind == group_kind::control || a.axis == over_all) continue;
      use.data[q] = a.axis == over_rows && a.run.outer == 1 ? batch_use::sums : batch_use::by_rows;
      if (use.data[q] == batch_use::sums && a.cut_inside) use.data[q] = batch_use::whole;   // sums are those of one loop over columns
    }
    for (int i = 0; i < g.n_nodes; ++i)   // what is read again must be there
      if (const int q = f.group_of[i]; q >= 0 && use.data[q] == batch_use::sums && f.phase[i] > 1) use.data[q] = batch_use::whole;
    for (int i = 0; i < g.n_nodes; ++i) {
      if (f.group_of[i] < 0) continue;
      present.data[f.group_of[i]] = 1;
      if (is_producer(nodes[i].op->kind)) {
        const bool adds = nodes[i].op->by_image && nodes[i].region == 0 && g.geometries[nodes[i].aux].contracts_batch;
        if (adds) use.data[f.group_of[i]] = batch_use::sums;
        else if (!nodes[i].op->by_image) use.data[f.group_of[i]] = batch_use::whole;
      }
    }
    for (int i = 0; i < g.n_nodes; ++i) {
      const int q = f.group_of[i];
      if (q < 0) continue;
      if (f.stored[i] && nodes[i].shape.bounded) touched.data[q] += words_for(nodes[i].shape.size(), form_of(nodes[i].type));
      if (nodes[i].op->kind == op_kind::assign && nodes[i].shape.bounded) use.data[q] = batch_use::whole;
      for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
        const int a = g.edges[e];
        int root = a;
        while (nodes[root].op->kind == op_kind::view) root = g.edges[nodes[root].first];
        if (nodes[root].shape.bounded && !(nodes[a].shape.bounded && has_same_rows(a, nodes[root].shape))) use.data[q] = batch_use::whole;
        if (nodes[a].shape.bounded && f.group_of[root] != q && nodes[root].op->kind != op_kind::generate)
          touched.data[q] += words_for(nodes[a].shape.size(), form_of(nodes[root].type));
      }
    }
  }

  /// Does node `id` show of each row of the batch something that lies in the same row of its memory?
  constexpr bool has_same_rows(int id, const dims& memory) const {
    if (!is_strided(g, id)) return nodes[id].shape.size() == memory.size();
    return steps_in_memory(g, id).step[0] == memory.size() / memory.extent[0];
  }

  /// Does group q read a sum of the groups from `first` on?
  constexpr bool needs_sum(const list<int>& head, const list<int>& next, int q, int first) const {
    for (int i = head.data[q]; i >= 0; i = next.data[i])
      for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
        int root = g.edges[e];
        while (nodes[root].op->kind == op_kind::view) root = g.edges[nodes[root].first];
        const int from = f.group_of[root];
        if (from >= first && from != q && use.data[from] == batch_use::sums) return true;
      }
    return false;
  }

  constexpr list<batch_run> find() {
    list<batch_run> runs;
    if (g.batch_bound < 2 || g.n_regions > 1) return runs;
    find_uses();
    list<int> head(f.n_groups + 1, -1), next = list<int>::unset(g.n_nodes);
    for (int i = g.n_nodes - 1; i >= 0; --i) {
      if (f.group_of[i] < 0) continue;
      next.data[i] = head.data[f.group_of[i]];
      head.data[f.group_of[i]] = i;
    }
    for (int first = 0; first < f.n_groups;) {
      int last = first - 1, launches = 0;
      long long most = 0;
      for (int q = first; q < f.n_groups && (!present.data[q] || use.data[q] != batch_use::whole); ++q) {
        if (!present.data[q]) continue;
        if (needs_sum(head, next, q, first)) break;
        last = q;
        ++launches;
        if (touched.data[q] > most) most = touched.data[q];
      }
      if (launches > 1 && most > batch_run_elements) {
        const long long blocks = (most + batch_run_elements - 1) / batch_run_elements;
        const int rows = int((g.batch_bound + blocks - 1) / blocks);
        if (runs.size() < max_batch_runs) runs.push_back({first, last, rows});
      }
      first = last < first ? first + 1 : last + 1;
    }
    return runs;
  }
};

}  // namespace detail

/// The runs of a program, in their order.
template <class Fusion> constexpr list<batch_run> find_batch_runs(const graph_view& g, const Fusion& f) {
  return detail::batch_run_finder<Fusion>{g, f}.find();
}

/// The run that group q belongs to, or -1.
constexpr int batch_run_of(const batch_run* runs, int n, int q) {
  for (int i = 0; i < n; ++i)
    if (runs[i].first <= q && q <= runs[i].last) return i;
  return -1;
}

}  // namespace tfx
