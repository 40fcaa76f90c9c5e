// Categories to ids by how often they occur.
#include "fit/transforms/element_ids.hpp"
#include "fit/transforms/id_range.hpp"
#include "fit/transforms/key_counts.hpp"
#include "fit/transforms/param.hpp"
#include "fit/transforms/transform.hpp"
#include "fit/transforms/vocabulary.hpp"
#include "host/error.hpp"
#include "runtime/steps/hash_records.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct Ordinal {
  static constexpr std::string_view kName = "ordinal";
  static constexpr std::string_view kSummary =
      "Number the categories: missing 0, unseen and rare 1, then 2, 3, ... from the most frequent.";
  static constexpr bool kCountsKeys = true;
  static constexpr bool kTakesTallies = true;
  static constexpr InputRule kInput = InputRule::kKeyOrList;
  static constexpr int64_t kMaxUnseenBuckets = 1 << 20;
  struct Params {
    int64_t min_count = 1;
    std::optional<int64_t> max_size;
    double min_share = 0.0;
    int64_t unseen_buckets = 1;

    VocabularyParams kept() const { return {min_count, max_size, min_share}; }
  };
  static constexpr auto kParams = std::tuple{
      Param{"min_count", &Params::min_count, "categories seen less often share the unseen id"},
      Param{"max_size", &Params::max_size, "most categories that get an id of their own"},
      Param{"min_share", &Params::min_share,
            "categories of a smaller share of all rows are rare, too"},
      Param{"unseen_buckets", &Params::unseen_buckets,
            "ids that unseen and rare categories share, by their hash"}};

  static void check(const Params& params) {
    check_vocabulary(kName, params.kept());
    if (params.unseen_buckets < 1 || params.unseen_buckets > kMaxUnseenBuckets) {
      fail_param(kName, "unseen_buckets", "an integer from 1 to 1048576", params.unseen_buckets);
    }
  }

  static void check_inputs(const Params& params, std::span<const Feature> in) {
    if (params.unseen_buckets > 1 && is_list(in[0].slot.type)) {
      throw Error(ErrorKind::kParameter,
                  "ordinal of lists has one id for unseen elements, got unseen_buckets=" +
                      std::to_string(params.unseen_buckets) + ". Leave it out, or use hash().")
          .column(in[0].column);
    }
    if (in[0].slot.type != ValueType::kI32) return;
    throw Error(ErrorKind::kParameter, "ordinal takes a column's own values, but " +
                                           in[0].expression +
                                           " gives ids already. Leave ordinal() out.")
        .column(in[0].column);
  }

  struct State : KeyCounts {
    explicit State(const Params&) {}
    void merge(State&& other) { KeyCounts::merge(other); }
    void update_repeated(const FitTile& one_row, uint64_t count) { add(one_row, count); }
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    Vocabulary& vocabulary = vocabulary_of(params.kept(), state, builder);
    const std::vector<uint32_t>& order = vocabulary.order;
    const auto buckets = static_cast<uint32_t>(params.unseen_buckets);
    if (order.size() + 1 + buckets > kMaxIds) {
      throw Error(ErrorKind::kData, "Column '" + in[0].column + "' has " +
                                        std::to_string(order.size()) +
                                        " categories, expected at most 16777214, the ids that "
                                        "float32 holds. Set min_count or max_size of ordinal.")
          .column(in[0].column);
    }
    const auto cardinality = static_cast<uint32_t>(order.size()) + 1 + buckets;
    if (is_list(in[0].slot.type)) {
      const DataRange table =
          add_lookup_table(element_type(in[0].slot.type), *state.keys, order, builder);
      return {lists_of_ids(in[0], {table, cardinality})};
    }
    Feature out = in[0];
    out.slot = emit_lookup(in[0].slot, vocabulary, builder);
    if (buckets > 1) out.slot = spread_unseen(in[0].slot, out.slot, buckets, cardinality, builder);
    out.info = FeatureInfo{in[0].info.name, FeatureKind::kId, true, cardinality};
    out.unit = TimeUnit::kNone;
    out.time_zone.clear();
    return {out};
  }

  static Slot spread_unseen(Slot in, Slot ids, uint32_t buckets, uint32_t cardinality,
                            PlanBuilder& builder) {
    const Slot hashes = builder.emit_shared(hash_record(in.number, 0), ValueType::kI64);
    const Slot out = builder.new_slot(ValueType::kI32);
    builder.emit(spread_unseen_record(hashes.number, ids.number, out.number, buckets, cardinality));
    builder.release(hashes);
    builder.release(ids);
    return out;
  }
};

}  // namespace

extern constinit const Transform kOrdinal = transform_of<Ordinal>();

}  // namespace mainspring
