// Categories to one feature each, 1 in the row's own and 0 in the others; of lists, 1 in those of
// its elements.
#include "fit/transforms/category_names.hpp"
#include "fit/transforms/key_counts.hpp"
#include "fit/transforms/transform.hpp"
#include "fit/transforms/vocabulary.hpp"
#include "host/error.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

/// Each has a name in the plan; beyond this an id, a hash or a mean serves better.
constexpr size_t kMaxColumns = kMaxPlanOutputs;

struct OneHot {
  static constexpr std::string_view kName = "one_hot";
  static constexpr std::string_view kSummary =
      "One feature for each category: 1 in those that the row has, 0 in the others.";
  static constexpr bool kCountsKeys = true;
  static constexpr bool kTakesTallies = true;
  static constexpr InputRule kInput = InputRule::kKeyOrList;
  using Params = VocabularyParams;
  static constexpr auto kParams = std::tuple{
      Param{"min_count", &Params::min_count, "categories seen less often share one feature"},
      Param{"max_size", &Params::max_size, "most categories that get a feature of their own"},
      Param{"min_share", &Params::min_share,
            "categories of a smaller share of all rows are rare, too"}};

  static void check(const Params& params) { check_vocabulary(kName, params); }

  struct State : KeyCounts {
    explicit State(const Params&) {}
    void merge(State&& other) { KeyCounts::merge(other); }
  };

  static FeatureInfo info_of(const Feature& in, std::string_view suffix) {
    return FeatureInfo{in.info.name + "_" + std::string(suffix)};
  }

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    const std::vector<uint32_t> order = kept_categories(params, state);
    // Of nothing but empty lists, whatever comes later is unseen: there is always a feature.
    const bool nothing_seen = state.keys->size() == 0 && state.missing == 0;
    const bool some_are_rare =
        order.size() < state.keys->size() || (nothing_seen && is_list(in[0].slot.type));
    OneHotColumns columns;
    for (const uint32_t number : order) {
      std::string name = category_name(*state.keys, number, in[0].unit);
      // A category of that very name gives way to the feature of all missing, or of all rare rows.
      if ((name == kMissingName && state.missing > 0) || (name == kRareName && some_are_rare)) {
        name = "\\x" + std::string(name == kMissingName ? "6d" : "69") + name.substr(1);
      }
      columns.infos.push_back(info_of(in[0], name));
    }
    const auto add = [&](std::string_view name) {
      columns.infos.push_back(info_of(in[0], name));
      return static_cast<uint32_t>(columns.infos.size());
    };
    const uint32_t rare = some_are_rare ? add(kRareName) : 0;
    const uint32_t missing = state.missing > 0 ? add(kMissingName) : rare;
    if (columns.infos.size() > kMaxColumns) fail_size(in[0], columns.infos.size());

    Feature out = in[0];
    if (in[0].slot.type == ValueType::kI32) {
      state.keys->expect_type(ValueType::kI32);
      columns.places.assign(in[0].info.cardinality, rare);
      for (uint32_t i = 0; i < order.size(); ++i) {
        const auto id = static_cast<uint64_t>(state.keys->integer_key(order[i]));
        if (id >= columns.places.size()) StateReader::fail();
        columns.places[id] = i + 1;
      }
    } else if (is_list(in[0].slot.type)) {
      const ValueType type = element_type(in[0].slot.type);
      columns.table = add_lookup_table(type, *state.keys, order, builder);
      columns.places = {missing, rare};
    } else {
      out.slot = emit_lookup(in[0].slot, *state.keys, order, builder);
      columns.places = {missing, rare};
      for (uint32_t i = 0; i < order.size(); ++i) columns.places.push_back(i + 1);
    }
    out.unit = TimeUnit::kNone;
    out.time_zone.clear();
    out.one_hot = std::make_shared<const OneHotColumns>(std::move(columns));
    return {out};
  }

  [[noreturn]] static void fail_size(const Feature& in, size_t num_columns) {
    throw Error(ErrorKind::kData,
                "Column '" + in.column + "' would become " + std::to_string(num_columns) +
                    " features of one_hot, expected at most " + std::to_string(kMaxColumns) +
                    ". Set max_size or min_count, or use ordinal(), hash() or "
                    "target_mean().")
        .column(in.column)
        .expected("at most " + std::to_string(kMaxColumns) + " features")
        .got(std::to_string(num_columns));
  }

  static constexpr std::string_view kMissingName = "missing";
  static constexpr std::string_view kRareName = "infrequent";
};

}  // namespace

extern constinit const Transform kOneHot = transform_of<OneHot>();

}  // namespace mainspring
