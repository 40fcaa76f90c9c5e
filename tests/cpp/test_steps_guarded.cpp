// Every step alone, on guarded tiles: it writes all of its output and nothing else, at any length
// and on any level; in place or not makes no difference; the tile it leaves keeps the rules.
#include <algorithm>
#include <array>

#include "check.hpp"
#include "host/error.hpp"
#include "host/scratch.hpp"
#include "step_columns.hpp"
#include "tile_rules.hpp"

namespace mainspring {
namespace {

constexpr uint64_t kFirstRow = 3;
constexpr std::array<uint32_t, 9> kLengths{0, 1, 2, 63, 64, 65, 200, 511, kTileRows};

/// Memory at a multiple of 64.
class Aligned {
 public:
  explicit Aligned(uint64_t length) : bytes_(length + 64), length_(length) {}
  uint8_t* data() {
    return reinterpret_cast<uint8_t*>((reinterpret_cast<uintptr_t>(bytes_.data()) + 63) / 64 * 64);
  }
  uint64_t length() const { return length_; }

 private:
  std::vector<uint8_t> bytes_;
  uint64_t length_;
};

/// A plan's scratch with one slot more than the plan has, and its features.
struct Room {
  const PlanView& plan;
  std::vector<ValueType> slots;
  Aligned scratch, features;
  std::vector<uint8_t> saved;

  explicit Room(const PlanView& view)
      : plan(view),
        slots(view.slots, view.slots + view.num_slots),
        scratch((view.num_slots + 1) * uint64_t{kSlotBytes}),
        features(view.num_features * uint64_t{kTileRows} * sizeof(double)) {
    slots.push_back(ValueType::kF64);
  }

