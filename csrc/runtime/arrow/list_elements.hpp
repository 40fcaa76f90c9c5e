// The elements of a tile of lists, 512 at a time through memory on the stack: how every step and
// every state that takes lists reads them.
#pragma once
#include "runtime/arrow/decode_tile.hpp"

namespace mainspring {

/// How the elements of a tile of lists are read.
constexpr InputKind element_kind(ValueType list) {
  switch (list) {
    case ValueType::kF64List: return InputKind::kFloat;
    case ValueType::kI64List: return InputKind::kInteger;
    default: return InputKind::kBytes;
  }
}

namespace list_internal {

/// From element `first` on: as many as lie without a gap in this row's list and those behind it, at
/// most a tile of them.
inline uint32_t block_length(const Tile& lists, uint32_t row, uint64_t first) noexcept {
  const auto* views = static_cast<const ListView*>(lists.values);
  uint64_t end = first;
  for (; row < lists.num_rows && end - first < kTileRows; ++row) {
    const ListView& list = views[row];
    if (list.count == 0) continue;
    if (list.first > end) break;
    const uint64_t list_end = list.first + list.count;
    if (list_end <= end) break;  // overlapping list views: each is read by itself
    end = list_end;
  }
  return end - first < kTileRows ? static_cast<uint32_t>(end - first) : kTileRows;
}

/// for_each_element_block() through memory for a tile of elements of that type.
template <bool kMissingToo, class OnBlock, class Body>
inline void for_each_block(const Tile& lists, const Kernels& kernels, ValueType type, void* values,
                           const OnBlock& on_block, const Body& body) {
  alignas(64) uint64_t validity[kValidityWords];
  const auto* views = static_cast<const ListView*>(lists.values);
  const InputKind kind = element_kind(lists.type);
  uint64_t block_first = 0;
  uint64_t block_end = 0;
  for (uint32_t row = 0; row < lists.num_rows; ++row) {
    const uint64_t end = views[row].first + views[row].count;
    for (uint64_t element = views[row].first; element < end; ++element) {
      if (element < block_first || element >= block_end) {
        const uint32_t length = block_length(lists, row, element);
        const Tile block{type, length, values, validity, nullptr};
        decode_tile(**lists.elements, kind, TimeUnit::kNone, element, kernels, block);
        on_block(block);
        block_first = element;
        block_end = element + length;
      }
      const auto at = static_cast<uint32_t>(element - block_first);
      if (kMissingToo || is_valid(validity, at)) body(row, at);
    }
  }
}

}  // namespace list_internal

/// on_block(elements) for every tile of elements as it is decoded, to work on them together; then
/// body(row, at) for every element of it that is there: rows ascending, elements in their order,
/// `at` its place in the tile. T is the type of element_type(lists.type). Missing lists and empty
/// lists have no elements; missing elements (null, NaN) are passed over as if they were not in the
/// list, unless kMissingToo.
template <class T, bool kMissingToo = false, class OnBlock, class Body>
inline void for_each_element_block(const Tile& lists, const Kernels& kernels, OnBlock on_block,
                                   Body body) {
  alignas(64) uint8_t values[kTileRows * sizeof(T)];
  list_internal::for_each_block<kMissingToo>(lists, kernels, ValueTypeOf<T>::kType, values,
                                             on_block, body);
}

/// The same for elements of any type: one function for a device, in place of three.
template <class OnBlock, class Body>
inline void for_each_element_of_any_type(const Tile& lists, const Kernels& kernels,
                                         const OnBlock& on_block, const Body& body) {
  alignas(64) uint8_t values[kTileRows * sizeof(BytesView)];
  list_internal::for_each_block<false>(lists, kernels, element_type(lists.type), values, on_block,
                                       body);
}

/// body(row, value) for every element that is there, in the same order.
template <class T, class Body>
inline void for_each_element(const Tile& lists, const Kernels& kernels, Body body) {
  const T* values = nullptr;
  for_each_element_block<T>(
      lists, kernels, [&](const Tile& elements) { values = values_of<T>(elements); },
      [&](uint32_t row, uint32_t at) { body(row, values[at]); });
}

}  // namespace mainspring
