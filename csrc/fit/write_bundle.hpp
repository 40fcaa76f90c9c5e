// Assembles the bytes of a bundle from its sections, in the canonical order: the same parts give
// the same bytes.
#pragma once
#include <cstdint>
#include <new>
#include <span>
#include <string>
#include <vector>

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

/// The sections of a bundle, each as it will lie in the file. An empty one is left out.
struct BundleParts {
  std::vector<uint8_t> meta;  // canonical JSON, written by Python
  std::vector<uint8_t> pool;
  std::vector<uint8_t> plan;
  std::vector<uint8_t, SectionAllocator<uint8_t>> data;
  std::vector<uint8_t> model;
  std::vector<uint8_t> labels;
  std::vector<uint8_t> profile;
};

std::vector<uint8_t> write_bundle(const BundleParts& parts);

}  // namespace mainspring
