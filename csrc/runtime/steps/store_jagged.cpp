// The ids of all elements of lists, in their order: values of a jagged array.
#include "runtime/arrow/list_elements.hpp"
#include "runtime/core/hash.hpp"
#include "runtime/core/key_table.hpp"
#include "runtime/steps/find_ids.hpp"
#include "runtime/steps/jagged.hpp"

namespace mainspring {
namespace {

#if !defined(MAINSPRING_SMALL)
uint64_t hash_of(const BytesView& value) { return hash_bytes(value.data, value.length); }
uint64_t hash_of(int64_t value) { return hash_u64(static_cast<uint64_t>(value)); }
uint64_t hash_of(double value) { return hash_u64(number_key(value)); }

/// As the steps hash and hash_bucket make ids of elements behind list_elements.
template <class T>
void hash_ids(const Tile& elements, uint32_t cardinality, int32_t* ids) {
  const T* values = values_of<T>(elements);
  for (uint32_t at = 0; at < elements.num_rows; ++at) {
    const uint64_t hash = is_valid(elements.validity, at) ? hash_of(values[at]) : kMissingHash;
    ids[at] =
        hash == kMissingHash ? 0 : static_cast<int32_t>(hash_bucket(hash, cardinality - 1)) + 1;
  }
}

template <class T>
void store_ids(const StepRecord& record, const StepContext& context, const Tile& lists) {
  SparseTile* tile = context.jagged;
  const auto number = static_cast<uint32_t>(record.integers[0]);
  const auto cardinality = static_cast<uint32_t>(record.integers[kCardinality]);
  int32_t ids[kTileRows];
  for_each_element_block<T, true>(
      lists, *context.kernels,
      [&](const Tile& elements) {
        if (record.data_length == 0) {
          hash_ids<T>(elements, cardinality, ids);
          return;
        }
        find_ids(elements, *context.kernels, context.data + record.data_offset, ids);
        for (uint32_t at = 0; at < elements.num_rows; ++at) {
          if (!is_valid(elements.validity, at)) ids[at] = 0;
        }
      },
      [&](uint32_t row, uint32_t at) {
        if (tile->num_entries == tile->capacity && !make_room(tile, 1)) return;
        tile->entries[tile->num_entries++] = {row, number, static_cast<float>(ids[at])};
      });
}

#endif

struct StoreJagged {
  static constexpr StepCode kCode = StepCode::kStoreJagged;
  static constexpr const char* kName = "store_jagged";
  static constexpr Stores kStores = Stores::kJagged;

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record,
                   {.num_inputs = 1, .num_outputs = 0, .integer_mask = 0b1111, .data = true})) {
      return kBadRecord;
    }
    const ValueType type = input_type(record, plan);
    const uint64_t name_offset = record.integers[1];
    const uint64_t name_length = record.integers[2];
    const uint64_t cardinality = record.integers[kCardinality];
    if (!is_list(type) || name_length == 0 || name_offset > plan.pool_length ||
        name_length > plan.pool_length - name_offset || cardinality < 2 ||
        cardinality > kMaxJaggedIds) {
      return kBadRecord;
    }
    if (record.data_length == 0) return ok_if(record.data_offset == 0);
    const uint8_t* table = plan.data + record.data_offset;
    if (!table_is_sound(table, record.data_length, element_type(type))) return kBadRecord;
    const auto* header = reinterpret_cast<const LookupHeader*>(table);
    return ok_if(uint64_t{header->num_entries} + kFirstEntryId == cardinality);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
#if defined(MAINSPRING_SMALL)
    (void)record, (void)context;  // nobody asks a device for jagged arrays
#else
    if (context.jagged == nullptr) return;
    const Tile lists = context.input(record, 0);
    switch (element_type(lists.type)) {
      case ValueType::kF64: return store_ids<double>(record, context, lists);
      case ValueType::kI64: return store_ids<int64_t>(record, context, lists);
      default: return store_ids<BytesView>(record, context, lists);
    }
#endif
  }
};

}  // namespace

extern constinit const Step kStoreJaggedStep = step_of<StoreJagged>();

}  // namespace mainspring
