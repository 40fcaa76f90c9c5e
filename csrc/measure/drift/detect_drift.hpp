// Two profiles in, every shared column measured and judged out.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "measure/drift/column_drift.hpp"
#include "profile/profile.hpp"

namespace mainspring {

/// All columns of one side.
struct DriftSide {
  std::vector<DriftColumn> columns;
  std::string target;  // the label's column; empty: none

  const DriftColumn* find(std::string_view name) const;
};

DriftSide side_of(const Profile& profile);

/// Each window of current data against one reference; p-values of all windows are corrected
/// together. Columns in the order of the reference. `only`: these columns; all of the reference's
/// when not given, its target left out where the current data lacks it. Columns of a skipped type
/// are left out. One that a window lacks, or has as another kind, is a finding of its own. Throws
/// Error(kSchema) when `only` names a column that the reference lacks.
std::vector<std::vector<ColumnDrift>> detect_drift(
    const DriftSide& reference, std::span<const DriftSide> windows,
    const std::optional<std::vector<std::string>>& only, const DriftOptions& options);

/// The names that detect_drift would look for in the current data.
std::vector<std::string> compared_columns(const DriftSide& reference,
                                          const std::optional<std::vector<std::string>>& only);

}  // namespace mainspring
