// Elements go through the decoder that a batch's elements go through: they cannot differ.
#include "host/row_list.hpp"

#include <bit>

#include "host/bundle_image.hpp"
#include "runtime/arrow/decode_tile.hpp"

namespace mainspring {

void RowList::clear(InputKind kind) {
  element_kind_ = element_kind(kind);
  validity_.clear();
  words_.clear();
  offsets_.assign(1, 0);
  bytes_.clear();
  count_ = 0;
}

void RowList::add(const ColumnView& element) {
  alignas(64) uint8_t value[sizeof(BytesView)];
  alignas(64) uint64_t validity[kValidityWords];
  const Tile tile{value_type_of(element_kind_), 1, value, validity, nullptr};
  decode_tile(element, element_kind_, TimeUnit::kNone, 0, process_kernels(), tile);
  if (element_kind_ == InputKind::kBytes) {
    const BytesView bytes = values_of<BytesView>(tile)[0];
    bytes_.insert(bytes_.end(), bytes.data, bytes.data + bytes.length);
    offsets_.push_back(static_cast<int64_t>(bytes_.size()));
  } else if (element_kind_ == InputKind::kFloat) {
    words_.push_back(std::bit_cast<uint64_t>(values_of<double>(tile)[0]));
  } else {
    words_.push_back(static_cast<uint64_t>(values_of<int64_t>(tile)[0]));
  }
  if (count_ % 8 == 0) validity_.push_back(0);
  validity_.back() |= static_cast<uint8_t>((validity[0] & 1) << (count_ % 8));
  ++count_;
}

void RowList::show(ColumnView* view) {
  static constexpr uint8_t kNoBytes[8] = {};
  elements_ = ColumnView{};
  elements_.time_zone = "";
  elements_.length = count_;
  elements_.validity = validity_.data();
  if (element_kind_ == InputKind::kBytes) {
    elements_.type = ColumnType::kLargeBinary;
    elements_.values = offsets_.data();
    elements_.bytes = bytes_.empty() ? kNoBytes : bytes_.data();
  } else {
    elements_.type = element_kind_ == InputKind::kFloat ? ColumnType::kF64 : ColumnType::kI64;
    elements_.values = words_.data();
  }
  bounds_[1] = static_cast<int64_t>(count_);
  view->type = ColumnType::kLargeList;
  view->unit = TimeUnit::kNone;
  view->validity = nullptr;
  view->values = bounds_;
  view->child = &elements_;
}

}  // namespace mainspring
