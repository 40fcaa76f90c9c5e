// Records of the steps that make ids of hashes, for whoever writes plans.
#pragma once
#include <cstdint>

#include "runtime/steps/records.hpp"

namespace mainspring {

/// (i64, i64) -> i64: combine_hashes(first, second). Order matters.
constexpr StepRecord combine_hashes_record(uint16_t first, uint16_t second, uint16_t out) {
  StepRecord record = unary_record(StepCode::kCombineHashes, first, out);
  record.num_inputs = 2;
  record.inputs[1] = second;
  return record;
}

/// i64 -> i32 in [0, buckets), 1 <= buckets < 2^31.
constexpr StepRecord hash_bucket_record(uint16_t in, uint16_t out, uint32_t buckets) {
  StepRecord record = unary_record(StepCode::kHashBucket, in, out);
  record.integers[kCardinality] = buckets;
  return record;
}

/// The same with 0 for the hash of missing values, and [1, buckets) for the others; buckets from 2.
constexpr StepRecord padded_hash_bucket_record(uint16_t in, uint16_t out, uint32_t buckets) {
  StepRecord record = hash_bucket_record(in, out, buckets);
  record.integers[0] = 1;
  return record;
}

/// (i64 hashes, i32 ids of a lookup) -> i32: unseen, 1, becomes 1 + the bucket of the hash, and the
/// ids from 2 on move behind the buckets, of which there are at least 2. cardinality: that of the
/// ids + buckets - 1.
constexpr StepRecord spread_unseen_record(uint16_t hashes, uint16_t ids, uint16_t out,
                                          uint32_t buckets, uint32_t cardinality) {
  StepRecord record = hash_bucket_record(hashes, out, cardinality);
  record.num_inputs = 2;
  record.inputs[1] = ids;
  record.integers[0] = 2;
  record.integers[1] = buckets;
  return record;
}

}  // namespace mainspring
