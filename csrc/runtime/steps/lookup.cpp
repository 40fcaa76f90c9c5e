// Values to vocabulary ids through the hash table in DATA: missing 0, unseen 1, entries from 2.
#include "runtime/core/key_table.hpp"
#include "runtime/steps/find_ids.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

/// Missing rows, whatever was looked up for them, have their own id.
void mark_missing(const Tile& in, int32_t* ids) {
  for (uint32_t word = 0; word * 64 < in.num_rows; ++word) {
    uint64_t bits = ~in.validity[word] & all_valid_word(in.num_rows, word);
    for (; bits != 0; bits &= bits - 1) {
      ids[word * 64 + static_cast<uint32_t>(__builtin_ctzll(bits))] = kMissingId;
    }
  }
}

struct Lookup {
  static constexpr StepCode kCode = StepCode::kLookup;
  static constexpr const char* kName = "lookup";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1,
                            .num_outputs = 1,
                            .integer_mask = 1u << kCardinality,
                            .data = true})) {
      return kBadRecord;
    }
    const ValueType type = input_type(record, plan);
    if ((type != ValueType::kBytes && type != ValueType::kI64 && type != ValueType::kF64) ||
        output_type(record, plan) != ValueType::kI32) {
      return kBadRecord;
    }
    const uint8_t* data = plan.data + record.data_offset;
    if (!table_is_sound(data, record.data_length, type)) return kBadRecord;
    const uint64_t num_entries = reinterpret_cast<const LookupHeader*>(data)->num_entries;
    return ok_if(record.integers[kCardinality] == num_entries + kFirstEntryId);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    int32_t* to = values_of<int32_t>(out);
    find_ids(in, *context.kernels, context.data + record.data_offset, to);
    mark_missing(in, to);
    set_all_valid(out);
  }
};

}  // namespace

extern constinit const Step kLookupStep = step_of<Lookup>();

}  // namespace mainspring
