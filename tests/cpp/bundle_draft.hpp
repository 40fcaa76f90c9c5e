// A bundle taken apart, changed with a sense for what its fields mean, and put together again with
// true offsets, lengths and checksums: what a reader must find out by its own checks.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "lookup_parts.hpp"
#include "mutate_bytes.hpp"
#include "runtime/bundle/format.hpp"
#include "runtime/core/crc.hpp"
#include "runtime/core/key_table.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {

class BundleDraft {
 public:
  /// `file` is a sound bundle.
  explicit BundleDraft(const std::vector<uint8_t>& file) {
    BundleHeader header;
    std::memcpy(&header, file.data(), sizeof(header));
    for (uint32_t i = 0; i < header.num_sections; ++i) {
      SectionRecord record;
      std::memcpy(&record, file.data() + sizeof(header) + i * sizeof(record), sizeof(record));
      const auto begin = file.begin() + static_cast<int64_t>(record.offset);
      sections_.push_back({record, {begin, begin + static_cast<int64_t>(record.length)}});
    }
    take_plan_apart();
  }

  /// One change to the plan, its payloads, or bytes of the model.
  void mutate(Random& random) {
    switch (below(random, 8)) {
      case 0:
      case 1: mutate_field(random); break;
      case 2: share_slot(random); break;
      case 3: change_cardinality(random); break;
      case 4: move_payload(random); break;
      case 5: fill_lookup(random); break;
      case 6: resize_lookup(random); break;
      default: mutate_model(random);
    }
  }

  /// The sections in any order, DATA often last: what reads behind the last one leaves the file.
  std::vector<uint8_t> file(Random& random) {
    put_plan_together();
    std::shuffle(sections_.begin(), sections_.end(), random);
    if (one_in(random, 2)) {
      std::stable_partition(sections_.begin(), sections_.end(), [](const Section& section) {
        return section.first.type != kSectionData;
      });
    }
    BundleHeader header{};
    std::memcpy(header.magic, kBundleMagic, sizeof(header.magic));
    header.major = kBundleMajor;
    header.minor = kBundleMinor;
    header.num_sections = static_cast<uint32_t>(sections_.size());
    std::vector<uint8_t> bytes(sizeof(header) + sections_.size() * sizeof(SectionRecord));
    for (size_t i = 0; i < sections_.size(); ++i) {
      auto& [record, content] = sections_[i];
      bytes.resize(aligned(bytes.size()));
      record.offset = bytes.size();
      record.length = content.size();
      record.crc = crc32c(content.data(), content.size());
      std::memcpy(bytes.data() + sizeof(header) + i * sizeof(record), &record, sizeof(record));
      bytes.insert(bytes.end(), content.begin(), content.end());
    }
    header.length = bytes.size();
    header.table_crc =
        crc32c(bytes.data() + sizeof(header), sections_.size() * sizeof(SectionRecord));
    header.header_crc = crc32c(reinterpret_cast<const uint8_t*>(&header), sizeof(header));
    std::memcpy(bytes.data(), &header, sizeof(header));
    return bytes;
  }

 private:
  using Section = std::pair<SectionRecord, std::vector<uint8_t>>;

  static uint64_t aligned(uint64_t value) { return (value + 63) & ~uint64_t{63}; }

  std::vector<uint8_t>* find(uint32_t type) {
    for (auto& [record, content] : sections_) {
      if (record.type == type) return &content;
    }
    return nullptr;
  }

  template <class T>
  static void take(const std::vector<uint8_t>& from, uint64_t* at, std::vector<T>* to) {
    std::memcpy(to->data(), from.data() + *at, to->size() * sizeof(T));
    *at = aligned(*at + to->size() * sizeof(T));
  }

