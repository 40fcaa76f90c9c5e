// Reader of LightGBM's text format (v3 and v4: Booster.model_to_string, save_model).
#pragma once
#include <string>
#include <string_view>

#include "fit/importers/model_image.hpp"

namespace mainspring {

/// Reads all that predict depends on, exactly; thresholds and leaf values keep every bit. Throws
/// Error(kUnsupported) naming what cannot be taken (linear trees, unknown objectives or fields) and
/// Error(kData) for text that is truncated or contradicts itself, each with the line and the
/// reason. `subject` names the source in messages.
ModelImage read_lightgbm(std::string_view text, std::string_view subject);

}  // namespace mainspring
