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

/// A chain whose columns are known, with what it has learnt. Its sides are bound for themselves.
struct BoundChain {
  Chain chain;
  std::vector<ColumnBinding> columns;
  ChainStates states;
  std::vector<BoundChain> sides;
};

/// The chains and all their sides, in the order of visit_chains.
inline std::vector<BoundChain*> nodes_of(std::vector<BoundChain>& chains) {
  std::vector<BoundChain*> nodes;
  for (BoundChain& bound : chains) {
    visit_chains(bound, [&](BoundChain& node) { nodes.push_back(&node); });
  }
  return nodes;
}

/// The inputs of a plan over these chains: the columns of each and of its sides without repetition,
/// in the order in which they are added.
std::vector<ColumnBinding> plan_inputs(std::span<const BoundChain> chains);

/// How operators are compiled.
struct CompileMode {
  bool cross_fitted = false;  // for the rows that were learnt from
  bool release = false;       // slots that were read for the last time may be used again
};

/// Adds the inputs of the chain and of its sides to the plan and loads them; what the sides have
/// learnt is compiled.
std::vector<Feature> load_streams(const BoundChain& bound, CompileMode mode, PlanBuilder& builder);

/// Sends `streams` through operators [first, last).
std::vector<Feature> compile_operators(const BoundChain& bound, size_t first, size_t last,
                                       std::vector<Feature> streams, CompileMode mode,
                                       PlanBuilder& builder);

/// The whole plan, every feature stored in the order of the expressions. Columns and lookups that
/// several expressions share are read once.
void compile_plan(std::span<const BoundChain> chains, bool cross_fitted, PlanBuilder& builder);

/// Throws before any data is read what compile_plan would throw after it for types, aliases and
/// names: Error(kSchema or kParameter). Returns how many streams reach each operator of each chain,
/// in the order of visit_chains. missing_zones: where the names of zones go that operators ask for
/// and `zones` does not have; null: they are errors.
std::vector<std::vector<size_t>> check_plan(std::span<const BoundChain> chains,
                                            const ZoneTables& zones,
                                            std::vector<std::string>* missing_zones = nullptr);

}  // namespace mainspring
