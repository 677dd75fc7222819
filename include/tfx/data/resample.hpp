// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/random.hpp>
#include <tfx/data/pipeline.hpp>

namespace tfx::data {

struct resample_options {
  std::vector<double> initial{};   ///< shares of the classes in the data; empty: as far as they are known so far
  std::uint64_t seed = 0;
};

namespace detail {

inline constexpr std::uint32_t resample_site = site_of("data/resample", 13);

template <class Up, class F> struct resample_node : stage_node<Up> {
  using value_type = typename Up::value_type;
  F class_of;
  std::vector<double> target;
  resample_options options;
  std::vector<double> seen{};
  std::uint64_t pass = 0, drawn = 0;

  void begin(std::uint64_t p) {
    this->upstream.begin(p);
    pass = p;
    drawn = 0;
    // As if every class had been seen a few times: the first elements do not decide alone.
    if (options.initial.empty()) seen.assign(target.size(), 10.0 / double(target.size()));
    else seen = options.initial;
  }
  bool next(value_type& to) {
    while (this->upstream.next(to)) {
      const auto c = std::size_t(call(class_of, to));
      if (c >= target.size())
        tfx::detail::fail(("data: rejection_resample is given class " + std::to_string(c) + "; shares are wanted of " + std::to_string(target.size())).c_str());
      if (options.initial.empty()) ++seen[c];
      double most = 0;
      for (std::size_t k = 0; k < target.size(); ++k)
        if (seen[k] > 0 && most < target[k] / seen[k]) most = target[k] / seen[k];
      const double u = uniform01<double>(random_stream{options.seed, pass, resample_site}, drawn++);
      if (seen[c] > 0 && u * most < target[c] / seen[c]) return true;
    }
    return false;
  }
  void archive(pipeline_state& s) {
    s.stage("rejection_resample");
    this->upstream.archive(s);
    s.same(target.size(), "classes");
    s(seen);
    if (seen.size() != target.size()) tfx::detail::fail("data: the state of a pipeline has other classes");
    s(pass);
    s(drawn);
  }
};
template <class F> struct resample_stage : stage {
  F class_of;
  std::vector<double> target;
  resample_options options;
  template <class Up> auto over(Up up) const { return resample_node<Up, F>{{std::move(up)}, class_of, target, options}; }
};

}  // namespace detail

/// Leaves out elements at random so that the classes have the shares that are wanted: element e stays with probability
///
///     r_c / max_k r_k,   r_k = target_k / initial_k,   c = class_of(e)
///
/// Errors     a class without a share; shares that are negative or all 0
template <class F> detail::resample_stage<F> rejection_resample(F class_of, std::vector<double> target, resample_options options = {}) {
  double sum = 0;
  for (const double x : target) sum += x >= 0 ? x : -1e300;
  if (!(sum > 0) || (!options.initial.empty() && options.initial.size() != target.size()))
    tfx::detail::fail("data: rejection_resample has a share for each class, none negative, not all 0");
  return {{}, std::move(class_of), std::move(target), std::move(options)};
}

}  // namespace tfx::data
