// Mutants of CatBoost's JSON: each is refused with an Error, or becomes a model that opens and
// predicts.
#include <string>

#include "fit/importers/catboost.hpp"
#include "mutate_bytes.hpp"
#include "try_model.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kFeatures = 4;

std::string random_split(Random& random) {
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

std::string symmetric_tree(Random& random, uint32_t num_outputs) {
  const uint64_t depth = below(random, 4);
  std::string text = "{\"leaf_values\":" + random_numbers(random, num_outputs << depth) +
                     ",\"leaf_weights\":" + random_numbers(random, uint64_t{1} << depth) +
                     ",\"splits\":[";
  for (uint64_t i = 0; i < depth; ++i) text += (i == 0 ? "" : ",") + random_split(random);
  return text + "]}";
}

std::string nested_tree(Random& random, uint32_t num_outputs, uint32_t depth) {
  if (depth == 0 || one_in(random, 4)) {
    return "{\"value\":" + (num_outputs == 1 ? "0.5" : random_numbers(random, num_outputs)) +
           ",\"weight\":3}";
  }
  const std::string left = nested_tree(random, num_outputs, depth - 1);
  return "{\"left\":" + left + ",\"right\":" + nested_tree(random, num_outputs, depth - 1) +
         ",\"split\":" + random_split(random) + "}";
}

std::string random_document(Random& random, uint32_t num_outputs, bool is_symmetric) {
  std::string text = "{\"features_info\":{\"float_features\":[";
  const char* const treatments[] = {"AsIs", "AsFalse", "AsTrue"};
  for (uint32_t i = 0; i < kFeatures; ++i) {
    text += std::string(i == 0 ? "" : ",") +
            "{\"feature_id\":\"\",\"flat_feature_index\":" + std::to_string(i) +
            ",\"nan_value_treatment\":\"" + treatments[below(random, 3)] + "\"}";
  }
  text += "]},\"model_info\":{\"params\":{\"loss_function\":{\"type\":\"" +
          std::string(num_outputs == 1 ? "RMSE" : "MultiClass") + "\"}}";
  if (num_outputs > 1) {
    text += ",\"class_params\":{\"class_label_type\":\"Integer\",\"class_names\":[1,2,3]}";
  }
  text += std::string("},\"") + (is_symmetric ? "oblivious_trees" : "trees") + "\":[";
  for (uint32_t i = 0; i < 3; ++i) {
    text += (i == 0 ? "" : ",") + (is_symmetric ? symmetric_tree(random, num_outputs)
                                                : nested_tree(random, num_outputs, 3));
  }
  return text + "],\"scale_and_bias\":[1," + random_numbers(random, num_outputs) + "]}";
}

std::vector<Bytes> seeds() {
  Random random(4);
  std::vector<Bytes> documents;
  for (uint32_t i = 0; i < 12; ++i) {
    const std::string text = random_document(random, i % 3 == 2 ? 3 : 1, i % 2 == 0);
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