  StepContext context(const Kernels& kernels, const ColumnView* columns, uint32_t num_rows) {
    TextRoom* const texts = thread_texts();
    start_texts(texts);
    auto* narrow = reinterpret_cast<float*>(features.data());
    auto* wide = reinterpret_cast<double*>(features.data());
    return {&kernels,
            columns,
            kFirstRow,
            num_rows,
            scratch.data(),
            slots.data(),
            plan.data,
            plan.wide ? nullptr : narrow,
            plan.wide ? wide : nullptr,
            nullptr,
            texts};
  }
  void fill(uint8_t byte) {
    std::memset(scratch.data(), byte, scratch.length());
    std::memset(features.data(), byte, features.length());
  }
  /// Remembers every byte. Kept in the same memory each time: fresh pages cost more than copies.
  void save() {
    saved.resize(scratch.length() + features.length());
    std::memcpy(saved.data(), scratch.data(), scratch.length());
    std::memcpy(saved.data() + scratch.length(), features.data(), features.length());
  }
  bool is_as_saved() {
    return std::memcmp(saved.data(), scratch.data(), scratch.length()) == 0 &&
           std::memcmp(saved.data() + scratch.length(), features.data(), features.length()) == 0;
  }
  uint8_t* at(uint64_t offset) {
    return offset < scratch.length() ? scratch.data() + offset
                                     : features.data() + (offset - scratch.length());
  }
};

struct Range {
  uint64_t begin;
  uint64_t end;
};

/// The bytes that a step may write: values of the tile's rows, all of the validity, where the
/// elements of lists are; of a store its features' rows.
std::vector<Range> outputs_of(const Room& room, const StepRecord& record, uint32_t num_rows) {
  std::vector<Range> ranges;
  for (uint32_t i = 0; i < record.num_outputs; ++i) {
    const uint64_t slot = record.outputs[i] * uint64_t{kSlotBytes};
    const uint64_t validity = slot + kSlotValueBytes;
    ranges.push_back(
        {slot, slot + uint64_t{num_rows} * value_bytes(room.slots[record.outputs[i]])});
    const uint64_t elements = is_list(room.slots[record.outputs[i]]) ? sizeof(ColumnView*) : 0;
    ranges.push_back({validity, validity + kSlotValidityBytes + elements});
  }
  const Stores stores = find_step(record.code)->stores;
  if (stores == Stores::kOne || stores == Stores::kMany) {
    const uint64_t count = stores == Stores::kOne ? 1 : record.integers[1];
    const uint64_t size = room.plan.wide ? sizeof(double) : sizeof(float);
    for (uint64_t feature = record.integers[0]; feature < record.integers[0] + count; ++feature) {
      const uint64_t at =
          (room.plan.num_slots + 1) * uint64_t{kSlotBytes} + feature * uint64_t{kTileRows} * size;
      ranges.push_back({at, at + num_rows * size});
    }
  }
  return ranges;
}

/// The bytes of the ranges, which count as saved from now on.
std::vector<uint8_t> take(Room* room, const std::vector<Range>& ranges) {
  std::vector<uint8_t> kept;
  for (const Range& range : ranges) {
    const uint64_t length = range.end - range.begin;
    if (length == 0) continue;
    const uint8_t* begin = room->at(range.begin);
    kept.insert(kept.end(), begin, begin + length);
    std::memcpy(room->saved.data() + range.begin, begin, length);
  }
  return kept;
}

/// The steps whose outputs reach this one's inputs, itself left out. Running all that come before
/// would take time in the square of the plan's length.
std::vector<uint32_t> steps_before(const PlanView& plan, uint32_t number) {
  std::vector<bool> wanted(plan.num_slots);
  const auto want = [&](const StepRecord& record) {
    for (uint32_t i = 0; i < record.num_inputs; ++i) wanted[record.inputs[i]] = true;
  };
  want(plan.steps[number]);
  std::vector<uint32_t> found;
  for (uint32_t before = number; before-- > 0;) {
    const StepRecord& record = plan.steps[before];
    bool needed = false;
    for (uint32_t i = 0; i < record.num_outputs; ++i) {
      needed = needed || wanted[record.outputs[i]];
      wanted[record.outputs[i]] = false;
    }
    if (!needed) continue;
    want(record);
    found.insert(found.begin(), before);
  }
  return found;
}

/// Whether a step's outputs are made of a load that keeps NaN.
bool keeps_nan(const PlanView& plan, uint32_t number) {
  const auto keeps = [&](uint32_t step) {
    const StepRecord& record = plan.steps[step];
    return record.code == static_cast<uint32_t>(StepCode::kLoad) && record.integers[kKeepsNan] != 0;
  };
  const std::vector<uint32_t> before = steps_before(plan, number);
  return keeps(number) || std::any_of(before.begin(), before.end(), keeps);
}

/// What a step writes when everything around it holds `guard`; what it reads has been made.
std::vector<uint8_t> run_alone(Room* room, uint32_t number, const StepRecord& record,
                               const Kernels& kernels, const ColumnView* columns, uint32_t num_rows,
                               uint8_t guard) {
  room->fill(guard);
  const StepContext context = room->context(kernels, columns, num_rows);
  for (const uint32_t before : steps_before(room->plan, number)) {
    find_step(room->plan.steps[before].code)->run(room->plan.steps[before], context);
  }
  for (uint32_t i = 0; i < record.num_outputs; ++i) {
    const bool in_place =
        std::count(record.inputs, record.inputs + record.num_inputs, record.outputs[i]) != 0;
    if (!in_place) {
      std::memset(room->scratch.data() + record.outputs[i] * uint64_t{kSlotBytes}, guard,
                  kSlotBytes);
    }
  }
  room->save();
  find_step(record.code)->run(record, context);
  const std::vector<uint8_t> written = take(room, outputs_of(*room, record, num_rows));
  if (!check(room->is_as_saved(), "only the output is written")) {
    std::fprintf(stderr, "  step %u (%s), %u rows\n", number, find_step(record.code)->name,
                 num_rows);
  }
  for (uint32_t i = 0; i < record.num_outputs; ++i) {
    const char* broken = broken_tile_rule(context.output(record, i), keeps_nan(room->plan, number));
    if (!check(broken == nullptr, "the output keeps the rules of a tile")) {
      std::fprintf(stderr, "  step %u (%s): %s\n", number, find_step(record.code)->name, broken);
    }
  }
  return written;
}

/// The record with its output in place or, where it is, in a slot of its own; false where the step
/// refuses that or it makes no sense.
bool moved_output(Room* room, const StepRecord& record, StepRecord* moved) {
  if (record.num_inputs == 0 || record.num_outputs != 1) return false;
  *moved = record;
  const ValueType type = room->slots[record.outputs[0]];
  if (record.outputs[0] == record.inputs[0]) {
    moved->outputs[0] = static_cast<uint16_t>(room->plan.num_slots);
    room->slots.back() = type;
  } else if (room->slots[record.inputs[0]] == type) {
    moved->outputs[0] = record.inputs[0];
  } else {
    return false;
  }
  PlanView plan = room->plan;
  plan.slots = room->slots.data();
  plan.num_slots = static_cast<uint32_t>(room->slots.size());
  return find_step(record.code)->verify(*moved, plan).ok();
}

void every_step_writes_its_output_and_nothing_else() {
  const auto image = BundleImage::open(every_step_bundle(), "test");
  const PlanView& plan = image->view().plan;
  const StepColumns columns(kFirstRow + kTileRows);
  uint32_t num_known = 0;
  step_list(&num_known);
  std::vector<bool> seen(num_known + 1), in_place(num_known + 1);
  Room room(plan);
  for (uint32_t number = 0; number < plan.num_steps; ++number) {
    const StepRecord& record = plan.steps[number];
    seen[record.code] = true;
    for (const uint32_t num_rows : kLengths) {
      std::vector<uint8_t> expected;
      for (const IsaLevel level : {IsaLevel::kBaseline, IsaLevel::kAvx2, IsaLevel::kAvx512}) {
        const Kernels& kernels = *kernels_for(level);
        for (const uint8_t guard : {uint8_t{0xA5}, uint8_t{0x5A}}) {
          const std::vector<uint8_t> got =
              run_alone(&room, number, record, kernels, columns.views, num_rows, guard);
          if (expected.empty()) expected = got;
          if (!check(got == expected, "all of the output is written, the same on every level")) {
            std::fprintf(stderr, "  step %u (%s), %u rows\n", number, find_step(record.code)->name,
                         num_rows);
          }
        }
      }
      StepRecord moved;
      if (!moved_output(&room, record, &moved)) continue;
      in_place[record.code] = true;
      check(run_alone(&room, number, moved, *kernels_for(IsaLevel::kBaseline), columns.views,
                      num_rows, 0xA5) == expected,
            "in place or not gives the same bits");
    }
  }
  for (uint32_t code = 1; code <= num_known; ++code) {
    if (check(seen[code], "the plan of every step has the step")) continue;
    std::fprintf(stderr, "  %s: use it in every_step_bundle()\n", find_step(code)->name);
  }
  check(in_place[static_cast<uint32_t>(StepCode::kAffine)], "affine runs in place");
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::every_step_writes_its_output_and_nothing_else();
  return mainspring::finish();
}
