// Ids straight to a range of features: 1 in the feature of the row's id, 0 in the others. One step
// for all of them, so that many categories cost their zeros and one write a row.
#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/store_features.hpp"

namespace mainspring {
namespace {

struct StoreOneHot {
  static constexpr StepCode kCode = StepCode::kStoreOneHot;
  static constexpr const char* kName = "store_one_hot";
  static constexpr Stores kStores = Stores::kMany;
  static constexpr Repeats kRepeats = Repeats::kNever;

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1,
                            .num_outputs = 0,
                            .integer_mask = 0b11 | 1u << kCardinality,
                            .data = true})) {
      return kBadRecord;
    }
    const uint64_t num_features = record.integers[1];
    const uint64_t num_ids = record.integers[kCardinality];
    if (input_type(record, plan) != ValueType::kI32 ||
        !has_features(plan, record.integers[0], num_features) || num_ids == 0) {
      return kBadRecord;
    }
    if (record.data_length == 0) return ok_if(num_ids == num_features && record.data_offset == 0);
    if (record.data_length % sizeof(uint32_t) != 0 ||
        record.data_length / sizeof(uint32_t) != num_ids) {
      return kBadRecord;
    }
    const auto* places = reinterpret_cast<const uint32_t*>(plan.data + record.data_offset);
    for (uint64_t id = 0; id < num_ids; ++id) {
      if (places[id] > num_features) return kBadRecord;
    }
    return kOkStatus;
  }

  template <class Emit>
  static void for_each_entry(const StepRecord& record, const StepContext& context, Emit emit) {
    const int32_t* ids = values_of<int32_t>(context.input(record, 0));
    if (record.data_length == 0) {
      for (uint32_t row = 0; row < context.num_rows; ++row) {
        emit(row, static_cast<uint32_t>(ids[row]), 1.0f);
      }
      return;
    }
    const auto* places = reinterpret_cast<const uint32_t*>(context.data + record.data_offset);
    for (uint32_t row = 0; row < context.num_rows; ++row) {
      const uint32_t place = places[ids[row]];
      if (place != 0) emit(row, place - 1, 1.0f);
    }
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    store_features<StoreOneHot>(record, context);
  }
};

}  // namespace

extern constinit const Step kStoreOneHotStep = step_of<StoreOneHot>();

}  // namespace mainspring
