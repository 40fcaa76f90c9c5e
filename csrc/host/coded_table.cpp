// Chooses the columns that are worth it, runs their steps over tiles of entries and keeps what rows
// need of them, the features of an entry side by side.
#include "host/coded_table.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "host/bundle_image.hpp"
#include "host/scratch.hpp"
#include "host/thread_pool.hpp"
#include "runtime/arrow/read_codes.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {

namespace {

// To find its numbers costs for each threshold as much as a few rows.
constexpr uint64_t kThresholdsOfRow = 4;
constexpr uint64_t kGroupBytes = 4 << 20;
constexpr uint64_t kBlockEntries = 8 * kTileRows;
// With fewer entries for each row it costs more to see which ones occur than to take all.
constexpr uint64_t kRowsOfEntry = 4;
// More entries than this for each row do not pay even then.
constexpr uint64_t kMaxEntriesOfRow = 8;

bool is_coded(const ColumnView& column) {
  return column.type == ColumnType::kDictionary && column.dictionary->length <= kMaxCodedEntries;
}

/// Chunks of one array share their dictionary.
bool is_same(const ColumnView& a, const ColumnView& b) {
  return a.type == b.type && a.length == b.length && a.offset == b.offset && a.values == b.values &&
         a.bytes == b.bytes && a.validity == b.validity && a.view_buffers == b.view_buffers &&
         a.width == b.width;
}

}  // namespace

class EntryResults {
 public:
  /// `columns` share the dictionary.
  EntryResults(const BundleView& bundle, const CodedInput& input,
               std::span<const EntryTarget> targets, std::vector<const ColumnView*> columns)
      : bundle_(bundle),
        input_(input),
        targets_(targets),
        dictionary_(*columns[0]->dictionary),
        columns_(std::move(columns)) {
    const uint64_t rows = dictionary_.length + 1;
    features_.reset(new float[rows * input.features.size()]);
    for (const KeptSlot& kept : input.kept) {
      slots_.push_back({std::unique_ptr<uint8_t[]>(new uint8_t[rows * value_bytes(type_of(kept))]),
                        std::unique_ptr<uint8_t[]>(new uint8_t[rows])});
      std::fill_n(slots_.back().valid.get(), rows, uint8_t{1});
    }
    for (const EntryTarget& target : targets) {
      found_.emplace_back();
      if (target.is_category) {
        found_.back().places.reset(new uint32_t[rows]());
      } else {
        found_.back().ranks.reset(new uint16_t[rows]());
      }
    }
  }

  const ColumnView& dictionary() const { return dictionary_; }
  uint64_t num_blocks() const { return num_places() / kBlockEntries + 1; }

  uint64_t num_bytes() const {
    uint64_t row = input_.features.size() * sizeof(float);
    for (const KeptSlot& kept : input_.kept) row += value_bytes(type_of(kept)) + 1;
    row += targets_.size() * sizeof(uint32_t);
    return (dictionary_.length + 1) * row;
  }

  /// Before the blocks: finds the entries that occur, where the dictionary is large.
  void choose_entries() {
    uint64_t num_rows = 0;
    for (const ColumnView* column : columns_) num_rows += column->length;
    takes_all_ = dictionary_.length * kRowsOfEntry <= num_rows;
    if (takes_all_) return;
    const auto missing = static_cast<int32_t>(dictionary_.length);
    std::vector<uint8_t> occurs(dictionary_.length + 1);
    int32_t codes[kTileRows];
    for (const ColumnView* column : columns_) {
      for (uint64_t first = 0; first < column->length; first += kTileRows) {
        const auto count =
            static_cast<uint32_t>(std::min<uint64_t>(kTileRows, column->length - first));
        read_codes(*column, first, count, missing, codes);
        for (uint32_t row = 0; row < count; ++row) occurs[static_cast<uint32_t>(codes[row])] = 1;
      }
    }
    for (int32_t entry = 0; entry < missing; ++entry) {
      if (occurs[static_cast<uint32_t>(entry)] != 0) chosen_.push_back(entry);
    }
  }

