// What fuzzers do with a model's bytes, whatever library they come from.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "fit/importers/model_image.hpp"
#include "forest_model.hpp"
#include "fuzz.hpp"
#include "host/error.hpp"
#include "mutate_numbers.hpp"

namespace mainspring {

using ReadModel = ModelImage (*)(std::string_view bytes, std::string_view subject);

/// Refused with an Error (false), or a model that opens and predicts.
inline bool try_model(const Bytes& bytes, Random& random, ReadModel read) {
  std::optional<ModelImage> image;
  try {
    image = read({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "the model");
  } catch (const Error&) {
    return false;
  }
  OpenedModel model(image->section);
  if (!model.status().ok()) {
    std::fprintf(stderr, "what the importer wrote does not open\n");
    std::abort();
  }
  if (image->feature_names.size() != model.header().num_features) std::abort();
  if (model.header().num_features > 64) return true;  // columns of no value would be made
  const std::vector<double> columns = random_columns(model.header().num_features, random);
  for (const uint32_t num_rows : {1u, 9u, 70u}) (void)model.predict(columns.data(), num_rows);
  return true;
}

}  // namespace mainspring
