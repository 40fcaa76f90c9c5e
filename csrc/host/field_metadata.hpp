// What whoever made an Arrow column has written down beside it.
#pragma once
#include <string_view>

#include "runtime/arrow/c_data.h"

namespace mainspring {

/// Whether the metadata of a field has the key.
bool has_metadata(const ArrowSchema& field, std::string_view key);

}  // namespace mainspring
