// Assembles the bytes of a bundle from its sections, in the canonical order: the same parts give
// the same bytes.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "fit/data_section.hpp"

namespace mainspring {

/// The sections of a bundle, each as it will lie in the file. An empty one is left out.
struct BundleParts {
  std::vector<uint8_t> meta;  // canonical JSON, written by Python
  std::vector<uint8_t> pool;
  std::vector<uint8_t> plan;
  DataSection data;
  std::vector<uint8_t> model;
  std::vector<uint8_t> labels;
  std::vector<uint8_t> profile;
};

std::vector<uint8_t> write_bundle(const BundleParts& parts);

}  // namespace mainspring
