// Categories to ids by how often they occur.
#include "fit/transforms/element_ids.hpp"
#include "fit/transforms/id_range.hpp"
#include "fit/transforms/key_counts.hpp"
#include "fit/transforms/transform.hpp"
#include "fit/transforms/vocabulary.hpp"
#include "host/error.hpp"

namespace mainspring {
namespace {

struct Ordinal {
  static constexpr std::string_view kName = "ordinal";
  static constexpr std::string_view kSummary =
      "Number the categories: missing 0, unseen and rare 1, then 2, 3, ... from the most frequent.";
  static constexpr bool kCountsKeys = true;
  static constexpr InputRule kInput = InputRule::kKeyOrList;
  using Params = VocabularyParams;
  static constexpr auto kParams = std::tuple{
      Param{"min_count", &Params::min_count, "categories seen less often share the unseen id"},
      Param{"max_size", &Params::max_size, "most categories that get an id of their own"},
      Param{"min_share", &Params::min_share,
            "categories of a smaller share of all rows are rare, too"}};

  static void check(const Params& params) { check_vocabulary(kName, params); }

  static void check_inputs(const Params&, std::span<const Feature> in) {
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
    Vocabulary& vocabulary = vocabulary_of(params, state, builder);
    const std::vector<uint32_t>& order = vocabulary.order;
    if (order.size() + 2 > kMaxIds) {
      throw Error(ErrorKind::kData, "Column '" + in[0].column + "' has " +
                                        std::to_string(order.size()) +
                                        " categories, expected at most 16777214, the ids that "
                                        "float32 holds. Set min_count or max_size of ordinal.")
          .column(in[0].column);
    }
    const auto cardinality = static_cast<uint32_t>(order.size()) + 2;
    if (is_list(in[0].slot.type)) {
      const DataRange table =
          add_lookup_table(element_type(in[0].slot.type), *state.keys, order, builder);
      return {lists_of_ids(in[0], {table, cardinality})};
    }
    Feature out = in[0];
    out.slot = emit_lookup(in[0].slot, vocabulary, builder);
    out.info = FeatureInfo{in[0].info.name, FeatureKind::kId, true, cardinality};
    out.unit = TimeUnit::kNone;
    out.time_zone.clear();
    return {out};
  }
};

}  // namespace

extern constinit const Transform kOrdinal = transform_of<Ordinal>();

}  // namespace mainspring
