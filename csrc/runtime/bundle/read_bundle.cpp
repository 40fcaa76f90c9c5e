// Reads a bundle that nobody trusts: framing first (header, table, checksums, gaps), then the plan
// and the model.
#include "runtime/bundle/read_bundle.hpp"

#include <cstddef>

#include "runtime/core/crc.hpp"
#include "runtime/core/memory.hpp"
#include "runtime/core/utf8.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kAlignment = 64;

// Every argument is bounded by the file's length or a cap, so the sum cannot wrap.
constexpr uint64_t align_up(uint64_t value) { return (value + kAlignment - 1) & ~(kAlignment - 1); }

Status bad(Code code, uint64_t index) { return Status{code, index}; }

// The first byte that is not 0 in [from, to), or `to`.
uint64_t first_nonzero(const uint8_t* bytes, uint64_t from, uint64_t to) {
  while (from < to && bytes[from] == 0) ++from;
  return from;
}

struct Sections {
  BytesSpan meta, pool, plan, data, model, labels, profile;
};

// Where a known type goes and which flags it carries; null for an unknown one.
BytesSpan* place_of(uint32_t type, Sections* sections, uint32_t* flags) {
  *flags = kSectionRequired;
  switch (type) {
    case kSectionPool: return &sections->pool;
    case kSectionPlan: return &sections->plan;
    case kSectionData: return &sections->data;
    case kSectionModel: return &sections->model;
    case kSectionLabels: return &sections->labels;
    case kSectionMeta: *flags = 0; return &sections->meta;
    case kSectionProfile: *flags = 0; return &sections->profile;
    default: return nullptr;
  }
}

// Magic, checksum and version come before anything else in the header is believed.
Status read_header(const uint8_t* bytes, uint64_t length, BundleHeader* header) {
  if (length == 0) return bad(Code::kTruncated, 0);
  const uint64_t seen = length < sizeof(kBundleMagic) ? length : sizeof(kBundleMagic);
  if (!same_bytes(bytes, kBundleMagic, seen)) return bad(Code::kForeign, 0);
  if (length < sizeof(BundleHeader)) return bad(Code::kTruncated, length);
  *header = load<BundleHeader>(bytes);
  BundleHeader unsigned_header = *header;
  unsigned_header.header_crc = 0;
  if (crc32c(reinterpret_cast<const uint8_t*>(&unsigned_header), sizeof(BundleHeader)) !=
      header->header_crc) {
    return bad(Code::kBadChecksum, kHeaderChecksum);
  }
  if (header->major > kBundleMajor) return bad(Code::kNewerVersion, header->major);
  constexpr uint64_t kReservedAt = offsetof(BundleHeader, reserved);
  const uint64_t dirty = first_nonzero(bytes, kReservedAt, sizeof(BundleHeader));
  if (dirty != sizeof(BundleHeader)) return bad(Code::kCorrupt, dirty);
  if (header->length > kMaxBundleBytes) {
    return bad(Code::kCorrupt, offsetof(BundleHeader, length));
  }
  if (length < header->length) return bad(Code::kTruncated, length);
  if (length > header->length) return bad(Code::kCorrupt, header->length);
  if (header->num_sections == 0 || header->num_sections > kMaxSections ||
      sizeof(BundleHeader) + header->num_sections * sizeof(SectionRecord) > length) {
    return bad(Code::kCorrupt, offsetof(BundleHeader, num_sections));
  }
  return kOkStatus;
}

// Sections follow one another with the smallest gap that keeps them aligned, so there are no holes
// to hide anything in, and offsets ascend without a further check.
Status read_table(const uint8_t* bytes, uint64_t length, uint32_t num_sections, Sections* sections,
                  uint32_t* fault) {
  uint64_t end = sizeof(BundleHeader) + num_sections * sizeof(SectionRecord);
  for (uint32_t number = 0; number < num_sections; ++number) {
    const uint64_t at = sizeof(BundleHeader) + number * sizeof(SectionRecord);
    const auto record = load<SectionRecord>(bytes + at);
    *fault = 0;
    uint32_t flags = 0;
    BytesSpan* const place = place_of(record.type, sections, &flags);
    if (place == nullptr) {
      if (record.flags == kSectionRequired) {
        *fault = record.type;
        return bad(Code::kNewerVersion, number);
      }
      for (uint32_t other = 0; other < number; ++other) {
        const uint64_t other_at = sizeof(BundleHeader) + other * sizeof(SectionRecord);
        if (load<uint32_t>(bytes + other_at) == record.type) return bad(Code::kCorrupt, at);
      }
    } else if (place->data != nullptr) {
      return bad(Code::kCorrupt, at);
    }
    if (record.flags != flags && (place != nullptr || record.flags != 0)) {
      return bad(Code::kCorrupt, at + offsetof(SectionRecord, flags));
    }
    if (record.reserved != 0) return bad(Code::kCorrupt, at + offsetof(SectionRecord, reserved));
    const uint64_t begin = align_up(end);
    if (record.offset != begin || begin >= length) {
      return bad(Code::kCorrupt, at + offsetof(SectionRecord, offset));
    }
    if (record.length == 0 || record.length > length - begin) {
      return bad(Code::kCorrupt, at + offsetof(SectionRecord, length));
    }
    const uint64_t dirty = first_nonzero(bytes, end, begin);
    if (dirty != begin) return bad(Code::kCorrupt, dirty);
    if (crc32c(bytes + begin, record.length) != record.crc) {
      *fault = record.type;
      return bad(Code::kBadChecksum, number);
    }
    if (place != nullptr) *place = BytesSpan{bytes + begin, record.length};
    end = begin + record.length;
  }
  *fault = 0;
  return end == length ? kOkStatus : bad(Code::kCorrupt, end);
}

