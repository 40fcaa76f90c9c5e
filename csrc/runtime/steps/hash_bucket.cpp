// Hash bits to ids below a fixed number of buckets.
#include "runtime/core/hash.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

struct HashBucket {
  static constexpr StepCode kCode = StepCode::kHashBucket;
  static constexpr const char* kName = "hash_bucket";
  static constexpr uint64_t kSpreadsUnseen = 2;  // integers[0]

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (record.integers[0] == kSpreadsUnseen) return verify_spread(record, plan);
    if (!has_shape(record,
                   {.num_inputs = 1, .num_outputs = 1, .integer_mask = 1u << kCardinality | 1u})) {
      return kBadRecord;
    }
    const uint64_t pads = record.integers[0];
    if (pads > 1) return kBadRecord;
    return ok_if(input_type(record, plan) == ValueType::kI64 &&
                 output_type(record, plan) == ValueType::kI32 &&
                 record.integers[kCardinality] >= 1 + pads &&
                 record.integers[kCardinality] <= INT32_MAX);
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const auto buckets = static_cast<uint32_t>(record.integers[kCardinality]);
    const int64_t* from = values_of<int64_t>(in);
    int32_t* to = values_of<int32_t>(out);
    set_all_valid(out);
    if (record.integers[0] == kSpreadsUnseen) {
      return spread(record, from, values_of<int32_t>(context.input(record, 1)), to, in.num_rows);
    }
    if (record.integers[0] == 1) return pad(from, to, in.num_rows, buckets);
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      to[row] = static_cast<int32_t>(hash_bucket(static_cast<uint64_t>(from[row]), buckets));
    }
  }

  static Status verify_spread(const StepRecord& record, const PlanView& plan) {
    if (!has_shape(
            record,
            {.num_inputs = 2, .num_outputs = 1, .integer_mask = 1u << kCardinality | 0b11u})) {
      return kBadRecord;
    }
    const uint64_t cardinality = record.integers[kCardinality];
    return ok_if(input_type(record, plan, 0) == ValueType::kI64 &&
                 input_type(record, plan, 1) == ValueType::kI32 &&
                 output_type(record, plan) == ValueType::kI32 && cardinality <= INT32_MAX &&
                 record.integers[1] >= 2 && record.integers[1] < cardinality);
  }

  /// Of a lookup's ids 1, unseen, becomes one of several, and those behind it move up.
  static void spread(const StepRecord& record, const int64_t* hashes, const int32_t* ids,
                     int32_t* to, uint32_t num_rows) {
    const auto buckets = static_cast<uint32_t>(record.integers[1]);
    const auto last = static_cast<int64_t>(record.integers[kCardinality]) - 1;
    for (uint32_t row = 0; row < num_rows; ++row) {
      const auto hash = static_cast<uint64_t>(hashes[row]);
      const int64_t unseen = 1 + int64_t{hash_bucket(hash, buckets)};
      const int64_t moved = int64_t{ids[row]} + buckets - 1;
      const int64_t known = ids[row] == 0 ? 0 : moved < last ? moved : last;
      to[row] = static_cast<int32_t>(ids[row] == kUnseenId ? unseen : known);
    }
  }

  /// 0 where the value is missing: ids of elements behind the end of a list.
  static void pad(const int64_t* from, int32_t* to, uint32_t num_rows, uint32_t buckets) {
    for (uint32_t row = 0; row < num_rows; ++row) {
      const auto hash = static_cast<uint64_t>(from[row]);
      to[row] = hash == kMissingHash ? 0 : static_cast<int32_t>(hash_bucket(hash, buckets - 1)) + 1;
    }
  }
};

}  // namespace

extern constinit const Step kHashBucketStep = step_of<HashBucket>();

}  // namespace mainspring
