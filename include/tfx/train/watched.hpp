// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <tfx/core/config.hpp>
#include <tfx/core/fail.hpp>
#include <tfx/train/history.hpp>

namespace tfx {

/// Which of a value's numbers is the best. By its name: losses, errors, entropies and divergences should fall, accuracy, precision,
/// recall, AUC, F, R2 and the like should rise.
enum class best_is { by_name, lowest, highest };

namespace detail {

/// Should a value fall?
TFX_COLD inline bool should_fall(std::string_view name, best_is told, const char* who) {
  if (told != best_is::by_name) return told == best_is::lowest;
  constexpr std::string_view falling[] = {"loss", "error", "entropy", "divergence", "hinge", "cosh", "poisson", "perplexity", "false_"};
  constexpr std::string_view rising[] = {"accuracy", "precision", "recall", "auc", "fbeta", "f1", "r2", "iou", "confusion_matrix", "pearson", "concordance", "similarity", "sensitivity", "specificity", "true_"};
  for (const std::string_view part : falling)
    if (name.find(part) != name.npos) return true;
  for (const std::string_view part : rising)
    if (name.find(part) != name.npos) return false;
  fail((std::string(who) + ": should '" + std::string(name) + "' fall or rise? Say it with .best = best_is::lowest or best_is::highest").c_str());
}

/// A name of what this training gives.
TFX_COLD inline void require_value(const history& past, std::string_view name, const char* who) {
  if (!past.has(name)) fail_unknown_name(who, name, past.names());
}

/// The best of a value so far.
struct best_so_far {
  bool any = false;
  double value = 0;

  /// Is a number better by more than min_delta? NaN never is.
  bool improves(double now, double min_delta, bool falls) const {
    if (now != now) return false;
    if (!any) return true;
    return falls ? now + min_delta < value : now - min_delta > value;
  }
};

}  // namespace detail

}  // namespace tfx
