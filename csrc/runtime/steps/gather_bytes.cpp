// Ids to strings: views of texts in DATA, or of the string that the row had before.
#include "runtime/steps/gather_bytes.hpp"

#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

struct GatherBytes {
  static constexpr StepCode kCode = StepCode::kGatherBytes;
  static constexpr const char* kName = "gather_bytes";

  /// verify_plan() has shown that the ids of the slot are below integers[kCardinality].
  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (record.num_inputs != 1 && record.num_inputs != 2) return kBadRecord;
    if (!has_shape(record, {.num_inputs = record.num_inputs,
                            .num_outputs = 1,
                            .integer_mask = 1u << kCardinality,
                            .data = true})) {
      return kBadRecord;
    }
    const bool keeps = record.num_inputs == 2;
    if (input_type(record, plan) != ValueType::kI32 ||
        output_type(record, plan) != ValueType::kBytes ||
        (keeps && input_type(record, plan, 1) != ValueType::kBytes)) {
      return kBadRecord;
    }
    const uint64_t count = record.integers[kCardinality];
    if (count == 0 || count > record.data_length / sizeof(TextEntry)) return kBadRecord;
    const uint64_t num_bytes = record.data_length - count * sizeof(TextEntry);
    const auto* entries = reinterpret_cast<const TextEntry*>(plan.data + record.data_offset);
    for (uint64_t i = 0; i < count; ++i) {
      const TextEntry& entry = entries[i];
      if (entry.length == kTextMissing || (keeps && entry.length == kTextKept)) {
        if (entry.offset != 0) return kBadRecord;
      } else if (entry.length > num_bytes || entry.offset > num_bytes - entry.length) {
        return kBadRecord;
      }
    }
    return kOkStatus;
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const auto* entries = reinterpret_cast<const TextEntry*>(context.data + record.data_offset);
    const auto* texts = reinterpret_cast<const uint8_t*>(entries + record.integers[kCardinality]);
    // Without a second input no entry asks for it.
    const Tile before = record.num_inputs == 2 ? context.input(record, 1) : in;
    const BytesView* kept = values_of<BytesView>(before);
    const int32_t* ids = values_of<int32_t>(in);
    BytesView* to = values_of<BytesView>(out);
    for (uint32_t word = 0; word < kValidityWords; ++word) {
      uint64_t present = 0;
      for (uint32_t row = word * 64; row < in.num_rows && row < word * 64 + 64; ++row) {
        const TextEntry& entry = entries[ids[row]];
        bool is_present = entry.length != kTextMissing;
        if (entry.length == kTextKept) {
          to[row] = kept[row];
          is_present = is_valid(before.validity, row);
        } else {
          to[row] = {texts + entry.offset, is_present ? entry.length : 0};
        }
        present |= static_cast<uint64_t>(is_present) << (row & 63);
      }
      out.validity[word] = present;
    }
  }
};

}  // namespace

extern constinit const Step kGatherBytesStep = step_of<GatherBytes>();

}  // namespace mainspring