bool stores_lists(const PlanView& plan) {
  for (uint32_t i = 0; i < plan.num_steps; ++i) {
    if (plan.steps[i].code == static_cast<uint32_t>(StepCode::kStoreJagged)) return true;
  }
  return false;
}

// Steps may share a payload, and each verifies its own: without a limit a small file could ask for
// a quadratic amount of work.
Status limit_payloads(const PlanView& plan) {
  const uint64_t limit =
      kMaxPayloadUses * plan.data_length + kFreePayloadBytes * uint64_t{plan.num_steps};
  uint64_t total = 0;
  for (uint32_t i = 0; i < plan.num_steps; ++i) {
    const uint64_t length = plan.steps[i].data_length;
    if (length > plan.data_length || length > limit - total) return bad(Code::kCorrupt, i);
    total += length;
  }
  return kOkStatus;
}

// The arrays of PLAN, one after the other; index: the byte in the section, and record numbers from
// verify_plan() on.
Status read_plan(const Sections& sections, PlanView* plan) {
  const BytesSpan& section = sections.plan;
  if (section.length < sizeof(PlanHeader)) return bad(Code::kCorrupt, 0);
  const auto header = load<PlanHeader>(section.data);
  if (header.num_inputs == 0 || header.num_inputs > kMaxPlanInputs || header.num_slots == 0 ||
      header.num_slots > kMaxPlanSlots || header.num_steps == 0 ||
      header.num_steps > kMaxPlanSteps || header.num_outputs > kMaxPlanOutputs ||
      header.flags > kPlanWide) {
    return bad(Code::kCorrupt, 0);
  }
  constexpr uint64_t kReservedAt = offsetof(PlanHeader, reserved);
  if (first_nonzero(section.data, kReservedAt, sizeof(PlanHeader)) != sizeof(PlanHeader)) {
    return bad(Code::kCorrupt, 0);
  }
  const uint64_t slots_at = sizeof(PlanHeader);
  const uint64_t slots_end = slots_at + header.num_slots;
  const uint64_t inputs_at = align_up(slots_end);
  const uint64_t steps_at = inputs_at + header.num_inputs * sizeof(InputRecord);
  const uint64_t outputs_at = steps_at + header.num_steps * sizeof(StepRecord);
  const uint64_t outputs_end = outputs_at + header.num_outputs * sizeof(OutputRecord);
  const uint64_t plan_end = align_up(outputs_end);
  if (section.length != plan_end) return bad(Code::kCorrupt, 0);
  if (first_nonzero(section.data, slots_end, inputs_at) != inputs_at ||
      first_nonzero(section.data, outputs_end, plan_end) != plan_end) {
    return bad(Code::kCorrupt, 0);
  }
  plan->inputs = reinterpret_cast<const InputRecord*>(section.data + inputs_at);
  plan->num_inputs = header.num_inputs;
  plan->slots = reinterpret_cast<const ValueType*>(section.data + slots_at);
  plan->num_slots = header.num_slots;
  plan->steps = reinterpret_cast<const StepRecord*>(section.data + steps_at);
  plan->num_steps = header.num_steps;
  plan->outputs = reinterpret_cast<const OutputRecord*>(section.data + outputs_at);
  plan->num_output_records = header.num_outputs;
  uint64_t num_features = 0;
  for (uint32_t i = 0; i < header.num_outputs; ++i) {
    num_features += num_features_of(plan->outputs[i]);
  }
  if (num_features > kMaxPlanFeatures) return bad(Code::kCorrupt, 0);
  plan->num_features = static_cast<uint32_t>(num_features);
  plan->wide = header.flags == kPlanWide;
  plan->data = sections.data.data;
  plan->data_length = sections.data.length;
  plan->pool = reinterpret_cast<const char*>(sections.pool.data);
  plan->pool_length = sections.pool.length;
  if (header.num_outputs == 0 && !stores_lists(*plan)) return bad(Code::kCorrupt, 0);
  const Status status = limit_payloads(*plan);
  return status.ok() ? verify_plan(*plan) : status;
}

