// Lists straight to a range of features: 1 in the feature of each element that a row's list holds,
// 0 in the others. Elements are looked up a tile at a time where they lie; no list of ids is made.
#include "runtime/arrow/list_elements.hpp"
#include "runtime/core/key_table.hpp"
#include "runtime/core/memory.hpp"
#include "runtime/steps/find_ids.hpp"
#include "runtime/steps/record_shape.hpp"

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

template <class Key, class T>
void write_elements(const Tile& lists, const Kernels& kernels, const uint8_t* table,
                    const Places& places, T* features) {
  int32_t ids[kTileRows];
  for_each_element_block<Key>(
      lists, kernels, [&](const Tile& elements) { find_ids(elements, kernels, table, ids); },
      [&](uint32_t row, uint32_t at) {
        const uint64_t place = places.of_id(ids[at]);
        if (place != 0) features[(place - 1) * kTileRows + row] = 1;
      });
}

template <class T>
void write_ones(const Tile& lists, const Kernels& kernels, const uint8_t* table,
                const Places& places, uint64_t num_features, T* features) {
  for (uint64_t feature = 0; feature < num_features; ++feature) {
    fill_zero(features + feature * kTileRows, lists.num_rows * sizeof(T));
  }
  if (places.missing != 0) {
    T* missing = features + (places.missing - 1) * kTileRows;
    for (uint32_t row = 0; row < lists.num_rows; ++row) {
      missing[row] = is_valid(lists.validity, row) ? 0 : 1;
    }
  }
  switch (element_type(lists.type)) {
    case ValueType::kF64: return write_elements<double>(lists, kernels, table, places, features);
    case ValueType::kI64: return write_elements<int64_t>(lists, kernels, table, places, features);
    default: return write_elements<BytesView>(lists, kernels, table, places, features);
  }
}

struct StoreMultiHot {
  static constexpr StepCode kCode = StepCode::kStoreMultiHot;
  static constexpr const char* kName = "store_multi_hot";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record,
                   {.num_inputs = 1, .num_outputs = 0, .integer_mask = 0b1111, .data = true})) {
      return kBadRecord;
    }
    const ValueType type = input_type(record, plan);
    const uint64_t first = record.integers[0];
    const uint64_t num_features = record.integers[1];
    if (!is_list(type) || num_features == 0 || first >= plan.num_outputs ||
        num_features > plan.num_outputs - first || record.integers[2] > num_features ||
        record.integers[3] > num_features) {
      return kBadRecord;
    }
    const uint8_t* table = plan.data + record.data_offset;
    if (!table_is_sound(table, record.data_length, element_type(type))) return kBadRecord;
    return ok_if(reinterpret_cast<const LookupHeader*>(table)->num_entries <= num_features);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile lists = context.input(record, 0);
    const uint8_t* table = context.data + record.data_offset;
    const uint64_t first = record.integers[0] * kTileRows;
    const uint64_t num_features = record.integers[1];
    const Places places{record.integers[2], record.integers[3]};
    if (context.features != nullptr) {
      write_ones(lists, *context.kernels, table, places, num_features, context.features + first);
    } else {
      write_ones(lists, *context.kernels, table, places, num_features,
                 context.wide_features + first);
    }
  }
};

}  // namespace

extern constinit const Step kStoreMultiHotStep = step_of<StoreMultiHot>();

}  // namespace mainspring
