// Offsets are given out at once, bytes are put together at the end.
#include "fit/data_section.hpp"

#include <algorithm>
#include <utility>

namespace mainspring {

uint64_t DataSection::add(Payload payload) {
  const uint64_t offset = (length_ + 63) / 64 * 64;
  length_ = offset + payload.size();
  pieces_.push_back({offset, std::move(payload)});
  return offset;
}

std::span<const uint8_t> DataSection::payload(uint64_t offset, uint64_t length) const {
  if (length == 0) return {};
  const auto behind =
      std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                       [](uint64_t at, const Piece& piece) { return at < piece.offset; });
  const Piece& piece = *(behind - 1);
  return std::span(piece.bytes).subspan(offset - piece.offset, length);
}

const uint8_t* DataSection::joined() {
  if (joined_.size() != length_) {
    joined_.assign(length_, 0);
    for (const Piece& piece : pieces_) {
      std::copy(piece.bytes.begin(), piece.bytes.end(),
                joined_.begin() + static_cast<std::ptrdiff_t>(piece.offset));
    }
  }
  return joined_.data();
}

void DataSection::append_to(std::vector<uint8_t>* file) const {
  const uint64_t begin = file->size();
  for (const Piece& piece : pieces_) {
    file->resize(begin + piece.offset);
    file->insert(file->end(), piece.bytes.begin(), piece.bytes.end());
  }
}

}  // namespace mainspring
