// XGBoost's objectives: which link each one's predict applies, and what it makes of base_score.
#pragma once
#include "fit/importers/document.hpp"
#include "fit/importers/write_forest.hpp"

namespace mainspring {

/// Whether predict of an objective returns numbers of classes in place of scores.
enum class XgboostLabels : uint8_t { kNone, kNumbers };

/// Sets link and num_classes of `forest`, whose num_outputs is known, and turns its bases from the
/// objective's base_score into raw scores. Throws Error(kUnsupported) for an objective that is not
/// known.
XgboostLabels read_xgboost_objective(const Document& document, const DocumentValue& objective,
                                     const DocumentValue& base_score, SourceForest* forest);

}  // namespace mainspring
