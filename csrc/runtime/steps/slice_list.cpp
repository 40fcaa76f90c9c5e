// Lists to a part of each: views of the same elements, none of which is looked at.
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

/// Elements [begin, begin + count) of a list of `length`: what lies inside of [offset, offset +
/// limit), an offset below 0 counted from the end.
ListView part_of(const ListView& list, int64_t offset, uint64_t limit) {
  uint64_t begin = 0;
  uint64_t room = limit;
  if (offset >= 0) {
    begin = static_cast<uint64_t>(offset);
  } else {
    const uint64_t from_end = ~static_cast<uint64_t>(offset) + 1;
    if (from_end <= list.count) {
      begin = list.count - from_end;
    } else {
      // The part begins before the list does: what of it lies there is lost.
      const uint64_t before = from_end - list.count;
      room = limit > before ? limit - before : 0;
    }
  }
  if (begin > list.count) begin = list.count;
  const uint64_t rest = list.count - begin;
  return ListView{list.first + begin, room < rest ? room : rest};
}

struct SliceList {
  static constexpr StepCode kCode = StepCode::kSliceList;
  static constexpr const char* kName = "slice_list";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (!has_shape(record,
                   {.num_inputs = 1, .num_outputs = 1, .integer_mask = 0b11, .in_place = true})) {
      return kBadRecord;
    }
    return ok_if(is_list(input_type(record, plan)) &&
                 input_type(record, plan) == output_type(record, plan));
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile in = context.input(record, 0);
    const Tile out = context.output(record, 0);
    const ListView* from = static_cast<const ListView*>(in.values);
    auto* to = static_cast<ListView*>(out.values);
    const auto offset = static_cast<int64_t>(record.integers[0]);
    for (uint32_t row = 0; row < in.num_rows; ++row) {
      to[row] = is_valid(in.validity, row) ? part_of(from[row], offset, record.integers[1])
                                           : ListView{0, 0};
    }
    *out.elements = *in.elements;
    copy_validity(in, out);
  }
};

}  // namespace

extern constinit const Step kSliceListStep = step_of<SliceList>();

}  // namespace mainspring
