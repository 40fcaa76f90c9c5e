// A part of each list, as a list.
#include "fit/transforms/transform.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

struct ListSlice {
  static constexpr std::string_view kName = "list_slice";
  static constexpr std::string_view kSummary =
      "The elements of a list from a place on, as a list; the first or the last ones.";
  static constexpr InputRule kInput = InputRule::kList;
  struct Params {
    int64_t offset = 0;
    std::optional<int64_t> length;
  };
  static constexpr auto kParams = std::tuple{
      Param{"offset", &Params::offset, "place of the first element; below 0 from the end"},
      Param{"length", &Params::length, "how many elements at most; None: all behind it"}};

  static void check(const Params& params) {
    if (params.length.has_value() && *params.length < 0) {
      fail_param(kName, "length", "an integer of 0 or more, or None", *params.length);
    }
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const uint64_t length =
        params.length.has_value() ? static_cast<uint64_t>(*params.length) : UINT64_MAX;
    Feature out = in[0];
    out.slot = builder.new_slot(in[0].slot.type);
    builder.emit(slice_list_record(in[0].slot.number, out.slot.number, params.offset, length));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kListSlice = transform_of<ListSlice>();

}  // namespace mainspring
