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

#if !defined(MAINSPRING_SMALL)
// A small payload lies in the cache anyway.
constexpr uint64_t kLeastAskedFor = 32768;
// As many rows as the kernels look up side by side.
constexpr uint32_t kAskedRows = 128;

/// The gather that reads these ids next, if one does and its payload is large; else null.
const StepRecord* large_gather(const StepRecord& record, const StepContext& context) {
  if (context.end == nullptr || context.num_rows < kAskedRows) return nullptr;
  const StepRecord* const next = &record + 1;
  const bool gathers = next != context.end &&
                       next->code == static_cast<uint32_t>(StepCode::kGather) &&
                       next->inputs[0] == record.outputs[0] && next->data_length >= kLeastAskedFor;
  return gathers ? next : nullptr;
}

/// Ids, and the values that a gather will read by them asked for while the next rows are looked up.
void find_ids_of(const StepRecord& gather, const Tile& in, const StepContext& context,
                 const uint8_t* table, int32_t* ids) {
  const auto* payload = reinterpret_cast<const double*>(context.data + gather.data_offset);
  for (uint32_t first = 0; first < in.num_rows; first += kAskedRows) {
    const uint32_t left = in.num_rows - first;
    Tile group = in;
    group.values = static_cast<uint8_t*>(in.values) + uint64_t{first} * value_bytes(in.type);
    group.num_rows = left < kAskedRows ? left : kAskedRows;
    find_ids(group, *context.kernels, table, ids + first);
    for (uint32_t row = first; row < first + group.num_rows; ++row) {
      __builtin_prefetch(payload + ids[row]);
    }
  }
}
#endif

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
    const uint8_t* const table = context.data + record.data_offset;
#if defined(MAINSPRING_SMALL)
    find_ids(in, *context.kernels, table, to);
#else
    const StepRecord* const gather = large_gather(record, context);
    if (gather != nullptr) {
      find_ids_of(*gather, in, context, table, to);
    } else {
      find_ids(in, *context.kernels, table, to);
    }
#endif
    mark_missing(in, to);
    set_all_valid(out);
  }
};

}  // namespace

extern constinit const Step kLookupStep = step_of<Lookup>();

}  // namespace mainspring
