// Which classes of a column the statistics of shares count over.
#pragma once
#include "measure/drift/column_pair.hpp"

namespace mainspring {

/// Of psi and kl: reference deciles, or folded categories.
Frequencies few_classes(const ColumnPair& pair, const DriftOptions& options);

/// Of js and its like: equally filled reference bins, or reference categories and unseen.
Frequencies many_classes(const ColumnPair& pair, const DriftOptions& options);

/// The same bins, or folded categories: where chance is to be taken away.
Frequencies folded_classes(const ColumnPair& pair, const DriftOptions& options);

}  // namespace mainspring
