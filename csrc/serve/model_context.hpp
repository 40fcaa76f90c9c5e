// What every protocol needs of the model that it answers for.
#pragma once
#include "host/predict_json.hpp"

namespace mainspring {

struct ModelNames;

struct ModelContext {
  const BundleImage& bundle;
  const JsonSchema& schema;
  const ModelNames& names;
  uint64_t max_rows;
};

}  // namespace mainspring
