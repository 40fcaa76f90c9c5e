// Lists straight to a range of features: 1 in the feature of each element that a row's list holds,
// 0 in the others. Elements are looked up a tile at a time where they lie; no list of ids is made.
#include "runtime/arrow/list_elements.hpp"
#include "runtime/core/key_table.hpp"
#include "runtime/steps/find_ids.hpp"
#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/store_features.hpp"

namespace mainspring {
namespace {

/// Where ids go: 1 + a feature counted from the first, or 0: nowhere.
struct Places {
  uint64_t unseen;
  uint64_t missing;

  uint64_t of_id(int32_t id) const {
    return id == kUnseenId ? unseen : static_cast<uint64_t>(id - kFirstEntryId) + 1;
  }
};

template <class Emit>
void for_each_element_entry(const Tile& lists, const Kernels& kernels, const uint8_t* table,
                            const Places& places, const Emit& emit) {
  int32_t ids[kTileRows];
  const auto on_block = [&](const Tile& elements) { find_ids(elements, kernels, table, ids); };
  const auto body = [&](uint32_t row, uint32_t at) {
    const uint64_t place = places.of_id(ids[at]);
    if (place != 0) emit(row, place - 1, 1.0f);
  };
#if defined(MAINSPRING_SMALL)
  for_each_element_of_any_type(lists, kernels, on_block, body);
#else
  switch (element_type(lists.type)) {
    case ValueType::kF64: return for_each_element_block<double>(lists, kernels, on_block, body);
    case ValueType::kI64: return for_each_element_block<int64_t>(lists, kernels, on_block, body);
    default: return for_each_element_block<BytesView>(lists, kernels, on_block, body);
  }
#endif
}

struct StoreMultiHot {
  static constexpr StepCode kCode = StepCode::kStoreMultiHot;
  static constexpr const char* kName = "store_multi_hot";
  static constexpr Stores kStores = Stores::kMany;
  static constexpr Repeats kRepeats = Repeats::kOnce;

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record,
                   {.num_inputs = 1, .num_outputs = 0, .integer_mask = 0b1111, .data = true})) {
      return kBadRecord;
    }
    const ValueType type = input_type(record, plan);
    const uint64_t num_features = record.integers[1];
    if (!is_list(type) || !has_features(plan, record.integers[0], num_features) ||
        record.integers[2] > num_features || record.integers[3] > num_features) {
      return kBadRecord;
    }
    const uint8_t* table = plan.data + record.data_offset;
    if (!table_is_sound(table, record.data_length, element_type(type))) return kBadRecord;
    return ok_if(reinterpret_cast<const LookupHeader*>(table)->num_entries <= num_features);
  }

  template <class Emit>
  static void for_each_entry(const StepRecord& record, const StepContext& context, Emit emit) {
    const Tile lists = context.input(record, 0);
    const Kernels& kernels = *context.kernels;
    const uint8_t* table = context.data + record.data_offset;
    const Places places{record.integers[2], record.integers[3]};
    for (uint32_t row = 0; places.missing != 0 && row < context.num_rows; ++row) {
      if (!is_valid(lists.validity, row)) emit(row, places.missing - 1, 1.0f);
    }
    for_each_element_entry(lists, kernels, table, places, emit);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    store_features<StoreMultiHot>(record, context);
  }
};

}  // namespace

extern constinit const Step kStoreMultiHotStep = step_of<StoreMultiHot>();

}  // namespace mainspring
