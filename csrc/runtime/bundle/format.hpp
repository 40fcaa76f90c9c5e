// The bytes of a .spring file. docs/format.md says the same in words; tests compare the two.
//
// Fixed header, section table, then sections at multiples of 64, in ascending order, gaps zero.
// Little-endian.
#pragma once
#include <cstdint>

namespace mainspring {

inline constexpr uint8_t kBundleMagic[8] = {0x8f, 'S', 'P', 'R', 'I', 'N', 'G', 0x0a};
inline constexpr uint16_t kBundleMajor =
    0;  // a reader refuses a higher one; 0 may still change until the first release
inline constexpr uint16_t kBundleMinor = 1;
inline constexpr uint32_t kMaxSections = 64;
inline constexpr uint64_t kMaxBundleBytes = uint64_t{1} << 40;

struct BundleHeader {
  uint8_t magic[8];
  uint16_t major;
  uint16_t minor;
  uint32_t num_sections;
  uint64_t length;      // of the whole file
  uint32_t table_crc;   // CRC32C of the section table
  uint32_t header_crc;  // CRC32C of this header with this field zero
  uint8_t reserved[32];
};
static_assert(sizeof(BundleHeader) == 64);

inline constexpr uint32_t section_type(char a, char b, char c, char d) {
  return static_cast<uint32_t>(static_cast<uint8_t>(a)) |
         static_cast<uint32_t>(static_cast<uint8_t>(b)) << 8 |
         static_cast<uint32_t>(static_cast<uint8_t>(c)) << 16 |
         static_cast<uint32_t>(static_cast<uint8_t>(d)) << 24;
}

inline constexpr uint32_t kSectionMeta =
    section_type('M', 'E', 'T', 'A');  // canonical JSON; never parsed in C++
inline constexpr uint32_t kSectionPool =
    section_type('P', 'O', 'O', 'L');  // UTF-8 names, back to back
inline constexpr uint32_t kSectionPlan =
    section_type('P', 'L', 'A', 'N');  // PlanHeader and its records
inline constexpr uint32_t kSectionData = section_type('D', 'A', 'T', 'A');  // payloads of steps
inline constexpr uint32_t kSectionModel =
    section_type('M', 'O', 'D', 'L');  // ModelHeader and its arrays
inline constexpr uint32_t kSectionLabels =
    section_type('L', 'A', 'B', 'L');  // LabelsHeader: what classes are called
inline constexpr uint32_t kSectionProfile =
    section_type('P', 'R', 'O', 'F');  // reference profile, read by the host only

inline constexpr uint32_t kSectionRequired =
    1;  // flag: a reader that does not know the type must refuse the file

struct SectionRecord {
  uint32_t type;
  uint32_t flags;
  uint64_t offset;
  uint64_t length;
  uint32_t crc;  // CRC32C of the section's bytes
  uint32_t reserved;
};
static_assert(sizeof(SectionRecord) == 32);

inline constexpr uint32_t kPlanWide = 1;  // PlanHeader::flags: features are float64

/// First bytes of PLAN. Then follow, each padded with zeros to a multiple of 64: slot types (one
/// byte each), InputRecords, StepRecords, OutputRecords; and nothing else.
struct PlanHeader {
  uint32_t num_inputs;
  uint32_t num_slots;
  uint32_t num_steps;
  uint32_t num_outputs;  // records; one may stand for many features
  uint32_t flags;
  uint32_t reserved[11];
};
static_assert(sizeof(PlanHeader) == 64);

/// The data_length of all steps together is at most kMaxPayloadUses * length of DATA +
/// kFreePayloadBytes * num_steps: it bounds the work of opening a bundle whose steps share
/// payloads.
inline constexpr uint64_t kMaxPayloadUses = 256;
inline constexpr uint64_t kFreePayloadBytes = 16384;
}  // namespace mainspring
