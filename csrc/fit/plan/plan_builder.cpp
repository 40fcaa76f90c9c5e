// The one place where plans are written; equal names and equal payloads are stored once.
#include "fit/plan/plan_builder.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "host/error.hpp"
#include "runtime/arrow/decode_tile.hpp"
#include "runtime/bundle/format.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/steps/jagged.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {

namespace {

/// A name in the pool; equal names are stored once.
uint32_t intern(std::string_view name, std::vector<uint8_t>* pool,
                std::unordered_map<std::string, uint32_t>* known) {
  const auto [entry, added] = known->try_emplace(std::string(name), pool->size());
  if (added) pool->insert(pool->end(), name.begin(), name.end());
  return entry->second;
}

template <class T>
void append_padded(std::vector<uint8_t>* to, const std::vector<T>& records) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(records.data());
  to->insert(to->end(), bytes, bytes + records.size() * sizeof(T));
  to->resize((to->size() + 63) / 64 * 64);
}

void check_room(uint64_t count, uint64_t limit, const char* what) {
  if (count < limit) return;
  throw Error(ErrorKind::kParameter, "The plan needs more than " + std::to_string(limit) + " " +
                                         what + "; split it into several preprocessors.");
}

uint32_t count_features(std::span<const FeatureInfo> infos) {
  uint64_t count = 0;
  for (const FeatureInfo& info : infos) count += info.count;
  check_room(count, kMaxPlanFeatures, "features");
  return static_cast<uint32_t>(count);
}

/// Tells payloads apart; of a large one, some parts: those that agree are compared anyway.
uint64_t fingerprint(std::span<const uint8_t> bytes) {
  constexpr size_t kPart = 1024;
  constexpr size_t kParts = 4;
  if (bytes.size() <= kPart * kParts) return hash_bytes(bytes.data(), bytes.size());
  uint64_t hashes[kParts];
  for (size_t i = 0; i < kParts; ++i) {
    hashes[i] = hash_bytes(bytes.data() + i * (bytes.size() - kPart) / (kParts - 1), kPart);
  }
  return hash_bytes(reinterpret_cast<const uint8_t*>(hashes), sizeof hashes) ^ bytes.size();
}

}  // namespace

uint32_t PlanBuilder::add_input(std::string_view name, InputKind kind, TimeUnit unit,
                                std::string_view time_zone, ColumnType fitted) {
  InputRecord record{};
  record.name_offset = intern(name, &pool_, &names_);
  record.name_length = static_cast<uint32_t>(name.size());
  record.zone_offset = time_zone.empty() ? 0 : intern(time_zone, &pool_, &names_);
  record.zone_length = static_cast<uint32_t>(time_zone.size());
  record.kind = static_cast<uint8_t>(kind);
  record.unit = static_cast<uint8_t>(unit);
  record.fitted_type = static_cast<uint8_t>(fitted);
  // Each name lies in the pool once; only the empty one may lie where another begins.
  const uint64_t key = uint64_t{record.name_offset} << 9 | uint64_t{record.kind} << 1 |
                       (record.name_length == 0 ? 1 : 0);
  const auto known = input_numbers_.find(key);
  if (known != input_numbers_.end()) return known->second;
  check_room(inputs_.size(), kMaxPlanInputs, "inputs");
  input_numbers_.emplace(key, static_cast<uint32_t>(inputs_.size()));
  inputs_.push_back(record);
  loaded_.push_back({-1, -1});
  return static_cast<uint32_t>(inputs_.size() - 1);
}

Slot PlanBuilder::load(uint32_t input, bool keeps_nan) {
  const InputRecord& record = inputs_[input];
  const auto kind = static_cast<InputKind>(record.kind);
  const ValueType type = value_type_of(kind);
  int32_t& loaded = loaded_[input][keeps_nan ? 1 : 0];
  if (loaded >= 0) {
    ++slot_uses_[static_cast<uint32_t>(loaded)];
    return Slot{static_cast<uint16_t>(loaded), type};
  }
  const Slot slot = new_slot(type);
  loaded = slot.number;
  emit(load_record(input, kind, static_cast<TimeUnit>(record.unit), slot.number, keeps_nan));
  return slot;
}

