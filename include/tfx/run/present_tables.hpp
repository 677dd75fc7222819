// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/plan.hpp>

namespace tfx::detail {

/// The tables that a run reads: those of the plan.
template <class Plan, bool Lengths = (Plan::n_lengths > 0)> struct present_tables {
  static constexpr const auto& launches = Plan::launches;
  static constexpr const auto& geometries = Plan::geometries;
  static constexpr const auto& operands = Plan::operands;
  static constexpr const auto& operand_steps = Plan::operand_steps;
  static constexpr const auto& outer_strides = Plan::outer_strides;
  static constexpr const auto& terms = Plan::terms;
  static constexpr const auto& loops = Plan::loops;

  template <class Bindings> constexpr explicit present_tables(const Bindings&) {}
};
/// Of a plan with lengths: copies, in which what follows them is as they are in this run.
template <class Plan> struct present_tables<Plan, true> {
  template <class Table> using copy = std::remove_cvref_t<Table>;
  copy<decltype(Plan::launches)> launches = Plan::launches;
  copy<decltype(Plan::geometries)> geometries = Plan::geometries;
  copy<decltype(Plan::operands)> operands = Plan::operands;
  copy<decltype(Plan::operand_steps)> operand_steps = Plan::operand_steps;
  copy<decltype(Plan::outer_strides)> outer_strides = Plan::outer_strides;
  copy<decltype(Plan::terms)> terms = Plan::terms;
  copy<decltype(Plan::loops)> loops = Plan::loops;

  template <class Bindings> explicit present_tables(const Bindings& b) {
    for (int k = 0; k < Plan::n_followed; ++k) {
      const followed_number& f = Plan::followed[std::size_t(k)];
      put(f, std::size_t(f.row), f.number.at(b.length));
    }
  }

private:
  void put(const followed_number& f, std::size_t row, int n) {
    switch (plan_table(f.table)) {
      case plan_table::rows: launches[row].rows = n; break;
      case plan_table::cols: launches[row].cols = n; break;
      case plan_table::outer: launches[row].outer[f.column] = n; break;
      case plan_table::contracted: launches[row].contracted = n; break;
      case plan_table::geometry: (f.column == 0 ? geometries[row].contracted : geometries[row].v[f.column - 1]) = n; break;
      case plan_table::moved: operands[row].moved = n; break;
      case plan_table::batch_row: operands[row].row = n; break;
      case plan_table::row_step: operands[row].step.row = operand_steps[row].row = n; break;
      case plan_table::column_step: operands[row].step.column = operand_steps[row].column = std::int16_t(n); break;
      case plan_table::outer_stride: outer_strides[row] = n; break;
      case plan_table::shift: terms[row].shift = n; break;
      case plan_table::stride: terms[row].stride = n; break;
      case plan_table::trips: loops[row].bound = n; break;
    }
  }
};

}  // namespace tfx::detail
