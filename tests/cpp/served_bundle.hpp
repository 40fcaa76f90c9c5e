// A golden bundle that answers requests: what bodies are fuzzed against.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "host/match_columns.hpp"
#include "serve/served_model.hpp"

namespace mainspring {

struct Served {
  std::shared_ptr<const BundleImage> image;
  std::unique_ptr<ServedModel> model;
};

inline Served serve(const std::string& name, uint64_t max_rows) {
  Served served;
  served.image = BundleImage::load(std::string(MAINSPRING_GOLDEN) + "/0.1-" + name + ".spring");
  ModelNames names{name, "1", {}};
  const uint32_t width = output_width(served.image->view(), OutputKind::kPredict);
  for (uint32_t i = 0; i < width; ++i) names.outputs.push_back("score_" + std::to_string(i));
  served.model = std::make_unique<ServedModel>(served.image, std::move(names), max_rows, true);
  return served;
}

}  // namespace mainspring
