// The runtime's only way to say that something is wrong: a code, and the number of the thing that
// is wrong. csrc/runtime never throws; csrc/host turns a Status into an exception, edge/ into a C
// error code.
#pragma once
#include <cstdint>

namespace mainspring {

/// What went wrong. The values are part of the C ABI (edge/mainspring.h) and never change.
enum class Code : uint32_t {
  kOk = 0,
  kTruncated = 1,       // shorter than its own header says
  kForeign = 2,         // not a .spring file
  kNewerVersion = 3,    // written by a later format, or needs a section this reader does not know
  kBadChecksum = 4,     // a section's bytes are not the bytes that were written
  kCorrupt = 5,         // checksums hold, but an offset, count, id or index is out of range
  kMisaligned = 6,      // the caller's memory is not aligned to 64 bytes
  kBufferTooSmall = 7,  // arena, scratch or output shorter than asked for
  kWrongColumnCount = 8,
  kWrongColumnType = 9,   // index: the input column
  kUnsupportedType = 10,  // an Arrow type this build does not read; index: the column
  kInvalidArgument = 11,
  kNoModel = 12,          // the bundle holds transforms only
  kTooManyFeatures = 13,  // for dense rows
  kMissingColumn = 14,    // index: the input
  kNotExplained = 15,     // no forest, or one without covers; not in the library for devices
};

/// `index` is the section, record, column or byte the code speaks of; 0 where there is none.
struct [[nodiscard]] Status {
  Code code = Code::kOk;
  uint64_t index = 0;
  constexpr bool ok() const { return code == Code::kOk; }
};

inline constexpr Status kOkStatus{};

/// One sentence per code, in plain words, with the fix where there is one.
const char* status_message(Code code) noexcept;

}  // namespace mainspring
