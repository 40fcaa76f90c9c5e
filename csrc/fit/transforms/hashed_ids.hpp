// What hash and cross share: a number of buckets, and ids from a hash.
#pragma once
#include <cstdint>
#include <string_view>

#include "fit/transforms/feature.hpp"
#include "fit/transforms/id_range.hpp"
#include "fit/transforms/param.hpp"
#include "runtime/steps/hash_records.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {

struct BucketParams {
  int64_t buckets = 4096;
};

inline void check_buckets(std::string_view op, const BucketParams& params) {
  if (params.buckets < 2 || params.buckets > static_cast<int64_t>(kMaxIds)) {
    fail_param(op, "buckets", "an integer from 2 to 16777216", params.buckets);
  }
}

/// The stream whose slot holds a hash becomes one of categorical ids; its name stays.
inline void hash_to_ids(const BucketParams& params, PlanBuilder& builder, Feature* feature) {
  const auto buckets = static_cast<uint32_t>(params.buckets);
  const Slot hash = feature->slot;
  feature->slot = builder.new_slot(ValueType::kI32);
  builder.emit(hash_bucket_record(hash.number, feature->slot.number, buckets));
  builder.release(hash);
  feature->info = FeatureInfo{feature->info.name, FeatureKind::kId, true, buckets};
  feature->unit = TimeUnit::kNone;
  feature->time_zone.clear();
}

}  // namespace mainspring
