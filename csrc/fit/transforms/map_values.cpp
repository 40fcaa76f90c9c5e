// Given values become others: strings or numbers.
#include <cstring>
#include <limits>

#include "fit/transforms/transform.hpp"
#include "fit/transforms/value_table.hpp"
#include "runtime/steps/gather_bytes.hpp"
#include "runtime/steps/text_records.hpp"

namespace mainspring {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// The payload of gather_bytes.
class Texts {
 public:
  void add(std::string_view text) {
    entries_.push_back({bytes_.size(), text.size()});
    bytes_ += text;
  }
  void add_mark(uint64_t mark) { entries_.push_back({0, mark}); }
  uint64_t size() const { return entries_.size(); }
  std::vector<uint8_t> payload() const {
    const size_t entry_bytes = entries_.size() * sizeof(TextEntry);
    std::vector<uint8_t> all(entry_bytes + bytes_.size());
    std::memcpy(all.data(), entries_.data(), entry_bytes);
    if (!bytes_.empty()) std::memcpy(all.data() + entry_bytes, bytes_.data(), bytes_.size());
    return all;
  }

 private:
  std::vector<TextEntry> entries_;
  std::string bytes_;
};

struct MapValues {
  static constexpr std::string_view kName = "map_values";
  static constexpr std::string_view kSummary = "Replace given values by others.";
  static constexpr InputRule kInput = InputRule::kNumberOrText;
  struct Params {
    ValueList old_values;
    ValueList new_values;
    ParamValue default_value;
    bool keep_others = false;
  };
  static constexpr auto kParams =
      std::tuple{Param{"old", &Params::old_values, "the values that are replaced"},
                 Param{"new", &Params::new_values, "what stands in place of each of them"},
                 Param{"default", &Params::default_value,
                       "what stands in place of any other value; None: it is missing"},
                 Param{"keep_others", &Params::keep_others, "other values stay as they are"}};

  static void check(const Params& params) {
    const ParamValue news = to_param_value(params.new_values);
    if (num_values(params.old_values) == 0) {
      fail_param(kName, "old", "one value or more", to_param_value(params.old_values));
    }
    check_keys(kName, "old", params.old_values);
    if (num_values(params.new_values) != num_values(params.old_values)) {
      fail_param(kName, "new", "as many values as 'old'", news);
    }
    const auto* numbers = std::get_if<std::vector<double>>(&params.new_values);
    for (const double value : numbers == nullptr ? std::vector<double>{} : *numbers) {
      if (std::isnan(value))
        fail_param(kName, "new", "numbers that are not NaN; see null_if", news);
    }
    const bool given = !std::holds_alternative<std::monostate>(params.default_value);
    if (given &&
        (std::holds_alternative<std::string>(params.default_value) == (numbers != nullptr))) {
      fail_param(kName, "default", numbers != nullptr ? "a number" : "a string",
                 params.default_value);
    }
    if (given && params.keep_others) {
      fail_param(kName, "default", "None where keep_others=True", params.default_value);
    }
    if (params.keep_others && params.old_values.index() != params.new_values.index()) {
      fail_param(kName, "keep_others",
                 "False unless strings become strings, or numbers become numbers", true);
    }
  }

  static void check_inputs(const Params& params, std::span<const Feature> in) {
    check_kind(kName, "old", params.old_values, in[0]);
  }

  static Slot to_numbers(const Params& params, Slot in, Slot ids, PlanBuilder& builder) {
    const auto* integer = std::get_if<int64_t>(&params.default_value);
    const auto* number = std::get_if<double>(&params.default_value);
    std::vector<double> numbers{kMissing, integer != nullptr  ? static_cast<double>(*integer)
                                          : number != nullptr ? *number
                                                              : kMissing};
    const auto& news = std::get<std::vector<double>>(params.new_values);
    numbers.insert(numbers.end(), news.begin(), news.end());
    const Slot out = builder.new_slot(ValueType::kF64);
    const uint64_t offset = add_numbers(numbers, builder).offset;
    // A missing number is kept too: it is NaN.
    builder.emit(params.keep_others
                     ? gather_or_keep_number_record(ids.number, in.number, out.number, offset,
                                                    numbers.size())
                     : gather_record(ids.number, out.number, offset, numbers.size()));
    return out;
  }

  static Slot to_texts(const Params& params, Slot in, Slot ids, PlanBuilder& builder) {
    Texts texts;
    texts.add_mark(kTextMissing);
    if (const auto* text = std::get_if<std::string>(&params.default_value)) {
      texts.add(*text);
    } else {
      texts.add_mark(params.keep_others ? kTextKept : kTextMissing);
    }
    for (const std::string& text : std::get<std::vector<std::string>>(params.new_values)) {
      texts.add(text);
    }
    const DataRange data = builder.add_data(texts.payload());
    const Slot out = builder.new_slot(ValueType::kBytes);
    builder.emit(params.keep_others ? gather_or_keep_record(ids.number, in.number, out.number,
                                                            data.offset, data.length, texts.size())
                                    : gather_bytes_record(ids.number, out.number, data.offset,
                                                          data.length, texts.size()));
    return out;
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    const DataRange table = add_key_table(params.old_values, builder);
    const Slot ids = builder.emit_shared(lookup_record(in[0].slot.number, 0, table.offset,
                                                       table.length, num_values(params.old_values)),
                                         ValueType::kI32);
    Feature out = in[0];
    out.slot = std::holds_alternative<std::vector<double>>(params.new_values)
                   ? to_numbers(params, in[0].slot, ids, builder)
                   : to_texts(params, in[0].slot, ids, builder);
    builder.release(ids);
    return {out};
  }
};

}  // namespace

extern constinit const Transform kMapValues = transform_of<MapValues>();

}  // namespace mainspring
