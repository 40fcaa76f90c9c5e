// Categories as text, for the names of features: every one different, valid UTF-8, on one line.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "fit/transforms/key_index.hpp"
#include "runtime/arrow/column_view.hpp"

namespace mainspring {

/// Text as it is; backslashes, control characters and bytes that are not UTF-8 as \\ and \x1f.
std::string escaped(std::string_view bytes);

/// Bytes escaped; integers in digits; numbers as the shortest text that reads back as them; times
/// as 2024-02-29 or 2024-02-29T12:30:00, in UTC where the column has a zone.
std::string category_name(const KeyIndex& keys, uint32_t number, TimeUnit unit);

}  // namespace mainspring
