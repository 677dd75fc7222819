// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tfx/ops.hpp>

namespace tfx::testing {

/// Three results of a matrix: what its elements are more than the mean of their row; those means, a matrix of one column; and the
/// elements and the mean added up.
struct centred_op {
  static constexpr std::string_view name = "centred";
  static constexpr op_kind kind = op_kind::window;
  static constexpr int arity = 1, results = 3;
  static constexpr bool differentiable = true;
  static constexpr result_info result(int k, const geometry&, const dims& first, dtype type) {
    return k == 1 ? result_info{"mean", dims{2, {first.rows(), 1}, first.bounded}, type} : result_info{"lifted", first, type};
  }
  template <class T, int Result = 0> static constexpr T element(const geometry& g, const T* const* in, int row, int col, int, int) {
    const int cols = g.v[0];
    const T* const x = in[0] + row * cols;
    T sum(0);
    for (int c = 0; c < cols; ++c) sum = sum + x[c];
    const T mean = sum / T(cols);
    if constexpr (Result == 1) return mean;
    else if constexpr (Result == 2) return x[col] + mean;
    else return x[col] - mean;
  }
  static constexpr void backward(gradient_scope& s) {
    const dims shape = s.input(0).shape();
    const auto mean_of = [&](handle d) { return sum_axes(d, 1u << (shape.rank - 1)) * (1.0 / shape.cols()); };
    if (const handle d = s.dy_of(0); !d.empty()) s.add(0, d - mean_of(d));
    if (const handle d = s.dy_of(2); !d.empty()) s.add(0, d + mean_of(d));
    if (const handle d = s.dy_of(1); !d.empty()) {
      dims column = shape;
      column.extent[shape.rank - 1] = 1;
      s.add(0, broadcast_to(reshape(d, column), shape) * (1.0 / shape.cols()));
    }
  }
};

/// Records a graph that nobody would write: operations, shapes and assignments drawn by a seed. Every value is kept
/// between -2 and 2 or so, that nothing overflows and hides a difference.
struct random_graph {
  builder& b;
  std::uint32_t state;
  list<handle> values{};
  list<int> leaves{};
  int depth = 0;
  bool smooth = false;      ///< only what has a derivative everywhere
  bool writes = true;       ///< assignments to leaves on the way
  int gradient_depth = 0;
  bool types = false;       ///< values of other element types, too
  bool joins = false;       ///< many concatenations of long lines, and work on groups of channels
  int length = 5;           ///< in place of this extent; another one is of inputs
  list<handle> typed{};
  list<int> typed_leaves{};

  constexpr random_graph(builder& graph, int seed) : b(graph), state(std::uint32_t(seed) * 2654435769u + 1) {}

  constexpr int draw(int below) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return int((state >> 5) % std::uint32_t(below));
  }
  constexpr dims random_shape() {
    constexpr dims shapes[] = {{0, {}, false},     {1, {5}, false},       {2, {6, 5}, false},    {2, {6, 1}, false}, {2, {5, 6}, false},
                               {2, {5, 5}, false}, {3, {2, 3, 5}, false}, {3, {2, 3, 1}, false}, {1, {1}, false},    {2, {1, 5}, false},
                               {2, {3, 16}, false}, {3, {2, 2, 16}, false}, {3, {2, 1, 16}, false}, {4, {2, 3, 2, 5}, false}, {3, {2, 3, 2}, false}, {1, {16}, false}};
    dims s = shapes[draw(16)];
    for (int& extent : s.extent)
      if (extent == 5) extent = length;
    return s;
  }
  /// Would be 5 if it is the length.
  constexpr int usual(int extent) const {
    return extent % length == 0 ? extent / length * 5 : extent > length && extent < length + 16 ? 5 + extent - length : extent;
  }
  /// How many elements there would be.
  constexpr int usual_size(const dims& s) const {
    int n = 1;
    for (int axis = 0; axis < s.rank; ++axis) n *= length == 5 ? s.extent[axis] : usual(s.extent[axis]);
    return n;
  }
  constexpr bool follows(int extent) const { return length != 5 && extent >= length; }
  static constexpr dims pixels{3, {16, 2, 3}, false};   ///< of two groups of three channels
  constexpr handle any() { return values[draw(values.size())]; }
  /// One of the newest, so that chains get long.
  constexpr handle recent() {
    const int n = values.size() < 6 ? values.size() : 6;
    return values[values.size() - 1 - draw(n)];
  }
  constexpr void keep(handle v) { values.push_back(v); }

