// From expressions and what they have learnt to the steps of a plan.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "fit/plan/bind_columns.hpp"
#include "fit/plan/expression.hpp"
#include "fit/plan/plan_builder.hpp"

namespace mainspring {

/// states[operator][stream]; an operator that learns nothing, or has not begun to, has none.
using ChainStates = std::vector<std::vector<std::shared_ptr<LearntState>>>;

/// A chain whose columns are known, with what it has learnt.
struct BoundChain {
  Chain chain;
  std::vector<ColumnBinding> columns;
  ChainStates states;
};

/// Adds the chain's inputs to the plan and loads them.
std::vector<Feature> load_streams(const BoundChain& bound, const ZoneTables& zones,
                                  PlanBuilder& builder);

/// Sends `streams` through operators [first, last). `release`: slots that were read for the last
/// time may be used again.
std::vector<Feature> compile_operators(const BoundChain& bound, size_t first, size_t last,
                                       std::vector<Feature> streams, bool cross_fitted,
                                       bool release, PlanBuilder& builder);

/// The whole plan, every feature stored in the order of the expressions. Columns and lookups that
/// several expressions share are read once.
void compile_plan(std::span<const BoundChain> chains, const ZoneTables& zones, bool cross_fitted,
                  PlanBuilder& builder);

/// Throws before any data is read what compile_plan would throw after it for types, aliases and
/// names: Error(kSchema or kParameter). Returns how many streams reach each operator of each chain.
std::vector<std::vector<size_t>> check_plan(std::span<const BoundChain> chains,
                                            const ZoneTables& zones);

}  // namespace mainspring
