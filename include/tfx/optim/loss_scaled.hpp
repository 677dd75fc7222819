// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/optim/minimize.hpp>

namespace tfx::optim {

/// Gradients of `scale` times the loss, divided by that again, so that small ones survive in float16. A step in which one is not
/// finite changes nothing but the scale: parameters, the optimizer's memory and its count of updates stay.
///
///     recipe(loss::softmax_cross_entropy{}, optim::loss_scaled{optim::adam{}}, ...)
///
/// The scale begins at `scale`, is halved after a step that was left out, and doubled after `interval` others one after the other;
/// with `interval` 0 it stays. All are powers of two, so that nothing is rounded by scaling. Clipping sees the gradients unscaled.
///
/// Cost       all gradients are stored before the first update, as with `clip_norm`
/// Source     Micikevicius et al. 2018; defaults of PyTorch's GradScaler
template <class Optimizer> struct loss_scaled {
  static constexpr std::string_view name = Optimizer::name;
  Optimizer inner;
  double scale = 65536;
  int interval = 2000;
  double clip_norm = inner.clip_norm, clip_value = inner.clip_value;

  constexpr explicit loss_scaled(Optimizer o, double initial = 65536, int steps = 2000) : inner(o), scale(initial), interval(steps) {}

  constexpr shared_numbers prepare(builder& g) const { return detail::prepared_by(inner, g); }
  constexpr handle seed(builder& g) const { return scale_now(g); }
  constexpr handle unscaled(builder& g, handle gradient) const { return gradient * (1 / scale_now(g)); }
  /// After the gradients are known: the next scale, and whether this step counts.
  constexpr void close(builder& g, handle finite) const {
    const int step = update_counter(g);
    g.write(step, where(finite, g.read(step), handle{&g, g.leaf_node[step]}));
    if (interval == 0) return;
    const int good = g.leaf(slot_space, dims{}, dtype::int32, "good_steps", {}, true), kept = scale_leaf(g);
    const handle now = scale_now(g), next = handle{&g, g.leaf_node[good]} + 1, full = next >= interval;
    g.write(good, where(finite, where(full, 0, next), 0));
    g.write(kept, where(finite, where(full, now * 2, now), now * 0.5));
  }
  constexpr void update(builder& g, int leaf, handle gradient, const shared_numbers& shared) const {
    tfx::detail::update_where(shared.applies, inner, g, leaf, gradient, shared);
  }

private:
  static constexpr int scale_leaf(builder& g) { return g.leaf(slot_space, dims{}, dtype::real_type, "loss_scale", {}, true); }
  /// Memory begins with zeros: they stand for the first scale.
  constexpr handle scale_now(builder& g) const {
    if (interval == 0) return g.constant(scale);
    const handle kept{&g, g.leaf_node[scale_leaf(g)]};
    return where(kept == 0, scale, kept);
  }
};

}  // namespace tfx::optim
