// LightGBM's objectives: which link each one's predict applies, and which are classifiers.
#pragma once
#include "fit/importers/text_fields.hpp"
#include "fit/importers/write_forest.hpp"

namespace mainspring {

/// Sets link, link_scale and num_classes of `forest`, whose num_outputs is known, from the line
/// objective=...; a null line stands for none (a function of the user's own: raw scores). Throws
/// Error(kUnsupported) for an objective or option that is not known.
void read_lightgbm_objective(const TextFields& text, const TextLine* line, SourceForest* forest);

}  // namespace mainspring
