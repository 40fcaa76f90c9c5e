// Reads FlatBuffers (the encoding of Arrow's IPC metadata) that nobody has checked: every offset is
// inside the bytes before it is followed. Nothing is copied.
#pragma once
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace mainspring {

/// Thrown where bytes are no FlatBuffer; the reader above says what it was reading.
struct BadFlatBuffer {};

class FlatVector;

class FlatTable {
 public:
  /// The root of a buffer.
  static FlatTable root(std::span<const uint8_t> bytes) {
    return FlatTable(bytes, load<uint32_t>(bytes, 0));
  }

  template <class T>
  T scalar(uint32_t slot, T otherwise) const {
    const uint64_t at = field(slot);
    return at == 0 ? otherwise : load<T>(bytes_, at);
  }
  bool has(uint32_t slot) const { return field(slot) != 0; }
  FlatTable table(uint32_t slot) const { return FlatTable(bytes_, target(slot)); }
  /// Empty where the field is not there.
  std::string_view text(uint32_t slot) const {
    if (!has(slot)) return {};
    const uint64_t at = target(slot);
    const uint32_t length = load<uint32_t>(bytes_, at);
    if (length > bytes_.size() - at - 4) throw BadFlatBuffer{};
    return {reinterpret_cast<const char*>(bytes_.data()) + at + 4, length};
  }
  /// Empty where the field is not there.
  FlatVector vector(uint32_t slot, uint32_t item_bytes) const;

  template <class T>
  static T load(std::span<const uint8_t> bytes, uint64_t at) {
    if (at > bytes.size() || bytes.size() - at < sizeof(T)) throw BadFlatBuffer{};
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  }

 private:
  friend class FlatVector;
  FlatTable(std::span<const uint8_t> bytes, uint64_t at) : bytes_(bytes), at_(at) {
    const int64_t vtable = static_cast<int64_t>(at) - load<int32_t>(bytes, at);
    if (vtable < 0) throw BadFlatBuffer{};
    vtable_ = static_cast<uint64_t>(vtable);
    vtable_bytes_ = load<uint16_t>(bytes, vtable_);
  }

  /// Where the field lies; 0: it is not there.
  uint64_t field(uint32_t slot) const {
    const uint32_t entry = 4 + 2 * slot;
    if (entry + 2 > vtable_bytes_) return 0;
    const auto offset = load<uint16_t>(bytes_, vtable_ + entry);
    return offset == 0 ? 0 : at_ + offset;
  }
  /// Where the field points to.
  uint64_t target(uint32_t slot) const {
    const uint64_t at = field(slot);
    if (at == 0) throw BadFlatBuffer{};
    return at + load<uint32_t>(bytes_, at);
  }

  std::span<const uint8_t> bytes_;
  uint64_t at_;
  uint64_t vtable_ = 0;
  uint16_t vtable_bytes_ = 0;
};

class FlatVector {
 public:
  FlatVector() = default;
  uint32_t size() const { return size_; }
  /// Of a vector of structs or numbers: a number `offset` bytes into an item.
  template <class T>
  T number(uint32_t item, uint32_t offset = 0) const {
    return FlatTable::load<T>(bytes_, at_ + uint64_t{item} * item_bytes_ + offset);
  }
  FlatTable table(uint32_t item) const {
    const uint64_t at = at_ + uint64_t{item} * 4;
    return FlatTable(bytes_, at + FlatTable::load<uint32_t>(bytes_, at));
  }

 private:
  friend class FlatTable;
  std::span<const uint8_t> bytes_;
  uint64_t at_ = 0;
  uint32_t size_ = 0;
  uint32_t item_bytes_ = 4;
};

inline FlatVector FlatTable::vector(uint32_t slot, uint32_t item_bytes) const {
  FlatVector found;
  if (!has(slot)) return found;
  const uint64_t at = target(slot);
  found.bytes_ = bytes_;
  found.at_ = at + 4;
  found.size_ = load<uint32_t>(bytes_, at);
  found.item_bytes_ = item_bytes;
  if (uint64_t{found.size_} * item_bytes > bytes_.size() - found.at_) throw BadFlatBuffer{};
  return found;
}

}  // namespace mainspring