  constexpr void leaf() { leaf(random_shape()); }
  constexpr void leaf(const dims& shape) {
    for (const int extent : shape.extent)
      if (follows(extent)) return keep(b.add_input(shape, dtype::real_type, "x"));
    const char name[] = {'s', char('a' + leaves.size() / 26), char('a' + leaves.size() % 26)};
    const int l = b.leaf(state_space, shape, dtype::real_type, {name, 3}, init::zeros{}, false);
    leaves.push_back(l);
    keep(b.read(l));
  }
  constexpr void map() {
    const handle x = draw(3) ? recent() : any();
    switch (draw(6)) {
      case 0: return keep(tanh(x));
      case 1: return keep(0.5 * x - 0.25);
      case 2: return keep(sigmoid(x));
      case 3: return keep(-x);
      case 4: return keep(smooth ? sin(x) : relu(x));
      default: return keep(x * x * 0.25);
    }
  }
  constexpr void combine() {
    const handle x = recent();
    handle y = any();
    for (int tries = 0; tries < 8 && !broadcasts(x.shape(), y.shape()); ++tries) y = any();
    if (!broadcasts(x.shape(), y.shape()) || usual_size(broadcast(x.shape(), y.shape())) > 100) return map();
    switch (draw(5)) {
      case 0: return keep(0.5 * (x + y));
      case 1: return keep(0.5 * (x - y));
      case 2: return keep(x * y);
      case 3: return keep(smooth ? sin(x + y) : maximum(x, y));
      default:
        if (smooth) return keep(tanh(x - y));
        return keep(detail::map_node<where_op>(detail::map_node<greater_op>(x, y), 0.5 * y, x));
    }
  }
  constexpr void reduction() {
    const handle x = draw(2) ? recent() : any();
    const int rank = x.shape().rank;
    if (rank == 0) return map();
    unsigned axes = unsigned(draw((1 << rank) - 1)) + 1;
    if (draw(3) == 0) axes = (1u << rank) - 1;
    const handle r = draw(4) || smooth ? sum_axes(x, axes) * 0.2 : max_axes(x, axes);
    keep(draw(2) ? r : reshape(r, without(r.shape())));
  }
  /// A shape without its extents of 1.
  static constexpr dims without(const dims& s) {
    dims d{};
    for (int i = 0; i < s.rank; ++i)
      if (s.extent[i] != 1) d.extent[d.rank++] = s.extent[i];
    return d;
  }
  constexpr void product() {
    const handle x = any();
    if (x.shape().rank != 2) return combine();
    for (int tries = 0; tries < 12; ++tries) {
      const handle y = any();
      const bool ta = draw(2), tb = draw(2);
      if (y.shape().rank != 2 || x.shape().extent[ta ? 0 : 1] != y.shape().extent[tb ? 1 : 0]) continue;
      return keep(tanh(0.3 * matmul(x, y, ta, tb)));
    }
    keep(transpose(x));
  }
  constexpr void rearranged() {
    const handle x = any();
    const dims s = x.shape();
    if (s.rank == 0) return map();
    switch (draw(9)) {
      case 0:
        if (s.size() == 6 * length) return keep(reshape(x, draw(2) ? dims{2, {length, 6}, false} : dims{1, {6 * length}, false}));
        if (s.size() == 12 * length) return keep(reshape(x, draw(2) ? dims{2, {6, 2 * length}, false} : dims{3, {4, 3, length}, false}));
        return keep(reshape(x, dims{2, {s.size(), 1}, false}));
      case 1: return keep(transpose(x));
      case 2: {   // a box
        dims box = s;
        detail::box corner;
        for (int axis = 0; axis < s.rank; ++axis) {
          if (s.extent[axis] < 3 || follows(s.extent[axis]) || draw(2)) continue;
          corner.begin[axis] = draw(3);
          box.extent[axis] -= 2;
        }
        return keep(slice_box(x, corner, box));
      }
      case 3: {
        detail::axis_order order;
        for (int k = 0; k < s.rank; ++k) order.axis[k] = k;
        for (int k = s.rank - 1; k > 0; --k) {   // the last axis often stays
          const int other = draw(draw(2) ? k : k + 1), axis = order.axis[k];
          order.axis[k] = order.axis[other];
          order.axis[other] = axis;
        }
        return keep(permute(x, order));
      }
      case 4: return keep(flip(x, unsigned(draw(1 << s.rank))));
      case 5: {
        dims larger = s;
        detail::box corner;
        for (int axis = 0; axis < s.rank && usual_size(larger) <= 40; ++axis) {
          if (draw(2)) continue;
          corner.begin[axis] = draw(2);
          ++larger.extent[axis];
        }
        return keep(pad_box(x, corner, larger, 0.5));
      }
      case 6: {
        dims larger = s;
        for (int axis = 0; axis < s.rank; ++axis)
          if (s.extent[axis] == 1 && usual_size(larger) <= 32) larger.extent[axis] = 2 + draw(2);
        return keep(broadcast_to(x, larger));
      }
      case 7: return keep(joined(x));
      default: return keep(x.shape().size() > 1 ? dropout(x) : x + 0.5);
    }
  }
  /// Some of the results of one operation.
  constexpr void several_results(handle x) {
    if (x.shape().rank == 0) return map();
    geometry g;
    g.v[0] = x.shape().cols();
    const handle first{&b, b.emit<centred_op>(x.shape(), x.type(), g, x.id)};
    const int which = 1 + draw(7);
    for (int k = 0; k < 3; ++k)
      if (which >> k & 1) keep({&b, b.result_of(first.id, k)});
    if (draw(2)) combine();
  }
  /// Columns of the rows of x, or of what has as many rows, side by side.
  constexpr handle joined(handle x) {
    const int width = x.shape().extent[x.shape().rank - 1], rows = x.shape().size() / width;
    handle part[3];
    int n = 0;
    for (int size = 0; n < 3 && size <= 30; ++n) {
      handle y = draw(2) ? any() : x;
      if (y.shape().size() % rows != 0) y = x;
      const dims all{2, {rows, y.shape().size() / rows}, false};
      dims cut = all;
      detail::box corner;
      if (all.extent[1] > 1 && all.extent[1] != 16 && !follows(all.extent[1])) corner.begin[1] = draw(2);
      cut.extent[1] -= corner.begin[1];
      part[n] = slice_box(reshape(y, all), corner, cut);
      size += usual_size(cut);
    }
    return detail::join_columns(part, n);
  }
  /// Work on groups of channels of some pixels, and one number per group.
  constexpr void grouped() {
    const handle x = tanh(last_of(pixels, 0, recent()));
    if (!(x.shape() == pixels)) return map();
    const handle mean = 0.05 * sum_axes(x, 0b101);
    keep(draw(2) ? x - mean : x * sigmoid(mean));
  }
  /// Long lines side by side, most of them computed; elementwise work on it follows now and then.
  constexpr void joined_lines() {
    constexpr int lines = 2;
    handle part[3];
    const int n = 2 + draw(2);
    for (int k = 0; k < n; ++k) {
      handle x = draw(2) ? recent() : any();
      if (x.shape().size() % lines != 0 || x.shape().size() < 16 * lines || x.shape().size() > 60) x = broadcast_to(reshape(sum_axes(x, detail::all_axes(x.shape())), dims{1, {1}, false}), dims{2, {lines, 16 + draw(4)}, false});
      x = draw(4) ? tanh(x + 0.1 * k) : x;
      const dims all{2, {lines, x.shape().size() / lines}, false};
      part[k] = reshape(x, all);
    }
    const handle whole = detail::join_columns(part, n);
    const handle y = draw(2) ? reshape(whole, dims{1, {whole.shape().size()}, false}) : whole;
    switch (draw(6)) {
      case 0: return keep(relu(0.5 * y));
      case 1: return keep(reshape(sum_axes(y, detail::all_axes(y.shape())) * 0.1, dims{}));
      case 2: return depth == 0 ? b.add_output(y) : keep(y);
      case 3: return keep(tanh(0.1 * matmul(whole, whole, true, false)));
      case 4: return keep(slice_box(whole, {}, dims{2, {lines, 16}, false}));
      default: {   // the same as a sum of what zeros are padded around
        handle sum = b.constant(0);
        detail::box corner;
        for (int k = 0; k < n; corner.begin[1] += part[k].shape().extent[1], ++k) {
          const handle padded = pad_box(part[k], corner, whole.shape());
          sum = k == 0 ? padded : draw(2) ? sum + padded : padded + sum;
        }
        return keep(sum);
      }
    }
  }
  constexpr handle dropout(handle x) { return x * dropout_mask(x, 0.25) * 0.75; }
  constexpr void assignment() {
    if (!writes || leaves.size() == 0) return map();
    const int l = leaves[draw(leaves.size())];
    const dims s = b.leaves[l].shape;
    for (int tries = 0; tries < 12; ++tries) {
      const handle v = draw(2) ? recent() : any();
      if (!(v.shape() == s)) continue;
      b.write(l, v);
      if (draw(2)) keep(b.read(l));
      return;
    }
  }
  /// The value of that shape made last, else the one given.
  constexpr handle last_of(const dims& shape, int from, handle otherwise) {
    for (int i = values.size() - 1; i >= from; --i)
      if (values[i].shape() == shape) return values[i];
    return otherwise;
  }
  /// Leaves a body: what was made in it stays in it, states are as they are now.
  constexpr void leave(int outside) {
    values.count = outside;
    --depth;
  }
  constexpr void read_all() {
    for (int i = 0; writes && i < leaves.size(); ++i) keep(b.read(leaves[i]));
  }

