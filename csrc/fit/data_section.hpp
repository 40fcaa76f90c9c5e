// The DATA section in the making: payloads one behind another, each at a multiple of 64.
#pragma once
#include <cstdint>
#include <new>
#include <span>
#include <vector>

#include "host/kept_array.hpp"

namespace mainspring {

/// Memory that steps may read as if it were a section of an opened bundle.
template <class T>
struct SectionAllocator {
  using value_type = T;
  T* allocate(size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t(64)));
  }
  void deallocate(T* memory, size_t) { ::operator delete(memory, std::align_val_t(64)); }
  bool operator==(const SectionAllocator&) const { return true; }
};

using Payload = std::vector<uint8_t, KeptAllocator<uint8_t>>;

/// Payloads are kept as they come, since a section that grew would be copied time and again, and a
/// vocabulary has megabytes.
class DataSection {
 public:
  bool empty() const { return length_ == 0; }
  /// With the zeros between payloads.
  uint64_t length() const { return length_; }
  /// Returns where the payload will lie.
  uint64_t add(Payload payload);
  /// The bytes of a payload that was added.
  std::span<const uint8_t> payload(uint64_t offset, uint64_t length) const;
  /// The whole section, to run a plan that reads it; stays valid until the next payload.
  const uint8_t* joined();
  /// Appends the whole section.
  void append_to(std::vector<uint8_t>* file) const;

 private:
  struct Piece {
    uint64_t offset;
    Payload bytes;
  };

  std::vector<Piece> pieces_;
  std::vector<uint8_t, SectionAllocator<uint8_t>> joined_;
  uint64_t length_ = 0;
};

}  // namespace mainspring