  /// The last block has the missing row too.
  void fill(uint64_t block, const Kernels& kernels) {
    ColumnView chosen{};
    chosen.type = ColumnType::kDictionary;
    chosen.index_type = ColumnType::kI32;
    chosen.length = chosen_.size();
    chosen.values = chosen_.data();
    chosen.dictionary = &dictionary_;
    const ColumnView& column = takes_all_ ? dictionary_ : chosen;
    const uint64_t first = block * kBlockEntries;
    const uint64_t last = std::min(first + kBlockEntries, num_places());
    for (uint64_t at = first; at < last; at += kTileRows) {
      fill_tile(column, at, std::min<uint64_t>(kTileRows, last - at), kernels,
                [&](uint64_t row) { return place_of(at + row); });
    }
    if (block + 1 < num_blocks()) return;
    ColumnView nothing{};
    nothing.type = ColumnType::kNull;
    nothing.length = 1;
    fill_tile(nothing, 0, 1, kernels, [&](uint64_t) { return dictionary_.length; });
  }

  /// After every block.
  void finish() {
    for (size_t i = 0; i < slots_.size(); ++i) {
      const uint8_t* valid = slots_[i].valid.get();
      const bool all = std::all_of(valid, valid + dictionary_.length + 1,
                                   [](uint8_t flag) { return flag != 0; });
      tables_.push_back({input_.kept[i].row_slot, slots_[i].values.get(), all ? nullptr : valid});
    }
    for (size_t i = 0; i < found_.size(); ++i) {
      entry_ranks_.push_back({targets_[i].number, found_[i].ranks.get(), found_[i].places.get()});
    }
  }

  CodedColumn column() const {
    return {input_.input,
            static_cast<int32_t>(dictionary_.length),
            features_.get(),
            input_.features.data(),
            static_cast<uint32_t>(input_.features.size()),
            tables_.data(),
            static_cast<uint32_t>(tables_.size()),
            entry_ranks_.data(),
            static_cast<uint32_t>(entry_ranks_.size()),
            /*ranks_suffice=*/true};
  }

 private:
  struct Slot {
    std::unique_ptr<uint8_t[]> values;
    std::unique_ptr<uint8_t[]> valid;
  };
  struct Found {
    std::unique_ptr<uint16_t[]> ranks;
    std::unique_ptr<uint32_t[]> places;
  };

  ValueType type_of(const KeptSlot& kept) const { return bundle_.plan.slots[kept.slot]; }

  uint64_t num_places() const { return takes_all_ ? dictionary_.length : chosen_.size(); }
  uint64_t place_of(uint64_t at) const {
    return takes_all_ ? at : static_cast<uint64_t>(chosen_[at]);
  }

  /// Rows [first, first + count) of `column` to entries place(0), place(1), ...
  template <class Place>
  void fill_tile(const ColumnView& column, uint64_t first, uint64_t count, const Kernels& kernels,
                 const Place& place) {
    const PlanView& plan = bundle_.plan;
    const uint64_t slot_bytes = uint64_t{plan.num_slots} * kSlotBytes;
    const uint64_t feature_bytes = uint64_t{plan.num_features} * kTileRows * sizeof(float);
    uint8_t* scratch = thread_scratch(slot_bytes + feature_bytes);
    auto* features = reinterpret_cast<float*>(scratch + slot_bytes);
    const StepContext context{&kernels, &column,    first,         static_cast<uint32_t>(count),
                              scratch,  plan.slots, plan.data,     features,
                              nullptr,  nullptr,    thread_texts()};
    start_texts(context.texts);
    for (size_t step = 0; step < input_.steps.size(); ++step) {
      find_step(input_.steps[step].code)->run(input_.steps[step], context);
      for (size_t i = 0; i < slots_.size(); ++i) {
        if (input_.kept[i].step == step) keep_slot(i, context, place);
      }
    }
    if (context.texts->incomplete) throw std::bad_alloc();
    const uint64_t width = input_.features.size();
    for (uint64_t i = 0; i < width; ++i) {
      const float* values = features + uint64_t{input_.features[i]} * kTileRows;
      for (uint64_t row = 0; row < count; ++row) features_[place(row) * width + i] = values[row];
    }
    for (size_t i = 0; i < targets_.size(); ++i) {
      const uint64_t feature = input_.features[targets_[i].feature];
      find_ranks(i, features + feature * kTileRows, context.num_rows, kernels.level, place);
    }
  }

