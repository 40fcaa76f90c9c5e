// Texts straight to a range of features: each n-gram of a vocabulary counts in its own, and weighs
// what fitting has found.
#include "runtime/core/key_table.hpp"
#include "runtime/steps/find_ids.hpp"
#include "runtime/steps/ngram_records.hpp"
#include "runtime/steps/store_ngrams.hpp"

namespace mainspring {
namespace {

/// Far above what any number of rows gives; the squares of a row's values stay finite.
constexpr double kMaxWeight = 1e6;

double weight_of(const StepRecord& record, const StepContext& context, uint64_t feature) {
  return reinterpret_cast<const double*>(context.data + record.data_offset)[feature];
}

struct StoreKnownNgrams {
  static constexpr StepCode kCode = StepCode::kStoreKnownNgrams;
  static constexpr const char* kName = "store_known_ngrams";
  static constexpr Stores kStores = Stores::kMany;
  static constexpr Repeats kRepeats = Repeats::kAdded;

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record,
                   {.num_inputs = 1, .num_outputs = 0, .integer_mask = 0b1111, .data = true})) {
      return kBadRecord;
    }
    if (!ngrams_are_sound(record, plan) || ngram_value_rule_of(record.integers[3]).alternate_sign) {
      return kBadRecord;
    }
    const uint64_t num_features = record.integers[1];
    const uint64_t table_at = ngram_weights_bytes(num_features);
    if (record.data_length < table_at) return kBadRecord;
    const uint8_t* payload = plan.data + record.data_offset;
    const auto* weights = reinterpret_cast<const double*>(payload);
    for (uint64_t i = 0; i < num_features; ++i) {
      if (!(weights[i] >= 0 && weights[i] <= kMaxWeight)) return kBadRecord;
    }
    for (uint64_t i = num_features * sizeof(double); i < table_at; ++i) {
      if (payload[i] != 0) return kBadRecord;
    }
    const uint8_t* table = payload + table_at;
    if (!table_is_sound(table, record.data_length - table_at, ValueType::kBytes)) {
      return kBadRecord;
    }
    return ok_if(reinterpret_cast<const LookupHeader*>(table)->num_entries <= num_features);
  }

  template <class Emit>
  static void for_each_entry(const StepRecord& record, const StepContext& context, Emit emit) {
    const uint8_t* table =
        context.data + record.data_offset + ngram_weights_bytes(record.integers[1]);
    int32_t ids[kTileRows];
    for_each_ngram_block(record, context,
                         [&](uint32_t row, const BytesView* ngrams, uint32_t count) {
                           context.kernels->find_bytes(ngrams, ids, count, table);
                           for (uint32_t i = 0; i < count; ++i) {
                             if (ids[i] == kUnseenId) continue;
                             emit(row, static_cast<uint64_t>(ids[i] - kFirstEntryId), 1.0f);
                           }
                         });
  }

  static double row_term(const StepRecord& record, const StepContext& context, uint64_t feature,
                         double value) {
    return ngram_term(record, weight_of(record, context, feature), value);
  }
  static double row_value(const StepRecord& record, const StepContext& context, uint64_t feature,
                          double value, double sum) {
    return ngram_share(record, weight_of(record, context, feature), value, sum);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    store_features<StoreKnownNgrams>(record, context);
  }
};

}  // namespace

extern constinit const Step kStoreKnownNgramsStep = step_of<StoreKnownNgrams>();

}  // namespace mainspring
