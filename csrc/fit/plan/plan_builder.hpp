// Writes a plan: slots, step records, payloads and names, as the sections POOL, PLAN and DATA of a
// bundle.
#pragma once
#include <array>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fit/plan/zone_table.hpp"
#include "fit/write_bundle.hpp"
#include "runtime/steps/step.hpp"

namespace mainspring {

/// A tile that an earlier step has written.
struct Slot {
  uint16_t number;
  ValueType type;
};

struct DataRange {
  uint64_t offset;
  uint64_t length;
};

/// What a feature is called and what its numbers mean.
struct FeatureInfo {
  std::string name;
  FeatureKind kind = FeatureKind::kNumber;
  bool categorical = false;
  uint32_t cardinality = 0;
  uint32_t count = 1;  // of features; more than one are called name_0, name_1, ...
};

class KeyIndex;

/// The order in which a lookup has counted keys, and its table in DATA: for the next operator that
/// counts the same keys of the same column.
struct Vocabulary {
  const KeyIndex* keys;
  uint64_t min_count;
  uint64_t max_size;
  std::vector<uint64_t> counts;
  std::vector<uint32_t> order;
  std::optional<DataRange> table;
};

class PlanBuilder {
 public:
  /// `wide`: features are float64 (a model without transforms).
  explicit PlanBuilder(bool wide = false) : wide_(wide) {}
  /// For operators that ask for the tables of zones. `missing`: a plan that is only looked at; the
  /// names that zone_table() does not know go there.
  explicit PlanBuilder(ZoneTables zones, std::vector<std::string>* missing = nullptr)
      : zones_(std::move(zones)), missing_zones_(missing) {}

  /// The input's number; the same name and kind give the same input.
  uint32_t add_input(std::string_view name, InputKind kind, TimeUnit unit,
                     std::string_view time_zone, ColumnType fitted);
  /// A slot with the input's tile, of numbers with NaN as a value on demand; loading twice in one
  /// way gives the first slot again while it is alive.
  Slot load(uint32_t input, bool keeps_nan = false);
  Slot new_slot(ValueType type);
  /// Ends one use of a slot; after the last one its memory may be used again by later steps. load,
  /// new_slot and emit_shared each give a slot for one use.
  void release(Slot slot);
  /// Payload bytes at a multiple of 64 in DATA; equal payloads are stored once.
  DataRange add_data(Payload bytes);
  DataRange add_data(std::span<const uint8_t> bytes);
  /// The table of a zone, for a payload; null where local time is UTC, and for "", no zone. Throws
  /// Error(kParameter) for one that is not known.
  std::shared_ptr<const std::vector<uint8_t>> zone_table(const std::string& name);
  void emit(const StepRecord& record);
  /// Emits a record of one input, whose output it chooses; the same record over the same tile gives
  /// the first one's output again, as long as that tile is alive.
  Slot emit_shared(StepRecord record, ValueType type);
  /// Makes the slot (f64, f32 or i32) the next feature.
  void store(Slot slot, const FeatureInfo& info);
  /// Makes the ids of the slot (i32) the next features, those of `infos`. places: for each
  /// id 1 + its feature, or 0; none: each id is a feature.
  void store_one_hot(Slot slot, std::span<const uint32_t> places,
                     std::span<const FeatureInfo> infos);
  /// Makes the entries of the lookup table in DATA the next features, 1 where the slot's lists hold
  /// them. missing, unseen: 1 + the feature of missing lists and of other elements, or 0.
  void store_multi_hot(Slot slot, DataRange table, uint32_t missing, uint32_t unseen,
                       std::span<const FeatureInfo> infos);
  /// Makes the n-grams of the slot's texts the next features, those of `infos`, by a record
  /// that lacks the slot and the first feature.
  void store_ngrams(Slot slot, StepRecord record, std::span<const FeatureInfo> infos);

  /// Makes the ids that `table`, or hashing, makes of the elements of the slot's lists the next
  /// list of the plan; `info` says its name and how many ids there are.
  void store_jagged(Slot slot, std::optional<DataRange> table, const FeatureInfo& info);

  uint32_t num_features() const { return num_features_; }
  /// What has been built so far, to run while fitting; valid until the next change.
  PlanView view();
  /// Those that this plan's operators have put in order, while they compile.
  std::list<Vocabulary>& vocabularies() { return vocabularies_; }
  /// Fills pool, plan and data of `parts`. The builder ends with it.
  void finish(BundleParts* parts);

 private:
  void add_output(const FeatureInfo& info);

  bool wide_ = false;
  ZoneTables zones_;
  std::vector<std::string>* missing_zones_ = nullptr;
  std::vector<InputRecord> inputs_;
  std::unordered_map<uint64_t, uint32_t> input_numbers_;  // by name and kind
  std::vector<std::array<int32_t, 2>> loaded_;  // slot of each input, without and with NaN; or -1
  std::vector<ValueType> slots_;
  std::vector<uint32_t> slot_uses_;  // 0: free
  std::vector<StepRecord> shared_;   // of emit_shared, while their input is alive
  std::vector<StepRecord> steps_;
  std::vector<OutputRecord> outputs_;
  uint32_t num_features_ = 0;
  uint32_t num_jagged_ = 0;
  std::vector<uint8_t> pool_;
  std::unordered_map<std::string, uint32_t> names_;  // offset in the pool
  DataSection data_;
  std::unordered_multimap<uint64_t, DataRange> payloads_;  // by fingerprint
  std::list<Vocabulary> vocabularies_;
};

/// A plan that hands the named columns to a model unchanged, as float64.
void build_wide_plan(std::span<const std::string> feature_names, BundleParts* parts);

}  // namespace mainspring
