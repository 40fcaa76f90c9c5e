// Random model texts in LightGBM's format, for the tests of the reader and of the forest.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "random.hpp"

namespace mainspring {

template <class T>
std::string joined(const std::vector<T>& values) {
  std::string text;
  for (const T& value : values) {
    if (!text.empty()) text += ' ';
    if constexpr (std::is_same_v<T, std::string>) {
      text += value;
    } else {
      text += std::to_string(value);
    }
  }
  return text;
}

/// One tree with 1 to `most_leaves` leaves: leaves are split one after the other, as training does.
inline std::string random_tree_text(Random& random, uint32_t number, uint32_t num_features,
                                    uint32_t most_leaves) {
  const std::vector<std::string> kThresholds{"-1.5", "0", "1e-36", "0.25", "3", "inf", "-0.5"};
  const uint32_t num_leaves = 1 + static_cast<uint32_t>(below(random, most_leaves));
  std::vector<int> left, right, features, types, bounds{0};
  std::vector<std::string> thresholds, values;
  std::vector<uint32_t> words;
  for (uint32_t leaf = 1; leaf < num_leaves; ++leaf) {
    const int node = static_cast<int>(leaf) - 1;
    const int split = static_cast<int>(below(random, leaf));  // this leaf becomes the node
    for (std::vector<int>* children : {&left, &right}) {
      for (int& child : *children) {
        if (child == -1 - split) child = node;
      }
    }
    left.push_back(-1 - split);
    right.push_back(-1 - static_cast<int>(leaf));
    features.push_back(static_cast<int>(below(random, num_features)));
    if (below(random, 4) == 0) {
      types.push_back(1);
      thresholds.push_back(std::to_string(bounds.size() - 1));
      const uint64_t num_words = below(random, 4) == 0 ? 40 : 1 + below(random, 3);
      for (uint64_t i = 0; i < num_words; ++i) words.push_back(static_cast<uint32_t>(random()));
      bounds.push_back(static_cast<int>(words.size()));
    } else {
      types.push_back(static_cast<int>(below(random, 2) * 2 + below(random, 3) * 4));
      thresholds.push_back(kThresholds[below(random, kThresholds.size())]);
    }
  }
  for (uint32_t i = 0; i < num_leaves; ++i) {
    values.push_back(std::to_string(static_cast<double>(random() >> 11) * 0x1p-53 - 0.5));
  }
  std::string text = "Tree=" + std::to_string(number);
  text += "\nnum_leaves=" + std::to_string(num_leaves);
  text += "\nnum_cat=" + std::to_string(bounds.size() - 1);
  text += "\nsplit_feature=" + joined(features) + "\nthreshold=" + joined(thresholds);
  text += "\ndecision_type=" + joined(types) + "\nleft_child=" + joined(left);
  text += "\nright_child=" + joined(right) + "\nleaf_value=" + joined(values);
  if (bounds.size() > 1) {
    text += "\ncat_boundaries=" + joined(bounds) + "\ncat_threshold=" + joined(words);
  }
  return text + "\nis_linear=0\nshrinkage=1\n\n\n";
}

inline std::string random_model_text(Random& random, uint32_t num_trees, uint32_t num_features,
                                     uint32_t num_outputs, uint32_t most_leaves) {
  std::string names;
  for (uint32_t i = 0; i < num_features; ++i) names += (i ? " f" : "f") + std::to_string(i);
  std::string text = "tree\nversion=v4\nnum_class=" + std::to_string(num_outputs);
  text += "\nnum_tree_per_iteration=" + std::to_string(num_outputs);
  text += "\nlabel_index=0\nmax_feature_idx=" + std::to_string(num_features - 1);
  if (num_outputs == 1) {
    text += "\nobjective=binary sigmoid:1";
  } else {
    text += "\nobjective=multiclass num_class:" + std::to_string(num_outputs);
  }
  text += "\nfeature_names=" + names + "\nfeature_infos=none\n\n";
  for (uint32_t i = 0; i < num_trees; ++i) {
    text += random_tree_text(random, i, num_features, most_leaves);
  }
  return text + "end of trees\n\nparameters:\nend of parameters\n\npandas_categorical:null\n";
}

}  // namespace mainspring