  /// A loop that carries one value and takes apart another. Some end before their bound.
  constexpr void loop() {
    const handle first = recent(), rows = any();
    if (usual_size(first.shape()) > 30 || depth >= 2) return map();
    ++depth;
    const int outside = values.size();
    region_info r;
    r.dynamic = draw(4) == 0;
    const bool sliced = !r.dynamic && rows.shape().rank > 0 && detail::node_of(rows).op->kind != op_kind::constant;
    r.bound = sliced ? rows.shape().extent[0] : 2 + draw(3);
    const handle starts = r.dynamic ? goes_on(b.constant(0), first) : first;
    const int region = open_region(b, r);
    const handle carry = new_carry(first, first.shape());
    handle condition{}, count{};
    if (r.dynamic) {
      condition = new_carry(starts, dims{});
      count = new_carry(b.constant(0), dims{});
      b.regions[region].counter = count.id;
      set_next(count, count + 1.0);
    }
    keep(carry);
    if (sliced) keep(slice_at(b, region, adopt(b, rows.id), unstacked(rows.shape()), draw(3) == 0));
    else if (!r.dynamic) keep(0.1 * iteration_of(b, region));
    steps(5 + draw(6));
    const handle next = tanh(last_of(carry.shape(), outside, carry));
    const handle kept = pin(values[values.size() - 1], values[values.size() - 1].shape());
    set_next(carry, next);
    if (r.dynamic) set_next(condition, goes_on(count + 1.0, next));
    leave(outside);
    const int closed = close_region(b, r.dynamic ? condition.id : -1);
    keep(final_of(carry, closed));
    if (!r.dynamic && kept.shape().rank < 3 && usual_size(kept.shape()) * (length == 5 ? r.bound : usual(r.bound)) <= 64) keep(stack_of(b, kept.id));
    read_all();
  }
  /// At most three times. In a smooth graph how often must not depend on numbers that are moved.
  constexpr handle goes_on(handle count, handle value) {
    if (smooth) return stop_gradient(detail::map_node<less_op>(count, b.constant(2)));
    const handle total = reshape(sum_axes(value, detail::all_axes(value.shape())), dims{});
    return stop_gradient(detail::map_node<less_op>(total, 2.5 - count));
  }
  constexpr void branch() {
    if (depth >= 2) return map();
    const handle x = any(), like = recent();
    const handle total = reshape(sum_axes(x, detail::all_axes(x.shape())), dims{});
    const handle taken = expand(stop_gradient(smooth ? b.constant(draw(2)) : detail::map_node<greater_op>(total, b.constant(0))), dims{});
    region_info r;
    r.branch = true;
    r.hoist = false;
    handle result[2] = {};
    int closed = -1;
    for (int k = 0; k < 2; ++k) {
      ++depth;
      const int outside = values.size();
      r.sense = k == 0;
      open_region(b, r);
      steps(4 + draw(4));
      result[k] = pin(last_of(like.shape(), outside, like), like.shape());
      leave(outside);
      closed = close_region(b, taken.id);
    }
    keep({&b, b.emit_at<join_op>(b.region, like.shape(), like.type(), 0, result[0].id, closed, result[1].id)});
    read_all();
  }
  /// The gradient of what has been computed so far, as one more value.
  constexpr void gradient() {
    if (gradient_depth >= 2) return map();
    ++gradient_depth;
    const handle y = recent(), x = any();
    list<int> wanted, names;
    wanted.push_back(x.id);
    names.push_back(-1);
    const list<int> d = gradients(tanh(y), pin(b.constant(0.7), y.shape()), wanted, names);
    keep(tanh(expand(d[x.id] < 0 ? b.constant(0) : handle{&b, d[x.id]}, x.shape())));
  }
  constexpr dtype random_type() {
    constexpr dtype all[] = {dtype::uint8, dtype::int8, dtype::int16, dtype::uint16, dtype::int32, dtype::uint32, dtype::int64, dtype::boolean, dtype::bfloat16, dtype::float16};
    return all[draw(10)];
  }
  constexpr void typed_leaf() {
    const char name[] = {'t', char('a' + typed_leaves.size())};
    typed_leaves.push_back(b.leaf(state_space, random_shape(), random_type(), {name, 2}, init::zeros{}, false));
    typed.push_back(b.read(typed_leaves[typed_leaves.size() - 1]));
  }
  constexpr handle any_typed() { return typed[draw(2) ? draw(typed.size()) : typed.size() - 1 - draw(typed.size() < 4 ? typed.size() : 4)]; }
  /// A value of another element type, or a number made of some.
  constexpr void typed_value() {
    const handle x = any_typed(), number = recent();
    const dims s = x.shape();
    handle y = any_typed();
    for (int tries = 0; tries < 6 && (!broadcasts(s, y.shape()) || broadcast(s, y.shape()).size() > 100); ++tries) y = any_typed();
    const bool fits = broadcasts(s, y.shape()) && broadcast(s, y.shape()).size() <= 100;
    const auto made = [&](handle v) { typed.push_back(v); };
    switch (draw(13)) {
      case 11: {
        if (number.shape().rank == 0) return made(x + x);
        const detail::sorted_rows sorted = detail::sort_rows(number, 1 + draw(number.shape().cols()), draw(2));
        if (draw(4)) keep(sorted.values);
        return made(sorted.places);
      }
      case 0: return made(as_type(x, random_type()));
      case 1: return made(as_type(4 * number, random_type()));
      case 2: return fits ? made(draw(2) ? x + y : x * y) : made(-x);
      case 3: return fits ? made(draw(2) ? maximum(x, y) : x / y) : made(relu(x));
      case 4: return fits ? made(draw(2) ? detail::map_node<less_op>(x, y) : detail::map_node<equal_op>(x, y)) : made(x + 1);
      case 5: return fits ? made(detail::map_node<where_op>(detail::map_node<less_op>(x, y), x, y)) : made(where(x, x, 3));
      case 6: return s.rank > 0 ? made(draw(2) ? flip(x, unsigned(draw(1 << s.rank))) : transpose(x)) : made(x - 2);
      case 7: {
        if (s.rank == 0 || s.size() > 40) return made(as_type(x, random_type()));
        dims larger = s;
        ++larger.extent[0];
        return made(pad_box(x, {}, larger, 1));
      }
      case 8: {
        if (s.rank == 0) return made(x * x);
        const unsigned axes = unsigned(draw((1 << s.rank) - 1)) + 1;
        return made(draw(2) ? sum_axes(x, axes) : max_axes(x, axes));
      }
      case 9: {
        const int l = typed_leaves[draw(typed_leaves.size())];
        for (int i = typed.size() - 1; writes && i >= 0; --i)
          if (typed[i].shape() == b.leaves[l].shape) return b.write(l, as_type(typed[i], b.leaves[l].type));
        return;
      }
      case 10:
        if (number.shape().rank == 2 && s.size() <= 8) {
          const handle row = reshape(clip(as_type(x, dtype::int32), 0, number.shape().rows() - 1), dims{1, {s.size()}, false});
          return keep(detail::gather_rows(number, row, dims{2, {s.size(), number.shape().cols()}, false}));
        }
        [[fallthrough]];
      default: return keep(tanh(0.05 * as_type(x, dtype::real_type)));
    }
  }
  constexpr void steps(int n) {
    for (int i = 0; i < n; ++i) {
      if (types && depth == 0 && draw(3) == 0) {
        typed_value();
        continue;
      }
      if (joins && draw(4) == 0) {
        if (draw(4)) joined_lines();
        else grouped();
        continue;
      }
      const int what = draw(25);
      if (what < 5) map();
      else if (what < 10) combine();
      else if (what < 13) reduction();
      else if (what < 15) product();
      else if (what < 17) rearranged();
      else if (what < 19) assignment();
      else if (what < 21) loop();
      else if (what < 23) branch();
      else if (what < 24) several_results(any());
      else gradient();
    }
  }

