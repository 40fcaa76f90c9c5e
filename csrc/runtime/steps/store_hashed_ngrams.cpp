// Texts straight to a range of features: each n-gram counts in the feature that its hash says.
// Feature hashing as in K. Weinberger et al., "Feature hashing for large scale multitask learning"
// (2009, doi:10.1145/1553374.1553516), with signs of its own bit of the hash.
#include "runtime/core/hash.hpp"
#include "runtime/steps/store_ngrams.hpp"

namespace mainspring {
namespace {

struct StoreHashedNgrams {
  static constexpr StepCode kCode = StepCode::kStoreHashedNgrams;
  static constexpr const char* kName = "store_hashed_ngrams";
  static constexpr Stores kStores = Stores::kMany;
  static constexpr Repeats kRepeats = Repeats::kAdded;

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1, .num_outputs = 0, .integer_mask = 0b1111})) {
      return kBadRecord;
    }
    return ok_if(ngrams_are_sound(record, plan) &&
                 !ngram_value_rule_of(record.integers[3]).sublinear);
  }

  template <class Emit>
  static void for_each_entry(const StepRecord& record, const StepContext& context, Emit emit) {
    const auto buckets = static_cast<uint32_t>(record.integers[1]);
    const bool alternate = ngram_value_rule_of(record.integers[3]).alternate_sign;
    for_each_ngram_block(
        record, context, [&](uint32_t row, const BytesView* ngrams, uint32_t count) {
          for (uint32_t i = 0; i < count; ++i) {
            const uint64_t hash = hash_bytes(ngrams[i].data, ngrams[i].length);
            emit(row, hash_bucket(hash, buckets), alternate && (hash & 1) != 0 ? -1.0f : 1.0f);
          }
        });
  }

  static double row_term(const StepRecord& record, const StepContext&, uint64_t, double value) {
    return ngram_term(record, 1, value);
  }
  static double row_value(const StepRecord& record, const StepContext&, uint64_t, double value,
                          double sum) {
    return ngram_share(record, 1, value, sum);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    store_features<StoreHashedNgrams>(record, context);
  }
};

}  // namespace

extern constinit const Step kStoreHashedNgramsStep = step_of<StoreHashedNgrams>();

}  // namespace mainspring
