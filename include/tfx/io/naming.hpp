// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tfx::io {

/// What is called `here` in a network is called `there` in a file. Each `*` stands for any characters, the same in both.
///
///     {"stem/conv2d", "conv1"}                        a layer, and so all that it has
///     {"stage/*/dense", "layer*.fc"}
///     {"*/kernel", "*.weight_ih", {1, 0}}             axis 0 here is axis 1 there: a matrix is transposed
///     {"lstm/bias", "rnn.bias_ih + rnn.bias_hh"}      the sum of two arrays
///
/// A rule with axes is one for variables of that rank.
struct name_rule {
  std::string here, there;
  std::vector<int> axes = {};
};

/// How files of a kind call what a layer has.
struct naming {
  std::vector<name_rule> rules = {};       ///< the first that fits a variable counts
  char separator = '/';                    ///< between a layer and what it has
  std::vector<std::string> ignored = {};   ///< arrays that have no counterpart
};

/// Conventions of the files of others. Names of layers are left as they are; what layers have is renamed, and put into
/// the order of axes of this side.
namespace names {

/// This library's own.
inline naming tfx() { return {}; }

/// A PyTorch `state_dict`: `fc.weight`, `bn1.running_mean`. Products and convolutions without groups, normalisations, embeddings
/// whose path says so, `nn.LSTM` and `nn.RNN` of one layer whose path says so; other recurrent layers and attention need rules
/// of their own.
inline naming torch() {
  return {.rules = {{"*embedding*/weight", "*embedding*.weight"},
                    {"*/weight", "*.weight", {1, 0}},
                    {"*/weight", "*.weight", {2, 1, 0}},
                    {"*/weight", "*.weight", {2, 3, 1, 0}},
                    {"*/scale", "*.weight"},
                    {"*/shift", "*.bias"},
                    {"*/mean", "*.running_mean"},
                    {"*/variance", "*.running_var"},
                    {"*lstm*/kernel", "*lstm*.weight_ih_l0", {1, 0}},
                    {"*lstm*/recurrent_kernel", "*lstm*.weight_hh_l0", {1, 0}},
                    {"*lstm*/bias", "*lstm*.bias_ih_l0 + *lstm*.bias_hh_l0"},
                    {"*rnn*/kernel", "*rnn*.weight_ih_l0", {1, 0}},
                    {"*rnn*/recurrent_kernel", "*rnn*.weight_hh_l0", {1, 0}},
                    {"*rnn*/bias", "*rnn*.bias_ih_l0 + *rnn*.bias_hh_l0"},
                    {"*/bias", "*.bias"}},
          .separator = '.',
          .ignored = {"*.num_batches_tracked"}};
}

/// Keras's variables by their paths, `{v.path: v.numpy() for v in model.variables}`: `dense/kernel`,
/// `batch_normalization/moving_mean`. Layers but attention have the layouts of this side.
inline naming keras() {
  return {.rules = {{"*embedding*/weight", "*embedding*/embeddings"},
                    {"*/weight", "*/kernel"},
                    {"*/scale", "*/gamma"},
                    {"*/shift", "*/beta"},
                    {"*/mean", "*/moving_mean"},
                    {"*/variance", "*/moving_variance"},
                    {"*lstm*/*", "*lstm*/lstm_cell/*"},
                    {"*gru*/*", "*gru*/gru_cell/*"},
                    {"*simple_rnn*/*", "*simple_rnn*/simple_rnn_cell/*"},
                    {"*/slope", "*/alpha"},
                    {"*/depthwise_weight", "*/depthwise_kernel"},
                    {"*/pointwise_weight", "*/pointwise_kernel"}},
          .ignored = {"*/seed_generator_state"}};
}

}  // namespace names

namespace detail {

/// What the stars of a pattern stand for in a text that it fits; the first stars take as little as they can.
inline std::optional<std::vector<std::string_view>> stars_of(std::string_view text, std::string_view pattern) {
  const std::size_t star = pattern.find('*');
  if (text.substr(0, std::min(star, pattern.size())) != pattern.substr(0, star)) return {};
  if (star == std::string_view::npos) return text.size() == pattern.size() ? std::optional(std::vector<std::string_view>{}) : std::nullopt;
  for (std::size_t taken = 0; star + taken <= text.size(); ++taken) {
    if (auto rest = stars_of(text.substr(star + taken), pattern.substr(star + 1))) {
      rest->insert(rest->begin(), text.substr(star, taken));
      return rest;
    }
  }
  return {};
}
/// A pattern with its stars replaced in their order, again from the first for each term of a sum; '/' becomes the separator.
inline std::string with_stars(std::string_view pattern, const std::vector<std::string_view>& stars, char separator) {
  std::string text;
  std::size_t next = 0;
  for (const char c : pattern) {
    if (c == '+') next = 0;
    if (c != '*') {
      text += c;
    } else if (next < stars.size()) {
      for (const char inside : stars[next++]) text += inside == '/' ? separator : inside;
    }
  }
  return text;
}

/// Where a variable lies in a file.
struct place_in_file {
  std::vector<std::string> names;   ///< of the arrays whose sum it is
  std::vector<int> axes;            ///< its axis k is theirs axes[k]; empty: the same axes
};

inline std::vector<std::string> terms_of(std::string_view sum) {
  std::vector<std::string> terms;
  for (std::size_t plus; (plus = sum.find(" + ")) != std::string_view::npos; sum.remove_prefix(plus + 3)) terms.emplace_back(sum.substr(0, plus));
  terms.emplace_back(sum);
  return terms;
}
inline bool is_of_rank(const name_rule& rule, std::size_t rank) { return rule.axes.empty() || rule.axes.size() == rank; }

/// The layer that a path lies in.
inline std::string_view layer_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return path.substr(0, slash == std::string_view::npos ? 0 : slash);
}

inline place_in_file place_by_convention(std::string_view path, std::size_t rank, const naming& convention) {
  for (const name_rule& rule : convention.rules) {
    if (!is_of_rank(rule, rank)) continue;
    if (const auto stars = stars_of(path, rule.here)) return {terms_of(with_stars(rule.there, *stars, convention.separator)), rule.axes};
  }
  std::string name(path);
  std::replace(name.begin(), name.end(), '/', convention.separator);
  return {{name}, {}};
}

/// By convention, with the first rule over it that names a layer around the variable, or the variable.
inline place_in_file place_of(std::string_view path, std::size_t rank, const std::vector<name_rule>& rename, const naming& convention, std::vector<bool>& used) {
  place_in_file place = place_by_convention(path, rank, convention);
  for (std::size_t r = 0; r < rename.size(); ++r) {
    const name_rule& rule = rename[r];
    if (!is_of_rank(rule, rank)) continue;
    for (std::string_view layer = layer_of(path); !layer.empty(); layer = layer_of(layer)) {
      const auto stars = stars_of(layer, rule.here);
      if (!stars) continue;
      used[r] = true;
      for (std::string& name : place.names) name = with_stars(rule.there, *stars, '/') + name.substr(layer.size());   // separators are as long as '/'
      return place;
    }
    if (const auto stars = stars_of(path, rule.here)) {
      used[r] = true;
      return {terms_of(with_stars(rule.there, *stars, '/')), rule.axes.empty() ? place.axes : rule.axes};
    }
  }
  return place;
}

}  // namespace detail

}  // namespace tfx::io
