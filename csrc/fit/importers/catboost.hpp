// Reader of CatBoost's JSON (save_model(..., format="json")).
#pragma once
#include <string_view>

#include "fit/importers/model_image.hpp"

namespace mainspring {

/// Reads symmetric and other trees over numbers, and over categories that are whole numbers where a
/// split asks for one of them, exactly; classifiers give their labels. Throws Error(kUnsupported)
/// naming what cannot be taken (statistics of categories, texts and embeddings, unknown losses, a
/// scale) and Error(kData) for a document that contradicts itself, each with the byte and the
/// reason.
ModelImage read_catboost(std::string_view bytes, std::string_view subject);

}  // namespace mainspring
