// Numbers into bins of the reference, categories as they are or folded.
#include "measure/drift/drift_classes.hpp"

namespace mainspring {

namespace {

uint32_t bins_of(const ColumnPair& pair, const DriftOptions& options) {
  return num_js_bins(pair.reference.present(), pair.current.present(), options.max_bins);
}

}  // namespace

Frequencies few_classes(const ColumnPair& pair, const DriftOptions& options) {
  if (pair.categorical()) return pair.folded;
  return pair.binned(static_cast<uint32_t>(options.psi_bins));
}

Frequencies many_classes(const ColumnPair& pair, const DriftOptions& options) {
  if (!pair.categorical()) return pair.binned(bins_of(pair, options));
  return category_frequencies(pair.match, pair.reference.missing, pair.current.missing);
}

Frequencies folded_classes(const ColumnPair& pair, const DriftOptions& options) {
  return pair.categorical() ? pair.folded : pair.binned(bins_of(pair, options));
}

}  // namespace mainspring
