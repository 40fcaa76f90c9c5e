// Two profiles in, every shared column measured and judged out.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "measure/drift/column_drift.hpp"
#include "profile/profile.hpp"

namespace mainspring {

/// Columns in the order of the reference. `only`: these columns; all of the reference's when not
/// given, its target left out where the current data lacks it. Columns of a skipped type are left
/// out. Throws Error(kSchema) when the current profile lacks a column or has it as another kind,
/// and also when `only` names a column that the reference lacks.
std::vector<ColumnDrift> detect_drift(const Profile& reference, const Profile& current,
                                      const std::optional<std::vector<std::string>>& only,
                                      const DriftOptions& options);

/// The names that detect_drift would look for in the current data.
std::vector<std::string> compared_columns(const Profile& reference,
                                          const std::optional<std::vector<std::string>>& only);

}  // namespace mainspring
