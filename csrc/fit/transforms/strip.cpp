// Strings without white space, or other characters, at their ends.
#include "runtime/steps/strip.hpp"

#include <algorithm>
#include <cstring>

#include "fit/transforms/transform.hpp"
#include "runtime/core/utf8.hpp"
#include "runtime/core/whitespace.hpp"
#include "runtime/steps/text_records.hpp"

namespace mainspring {
namespace {

/// The payload of the step: a set of characters.
class CharacterSet {
 public:
  void add(uint32_t code) {
    if (code < 128) {
      ascii_[code >> 6] |= uint64_t{1} << (code & 63);
    } else {
      others_.push_back(code);
    }
  }
  std::vector<uint8_t> payload() {
    std::sort(others_.begin(), others_.end());
    others_.erase(std::unique(others_.begin(), others_.end()), others_.end());
    std::vector<uint8_t> bytes(kAsciiSetBytes + others_.size() * sizeof(uint32_t));
    std::memcpy(bytes.data(), ascii_, kAsciiSetBytes);
    if (!others_.empty()) {
      std::memcpy(bytes.data() + kAsciiSetBytes, others_.data(), others_.size() * sizeof(uint32_t));
    }
    return bytes;
  }

 private:
  uint64_t ascii_[2] = {};
  std::vector<uint32_t> others_;
};

struct Strip {
  static constexpr std::string_view kName = "strip";
  static constexpr std::string_view kSummary =
      "Take white space, or other characters, from the ends of strings.";
  static constexpr InputRule kInput = InputRule::kText;
  struct Params {
    std::string characters;
    std::string side = "both";
  };
  static constexpr auto kParams =
      std::tuple{Param{"characters", &Params::characters, "what is taken away; '' is white space"},
                 Param{"side", &Params::side, "'both', 'start' or 'end'"}};

  static void check(const Params& params) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(params.characters.data());
    if (first_bad_utf8(bytes, params.characters.size()) != params.characters.size()) {
      fail_param(kName, "characters", "characters of Unicode", params.characters);
    }
    if (sides_of(params.side) == 0) {
      fail_param(kName, "side", "'both', 'start' or 'end'", params.side);
    }
  }

  static uint64_t sides_of(std::string_view side) {
    return side == "both"    ? kStripStart | kStripEnd
           : side == "start" ? kStripStart
           : side == "end"   ? kStripEnd
                             : 0;
  }

  static std::vector<Feature> compile(const Params& params, std::span<const Feature> in,
                                      PlanBuilder& builder) {
    CharacterSet set;
    const auto* at = reinterpret_cast<const uint8_t*>(params.characters.data());
    const uint8_t* const end = at + params.characters.size();
    while (at != end) {
      const Character next = character_at(at, end);
      set.add(next.code);
      at += next.num_bytes;
    }
    if (params.characters.empty()) {
      for (uint32_t code = 0; code < 128; ++code) {
        if (is_whitespace(code)) set.add(code);
      }
      for (const uint32_t code : kOtherWhitespace) set.add(code);
    }
    const DataRange data = builder.add_data(set.payload());
    Feature out = in[0];
    out.slot = builder.new_slot(ValueType::kBytes);
    builder.emit(strip_record(in[0].slot.number, out.slot.number, sides_of(params.side),
                              data.offset, data.length));
    return {out};
  }
};

}  // namespace

extern constinit const Transform kStrip = transform_of<Strip>();

}  // namespace mainspring
