// Values to ids by hashing: no vocabulary to learn or to store.
#include "fit/transforms/element_ids.hpp"
#include "fit/transforms/hashed_ids.hpp"
#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct HashValues {
  static constexpr std::string_view kName = "hash";
  static constexpr std::string_view kSummary =
      "Hash the value to an id in [0, buckets); missing has a hash of its own.";
  static constexpr InputRule kInput = InputRule::kKeyOrList;
  using Params = BucketParams;
  static constexpr auto kParams =
      std::tuple{Param{"buckets", &Params::buckets, "number of ids, 2 to 16,777,216"}};

  static void check(const Params& params) { check_buckets(kName, params); }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    if (is_list(in[0].slot.type)) {
      return {lists_of_ids(in[0], {std::nullopt, static_cast<uint32_t>(params.buckets)})};
    }
    Feature out = in[0];
    out.slot = builder.emit_shared(hash_record(in[0].slot.number, 0), ValueType::kI64);
    hash_to_ids(params, builder, &out);
    return {out};
  }
};

}  // namespace

extern constinit const Transform kHash = transform_of<HashValues>();

}  // namespace mainspring
