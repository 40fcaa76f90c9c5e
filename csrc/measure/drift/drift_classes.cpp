// Numbers into bins of the reference, categories as they are or folded.
#include "measure/drift/drift_classes.hpp"

namespace mainspring {

namespace {

Frequencies in_bins(const ColumnPair& pair, uint32_t num_bins) {
  return bin_numbers(pair.reference.numbers, pair.reference.missing, pair.current.numbers,
                     pair.current.missing, num_bins);
}

uint32_t bins_of(const ColumnPair& pair, const DriftOptions& options) {
  return num_js_bins(pair.reference.present(), pair.current.present(), options.max_bins);
}

}  // namespace

Frequencies few_classes(const ColumnPair& pair, const DriftOptions& options) {
  if (pair.categorical()) return pair.folded;
  return in_bins(pair, static_cast<uint32_t>(options.psi_bins));
}

Frequencies many_classes(const ColumnPair& pair, const DriftOptions& options) {
  if (!pair.categorical()) return in_bins(pair, bins_of(pair, options));
  return category_frequencies(pair.match, pair.reference.missing, pair.current.missing);
}

Frequencies folded_classes(const ColumnPair& pair, const DriftOptions& options) {
  return pair.categorical() ? pair.folded : in_bins(pair, bins_of(pair, options));
}

}  // namespace mainspring
