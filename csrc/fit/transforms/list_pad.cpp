// The first elements of a list, a feature each: shorter lists are padded, longer ones cut.
#include <algorithm>
#include <cmath>

#include "fit/transforms/element_ids.hpp"
#include "fit/transforms/transform.hpp"
#include "host/error.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {
namespace {

/// Each place has a slot until it is stored: what a plan needs of memory for one tile.
constexpr int64_t kMaxPlaces = 1024;

struct ListPad {
  static constexpr std::string_view kName = "list_pad";
  static constexpr std::string_view kSummary =
      "One feature for each of the first places of a list, padded where it is shorter.";
  static constexpr InputRule kInput = InputRule::kNumberOrIdList;
  struct Params {
    int64_t length = 0;
    std::optional<double> fill_value = 0.0;
  };
  static constexpr auto kParams = std::tuple{
      Param{"length", &Params::length, "number of features, 1 to 1024"},
      Param{"fill_value", &Params::fill_value, "what places without an element hold, or None"}};

  static void check(const Params& params) {
    if (params.length < 1 || params.length > kMaxPlaces) {
      fail_param(kName, "length", "an integer from 1 to 1024", params.length);
    }
    if (params.fill_value.has_value() && !std::isfinite(*params.fill_value)) {
      fail_param(kName, "fill_value", "a finite number, or None", *params.fill_value);
    }
  }

  static void check_inputs(const Params& params, std::span<const Feature> in) {
    if (in[0].element_ids == nullptr || params.fill_value == 0) return;
    const auto value = params.fill_value;
    const std::string got = describe(value.has_value() ? ParamValue(*value) : ParamValue());
    throw Error(ErrorKind::kParameter, "list_pad pads ids with 0, but fill_value of list_pad is " +
                                           got + " behind " + in[0].expression +
                                           ". Leave fill_value out.")
        .column(in[0].column)
        .expected("0")
        .got(got);
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const ValueType type = element_type(in[0].slot.type);
    std::vector<Feature> out;
    for (int64_t first = 0; first < params.length; first += kMaxStepOutputs) {
      StepRecord record = list_elements_record(in[0].slot.number, static_cast<uint64_t>(first));
      std::vector<Slot> slots;
      for (int64_t place = first; place < std::min(params.length, first + kMaxStepOutputs);
           ++place) {
        slots.push_back(builder.new_slot(type));
        record.outputs[record.num_outputs++] = slots.back().number;
      }
      builder.emit(record);
      for (const Slot slot : slots) {
        Feature& feature = out.emplace_back(in[0]);
        feature.info.name += "_" + std::to_string(out.size() - 1);
        feature.element_ids = nullptr;
        feature.slot = slot;
        if (in[0].element_ids != nullptr) {
          feature.slot = emit_element_ids(*in[0].element_ids, slot, builder);
          builder.release(slot);
        } else if (params.fill_value.has_value()) {
          builder.emit(fill_number_record(slot.number, slot.number, *params.fill_value));
        }
      }
    }
    return out;
  }
};

}  // namespace

extern constinit const Transform kListPad = transform_of<ListPad>();

}  // namespace mainspring