  template <class Place>
  void find_ranks(size_t i, const float* features, uint32_t num_rows, IsaLevel level,
                  const Place& place) {
    const SlicedView view = program_of(bundle_);
    if (targets_[i].is_category) {
      uint32_t places[kTileRows];
      find_class_places(view, view.categories[targets_[i].number], features, num_rows, places);
      for (uint32_t row = 0; row < num_rows; ++row) found_[i].places[place(row)] = places[row];
      return;
    }
    const SlicedColumn& column = view.columns[targets_[i].number];
    alignas(64) double numbers[kTileRows] = {};
    alignas(64) uint8_t below[kTileRows], above[kTileRows];
    for (uint32_t row = 0; row < num_rows; ++row) numbers[row] = static_cast<double>(features[row]);
    rank_numbers(level,
                 {column, view.thresholds + column.first_threshold, view.cells + column.first_cell},
                 numbers, num_rows, below, above);
    for (uint32_t row = 0; row < num_rows; ++row) {
      found_[i].ranks[place(row)] = static_cast<uint16_t>(below[row] | above[row] << 8);
    }
  }

  template <class Place>
  void keep_slot(size_t i, const StepContext& context, const Place& place) {
    const KeptSlot& kept = input_.kept[i];
    const Tile tile =
        slot_tile(context.scratch, kept.slot, context.slots[kept.slot], context.num_rows);
    const uint64_t width = value_bytes(tile.type);
    const auto* values = static_cast<const uint8_t*>(tile.values);
    for (uint32_t row = 0; row < context.num_rows; ++row) {
      std::copy_n(values + row * width, width, slots_[i].values.get() + place(row) * width);
      slots_[i].valid[place(row)] = is_valid(tile.validity, row) ? 1 : 0;
    }
  }

  const BundleView& bundle_;
  const CodedInput& input_;
  std::span<const EntryTarget> targets_;
  ColumnView dictionary_;
  std::vector<const ColumnView*> columns_;
  bool takes_all_ = true;
  std::vector<int32_t> chosen_;
  std::unique_ptr<float[]> features_;
  std::vector<Slot> slots_;
  std::vector<EntrySlot> tables_;
  std::vector<Found> found_;  // of the targets
  std::vector<EntryRanks> entry_ranks_;
};

namespace {

/// Every block of all of them, on the pool.
void fill(const std::vector<EntryResults*>& results) {
  parallel_for(results.size(), [&](uint64_t item, uint32_t) { results[item]->choose_entries(); });
  std::vector<std::pair<EntryResults*, uint64_t>> blocks;
  for (EntryResults* one : results) {
    for (uint64_t block = 0; block < one->num_blocks(); ++block) blocks.push_back({one, block});
  }
  const Kernels& kernels = process_kernels();
  parallel_for(blocks.size(), [&](uint64_t item, uint32_t) {
    blocks[item].first->fill(blocks[item].second, kernels);
  });
  for (EntryResults* one : results) one->finish();
}

}  // namespace

uint64_t fewest_folded_rows(const BundleView& bundle) noexcept {
  const uint64_t num_thresholds = program_of(bundle).header->num_thresholds;
  const uint64_t rows = (num_thresholds + kThresholdsOfRow - 1) / kThresholdsOfRow;
  return std::max(rows, kFewestCodedRows);
}

CodedTable::CodedTable(const BundleView& bundle, const std::vector<BatchColumns>& batches)
    : original_(bundle), bundle_(bundle), batches_(batches) {
  choose_inputs();
  if (plan_.inputs.empty()) return;
  bundle_.plan.steps = plan_.row_steps.data();
  bundle_.plan.num_steps = static_cast<uint32_t>(plan_.row_steps.size());
  bundle_.plan.slots = plan_.row_slots.data();
  bundle_.plan.num_slots = static_cast<uint32_t>(plan_.row_slots.size());
}

