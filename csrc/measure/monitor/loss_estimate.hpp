// How large the errors of predicted numbers are before labels arrive: their losses are learnt from
// the features and averaged (direct loss estimation, DLE).
#pragma once
#include <cstdint>
#include <vector>

namespace mainspring {

/// Rows of features as columns, one after the other; the prediction is among them.
struct FeatureRows {
  uint64_t num_rows = 0;
  uint32_t num_features = 0;
  const double* columns = nullptr;
};

struct LossEstimate {
  double mean = 0;         // expected loss of the current rows; NaN without rows
  double uncertainty = 0;  // its standard error against the loss of these rows, once it is known
  /// By how much the mean losses of fifths of the reference, by what was expected of them without
  /// them, are off beyond chance, relative to the mean loss.
  double off = 0;
};

/// Of at least ten reference rows with their losses. Ten folds by row number: each model that lacks
/// a fold says what its rows lose, which tells what is left unexplained; how far the ten models
/// differ on the current rows tells what is uncertain of the model itself (the delete-a-group
/// jackknife: P. S. Kott 2001, Journal of Official Statistics 17, 521-526). Of more than 32
/// features those whose parts differ most are used.
LossEstimate estimate_loss(const FeatureRows& reference, const double* losses,
                           const FeatureRows& current);

}  // namespace mainspring
