// Characters of a set taken from the ends of strings: shorter views of the same bytes.
#include "runtime/steps/strip.hpp"
#include "runtime/core/utf8.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

/// The set in DATA: bits of ASCII, the other characters in ascending order.
struct CharacterSet {
  const uint64_t* ascii;
  const uint32_t* others;
  uint64_t num_others;

  bool has(Character character) const {
    if (character.num_bytes == 0) return false;  // bytes that are no text stay
    const uint32_t code = character.code;
    if (code < 128) return ((ascii[code >> 6] >> (code & 63)) & 1) != 0;
    uint64_t low = 0;
    uint64_t high = num_others;
    while (low < high) {
      const uint64_t middle = (low + high) / 2;
      if (others[middle] < code) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < num_others && others[low] == code;
  }
};

CharacterSet set_in(const uint8_t* data, uint64_t length) {
  return {reinterpret_cast<const uint64_t*>(data),
          reinterpret_cast<const uint32_t*>(data + kAsciiSetBytes),
          (length - kAsciiSetBytes) / sizeof(uint32_t)};
}

BytesView stripped(BytesView text, const CharacterSet& set, uint64_t sides) {
  const uint8_t* begin = text.data;
  const uint8_t* end = begin + text.length;
  while ((sides & kStripStart) != 0 && begin != end) {
    const Character first = character_at(begin, end);
    if (!set.has(first)) break;
    begin += first.num_bytes;
  }
  while ((sides & kStripEnd) != 0 && begin != end) {
    const Character last = character_before(begin, end);
    if (!set.has(last)) break;
    end -= last.num_bytes;
  }
  return {begin, static_cast<uint64_t>(end - begin)};
}

struct Strip {
  static constexpr StepCode kCode = StepCode::kStrip;
  static constexpr const char* kName = "strip";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record, {.num_inputs = 1,
                            .num_outputs = 1,
                            .integer_mask = 0b1,
                            .data = true,
                            .in_place = true}) ||
        input_type(record, plan) != ValueType::kBytes ||
        output_type(record, plan) != ValueType::kBytes) {
      return kBadRecord;
    }
    if (record.integers[0] < 1 || record.integers[0] > (kStripStart | kStripEnd) ||
        record.data_length < kAsciiSetBytes || record.data_length % sizeof(uint32_t) != 0) {
      return kBadRecord;
    }
    const CharacterSet set = set_in(plan.data + record.data_offset, record.data_length);
    for (uint64_t i = 0; i < set.num_others; ++i) {
      const uint32_t before = i == 0 ? 127 : set.others[i - 1];
      if (set.others[i] <= before || !is_character(set.others[i])) return kBadRecord;
    }
    return kOkStatus;
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const CharacterSet set = set_in(context.data + record.data_offset, record.data_length);
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const BytesView* from = values_of<BytesView>(in);
    BytesView* to = values_of<BytesView>(out);
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      to[row] = stripped(from[row], set, record.integers[0]);
    }
    copy_validity(in, out);
  }
};

}  // namespace

extern constinit const Step kStripStep = step_of<Strip>();

}  // namespace mainspring
