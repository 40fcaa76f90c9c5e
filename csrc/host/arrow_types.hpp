// Arrow types that the engine does not read: their names as users know them, and what to do.
#pragma once
#include <string>

#include "runtime/arrow/c_data.h"

namespace mainspring {

/// "duration[s]", "list<struct>", "dictionary<list<string>>"; "Arrow format 'x'" when unknown.
std::string name_of_unreadable(const ArrowSchema& schema);

/// One sentence: "Cast it to float64, or drop it."
std::string fix_for_unreadable(const ArrowSchema& schema);

}  // namespace mainspring
