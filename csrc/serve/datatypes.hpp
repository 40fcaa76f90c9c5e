// The datatypes of the Open Inference Protocol, and which of them a column takes.
#pragma once
#include <optional>
#include <string_view>

#include "runtime/json/field.hpp"

namespace mainspring {

/// "FP64" and the like; nothing for a name that is none.
std::optional<Datatype> datatype_of(std::string_view name);

bool takes(const Field& field, Datatype datatype);

/// What a column takes, for messages.
const char* datatypes_of(const Field& field);

}  // namespace mainspring