Slot PlanBuilder::new_slot(ValueType type) {
  for (uint32_t i = 0; i < slots_.size(); ++i) {
    if (slot_uses_[i] == 0 && slots_[i] == type) {
      slot_uses_[i] = 1;
      return Slot{static_cast<uint16_t>(i), type};
    }
  }
  check_room(slots_.size(), kMaxPlanSlots, "slots");
  slots_.push_back(type);
  slot_uses_.push_back(1);
  return Slot{static_cast<uint16_t>(slots_.size() - 1), type};
}

void PlanBuilder::release(Slot slot) {
  if (--slot_uses_[slot.number] > 0) return;
  for (std::array<int32_t, 2>& loaded : loaded_) {
    std::replace(loaded.begin(), loaded.end(), int32_t{slot.number}, -1);
  }
  // What was computed from this tile may not be found again either.
  for (size_t i = 0; i < shared_.size();) {
    if (shared_[i].inputs[0] != slot.number) {
      ++i;
      continue;
    }
    const uint16_t out = shared_[i].outputs[0];
    shared_.erase(shared_.begin() + static_cast<ptrdiff_t>(i));
    release(Slot{out, slots_[out]});
    i = 0;
  }
}

DataRange PlanBuilder::add_data(std::span<const uint8_t> bytes) {
  return add_data(Payload(bytes.begin(), bytes.end()));
}

DataRange PlanBuilder::add_data(Payload bytes) {
  const uint64_t hash = fingerprint(bytes);
  const auto [first, last] = payloads_.equal_range(hash);
  for (auto known = first; known != last; ++known) {
    const DataRange range = known->second;
    const std::span<const uint8_t> payload = data_.payload(range.offset, range.length);
    if (std::equal(payload.begin(), payload.end(), bytes.begin(), bytes.end())) return range;
  }
  const uint64_t length = bytes.size();
  const DataRange range{data_.add(std::move(bytes)), length};
  payloads_.emplace(hash, range);
  return range;
}

std::shared_ptr<const std::vector<uint8_t>> PlanBuilder::zone_table(const std::string& name) {
  if (name.empty()) return nullptr;
  const auto zone = zones_.find(name);
  if (zone != zones_.end()) return zone->second;
  if (missing_zones_ == nullptr) {
    throw Error(ErrorKind::kParameter, "No transitions are known for time zone '" + name + "'.")
        .got(name);
  }
  if (std::find(missing_zones_->begin(), missing_zones_->end(), name) == missing_zones_->end()) {
    missing_zones_->push_back(name);
  }
  return nullptr;
}

void PlanBuilder::emit(const StepRecord& record) {
  check_room(steps_.size(), kMaxPlanSteps, "steps");
  steps_.push_back(record);
}

Slot PlanBuilder::emit_shared(StepRecord record, ValueType type) {
  for (const StepRecord& known : shared_) {
    record.outputs[0] = known.outputs[0];
    if (std::memcmp(&record, &known, sizeof(record)) != 0) continue;
    ++slot_uses_[known.outputs[0]];
    return Slot{known.outputs[0], type};
  }
  const Slot slot = new_slot(type);
  ++slot_uses_[slot.number];  // one use for the caller, one for those who come later
  record.outputs[0] = slot.number;
  emit(record);
  shared_.push_back(record);
  return slot;
}

void PlanBuilder::store(Slot slot, const FeatureInfo& info) {
  emit(store_record(slot.number, num_features_));
  add_output(info);
}

void PlanBuilder::store_one_hot(Slot slot, std::span<const uint32_t> places,
                                std::span<const FeatureInfo> infos) {
  DataRange data{};
  if (!places.empty()) {
    data = add_data({reinterpret_cast<const uint8_t*>(places.data()), places.size_bytes()});
  }
  const uint32_t num_features = count_features(infos);
  emit(store_one_hot_record(slot.number, num_features_, num_features,
                            places.empty() ? num_features : places.size(), !places.empty(),
                            data.offset));
  for (const FeatureInfo& info : infos) add_output(info);
}

