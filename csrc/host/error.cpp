// From the runtime's codes to exceptions for people: which class, what is wrong, and what to do.
#include "host/error.hpp"

namespace mainspring {

namespace {

std::string number(Status status) { return std::to_string(status.index); }

Error error_of(Status status, std::string_view subject) {
  const std::string what(subject);
  const char* rewrite = "Save it again with Predictor.save, or fetch a fresh copy.";
  const auto corrupt = [&](const std::string& reason) {
    Error error(ErrorKind::kBundleCorrupt, what + " " + reason + " " + rewrite);
    error.hint(rewrite);
    return error;
  };
  switch (status.code) {
    case Code::kOk: break;
    case Code::kTruncated: return corrupt("is shorter than its own header says: it was cut off.");
    case Code::kForeign: {
      const char* fix = "Give the path of a file that Predictor.save or Preprocessor.save wrote.";
      Error error(ErrorKind::kBundleCorrupt, what + " is not a .spring bundle. " + fix);
      return error.expected("a .spring bundle").hint(fix);
    }
    case Code::kNewerVersion: {
      const char* fix = "Upgrade mainspring to read it.";
      Error error(
          ErrorKind::kBundleVersion,
          what + " was written by a later version of the format than this one reads. " + fix);
      return error.hint(fix);
    }
    case Code::kBadChecksum:
      return corrupt("has changed since it was written: the checksum of section " + number(status) +
                     " does not match.");
    case Code::kCorrupt:
      return corrupt("is inconsistent: an offset, count or index at position " + number(status) +
                     " is out of range.");
    case Code::kMisaligned:
      return Error(ErrorKind::kParameter,
                   what + " lies in memory that is not aligned to 64 bytes. Copy it there first.");
    case Code::kBufferTooSmall:
      return Error(ErrorKind::kParameter,
                   what +
                       " has an output buffer that is too small. Give one with an element for "
                       "every row and output.");
    case Code::kWrongColumnCount:
      return Error(ErrorKind::kSchema,
                   what +
                       " has another number of columns than the bundle's inputs. Give one "
                       "column for each input, in their order.");
    case Code::kWrongColumnType:
      return Error(ErrorKind::kSchema, what + ": input " + number(status) +
                                           " has a type that cannot feed it. Cast the column to "
                                           "the type it had when the bundle was fitted.");
    case Code::kUnsupportedType:
      return Error(ErrorKind::kSchema, what + ": column " + number(status) +
                                           " has an Arrow type that the engine does not read. "
                                           "Cast it to a number or a string, or drop it.");
    case Code::kInvalidArgument:
      return Error(ErrorKind::kParameter,
                   what + " was called with an invalid argument (number " + number(status) + ").");
    case Code::kNoModel: {
      const char* fix = "Call transform, or make the bundle with Predictor(model, preprocessor).";
      Error error(ErrorKind::kParameter, what + " holds transforms only and no model. " + fix);
      return error.hint(fix);
    }
    case Code::kTooManyFeatures:
      return Error(ErrorKind::kParameter,
                   what + " gives too many features for dense rows. Ask for output='csr'.");
    case Code::kMissingColumn:
      return Error(ErrorKind::kSchema,
                   what + " reads a column that is missing (input number " + number(status) + ").");
    case Code::kNotExplained:
      return Error(ErrorKind::kUnsupported,
                   what +
                       " holds a model that cannot be explained. Pass background= with rows of "
                       "the training data.");
  }
  return Error(ErrorKind::kBundleCorrupt, what + " gave the unknown status " +
                                              std::to_string(static_cast<uint32_t>(status.code)) +
                                              ".");
}

}  // namespace

void throw_if_bad(Status status, std::string_view subject) {
  if (!status.ok()) throw error_of(status, subject);
}

}  // namespace mainspring
