// Categories to ids by how often they occur.
#include <algorithm>

#include "fit/transforms/id_range.hpp"
#include "fit/transforms/transform.hpp"
#include "fit/transforms/vocabulary.hpp"
#include "host/error.hpp"

namespace mainspring {
namespace {

struct Ordinal {
  static constexpr std::string_view kName = "ordinal";
  static constexpr std::string_view kSummary =
      "Number the categories: missing 0, unseen and rare 1, then 2, 3, ... from the most frequent.";
  static constexpr InputRule kInput = InputRule::kKey;
  struct Params {
    int64_t min_count = 1;
    std::optional<int64_t> max_size;
  };
  static constexpr auto kParams = std::tuple{
      Param{"min_count", &Params::min_count, "categories seen less often share the unseen id"},
      Param{"max_size", &Params::max_size, "most categories that get an id of their own"}};

  static void check(const Params& params) {
    if (params.min_count < 1) {
      fail_param(kName, "min_count", "an integer of 1 or more", params.min_count);
    }
    if (params.max_size.has_value() && *params.max_size < 1) {
      fail_param(kName, "max_size", "an integer of 1 or more, or None", *params.max_size);
    }
  }

  static void check_inputs(const Params&, std::span<const Feature> in) {
    if (in[0].slot.type != ValueType::kI32) return;
    throw Error(ErrorKind::kParameter, "ordinal takes a column's own values, but " +
                                           in[0].expression +
                                           " gives ids already. Leave ordinal() out.")
        .column(in[0].column);
  }

  struct State {
    explicit State(const Params&) {}

    void update(const FitTile& tile) {
      uint32_t numbers[kTileRows];
      keys.number_rows(tile.inputs[0], numbers);
      counts.resize(keys.size());
      for (uint32_t row = 0; row < tile.num_rows; ++row) {
        if (numbers[row] != KeyIndex::kMissing) ++counts[numbers[row]];
      }
    }
    void update_repeated(const FitTile& one_row, uint64_t count) {
      uint32_t numbers[kTileRows];
      keys.number_rows(one_row.inputs[0], numbers);
      counts.resize(keys.size());
      if (numbers[0] != KeyIndex::kMissing) counts[numbers[0]] += count;
    }
    void merge(State&& other) {
      const std::vector<uint32_t> numbers = keys.absorb(other.keys);
      counts.resize(keys.size());
      for (uint32_t i = 0; i < numbers.size(); ++i) counts[numbers[i]] += other.counts[i];
    }
    void write(StateWriter& writer) const {
      const std::vector<uint32_t> order = keys.ascending();
      keys.write(writer, order);
      for (const uint32_t number : order) writer.put(counts[number]);
    }
    void read(StateReader& reader) {
      keys.read(reader);
      counts.resize(keys.size());
      for (uint64_t& count : counts) count = reader.get<uint64_t>();
    }

    KeyIndex keys;
    std::vector<uint64_t> counts;
  };

  static std::vector<Feature> compile(const Params& params, const State& state,
                                      std::span<const Feature> in, PlanBuilder& builder) {
    const std::vector<uint32_t> order = by_count(
        state.keys, state.counts, static_cast<uint64_t>(params.min_count),
        params.max_size.has_value() ? static_cast<uint64_t>(*params.max_size) : UINT64_MAX);
    if (order.size() + 2 > kMaxIds) {
      throw Error(ErrorKind::kData, "Column '" + in[0].column + "' has " +
                                        std::to_string(order.size()) +
                                        " categories, expected at most 16777214, the ids that "
                                        "float32 holds. Set min_count or max_size of ordinal.")
          .column(in[0].column);
    }
    Feature out = in[0];
    out.slot = emit_lookup(in[0].slot, state.keys, order, builder);
    out.info = FeatureInfo{in[0].info.name, FeatureKind::kId, true,
                           static_cast<uint32_t>(order.size()) + 2};
    out.unit = TimeUnit::kNone;
    out.zone_table = nullptr;
    return {out};
  }
};

}  // namespace

extern constinit const Transform kOrdinal = transform_of<Ordinal>();

}  // namespace mainspring
