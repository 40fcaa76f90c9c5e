// Lists to columns: the elements at up to four neighbouring places, a column each.
#include "runtime/arrow/list_elements.hpp"
#include "runtime/steps/record_shape.hpp"

namespace mainspring {
namespace {

/// Elements between those that rows want and nobody wants: decoding a few is cheaper than to begin
/// anew.
constexpr uint64_t kGap = 16;

constexpr uint8_t kNoByte = 0;

constexpr double missing_value(double) { return __builtin_nan(""); }
constexpr int64_t missing_value(int64_t) { return 0; }
constexpr BytesView missing_value(BytesView) { return {&kNoByte, 0}; }

/// The elements of a row's list that lie at the places.
ListView wanted(const ListView& list, uint64_t first_place, uint64_t num_places) {
  if (first_place >= list.count) return {0, 0};
  const uint64_t rest = list.count - first_place;
  return {list.first + first_place, rest < num_places ? rest : num_places};
}

/// From the first element that `row` wants: up to the last one that it and those behind it want, as
/// long as they lie near each other, at most a tile of them.
uint32_t block_length(const Tile& lists, uint32_t row, uint64_t first_place, uint64_t num_places) {
  const auto* views = static_cast<const ListView*>(lists.values);
  const uint64_t first = wanted(views[row], first_place, num_places).first;
  uint64_t end = first;
  for (; row < lists.num_rows; ++row) {
    const ListView part = wanted(views[row], first_place, num_places);
    if (part.count == 0) continue;
    const uint64_t part_end = part.first + part.count;
    if (part.first < first || part.first > end + kGap || part_end - first > kTileRows) break;
    if (part_end > end) end = part_end;
  }
  return static_cast<uint32_t>(end - first);
}

/// One value of a tile; `from` null: what a missing row holds.
template <class T>
struct ValueOf {
  static constexpr ValueType type(const Tile&) { return ValueTypeOf<T>::kType; }
  static void put(const Tile& out, uint32_t row, const uint8_t* from, uint64_t at) {
    values_of<T>(out)[row] =
        from != nullptr ? reinterpret_cast<const T*>(from)[at] : missing_value(T{});
  }
};

/// The same of any type: one function for a device instead of three.
struct AnyValue {
  static ValueType type(const Tile& lists) { return element_type(lists.type); }
  static void put(const Tile& out, uint32_t row, const uint8_t* from, uint64_t at) {
    switch (out.type) {
      case ValueType::kF64: return ValueOf<double>::put(out, row, from, at);
      case ValueType::kI64: return ValueOf<int64_t>::put(out, row, from, at);
      default: return ValueOf<BytesView>::put(out, row, from, at);
    }
  }
};

template <class T, class Value = ValueOf<T>>
void take_places(const StepRecord& record, const StepContext& context, const Tile& lists) {
  alignas(64) uint8_t values[kTileRows * sizeof(T)];
  alignas(64) uint64_t validity[kValidityWords];
  Tile outs[kMaxStepOutputs];
  for (uint32_t place = 0; place < record.num_outputs; ++place) {
    outs[place] = context.output(record, place);
    for (uint32_t word = 0; word < kValidityWords; ++word) outs[place].validity[word] = 0;
  }
  const auto* views = static_cast<const ListView*>(lists.values);
  const InputKind kind = element_kind(lists.type);
  uint64_t block_first = 0;
  uint64_t block_end = 0;
  for (uint32_t row = 0; row < lists.num_rows; ++row) {
    const ListView part = wanted(views[row], record.integers[0], record.num_outputs);
    if (part.count != 0 && (part.first < block_first || part.first + part.count > block_end)) {
      const uint32_t length = block_length(lists, row, record.integers[0], record.num_outputs);
      const Tile block{Value::type(lists), length, values, validity, nullptr};
      decode_tile(**lists.elements, kind, TimeUnit::kNone, part.first, *context.kernels, block);
      block_first = part.first;
      block_end = part.first + length;
    }
    for (uint32_t place = 0; place < record.num_outputs; ++place) {
      const uint64_t at = part.first + place - block_first;
      const bool there = place < part.count && is_valid(validity, static_cast<uint32_t>(at));
      Value::put(outs[place], row, there ? values : nullptr, at);
      outs[place].validity[row >> 6] |= uint64_t{there} << (row & 63);
    }
  }
}

struct ListElements {
  static constexpr StepCode kCode = StepCode::kListElements;
  static constexpr const char* kName = "list_elements";

  static Status verify(const StepRecord& record, const PlanView& plan) noexcept {
    if (record.num_outputs == 0 || record.integers[0] > kMaxListPlace ||
        !has_shape(record,
                   {.num_inputs = 1, .num_outputs = record.num_outputs, .integer_mask = 0b1})) {
      return kBadRecord;
    }
    const ValueType type = input_type(record, plan);
    if (!is_list(type)) return kBadRecord;
    for (uint32_t place = 0; place < record.num_outputs; ++place) {
      if (output_type(record, plan, place) != element_type(type)) return kBadRecord;
    }
    return kOkStatus;
  }

  static void run(const StepRecord& record, const StepContext& context) noexcept {
    const Tile lists = context.input(record, 0);
#if defined(MAINSPRING_SMALL)
    take_places<BytesView, AnyValue>(record, context, lists);
#else
    switch (element_type(lists.type)) {
      case ValueType::kF64: return take_places<double>(record, context, lists);
      case ValueType::kI64: return take_places<int64_t>(record, context, lists);
      default: return take_places<BytesView>(record, context, lists);
    }
#endif
  }
};

}  // namespace

extern constinit const Step kListElementsStep = step_of<ListElements>();

}  // namespace mainspring
