// Reader of XGBoost's models (Booster.save_model and save_raw: UBJSON and JSON).
#pragma once
#include <string_view>

#include "fit/importers/model_image.hpp"

namespace mainspring {

/// Reads all that predict depends on, exactly. Throws Error(kUnsupported) naming what cannot be
/// taken (gblinear, unknown objectives or fields) and Error(kData) for a document that is truncated
/// or contradicts itself, each with the byte and the reason. `subject` names the source in
/// messages.
ModelImage read_xgboost(std::string_view bytes, std::string_view subject);

}  // namespace mainspring
