// Combinations of several columns as one id, by hashing: no vocabulary to learn or to store.
#include "fit/transforms/hashed_ids.hpp"
#include "fit/transforms/transform.hpp"
#include "host/error.hpp"
#include "runtime/steps/hash_records.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct Cross {
  static constexpr std::string_view kName = "cross";
  static constexpr std::string_view kSummary =
      "Hash the combination of two or more columns to an id in [0, buckets).";
  static constexpr InputRule kInput = InputRule::kKey;
  static constexpr bool kJoint = true;
  using Params = BucketParams;
  static constexpr auto kParams =
      std::tuple{Param{"buckets", &Params::buckets, "number of ids, 2 to 16,777,216"}};

  static void check(const Params& params) { check_buckets(kName, params); }

  static void check_inputs(const Params&, std::span<const Feature> in) {
    if (in.size() >= 2) return;
    throw Error(ErrorKind::kParameter, "cross needs two or more columns, got only " +
                                           in[0].expression +
                                           ". Name them together: col('a', 'b').cross().");
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    Feature out = in[0];
    out.slot = builder.emit_shared(hash_record(in[0].slot.number, 0), ValueType::kI64);
    for (const Feature& feature : in.subspan(1)) {
      const Slot hash = builder.emit_shared(hash_record(feature.slot.number, 0), ValueType::kI64);
      const Slot both = builder.new_slot(ValueType::kI64);
      builder.emit(combine_hashes_record(out.slot.number, hash.number, both.number));
      builder.release(out.slot);
      builder.release(hash);
      out.slot = both;
      out.info.name += "_x_" + feature.info.name;
    }
    hash_to_ids(params, builder, &out);
    return {out};
  }
};

}  // namespace

extern constinit const Transform kCross = transform_of<Cross>();

}  // namespace mainspring
