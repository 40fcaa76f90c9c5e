// Only the steps that lists need are run, tile by tile, as for sparse rows; then each list gets an
// array of its own, since an embedding table takes one list.
#include "host/jagged_lists.hpp"

#include <algorithm>

#include "host/match_columns.hpp"
#include "host/scratch.hpp"
#include "runtime/steps/step.hpp"
#include "runtime/steps/text_room.hpp"

namespace mainspring {
namespace {

/// Where each row's ids begin, in one of the two arrays.
template <class T>
void sum_up(const SparseRows& rows, uint32_t list, GrowingArray<T>* offsets) {
  offsets->reserve(rows.num_rows + 1);
  T* const to = offsets->data();
  T count = 0;
  to[0] = 0;
  for (uint64_t row = 0, at = 0; row < rows.num_rows; ++row) {
    const uint64_t end = rows.narrow_starts.data() != nullptr
                             ? static_cast<uint64_t>(rows.narrow_starts.data()[row + 1])
                             : static_cast<uint64_t>(rows.wide_starts.data()[row + 1]);
    for (; at < end; ++at) count += static_cast<uint32_t>(rows.features.data()[at]) == list ? 1 : 0;
    to[row + 1] = count;
  }
}

}  // namespace

ListPlan::ListPlan(const BundleView& bundle) : plan_(bundle.plan) {
  // From the end: a step is needed where a later one reads what it writes.
  std::vector<bool> read(plan_.num_slots);
  for (uint32_t i = plan_.num_steps; i-- > 0;) {
    const StepRecord& step = plan_.steps[i];
    const bool is_list = find_step(step.code)->stores == Stores::kJagged;
    bool needed = is_list;
    for (uint32_t out = 0; out < step.num_outputs; ++out) {
      needed = needed || read[step.outputs[out]];
    }
    if (!needed) continue;
    num_lists_ += is_list ? 1 : 0;
    for (uint32_t out = 0; out < step.num_outputs; ++out) read[step.outputs[out]] = false;
    for (uint32_t in = 0; in < step.num_inputs; ++in) read[step.inputs[in]] = true;
    steps_.push_back(step);
  }
  std::reverse(steps_.begin(), steps_.end());
  plan_.steps = steps_.data();
  plan_.num_steps = static_cast<uint32_t>(steps_.size());
}

void ListPlan::run(const ColumnView* columns, uint64_t first_row, uint32_t num_rows,
                   SparseTile* tile) const {
  tile->num_entries = 0;
  tile->incomplete = false;
  StepContext context{};
  context.kernels = &process_kernels();
  context.columns = columns;
  context.first_row = first_row;
  context.num_rows = num_rows;
  context.scratch = thread_scratch(uint64_t{plan_.num_slots} * kSlotBytes);
  context.slots = plan_.slots;
  context.data = plan_.data;
  context.texts = thread_texts();
  context.jagged = tile;
  run_plan(plan_, context);
  if (context.texts != nullptr && context.texts->incomplete) tile->incomplete = true;
}

std::vector<JaggedList> split_lists(const SparseRows& rows, uint64_t most_narrow) {
  std::vector<JaggedList> lists(rows.num_features);
  for (uint64_t at = 0; at < rows.num_entries; ++at) ++lists[rows.features.data()[at]].num_ids;
  for (uint32_t number = 0; number < lists.size(); ++number) {
    JaggedList& list = lists[number];
    if (list.num_ids > most_narrow) {
      sum_up(rows, number, &list.wide_offsets);
    } else {
      sum_up(rows, number, &list.narrow_offsets);
    }
    list.ids.reserve(std::max<uint64_t>(list.num_ids, 1));
    list.num_ids = 0;
  }
  for (uint64_t at = 0; at < rows.num_entries; ++at) {
    JaggedList& list = lists[rows.features.data()[at]];
    list.ids.data()[list.num_ids++] = static_cast<int32_t>(rows.values.data()[at]);
  }
  return lists;
}

std::vector<JaggedList> transform_to_jagged(const BundleImage& bundle, const Table& table) {
  const ListPlan plan(bundle.view());
  const std::vector<BatchColumns> batches = match_columns(bundle, table);
  std::vector<uint64_t> batch_rows;
  for (const BatchColumns& batch : batches) batch_rows.push_back(batch.num_rows);
  return split_lists(make_sparse_rows(
      batch_rows, plan.num_lists(),
      [&](size_t batch, uint64_t first, uint32_t count, uint32_t, SparseTile* tile) {
        plan.run(batches[batch].columns.data(), first, count, tile);
      }));
}

}  // namespace mainspring
