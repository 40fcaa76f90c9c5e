// Lays a bundle out again with one more section, and finds it there.
#include "history/bundle_history.hpp"

#include <cstring>

#include "runtime/core/crc.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kAlignment = 64;

uint64_t aligned(uint64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

template <class T>
const uint8_t* raw(const T& value) {
  return reinterpret_cast<const uint8_t*>(&value);
}

BundleHeader header_of(std::span<const uint8_t> bundle) {
  BundleHeader header;
  std::memcpy(&header, bundle.data(), sizeof(header));
  return header;
}

std::vector<SectionRecord> sections_of(std::span<const uint8_t> bundle) {
  std::vector<SectionRecord> sections(header_of(bundle).num_sections);
  std::memcpy(sections.data(), bundle.data() + sizeof(BundleHeader),
              sections.size() * sizeof(SectionRecord));
  return sections;
}

}  // namespace

std::vector<uint8_t> add_history(std::span<const uint8_t> bundle,
                                 std::span<const uint8_t> section) {
  const std::vector<SectionRecord> before = sections_of(bundle);
  std::vector<SectionRecord> sections = before;
  sections.push_back(
      {kSectionHistory, 0, 0, section.size(), crc32c(section.data(), section.size()), 0});
  uint64_t end = sizeof(BundleHeader) + sections.size() * sizeof(SectionRecord);
  for (SectionRecord& record : sections) {
    record.offset = aligned(end);
    end = record.offset + record.length;
  }
  BundleHeader header = header_of(bundle);
  header.num_sections = static_cast<uint32_t>(sections.size());
  header.length = end;
  header.table_crc = crc32c(reinterpret_cast<const uint8_t*>(sections.data()),
                            sections.size() * sizeof(SectionRecord));
  header.header_crc = 0;
  header.header_crc = crc32c(raw(header), sizeof(header));
  std::vector<uint8_t> bytes(end);
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::memcpy(bytes.data() + sizeof(header), sections.data(),
              sections.size() * sizeof(SectionRecord));
  for (size_t i = 0; i < before.size(); ++i) {
    std::memcpy(bytes.data() + sections[i].offset, bundle.data() + before[i].offset,
                before[i].length);
  }
  std::memcpy(bytes.data() + sections.back().offset, section.data(), section.size());
  return bytes;
}

std::span<const uint8_t> history_of(std::span<const uint8_t> bundle) {
  for (const SectionRecord& record : sections_of(bundle)) {
    if (record.type == kSectionHistory) return bundle.subspan(record.offset, record.length);
  }
  return {};
}

}  // namespace mainspring
