// Values to ids by hashing: no vocabulary to learn or to store.
#include "fit/transforms/id_range.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct HashValues {
  static constexpr std::string_view kName = "hash";
  static constexpr std::string_view kSummary =
      "Hash the value to an id in [0, buckets); missing has a hash of its own.";
  static constexpr InputRule kInput = InputRule::kKey;
  struct Params {
    int64_t buckets = 4096;
  };
  static constexpr auto kParams =
      std::tuple{Param{"buckets", &Params::buckets, "number of ids, 2 to 16,777,216"}};

  static void check(const Params& params) {
    if (params.buckets < 2 || params.buckets > static_cast<int64_t>(kMaxIds)) {
      fail_param(kName, "buckets", "an integer from 2 to 16777216", params.buckets);
    }
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const auto buckets = static_cast<uint32_t>(params.buckets);
    const Slot hash = builder.emit_shared(hash_record(in[0].slot.number, 0), ValueType::kI64);
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kI32);
    builder.emit(hash_bucket_record(hash.number, out.slot.number, buckets));
    builder.release(hash);
    out.info = FeatureInfo{in[0].info.name, FeatureKind::kId, true, buckets};
    out.unit = TimeUnit::kNone;
    out.zone_table = nullptr;
    return {out};
  }
};

}  // namespace

extern constinit const Transform kHash = transform_of<HashValues>();

}  // namespace mainspring