void PlanBuilder::store_multi_hot(Slot slot, DataRange table, uint32_t missing, uint32_t unseen,
                                  std::span<const FeatureInfo> infos) {
  emit(store_multi_hot_record(slot.number, num_features_, count_features(infos), unseen, missing,
                              table.offset, table.length));
  for (const FeatureInfo& info : infos) add_output(info);
}

void PlanBuilder::store_ngrams(Slot slot, StepRecord record, std::span<const FeatureInfo> infos) {
  record.inputs[0] = slot.number;
  record.integers[0] = num_features();
  emit(record);
  for (const FeatureInfo& info : infos) add_output(info);
}

void PlanBuilder::store_jagged(Slot slot, std::optional<DataRange> table, const FeatureInfo& info) {
  const uint32_t name = intern(info.name, &pool_, &names_);
  const DataRange data = table.value_or(DataRange{0, 0});
  emit(store_jagged_record(slot.number, num_jagged_++, name,
                           static_cast<uint32_t>(info.name.size()), info.cardinality, data.offset,
                           data.length));
}

void PlanBuilder::add_output(const FeatureInfo& info) {
  check_room(outputs_.size(), kMaxPlanOutputs, "features");
  OutputRecord record{};
  record.name_offset = intern(info.name, &pool_, &names_);
  record.name_length = static_cast<uint32_t>(info.name.size());
  record.kind = static_cast<uint8_t>(info.kind);
  record.categorical = info.categorical ? 1 : 0;
  record.cardinality = info.cardinality;
  record.num_features = info.count == 1 ? 0 : info.count;
  check_room(info.count - 1, kMaxPlanFeatures - num_features_, "features");
  outputs_.push_back(record);
  num_features_ += info.count;
}

PlanView PlanBuilder::view() {
  PlanView view{};
  view.inputs = inputs_.data();
  view.num_inputs = static_cast<uint32_t>(inputs_.size());
  view.slots = slots_.data();
  view.num_slots = static_cast<uint32_t>(slots_.size());
  view.steps = steps_.data();
  view.num_steps = static_cast<uint32_t>(steps_.size());
  view.outputs = outputs_.data();
  view.num_output_records = static_cast<uint32_t>(outputs_.size());
  view.num_features = num_features_;
  view.wide = wide_;
  view.data = data_.joined();
  view.data_length = data_.length();
  view.pool = reinterpret_cast<const char*>(pool_.data());
  view.pool_length = pool_.size();
  return view;
}

void PlanBuilder::finish(BundleParts* parts) {
  parts->pool = std::move(pool_);
  parts->data = std::move(data_);
  PlanHeader header{};
  header.num_inputs = static_cast<uint32_t>(inputs_.size());
  header.num_slots = static_cast<uint32_t>(slots_.size());
  header.num_steps = static_cast<uint32_t>(steps_.size());
  header.num_outputs = static_cast<uint32_t>(outputs_.size());
  header.flags = wide_ ? kPlanWide : 0;
  parts->plan.clear();
  append_padded(&parts->plan, std::vector<PlanHeader>{header});
  append_padded(&parts->plan, slots_);
  append_padded(&parts->plan, inputs_);
  append_padded(&parts->plan, steps_);
  append_padded(&parts->plan, outputs_);
}

void build_wide_plan(std::span<const std::string> feature_names, BundleParts* parts) {
  PlanBuilder builder(true);
  for (const std::string& name : feature_names) {
    const uint32_t input =
        builder.add_input(name, InputKind::kFloat, TimeUnit::kNone, "", ColumnType::kF64);
    const Slot slot = builder.load(input);
    builder.store(slot, FeatureInfo{name});
    builder.release(slot);
  }
  builder.finish(parts);
}

}  // namespace mainspring