  template <class T>
  static void give(const std::vector<T>& from, std::vector<uint8_t>* to) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(from.data());
    to->insert(to->end(), bytes, bytes + from.size() * sizeof(T));
    to->resize(aligned(to->size()));
  }

  void take_plan_apart() {
    const std::vector<uint8_t>& plan = *find(kSectionPlan);
    std::memcpy(&plan_, plan.data(), sizeof(plan_));
    slots_.resize(plan_.num_slots);
    inputs_.resize(plan_.num_inputs);
    steps_.resize(plan_.num_steps);
    outputs_.resize(plan_.num_outputs);
    uint64_t at = sizeof(plan_);
    take(plan, &at, &slots_);
    take(plan, &at, &inputs_);
    take(plan, &at, &steps_);
    take(plan, &at, &outputs_);
  }

  void put_plan_together() {
    std::vector<uint8_t>& plan = *find(kSectionPlan);
    plan.resize(sizeof(plan_));
    std::memcpy(plan.data(), &plan_, sizeof(plan_));
    give(slots_, &plan);
    give(inputs_, &plan);
    give(steps_, &plan);
    give(outputs_, &plan);
  }

  ValueType type_of(uint16_t slot) const {
    return slot < slots_.size() ? slots_[slot] : ValueType{};
  }

  /// Null when none is wanted.
  template <class Wanted>
  StepRecord* find_step(Random& random, Wanted wanted) {
    const uint64_t first = below(random, steps_.size());
    for (uint64_t i = 0; i < steps_.size(); ++i) {
      StepRecord& step = steps_[(first + i) % steps_.size()];
      if (wanted(step)) return &step;
    }
    return nullptr;
  }

  static bool is(const StepRecord& step, StepCode code) {
    return step.code == static_cast<uint32_t>(code);
  }

  /// Of every kind of step that is there as often.
  StepRecord& any_step(Random& random) {
    std::vector<uint32_t> codes;
    for (const StepRecord& step : steps_) {
      if (std::find(codes.begin(), codes.end(), step.code) == codes.end()) {
        codes.push_back(step.code);
      }
    }
    const uint32_t code = codes[below(random, codes.size())];
    return *find_step(random, [&](const StepRecord& step) { return step.code == code; });
  }

  /// The same among steps with a payload; null when there is none.
  StepRecord* any_step_with_payload(Random& random) {
    for (uint32_t trial = 0; trial < 16; ++trial) {
      StepRecord& step = any_step(random);
      if (has_payload(step)) return &step;
    }
    return nullptr;
  }

  /// One field of a step, an input or an output: another value, or that of another record.
  void mutate_field(Random& random) {
    struct Field {
      uint32_t at;
      uint32_t width;
    };
    static constexpr Field kFields[] = {
        {offsetof(StepRecord, code), 4},          {offsetof(StepRecord, num_inputs), 2},
        {offsetof(StepRecord, num_outputs), 2},   {offsetof(StepRecord, inputs), 2},
        {offsetof(StepRecord, inputs) + 2, 2},    {offsetof(StepRecord, outputs), 2},
        {offsetof(StepRecord, numbers), 8},       {offsetof(StepRecord, numbers) + 8, 8},
        {offsetof(StepRecord, integers), 8},      {offsetof(StepRecord, integers) + 8, 8},
        {offsetof(StepRecord, integers) + 16, 8}, {offsetof(StepRecord, integers) + 24, 8},
        {offsetof(StepRecord, data_offset), 8},   {offsetof(StepRecord, data_length), 8}};
    const uint64_t which = below(random, 16);
    if (which == 14) {
      auto* bytes = reinterpret_cast<uint8_t*>(&inputs_[below(random, inputs_.size())]);
      bytes[below(random, 19)] = static_cast<uint8_t>(below(random, 25));
      return;
    }
    if (which == 15) {
      auto* bytes = reinterpret_cast<uint8_t*>(&outputs_[below(random, outputs_.size())]);
      bytes[below(random, 16)] = static_cast<uint8_t>(below(random, 25));
      return;
    }
    const Field field = kFields[which];
    auto* bytes = reinterpret_cast<uint8_t*>(&any_step(random));
    if (one_in(random, 3)) {
      const auto* other = reinterpret_cast<const uint8_t*>(&any_step(random));
      std::memcpy(bytes + field.at, other + field.at, field.width);
      return;
    }
    uint64_t value = 0;
    std::memcpy(&value, bytes + field.at, field.width);
    value = other_value(value, random);
    std::memcpy(bytes + field.at, &value, field.width);
  }

  /// A step reads what another one wrote, of the same type.
  void share_slot(Random& random) {
    for (uint32_t trial = 0; trial < 32; ++trial) {
      StepRecord& reader = any_step(random);
      const StepRecord& writer = any_step(random);
      if (reader.num_inputs == 0 || writer.num_outputs == 0) continue;
      if (type_of(reader.inputs[0]) != type_of(writer.outputs[0])) continue;
      if (reader.inputs[0] == writer.outputs[0]) continue;
      reader.inputs[0] = writer.outputs[0];
      return;
    }
  }

  std::vector<uint8_t> payload_of(const StepRecord& step) {
    const std::vector<uint8_t>& data = *find(kSectionData);
    const auto begin = data.begin() + static_cast<int64_t>(step.data_offset);
    return {begin, begin + static_cast<int64_t>(step.data_length)};
  }

  bool has_payload(const StepRecord& step) {
    const std::vector<uint8_t>* data = find(kSectionData);
    return data != nullptr && step.data_length != 0 && step.data_offset < data->size() &&
           step.data_length <= data->size() - step.data_offset;
  }

  /// Behind all others: what reads too far leaves the section.
  void set_payload(StepRecord& step, const std::vector<uint8_t>& payload) {
    std::vector<uint8_t>& data = *find(kSectionData);
    data.resize(aligned(data.size()));
    step.data_offset = data.size();
    step.data_length = payload.size();
    data.insert(data.end(), payload.begin(), payload.end());
  }

  /// A payload at the end of DATA, as it is or a few bytes longer or shorter.
  void move_payload(Random& random) {
    StepRecord* step = any_step_with_payload(random);
    if (step == nullptr) return;
    std::vector<uint8_t> payload = payload_of(*step);
    constexpr int64_t kChanges[] = {0, -1, 1, -4, -8, -8, 8, -16, 16, -64, 64};
    const int64_t change = kChanges[below(random, std::size(kChanges))];
    const int64_t length = static_cast<int64_t>(payload.size()) + change;
    if (length > 0) payload.resize(static_cast<uint64_t>(length));
    set_payload(*step, payload);
  }

  /// Whoever reads the ids of `writer` is told their number, as a writer of bundles would.
  void state_cardinality(StepRecord& writer, uint64_t cardinality, bool with_payloads) {
    writer.integers[kCardinality] = cardinality;
    const uint16_t slot = writer.outputs[0];
    for (StepRecord* step = &writer + 1; step < steps_.data() + steps_.size(); ++step) {
      if (step->num_inputs == 1 && step->inputs[0] == slot) {
        const bool is_store = is(*step, StepCode::kStore);
        if (is_store && step->integers[0] < outputs_.size()) {
          outputs_[step->integers[0]].cardinality = static_cast<uint32_t>(cardinality);
        } else if (step->integers[kCardinality] != 0) {
          step->integers[kCardinality] = cardinality;
          if (with_payloads && has_payload(*step)) {
            std::vector<uint8_t> payload = payload_of(*step);
            payload.resize(cardinality * sizeof(double));
            set_payload(*step, payload);
          }
        }
      }
      if (step->num_outputs == 1 && step->outputs[0] == slot) return;
    }
  }

  void change_cardinality(Random& random) {
    StepRecord& writer = any_step(random);
    if (writer.num_outputs != 1 || type_of(writer.outputs[0]) != ValueType::kI32) return;
    const uint64_t cardinality = other_value(writer.integers[kCardinality], random);
    state_cardinality(writer, cardinality, cardinality < 4096 && one_in(random, 2));
  }

  /// A step with a lookup table: ids of values, or the features of lists.
  StepRecord* any_lookup(Random& random, LookupParts* parts) {
    const StepCode code = one_in(random, 2) ? StepCode::kLookup : StepCode::kStoreMultiHot;
    StepRecord* step = find_step(random, [&](const StepRecord& s) { return is(s, code); });
    return step != nullptr && has_payload(*step) && parts->take(payload_of(*step)) ? step : nullptr;
  }

  /// Whoever reads what the step makes of its table is told how many entries that has.
  void state_entries(StepRecord& step, uint64_t num_entries, bool with_payloads) {
    if (is(step, StepCode::kLookup)) {
      state_cardinality(step, num_entries + kFirstEntryId, with_payloads);
    } else if (num_entries < kMaxRebuilt && num_entries > step.integers[1]) {
      add_features(step, num_entries - step.integers[1]);
    }
  }

  /// Behind the features that the step stores; the steps behind it store theirs later.
  void add_features(StepRecord& step, uint64_t count) {
    const uint64_t end = step.integers[0] + step.integers[1];
    if (step.integers[1] == 0 || end > outputs_.size() || end < step.integers[1]) return;
    const OutputRecord last = outputs_[end - 1];
    outputs_.insert(outputs_.begin() + static_cast<int64_t>(end), count, last);
    plan_.num_outputs = static_cast<uint32_t>(outputs_.size());
    step.integers[1] += count;
    for (StepRecord* later = &step + 1; later < steps_.data() + steps_.size(); ++later) {
      if (is(*later, StepCode::kStore) || is(*later, StepCode::kStoreOneHot) ||
          is(*later, StepCode::kStoreMultiHot)) {
        later->integers[0] += count;
      }
    }
  }

  /// No empty cell is left for a probe to end at; the header says so or does not.
  void fill_lookup(Random& random) {
    LookupParts parts;
    StepRecord* step = any_lookup(random, &parts);
    if (step == nullptr) return;
    const auto num_cells = static_cast<uint32_t>(parts.cells.size());
    const auto num_known = parts.header.num_entries;
    if (one_in(random, 2)) {  // as many entries as cells, all of them sound
      parts.set_num_entries(num_cells);
      for (uint32_t i = num_known; i < num_cells; ++i) {
        uint8_t* entry = parts.entries.data() + i * parts.entry_bytes;
        const uint64_t word =
            parts.entry_bytes == sizeof(BytesEntry) ? 5 | uint64_t{i} << 8 : random();
        std::memcpy(entry, &word, sizeof(word));
      }
      state_entries(*step, num_cells, true);
    }
    const uint32_t mask = cell_mask(parts.header.num_entries);
    uint32_t number = num_known;
    for (uint32_t& cell : parts.cells) {
      if (cell != 0) continue;
      number = number < parts.header.num_entries ? number + 1 : 1;
      cell = (static_cast<uint32_t>(random()) & ~mask) | number;
    }
    set_payload(*step, parts.payload());
  }

  /// More cells or fewer, entries, or a longer arena, with or without room for them.
  void resize_lookup(Random& random) {
    LookupParts parts;
    StepRecord* step = any_lookup(random, &parts);
    if (step == nullptr) return;
    LookupHeader& header = parts.header;
    switch (below(random, 5)) {
      case 0: header.num_cells = uint64_t{1} << below(random, 64); break;
      case 1:
        header.num_cells = one_in(random, 2) ? header.num_cells * 2 : header.num_cells / 2;
        break;
      case 2: header.arena_length = other_value(header.arena_length, random); break;
      case 3: {  // a cell of no entry
        if (parts.cells.empty()) return;
        uint32_t& cell = parts.cells[below(random, parts.cells.size())];
        cell = static_cast<uint32_t>(other_value(cell, random));
        break;
      }
      default: header.num_entries = static_cast<uint32_t>(other_value(header.num_entries, random));
    }
    if (header.num_cells <= 8192 && one_in(random, 2)) parts.cells.resize(header.num_cells);
    if (header.num_entries <= 8192 && one_in(random, 2)) {
      parts.entries.resize(header.num_entries * parts.entry_bytes);
    }
    if (one_in(random, 3)) {  // the arena takes what is left, whether or not anything is
      const uint64_t room = parts.payload().size() - sizeof(header);
      header.arena_length =
          room - header.num_entries * parts.entry_bytes - header.num_cells * sizeof(uint32_t);
    }
    if (one_in(random, 2)) {
      state_entries(*step, header.num_entries, header.num_entries < kMaxRebuilt);
    }
    set_payload(*step, parts.payload());
  }

  /// A word of the model, small ones as often as large ones: the headers are as likely as all
  /// nodes.
  void mutate_model(Random& random) {
    std::vector<uint8_t>* model = find(kSectionModel);
    if (model == nullptr) return;
    const uint64_t end = one_in(random, 2) ? std::min<uint64_t>(model->size(), 128) : model->size();
    const uint64_t at = below(random, end) & ~uint64_t{3};
    put_word(*model, at, other_value(get_word(*model, at, 4), random), 4);
  }

  std::vector<Section> sections_;
  PlanHeader plan_{};
  std::vector<ValueType> slots_;
  std::vector<InputRecord> inputs_;
  std::vector<StepRecord> steps_;
  std::vector<OutputRecord> outputs_;
};

}  // namespace mainspring