// Ranges of names were verified with the plan; here: no name begins or ends inside a character.
Status read_names(const BytesSpan& pool, const PlanView& plan) {
  const uint64_t dirty = first_bad_utf8(pool.data, pool.length);
  if (dirty != pool.length) return bad(Code::kCorrupt, dirty);
  for (uint32_t i = 0; i < plan.num_inputs; ++i) {
    const InputRecord& input = plan.inputs[i];
    if (!cuts_no_character(pool.data, pool.length, input.name_offset, input.name_length)) {
      return bad(Code::kCorrupt, input.name_offset);
    }
    if (!cuts_no_character(pool.data, pool.length, input.zone_offset, input.zone_length)) {
      return bad(Code::kCorrupt, input.zone_offset);
    }
  }
  for (uint32_t i = 0; i < plan.num_output_records; ++i) {
    const OutputRecord& output = plan.outputs[i];
    if (!cuts_no_character(pool.data, pool.length, output.name_offset, output.name_length)) {
      return bad(Code::kCorrupt, output.name_offset);
    }
  }
  for (uint32_t i = 0; i < plan.num_steps; ++i) {
    const StepRecord& step = plan.steps[i];
    if (step.code != static_cast<uint32_t>(StepCode::kStoreJagged)) continue;
    if (!cuts_no_character(pool.data, pool.length, step.integers[1], step.integers[2])) {
      return bad(Code::kCorrupt, step.integers[1]);
    }
  }
  return kOkStatus;
}

// A model that decides has labels for its classes, and no other bundle has any.
Status read_decision(const BytesSpan& section, BundleView* bundle) {
  const bool decides = bundle->model.model != nullptr &&
                       bundle->model.header->decision != static_cast<uint32_t>(Decision::kNone);
  if (decides != (section.length != 0)) return bad(Code::kCorrupt, 0);
  if (!decides) return kOkStatus;
  return read_labels(section.data, section.length, bundle->model.header->num_classes,
                     &bundle->labels);
}

Status read_contents(const Sections& sections, BundleView* bundle, uint32_t* fault) {
  *fault = kSectionPlan;
  Status status = read_plan(sections, &bundle->plan);
  if (!status.ok()) return status;
  *fault = kSectionPool;
  status = read_names(sections.pool, bundle->plan);
  if (!status.ok()) return status;
  *fault = kSectionModel;
  if (sections.model.length == 0) {
    // Only a model can take float64 features; transforms alone give float32.
    if (bundle->plan.wide) return bad(Code::kCorrupt, 0);
  } else {
    status = open_model(sections.model.data, sections.model.length, &bundle->model);
    if (!status.ok()) return status;
    if (bundle->model.header->num_features != bundle->plan.num_features) {
      return bad(Code::kCorrupt, offsetof(ModelHeader, num_features));
    }
  }
  *fault = kSectionLabels;
  status = read_decision(sections.labels, bundle);
  if (!status.ok()) return status;
  bundle->meta = sections.meta;
  bundle->profile = sections.profile;
  *fault = 0;
  return kOkStatus;
}

}  // namespace

Status read_bundle(const uint8_t* bytes, uint64_t length, BundleView* bundle,
                   uint32_t* fault) noexcept {
  uint32_t ignored = 0;
  if (fault == nullptr) fault = &ignored;
  *fault = 0;
  *bundle = BundleView{};
  if (reinterpret_cast<uintptr_t>(bytes) % kAlignment != 0) return bad(Code::kMisaligned, 0);
  BundleHeader header;
  Status status = read_header(bytes, length, &header);
  if (!status.ok()) return status;
  const uint64_t table_bytes = header.num_sections * sizeof(SectionRecord);
  if (crc32c(bytes + sizeof(BundleHeader), table_bytes) != header.table_crc) {
    return bad(Code::kBadChecksum, kTableChecksum);
  }
  Sections sections{};
  status = read_table(bytes, length, header.num_sections, &sections, fault);
  if (!status.ok()) return status;
  BundleView opened{};
  status = read_contents(sections, &opened, fault);
  if (status.ok()) *bundle = opened;
  return status;
}

}  // namespace mainspring
