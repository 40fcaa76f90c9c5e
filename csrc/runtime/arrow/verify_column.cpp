// The one pass over the structure of a column from outside. After it, decoding checks nothing.
#include "runtime/arrow/column_view.hpp"
#include "runtime/arrow/run_ends.hpp"
#include "runtime/core/memory.hpp"

namespace mainspring {

namespace {

// `row` counts from the beginning of the buffers.
bool is_present(const ColumnView& view, uint64_t row) noexcept {
  return view.validity == nullptr || ((view.validity[row >> 3] >> (row & 7)) & 1) != 0;
}

// Without a branch in the loop, so that it vectorises; the bad row is looked for only when there is
// one.
template <class Offset>
bool ascend(const void* offsets, uint64_t begin, uint64_t end) noexcept {
  uint32_t bad = 0;
  for (uint64_t row = begin; row < end; ++row) {
    bad |=
        static_cast<uint32_t>(value_at<Offset>(offsets, row) > value_at<Offset>(offsets, row + 1));
  }
  return bad == 0;
}

template <class Offset>
Status verify_offsets(const ColumnView& view) noexcept {
  const uint64_t begin = view.offset;
  const uint64_t end = view.offset + view.length;
  if (value_at<Offset>(view.values, begin) < 0) return {Code::kCorrupt, 0};
  if (!ascend<Offset>(view.values, begin, end)) {
    uint64_t row = begin;
    while (value_at<Offset>(view.values, row) <= value_at<Offset>(view.values, row + 1)) ++row;
    return {Code::kCorrupt, row - begin};
  }
  return kOkStatus;
}

template <class Offset>
Status verify_strings(const ColumnView& view) noexcept {
  if (view.length == 0) return kOkStatus;
  const Status status = verify_offsets<Offset>(view);
  if (!status.ok() || view.bytes != nullptr) return status;
  for (uint64_t row = 0; row < view.length; ++row) {
    if (value_at<Offset>(view.values, view.offset + row + 1) > 0) return {Code::kCorrupt, row};
  }
  return kOkStatus;
}

// Whether string view `row` lies inside its buffer. Masks instead of branches: short and long
// strings are mixed in real columns. A column without buffers has `num_view_buffers` 0 and reads no
// size.
struct ViewCheck {
  const uint8_t* views;
  const uint8_t* const* buffers;
  const uint8_t* sizes;  // int64 each
  uint32_t num_buffers;

  explicit ViewCheck(const ColumnView& view) noexcept
      : views(static_cast<const uint8_t*>(view.values)),
        buffers(view.view_buffers),
        sizes(nullptr),
        num_buffers(view.num_view_buffers) {
    if (num_buffers > 0) sizes = load<const uint8_t*>(buffers + num_buffers);
  }