CodedTable::CodedTable(const BundleImage& bundle, const std::vector<BatchColumns>& batches)
    : CodedTable(bundle.view(), batches) {
  uint64_t num_rows = 0;
  for (const BatchColumns& batch : batches) num_rows += batch.num_rows;
  if (!has_ranked_features(original_) || num_rows < kFewestCodedRows) return;
  const bool pays = num_rows >= fewest_folded_rows(original_);
  auto ranked =
      std::make_unique<RankedTable>(bundle_, plan_.inputs, pays ? bundle.ranked_forest() : nullptr);
  if (ranked->is_useful()) ranked_ = std::move(ranked);
}

CodedTable::~CodedTable() = default;

uint64_t CodedTable::scratch_bytes() const {
  return mainspring::scratch_bytes(bundle_) + (ranked_ == nullptr ? 0 : ranked_bytes(*ranked()));
}

/// Strings behind a dictionary in every batch, whose entries are not many more than rows.
void CodedTable::choose_inputs() {
  const PlanView& plan = original_.plan;
  uint64_t num_rows = 0;
  for (const BatchColumns& batch : batches_) num_rows += batch.num_rows;
  if (plan.wide || num_rows < kFewestCodedRows) return;
  std::vector<bool> coded(plan.num_inputs, false);
  bool any = false;
  for (uint32_t input = 0; input < plan.num_inputs; ++input) {
    if (plan.inputs[input].kind != static_cast<uint8_t>(InputKind::kBytes)) continue;
    uint64_t num_entries = 0;
    const ColumnView* last = nullptr;
    const bool all = std::all_of(batches_.begin(), batches_.end(), [&](const BatchColumns& batch) {
      const ColumnView& column = batch.columns[input];
      if (!is_coded(column)) return false;
      if (last == nullptr || !is_same(*last, *column.dictionary)) {
        num_entries += column.dictionary->length;
      }
      last = column.dictionary;
      return true;
    });
    coded[input] = all && num_entries <= num_rows * kMaxEntriesOfRow;
    any = any || coded[input];
  }
  if (any) plan_ = code_plan(plan, std::move(coded));
}

std::shared_ptr<EntryResults> CodedTable::results_of(size_t batch, size_t i,
                                                     const Batch* before) const {
  const CodedInput& input = plan_.inputs[i];
  const ColumnView& dictionary = *batches_[batch].columns[input.input].dictionary;
  if (before != nullptr && is_same(before->results[i]->dictionary(), dictionary)) {
    return before->results[i];
  }
  std::vector<const ColumnView*> columns;
  for (size_t at = batch; at < batches_.size(); ++at) {
    const ColumnView& column = batches_[at].columns[input.input];
    if (!is_same(*column.dictionary, dictionary)) break;
    columns.push_back(&column);
  }
  std::span<const EntryTarget> targets;
  if (ranked_ != nullptr) targets = ranked_->targets(i);
  return std::make_shared<EntryResults>(original_, input, targets, std::move(columns));
}

size_t CodedTable::prepare(size_t first) {
  if (plan_.inputs.empty()) return batches_.size();
  Batch before;
  if (!group_.empty()) before = std::move(group_.back());
  group_.clear();
  group_first_ = first;
  std::vector<EntryResults*> fresh;
  uint64_t num_bytes = 0;
  for (size_t at = first; at < batches_.size(); ++at) {
    if (at != first && num_bytes >= kGroupBytes) break;
    const Batch* last = at != first ? &group_.back() : before.results.empty() ? nullptr : &before;
    Batch batch;
    for (size_t i = 0; i < plan_.inputs.size(); ++i) {
      batch.results.push_back(results_of(at, i, last));
      if (last != nullptr && last->results[i] == batch.results[i]) continue;
      fresh.push_back(batch.results[i].get());
      num_bytes += fresh.back()->num_bytes();
    }
    group_.push_back(std::move(batch));
  }
  fill(fresh);
  for (Batch& batch : group_) {
    for (const auto& results : batch.results) batch.columns.push_back(results->column());
  }
  return first + group_.size();
}

CodedColumns CodedTable::columns(size_t batch) const {
  if (plan_.inputs.empty()) return {};
  const std::vector<CodedColumn>& columns = group_[batch - group_first_].columns;
  return {columns.data(), static_cast<uint32_t>(columns.size())};
}

}  // namespace mainspring
