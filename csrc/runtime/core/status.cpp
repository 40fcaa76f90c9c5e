// One sentence for each code: what every surface (Python, C ABI, command line) says.
#include "runtime/core/status.hpp"

namespace mainspring {

const char* status_message(Code code) noexcept {
  switch (code) {
    case Code::kOk: return "No error.";
    case Code::kTruncated:
      return "The bytes end before the length that their header states; copy the file again.";
    case Code::kForeign: return "The bytes do not begin like a .spring bundle.";
    case Code::kNewerVersion:
      return "The bundle was written by a later format version; update mainspring.";
    case Code::kBadChecksum:
      return "A checksum does not match, so bytes have changed since the bundle was written; copy "
             "the file again.";
    case Code::kCorrupt:
      return "An offset, count, id or index in the bundle is out of range; write the bundle again.";
    case Code::kMisaligned: return "The memory is not aligned to 64 bytes; align it.";
    case Code::kBufferTooSmall:
      return "The buffer is shorter than needed; ask for the size and pass at least that much.";
    case Code::kWrongColumnCount:
      return "The number of columns is not the number of the plan's inputs; pass one for each "
             "input, in order.";
    case Code::kWrongColumnType:
      return "The column's type cannot feed its input; cast it to the type it was fitted with.";
    case Code::kUnsupportedType:
      return "The column has an Arrow type that is not read; cast it to a number, string, date or "
             "timestamp.";
    case Code::kInvalidArgument: return "An argument is null or out of range.";
    case Code::kNoModel:
      return "The bundle holds transforms only, no model; call transform, not predict.";
    case Code::kTooManyFeatures:
      return "The transforms give more than 65,536 features, too many for dense rows; use fewer "
             "buckets or categories.";
    case Code::kMissingColumn:
      return "A column that the bundle reads is missing; add it, with nulls where its values are "
             "not known.";
    case Code::kNotExplained:
      return "The model cannot be explained here: it is no forest, its trees have no covers, or "
             "this is the library for devices; use Predictor.explain with background=.";
  }
  return "Unknown error code.";
}

}  // namespace mainspring
