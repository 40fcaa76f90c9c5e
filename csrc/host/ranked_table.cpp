// Marks what ranks are given for, then walks the steps backwards and keeps what anybody still
// needs.
#include "host/ranked_table.hpp"

#include <algorithm>
#include <utility>

namespace mainspring {

RankedTable::RankedTable(const BundleView& rows, const std::vector<CodedInput>& inputs,
                         std::shared_ptr<const RankedForest> forest)
    : forest_(std::move(forest)) {
  const SlicedView view = program_of(rows);
  is_given_.assign(view.header->num_columns, 0);
  has_places_.assign(view.header->num_category_features, 0);
  give_entries(view, inputs);
  if (forest_ != nullptr) {
    for (const FoldedColumn& column : forest_->columns) is_given_[column.number] = 1;
  }
  std::vector<bool> wanted(rows.plan.num_features, false);
  for (uint32_t i = 0; i < view.header->num_columns; ++i) {
    if (is_given_[i] == 0) wanted[view.columns[i].feature] = true;
  }
  for (uint32_t i = 0; i < view.header->num_category_features; ++i) {
    if (has_places_[i] == 0) wanted[view.categories[i].feature] = true;
  }
  keep_steps(rows.plan, wanted);
  plan_.plan = rows.plan;
  plan_.plan.steps = steps_.data();
  plan_.plan.num_steps = static_cast<uint32_t>(steps_.size());
  plan_.numbers = numbers_.data();
  plan_.num_numbers = static_cast<uint32_t>(numbers_.size());
  plan_.num_columns = view.header->num_columns;
  plan_.num_categories = view.header->num_category_features;
  plan_.is_given = is_given_.data();
  plan_.has_places = has_places_.data();
  useful_ = useful_ || steps_.size() < rows.plan.num_steps;
}

/// All columns and categories that read a feature of a dictionary's entries.
void RankedTable::give_entries(const SlicedView& view, const std::vector<CodedInput>& inputs) {
  for (const CodedInput& input : inputs) {
    std::vector<EntryTarget>& targets = targets_.emplace_back();
    for (uint32_t k = 0; k < input.features.size(); ++k) {
      for (uint32_t i = 0; i < view.header->num_columns; ++i) {
        if (view.columns[i].feature != input.features[k]) continue;
        targets.push_back({k, i, false});
        is_given_[i] = 1;
      }
      for (uint32_t i = 0; i < view.header->num_category_features; ++i) {
        if (view.categories[i].feature != input.features[k]) continue;
        targets.push_back({k, i, true});
        has_places_[i] = 1;
      }
    }
    useful_ = useful_ || !targets.empty();
  }
}

/// Numbers are looked up right behind the first load of their input: slots are used again.
void RankedTable::keep_steps(const PlanView& plan, const std::vector<bool>& wanted) {
  std::vector<bool> needed(plan.num_slots, false), kept(plan.num_steps, false);
  std::vector<uint32_t> first_loads(plan.num_inputs, UINT32_MAX);
  for (uint32_t i = plan.num_steps; i-- != 0;) {
    const StepRecord& record = plan.steps[i];
    if (record.code == static_cast<uint32_t>(StepCode::kLoad) &&
        plan.slots[record.outputs[0]] == ValueType::kF64) {
      first_loads[record.integers[0]] = i;
    }
  }
  std::vector<std::vector<const FoldedColumn*>> looked_up(plan.num_steps);
  if (forest_ != nullptr) {
    for (const FoldedColumn& column : forest_->columns) {
      looked_up[first_loads[column.input]].push_back(&column);
    }
  }
  for (uint32_t i = plan.num_steps; i-- != 0;) {
    const StepRecord& record = plan.steps[i];
    bool keeps = !looked_up[i].empty();
    if (find_step(record.code)->stores == Stores::kOne) {
      keeps = wanted[record.integers[0]];
    } else if (record.num_outputs == 0) {
      keeps = true;
    }
    for (uint32_t out = 0; out < record.num_outputs; ++out) {
      keeps = keeps || needed[record.outputs[out]];
    }
    if (!keeps) continue;
    kept[i] = true;
    for (uint32_t out = 0; out < record.num_outputs; ++out) needed[record.outputs[out]] = false;
    for (uint32_t in = 0; in < record.num_inputs; ++in) needed[record.inputs[in]] = true;
  }
  for (uint32_t i = 0; i < plan.num_steps; ++i) {
    if (!kept[i]) continue;
    for (const FoldedColumn* column : looked_up[i]) {
      RankedNumbers numbers{};
      numbers.number = column->number;
      numbers.slot = plan.steps[i].outputs[0];
      numbers.step = static_cast<uint32_t>(steps_.size());
      numbers.table = {column->column, column->thresholds.data(), column->cells.data()};
      numbers.shift = column->shift;
      std::copy_n(column->first, 2, numbers.first);
      std::copy_n(column->missing, 2, numbers.missing);
      numbers_.push_back(numbers);
    }
    steps_.push_back(plan.steps[i]);
  }
}

}  // namespace mainspring
