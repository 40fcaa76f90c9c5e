// Header, table, sections, padding: the writing half of runtime/bundle/read_bundle.cpp.
#include "fit/write_bundle.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/bundle/format.hpp"
#include "runtime/core/crc.hpp"

namespace mainspring {

namespace {

uint64_t align_up(uint64_t value) { return (value + 63) & ~uint64_t{63}; }

struct NamedPart {
  uint32_t type;
  uint32_t flags;
  const std::vector<uint8_t>* bytes;  // null: DATA
};

}  // namespace

std::vector<uint8_t> write_bundle(const BundleParts& parts) {
  const NamedPart all[] = {
      {kSectionMeta, 0, &parts.meta},
      {kSectionPool, kSectionRequired, &parts.pool},
      {kSectionPlan, kSectionRequired, &parts.plan},
      {kSectionData, kSectionRequired, nullptr},
      {kSectionModel, kSectionRequired, &parts.model},
      {kSectionLabels, kSectionRequired, &parts.labels},
      {kSectionProfile, 0, &parts.profile},
  };
  const auto length_of = [&](const NamedPart& part) {
    return part.bytes != nullptr ? part.bytes->size() : parts.data.length();
  };
  std::vector<NamedPart> present;
  for (const NamedPart& part : all) {
    if (length_of(part) != 0) present.push_back(part);
  }

  std::vector<SectionRecord> table;
  uint64_t end = sizeof(BundleHeader) + present.size() * sizeof(SectionRecord);
  for (const NamedPart& part : present) {
    const uint64_t begin = align_up(end);
    table.push_back(SectionRecord{part.type, part.flags, begin, length_of(part), 0, 0});
    end = begin + length_of(part);
  }
  std::vector<uint8_t> file;
  file.reserve(end);
  for (size_t i = 0; i < present.size(); ++i) {
    file.resize(table[i].offset);
    if (present[i].bytes != nullptr) {
      file.insert(file.end(), present[i].bytes->begin(), present[i].bytes->end());
    } else {
      parts.data.append_to(&file);
    }
    table[i].crc = crc32c(file.data() + table[i].offset, table[i].length);
  }
  file.resize(end);  // without a section too there are header and table

  BundleHeader header{};
  std::memcpy(header.magic, kBundleMagic, sizeof(kBundleMagic));
  header.major = kBundleMajor;
  header.minor = kBundleMinor;
  header.num_sections = static_cast<uint32_t>(present.size());
  header.length = end;
  header.table_crc =
      crc32c(reinterpret_cast<const uint8_t*>(table.data()), table.size() * sizeof(SectionRecord));
  header.header_crc = crc32c(reinterpret_cast<const uint8_t*>(&header), sizeof(header));
  std::memcpy(file.data(), &header, sizeof(header));
  std::copy_n(reinterpret_cast<const uint8_t*>(table.data()), table.size() * sizeof(SectionRecord),
              file.begin() + sizeof(header));
  return file;
}

}  // namespace mainspring
