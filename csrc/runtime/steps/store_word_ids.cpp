// Texts to the ids of their words in order, one feature for each of the first places: what the
// sequences of a model of language, or rows of a table of vectors, are made of. Places behind the
// last word hold 0, the id of what is missing.
#include "runtime/core/key_table.hpp"
#include "runtime/core/ngrams.hpp"
#include "runtime/steps/find_ids.hpp"
#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/store_features.hpp"

namespace mainspring {
namespace {

struct StoreWordIds {
  static constexpr StepCode kCode = StepCode::kStoreWordIds;
  static constexpr const char* kName = "store_word_ids";
  static constexpr Stores kStores = Stores::kMany;
  static constexpr Repeats kRepeats = Repeats::kOnce;

  /// verify_plan() sees to it that the outputs state as many ids.
  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record,
                   {.num_inputs = 1, .num_outputs = 0, .integer_mask = 0b1111, .data = true})) {
      return kBadRecord;
    }
    if (input_type(record, plan) != ValueType::kBytes ||
        !has_features(plan, record.integers[0], record.integers[1]) ||
        !is_ngram_rule(record.integers[2])) {
      return kBadRecord;
    }
    const NgramRule rule = ngram_rule_of(record.integers[2]);
    if (rule.analyzer != Analyzer::kWord || rule.max_n != 1) return kBadRecord;
    const uint8_t* table = plan.data + record.data_offset;
    if (!table_is_sound(table, record.data_length, ValueType::kBytes)) return kBadRecord;
    const uint64_t num_entries = reinterpret_cast<const LookupHeader*>(table)->num_entries;
    return ok_if(record.integers[kCardinality] == num_entries + kFirstEntryId);
  }

  template <class Emit>
  static void for_each_entry(const StepRecord& record, const StepContext& context, Emit emit) {
    const Tile texts = context.input(record, 0);
    const uint64_t length = record.integers[1];
    NgramReader reader(ngram_rule_of(record.integers[2]));
    int32_t ids[kTileRows];
    for (uint32_t row = 0; row < context.num_rows; ++row) {
      if (!is_valid(texts.validity, row)) continue;
      reader.begin(values_of<BytesView>(texts)[row]);
      for (uint64_t place = 0; place < length;) {
        const uint32_t found = reader.next();
        const auto count = static_cast<uint32_t>(found < length - place ? found : length - place);
        if (count == 0) break;
        context.kernels->find_bytes(reader.ngrams(), ids, count, context.data + record.data_offset);
        for (uint32_t i = 0; i < count; ++i) emit(row, place++, static_cast<float>(ids[i]));
      }
    }
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    store_features<StoreWordIds>(record, context);
  }
};

}  // namespace

extern constinit const Step kStoreWordIdsStep = step_of<StoreWordIds>();

}  // namespace mainspring
