// Header, table, sections, padding: the writing half of runtime/bundle/read_bundle.cpp.
#include "fit/write_bundle.hpp"

#include <cstring>
#include <span>

#include "runtime/bundle/format.hpp"
#include "runtime/core/crc.hpp"

namespace mainspring {

namespace {

uint64_t align_up(uint64_t value) { return (value + 63) & ~uint64_t{63}; }

struct NamedPart {
  uint32_t type;
  uint32_t flags;
  std::span<const uint8_t> bytes;
};

}  // namespace

std::vector<uint8_t> write_bundle(const BundleParts& parts) {
  const NamedPart all[] = {
      {kSectionMeta, 0, parts.meta},
      {kSectionPool, kSectionRequired, parts.pool},
      {kSectionPlan, kSectionRequired, parts.plan},
      {kSectionData, kSectionRequired, parts.data},
      {kSectionModel, kSectionRequired, parts.model},
      {kSectionLabels, kSectionRequired, parts.labels},
      {kSectionProfile, 0, parts.profile},
  };
  std::vector<NamedPart> present;
  for (const NamedPart& part : all) {
    if (!part.bytes.empty()) present.push_back(part);
  }

  std::vector<SectionRecord> table;
  uint64_t end = sizeof(BundleHeader) + present.size() * sizeof(SectionRecord);
  for (const NamedPart& part : present) {
    const uint64_t begin = align_up(end);
    table.push_back(SectionRecord{part.type, part.flags, begin, part.bytes.size(),
                                  crc32c(part.bytes.data(), part.bytes.size()), 0});
    end = begin + part.bytes.size();
  }

  BundleHeader header{};
  std::memcpy(header.magic, kBundleMagic, sizeof(kBundleMagic));
  header.major = kBundleMajor;
  header.minor = kBundleMinor;
  header.num_sections = static_cast<uint32_t>(present.size());
  header.length = end;
  header.table_crc =
      crc32c(reinterpret_cast<const uint8_t*>(table.data()), table.size() * sizeof(SectionRecord));
  header.header_crc = crc32c(reinterpret_cast<const uint8_t*>(&header), sizeof(header));

  std::vector<uint8_t> file;
  file.reserve(end);
  const auto append = [&file](const void* bytes, size_t size) {
    const auto* first = static_cast<const uint8_t*>(bytes);
    file.insert(file.end(), first, first + size);
  };
  append(&header, sizeof(header));
  append(table.data(), table.size() * sizeof(SectionRecord));
  for (size_t i = 0; i < present.size(); ++i) {
    file.resize(table[i].offset);
    append(present[i].bytes.data(), present[i].bytes.size());
  }
  return file;
}

}  // namespace mainspring