  bool is_inside(uint64_t row) const noexcept {
    constexpr int64_t kInlineBytes = 12;
    constexpr uint64_t kViewBytes = 16;
    const uint8_t* string_view = views + row * kViewBytes;
    const uint32_t length = load<uint32_t>(string_view);  // a negative number is a huge one
    if (num_buffers == 0) return length <= kInlineBytes;
    const uint64_t is_long = static_cast<uint64_t>((kInlineBytes - int64_t{length}) >> 63);  // mask
    const uint64_t buffer = load<uint32_t>(string_view + 8) & is_long;
    const uint64_t offset = load<uint32_t>(string_view + 12) & is_long;
    const uint64_t is_unknown =
        static_cast<uint64_t>((int64_t{num_buffers} - 1 - static_cast<int64_t>(buffer)) >> 63);
    const uint64_t known = buffer & ~is_unknown;
    const uint64_t missing = load<uintptr_t>(buffers + known) == 0;
    const int64_t size = value_at<int64_t>(sizes, known);
    // Each part is 0 for a view that is fine: its end, its two numbers, its buffer, the pointer.
    const uint64_t wrong =
        static_cast<uint64_t>(size - static_cast<int64_t>(offset + length)) >> 63 |
        (offset | length) >> 31 | (is_unknown & 1) | missing;
    return (wrong & is_long) == 0;
  }
};

Status verify_views(const ColumnView& view) noexcept {
  const ViewCheck check(view);
  const uint64_t begin = view.offset;
  const uint64_t end = view.offset + view.length;
  bool all_inside = true;
  for (uint64_t row = begin; row < end; ++row) all_inside &= check.is_inside(row);
  if (all_inside) return kOkStatus;
  for (uint64_t row = begin; row < end; ++row) {  // what missing rows hold does not matter
    if (is_present(view, row) && !check.is_inside(row)) return {Code::kCorrupt, row - begin};
  }
  return kOkStatus;
}

#if !defined(MAINSPRING_SMALL)
// The largest of some indices, in chains that do not wait for each other: one would be slower than
// memory.
template <class Unsigned>
Unsigned largest_index(const void* indices, uint64_t begin, uint64_t end) noexcept {
  constexpr uint64_t kLanes = 16 / sizeof(Unsigned), kChains = 4;
  typedef Unsigned Lanes __attribute__((vector_size(16)));
  const auto* bytes = static_cast<const uint8_t*>(indices);
  const auto larger = [](Lanes a, Lanes b) { return a > b ? a : b; };
  Lanes first = {}, second = {}, third = {}, fourth = {};
  uint64_t row = begin;
  for (; row + kChains * kLanes <= end; row += kChains * kLanes) {
    const uint8_t* const at = bytes + row * sizeof(Unsigned);
    first = larger(load<Lanes>(at), first);
    second = larger(load<Lanes>(at + 16), second);
    third = larger(load<Lanes>(at + 32), third);
    fourth = larger(load<Lanes>(at + 48), fourth);
  }
  const Lanes most = larger(larger(first, second), larger(third, fourth));
  Unsigned largest = 0;
  for (uint64_t lane = 0; lane < kLanes; ++lane) {
    largest = most[lane] > largest ? most[lane] : largest;
  }
  for (; row < end; ++row) {
    const Unsigned index = value_at<Unsigned>(indices, row);
    largest = index > largest ? index : largest;
  }
  return largest;
}

// Read as unsigned, a negative index is one above the largest signed number: `limit` refuses both.
template <class Unsigned>
Status verify_indices(const ColumnView& view, uint64_t limit) noexcept {
  const uint64_t begin = view.offset;
  const uint64_t end = view.offset + view.length;
  const Unsigned largest = largest_index<Unsigned>(view.values, begin, end);
  if (largest < limit) return kOkStatus;
  // Only now the slow way: what missing rows hold does not matter.
  for (uint64_t row = begin; row < end; ++row) {
    if (value_at<Unsigned>(view.values, row) >= limit && is_present(view, row)) {
      return {Code::kCorrupt, row - begin};
    }
  }
  return kOkStatus;
}

#endif

Status verify_dictionary(const ColumnView& view) noexcept {
  const Status status = verify_column(*view.dictionary);
  if (!status.ok()) return status;
  const uint64_t entries = view.dictionary->length;
#if defined(MAINSPRING_SMALL)
  if (view.index_type < ColumnType::kI8 || view.index_type > ColumnType::kU64) {
    return {Code::kUnsupportedType, 0};
  }
  for (uint64_t row = view.offset; row < view.offset + view.length; ++row) {
    if (index_at<AnyIndex>(view, row) >= entries && is_present(view, row)) {
      return {Code::kCorrupt, row - view.offset};
    }
  }
  return kOkStatus;
#else
  const auto at_most = [&](uint64_t largest) { return entries <= largest ? entries : largest + 1; };
  switch (view.index_type) {
    case ColumnType::kI8: return verify_indices<uint8_t>(view, at_most(INT8_MAX));
    case ColumnType::kI16: return verify_indices<uint16_t>(view, at_most(INT16_MAX));
    case ColumnType::kI32: return verify_indices<uint32_t>(view, at_most(INT32_MAX));
    case ColumnType::kI64: return verify_indices<uint64_t>(view, at_most(INT64_MAX));
    case ColumnType::kU8: return verify_indices<uint8_t>(view, entries);
    case ColumnType::kU16: return verify_indices<uint16_t>(view, entries);
    case ColumnType::kU32: return verify_indices<uint32_t>(view, entries);
    case ColumnType::kU64: return verify_indices<uint64_t>(view, entries);
    default: return {Code::kUnsupportedType, 0};
  }
#endif
}

// Elements [first, first + count) alone: batches that are slices of one array share its elements.
Status verify_elements(const ColumnView& child, uint64_t first, uint64_t count) noexcept {
  ColumnView part = child;
  part.offset += first;
  part.length = count;
  return verify_column(part);
}

template <class Offset>
Status verify_lists(const ColumnView& view) noexcept {
  if (view.length == 0) return kOkStatus;
  const Status status = verify_offsets<Offset>(view);
  if (!status.ok()) return status;
  const auto first = static_cast<uint64_t>(value_at<Offset>(view.values, view.offset));
  const auto end = static_cast<uint64_t>(value_at<Offset>(view.values, view.offset + view.length));
  if (end > view.child->length) return {Code::kCorrupt, view.length - 1};
  return verify_elements(*view.child, first, end - first);
}

template <class Offset>
Status verify_list_views(const ColumnView& view) noexcept {
  const uint64_t limit = view.child->length;
  for (uint64_t row = 0; row < view.length; ++row) {
    const uint64_t at = view.offset + row;
    // A negative number is a huge one.
    const auto first = static_cast<uint64_t>(int64_t{value_at<Offset>(view.values, at)});
    const auto count = static_cast<uint64_t>(int64_t{value_at<Offset>(view.sizes, at)});
    const bool inside = first <= limit && count <= limit - first;
    if (!inside && is_present(view, at)) return {Code::kCorrupt, row};
  }
  return verify_column(*view.child);
}

Status verify_fixed_lists(const ColumnView& view) noexcept {
  if (view.length == 0 || view.width == 0) return kOkStatus;
  const uint64_t end = view.offset + view.length;
  if (end > view.child->length / view.width) return {Code::kCorrupt, view.length - 1};
  return verify_elements(*view.child, view.offset * view.width, view.length * view.width);
}

// Ends ascend from 1 on and reach behind the last row.
template <class End>
Status verify_runs(const ColumnView& view) noexcept {
  const uint64_t num_runs = view.child->length;
  if (view.length == 0) return kOkStatus;
  if (num_runs == 0 || view.values == nullptr) return {Code::kCorrupt, 0};
  const auto end_at = [&](uint64_t run) { return static_cast<int64_t>(run_end<End>(view, run)); };
  if (end_at(0) <= 0) return {Code::kCorrupt, 0};
  for (uint64_t run = 1; run < num_runs; ++run) {
    if (end_at(run) <= end_at(run - 1)) return {Code::kCorrupt, run};
  }
  if (run_end<End>(view, num_runs - 1) < view.offset + view.length) {
    return {Code::kCorrupt, view.length - 1};
  }
  return verify_column(*view.child);
}

}  // namespace

Status verify_column(const ColumnView& view) noexcept {
  switch (view.type) {
    case ColumnType::kUtf8:
    case ColumnType::kBinary: return verify_strings<int32_t>(view);
    case ColumnType::kLargeUtf8:
    case ColumnType::kLargeBinary: return verify_strings<int64_t>(view);
    case ColumnType::kUtf8View:
    case ColumnType::kBinaryView: return verify_views(view);
    case ColumnType::kDictionary: return verify_dictionary(view);
    case ColumnType::kList: return verify_lists<int32_t>(view);
    case ColumnType::kLargeList: return verify_lists<int64_t>(view);
    case ColumnType::kListView: return verify_list_views<int32_t>(view);
    case ColumnType::kLargeListView: return verify_list_views<int64_t>(view);
    case ColumnType::kFixedList: return verify_fixed_lists(view);
    case ColumnType::kRunEnds:
      return with_run_ends(view, [&](auto end) { return verify_runs<decltype(end)>(view); });
    default: return kOkStatus;
  }
}

}  // namespace mainspring
