// What an importer makes of another library's model: sections of a bundle, and what people want to
// know about it.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mainspring {

struct ModelImage {
  std::vector<uint8_t> section;
  std::vector<uint8_t> labels;  // the section LABL; empty where predict gives numbers
  std::vector<std::string> feature_names;
  std::string kind;                // Model::name
  std::string link;                // link_name()
  std::string description;         // one line for people: source, objective, size
  std::string pandas_categorical;  // JSON as LightGBM wrote it; empty when there is none
  uint32_t num_outputs = 0;
  uint32_t num_classes = 0;  // 0: not a classifier
  uint32_t num_trees = 0;
  /// Of a network: features that are ids, and the rows of their tables.
  std::vector<std::pair<uint32_t, uint32_t>> embeddings;
};

}  // namespace mainspring
