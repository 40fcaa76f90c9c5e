// Mutants of CatBoost's JSON: each is refused with an Error, or becomes a model that opens and
// predicts.
#include <string>

#include "fit/importers/catboost.hpp"
#include "mutate_bytes.hpp"
#include "try_model.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kFeatures = 4;
// Of "0", "3" and "12345".
constexpr const char* kHashes[] = {"2856682258", "593172586", "151767304"};

/// What a document is made of.
struct Shape {
  uint32_t num_outputs;
  bool is_symmetric, has_categories;
};

std::string random_split(Random& random, const Shape& shape) {
  if (shape.has_categories && one_in(random, 2)) {
    return "{\"cat_feature_index\":" + std::to_string(below(random, 2)) +
           ",\"split_index\":1,\"split_type\":\"OneHotFeature\",\"value\":" +
           kHashes[below(random, 3)] + "}";
  }
  return "{\"border\":" + std::to_string(static_cast<double>(below(random, 80)) / 16 - 2) +
         ",\"float_feature_index\":" + std::to_string(below(random, kFeatures)) +
         ",\"split_index\":1,\"split_type\":\"FloatFeature\"}";
}

std::string random_numbers(Random& random, uint64_t count) {
  std::string text = "[";
  for (uint64_t i = 0; i < count; ++i) {
    text += (i == 0 ? "" : ",") + std::to_string(static_cast<double>(below(random, 99)) / 9 - 5);
  }
  return text + "]";
}

std::string symmetric_tree(Random& random, const Shape& shape) {
  const uint64_t depth = below(random, 4);
  std::string text = "{\"leaf_values\":" + random_numbers(random, shape.num_outputs << depth) +
                     ",\"leaf_weights\":" + random_numbers(random, uint64_t{1} << depth) +
                     ",\"splits\":[";
  for (uint64_t i = 0; i < depth; ++i) text += (i == 0 ? "" : ",") + random_split(random, shape);
  return text + "]}";
}

std::string nested_tree(Random& random, const Shape& shape, uint32_t depth) {
  if (depth == 0 || one_in(random, 4)) {
    const uint32_t count = shape.num_outputs;
    return "{\"value\":" + (count == 1 ? "0.5" : random_numbers(random, count)) + ",\"weight\":3}";
  }
  const std::string left = nested_tree(random, shape, depth - 1);
  return "{\"left\":" + left + ",\"right\":" + nested_tree(random, shape, depth - 1) +
         ",\"split\":" + random_split(random, shape) + "}";
}

std::string category_features() {
  std::string text = "\"cat_features_hash\":[{\"hash\":3489901818,\"value\":\"a\"}]";
  text += ",\"categorical_features\":[";
  for (uint32_t i = 0; i < 2; ++i) {
    text += std::string(i == 0 ? "" : ",") +
            "{\"feature_id\":\"\",\"flat_feature_index\":" + std::to_string(kFeatures + i) +
            ",\"values\":[";
    for (const char* hash : kHashes) text += std::string(hash == kHashes[0] ? "" : ",") + hash;
    text += "]}";
  }
  return text + "]";
}

std::string random_document(Random& random, const Shape& shape) {
  std::string text = "{\"features_info\":{\"float_features\":[";
  const char* const treatments[] = {"AsIs", "AsFalse", "AsTrue"};
  for (uint32_t i = 0; i < kFeatures; ++i) {
    text += std::string(i == 0 ? "" : ",") +
            "{\"feature_id\":\"\",\"flat_feature_index\":" + std::to_string(i) +
            ",\"nan_value_treatment\":\"" + treatments[below(random, 3)] + "\"}";
  }
  text += "]";
  if (shape.has_categories) text += "," + category_features();
  text += "},\"model_info\":{\"params\":{\"loss_function\":{\"type\":\"" +
          std::string(shape.num_outputs == 1 ? "RMSE" : "MultiClass") + "\"}}";
  if (shape.num_outputs > 1) {
    text += ",\"class_params\":{\"class_label_type\":\"Integer\",\"class_names\":[1,2,3]}";
  }
  text += std::string("},\"") + (shape.is_symmetric ? "oblivious_trees" : "trees") + "\":[";
  for (uint32_t i = 0; i < 3; ++i) {
    text += (i == 0 ? "" : ",") +
            (shape.is_symmetric ? symmetric_tree(random, shape) : nested_tree(random, shape, 3));
  }
  return text + "],\"scale_and_bias\":[1," + random_numbers(random, shape.num_outputs) + "]}";
}

std::vector<Bytes> seeds() {
  Random random(4);
  std::vector<Bytes> documents;
  for (uint32_t i = 0; i < 12; ++i) {
    const std::string text = random_document(random, {i % 3 == 2 ? 3u : 1u, i % 2 == 0, i % 4 > 1});
    documents.emplace_back(text.begin(), text.end());
  }
  return documents;
}

Bytes mutant_of(const Bytes& seed, Random& random) {
  Bytes bytes = seed;
  for (uint64_t changes = 1 + below(random, 3); changes > 0 && !bytes.empty(); --changes) {
    if (one_in(random, 4)) {
      mutate_range(bytes, 0, bytes.size(), random);
    } else {
      mutate_number(bytes, random);
    }
  }
  if (one_in(random, 32)) bytes.resize(below(random, bytes.size() + 1));
  return bytes;
}

bool try_document(const Bytes& bytes, Random& random) {
  return try_model(bytes, random, &read_catboost);
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  using namespace mainspring;
  return run_fuzzer(argc, argv, {seeds, mutant_of, try_document});
}