  constexpr void record(int size) {
    for (int i = 0; i < 6; ++i) leaf();
    if (joins) leaf(pixels);
    for (int i = 0; types && i < 4; ++i) typed_leaf();
    steps(size);
    if (draw(2)) loop();
    for (int i = 0; types && i < 2; ++i) {
      const handle v = any_typed();
      b.add_output(pin(v, v.shape()));
    }
    handle loss = b.constant(0);
    for (int i = 0; i < 4; ++i) {
      const handle v = recent();
      b.add_output(expand(v, v.shape()));
      loss = loss + reshape(sum_axes(v, detail::all_axes(v.shape())), dims{});
    }
    if (draw(2)) return;
    list<int> wanted, names;
    for (int i = 0; i < leaves.size(); ++i) {
      wanted.push_back(b.leaf_node[leaves[i]]);
      names.push_back(-1);
    }
    const list<int> d = gradients(loss, b.constant(1), wanted, names);
    for (int i = 0; i < leaves.size(); ++i) {
      const int leaf_node = wanted[i];
      if (d[leaf_node] < 0) continue;
      const handle now = b.read(leaves[i]);
      b.write(leaves[i], tanh(now - 0.1 * handle{&b, d[leaf_node]}));
    }
  }
};

template <int Seed, int Size> struct random_step {
  constexpr void operator()(builder& b) const { random_graph(b, Seed).record(Size); }
};

}  // namespace tfx::testing
