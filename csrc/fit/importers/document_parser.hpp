// The two grammars of a document. Private to document*.cpp.
#pragma once
#include <string>
#include <string_view>

#include "fit/importers/document.hpp"

namespace mainspring {

/// Deeper documents are refused: parsing recurses.
inline constexpr uint32_t kMaxDocumentDepth = 32;

/// Where a parser stands. `document` is asked only to fail.
struct DocumentCursor {
  const Document& document;
  std::string_view bytes;
  uint64_t at = 0;

  bool at_end() const { return at >= bytes.size(); }
  char peek() const { return at_end() ? '\0' : bytes[at]; }
  [[noreturn]] void fail(const std::string& what) const {
    document.fail(ErrorKind::kData, at, what);
  }
  [[noreturn]] void truncated() const {
    document.fail(ErrorKind::kData, bytes.size(),
                  "the document ends in the middle of a value. Save the model again.");
  }
};

DocumentValue parse_json(DocumentCursor& cursor);
DocumentValue parse_ubjson(DocumentCursor& cursor);

}  // namespace mainspring
