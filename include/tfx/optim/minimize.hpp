// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/autodiff/reverse.hpp>
#include <tfx/core/path_pattern.hpp>
#include <tfx/ops/math.hpp>
#include <tfx/optim/update.hpp>

namespace tfx {

namespace detail {

/// Edit distance, for suggestions.
constexpr int edit_distance(std::string_view a, std::string_view b) {
  const int n = int(b.size());
  list<int> row(n + 1);
  for (int j = 0; j <= n; ++j) row[j] = j;
  for (int i = 1; i <= int(a.size()); ++i) {
    int diagonal = row[0];
    row[0] = i;
    for (int j = 1; j <= n; ++j) {
      const int up = row[j];
      int least = diagonal + (a[std::size_t(i - 1)] != b[std::size_t(j - 1)]);
      if (up + 1 < least) least = up + 1;
      if (row[j - 1] + 1 < least) least = row[j - 1] + 1;
      diagonal = up;
      row[j] = least;
    }
  }
  return row[n];
}
constexpr void complain_unknown_name(builder& g, std::string_view wanted) {
  if (!g.right()) return;
  std::string_view seen[12] = {};
  int n = 0, best = -1, least = 1000;
  bool more = false;
  for (int i = 0; i < g.leaves.size(); ++i) {
    if (!g.leaves[i].trainable) continue;
    std::string_view s = g.name(g.leaves[i]);
    s = s.substr(0, s.find('/'));
    bool known = false;
    for (int k = 0; k < n; ++k) known = known || seen[k] == s;
    if (known) continue;
    if (n == 12) {
      more = true;
      continue;
    }
    if (const int d = edit_distance(wanted, s); d < least) {
      least = d;
      best = n;
    }
    seen[n++] = s;
  }
  if (n == 0) return g.complain("minimize", at_path{}, ": there are no parameters to train");
  g.complain("only{", quoted{wanted}, "} names no parameter");
  if (best >= 0 && least <= 2) {
    g.say("; did you mean ");
    g.say(quoted{seen[best]});
    g.say("?");
  }
  g.say(best >= 0 && least <= 2 ? " Known: " : "; known: ");
  for (int k = 0; k < n; ++k) {
    if (k) g.say(", ");
    g.say(seen[k]);
  }
  if (more) g.say(", ...");
}

/// What gradients are multiplied by, one factor after the other, so that neither a very large nor a very small one is lost.
struct clipping {
  handle by_largest{}, by_norm{};
  constexpr handle operator()(handle d) const { return by_norm.empty() ? d : d * by_largest * by_norm; }
};
/// Scales the gradients to norm `most` if they are longer; NaN if one of them is not finite. The squares are of what the
/// largest element is 1 of: they do not overflow.
constexpr clipping clipping_to(double most, const list<handle>& gradient) {
  if (gradient.size() == 0) return {};
  auto over_all = [&](auto reduce) {
    handle total{};
    for (int i = 0; i < gradient.size(); ++i) total = reduce(total, gradient[i], all_axes(gradient[i].shape()));
    return total;
  };
  const handle largest = over_all([](handle total, handle d, unsigned axes) {
    const handle own = reshape(max_axes(abs(d), axes), dims{});
    return total.empty() ? own : maximum(total, own);
  });
  const handle unit = where(largest == 0, 1, largest);
  const handle squares = over_all([&](handle total, handle d, unsigned axes) {
    const handle part = d / unit, own = reshape(sum_axes(part * part, axes), dims{});
    return total.empty() ? own : total + own;
  });
  const handle root = sqrt(squares), within = unit * root <= most;
  return {where(within, 1, 1 / unit), where(within, 1, most / root)};
}

/// One update of one parameter. A wrapper around another optimizer has `update` in place of the call.
template <class Optimizer> constexpr void apply_update(const Optimizer& o, builder& g, int leaf, handle gradient, const optim::shared_numbers& shared) {
  if constexpr (requires { o.update(g, leaf, gradient, shared); }) {
    o.update(g, leaf, gradient, shared);
  } else {
    const optim::update_scope u{g, leaf, Optimizer::name, shared};
    g.write(leaf, o(u, g.read(leaf), gradient));
  }
}

/// The same where a condition holds; else everything that it writes stays as it is.
template <class Optimizer>
constexpr void update_where(handle condition, const Optimizer& o, builder& g, int leaf, handle gradient, const optim::shared_numbers& shared) {
  list<int> before;
  for (int i = 0; i < g.leaves.size(); ++i) before.push_back(g.current[i]);
  apply_update(o, g, leaf, gradient, shared);
  for (int i = 0; i < g.leaves.size(); ++i) {
    const int old = i < before.size() ? before[i] : g.leaf_node[i];
    if (g.current[i] != old) g.write(i, where(condition, handle{&g, g.current[i]}, handle{&g, old}));
  }
}

template <optim::optimizer Optimizer> constexpr void minimize(builder& g, handle loss, const Optimizer& optimizer, only which) {
  // Numbers that all updates share come before the gradients, so that an update can fuse with what makes its gradient.
  if constexpr (requires { optimizer.count(g); }) optimizer.count(g);
  else optim::update_count(g);
  optim::shared_numbers shared = optim::detail::prepared_by(optimizer, g);
  list<int> wanted, leaves;
  for (int i = 0; i < g.leaves.size(); ++i) {
    if (!g.leaves[i].trainable || !names(which, g.name(g.leaves[i]))) continue;
    wanted.push_back(g.leaf_node[i]);
    leaves.push_back(i);
  }
  if (!g.right()) return;
  if (leaves.size() == 0) return complain_unknown_name(g, which.pattern);
  handle seed = g.constant(1);
  if constexpr (requires { optimizer.seed(g); }) seed = optimizer.seed(g);
  list<int> gradient = gradients(loss, seed, wanted, leaves);
  if (!g.right()) return;
  if constexpr (requires(optim::update_scope u, handle d) { optimizer.gather(u, d); }) {
    for (int i = 0; i < leaves.size(); ++i) {
      int& d = gradient[wanted[i]];
      if (d >= 0) d = optimizer.gather(optim::update_scope{g, leaves[i], Optimizer::name}, {&g, d}).id;
    }
  }

  if constexpr (requires { optimizer.unscaled(g, handle{}); }) {
    handle broken{};   // 0 where all gradients are finite, else NaN
    for (int i = 0; i < leaves.size(); ++i) {
      int& d = gradient[wanted[i]];
      if (d < 0) continue;
      const handle own = optimizer.unscaled(g, {&g, d}), zero = reshape(sum_axes(own - own, all_axes(own.shape())), dims{});
      d = own.id;
      broken = broken.empty() ? zero : broken + zero;
    }
    shared.applies = broken == 0;
    optimizer.close(g, shared.applies);
  }

  list<handle> spread;   // in the shapes of their parameters
  if (optimizer.clip_norm > 0)
    for (int i = 0; i < leaves.size(); ++i)
      if (gradient[wanted[i]] >= 0) spread.push_back(expand({&g, gradient[wanted[i]]}, g.nodes[wanted[i]].shape));
  const clipping clip = clipping_to(optimizer.clip_norm, spread);
  for (int i = 0; i < leaves.size(); ++i) {
    if (gradient[wanted[i]] < 0) continue;
    const handle d = clip({&g, gradient[wanted[i]]});
    const double most = optimizer.clip_value;
    apply_update(optimizer, g, leaves[i], most > 0 ? minimum(maximum(d, -most), most) : d, shared);
  }
}

}  // namespace detail

/// One step of an optimizer: gradients of the loss with respect to the trainable parameters, and their updates, as part of the
/// graph; `which` parameters, by their paths. May be called several times in a step; a value that was written lets no gradient through.
///
/// `clip_norm` scales all gradients together, also where the squares of their elements would overflow or vanish; a gradient
/// that is not finite makes all NaN.
///
/// A parameter changes in the kernel that makes its gradient, so that no gradient is stored. Not so with `clip_norm`, which
/// needs all gradients before the first update, with `optim::accumulate`, which keeps their sum, and where a gradient is a
/// sum of several products: a parameter that is used more than once.
template <class Optimizer, class T> constexpr void minimize(var<shape<>, T> loss, const Optimizer& optimizer, only which = {}) {
  builder& g = *loss.h.graph;
  g.minimizes = true;
  if constexpr (optim::optimizer<Optimizer>) detail::minimize(g, loss.h, optimizer, which);
  else
    g.complain("minimize: ", label_of<Optimizer>, " is no optimizer, it lacks `", optim::detail::missing_in_optimizer<Optimizer>(), "`");
}

}  // namespace tfx
