// Mutants of XGBoost's models in both forms: each is refused with an Error, or becomes a model that
// opens and predicts.
#include <optional>

#include "fit/importers/xgboost.hpp"
#include "forest_model.hpp"
#include "fuzz.hpp"
#include "host/error.hpp"
#include "mutate_bytes.hpp"
#include "mutate_numbers.hpp"
#include "xgboost_documents.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kFeatures = 5;

std::vector<Bytes> seeds() {
  Random random(4);
  std::vector<Bytes> documents;
  for (uint32_t i = 0; i < 12; ++i) {
    const uint32_t num_outputs = i % 3 == 0 ? 1 : 3;
    const std::string bytes =
        random_xgboost_document(random, i % 2 == 0, 3, kFeatures, num_outputs, i % 3 == 2);
    documents.emplace_back(bytes.begin(), bytes.end());
  }
  return documents;
}

Bytes mutant_of(const Bytes& seed, Random& random) {
  Bytes bytes = seed;
  const bool is_text = bytes.size() > 1 && bytes[1] == '"';
  for (uint64_t changes = 1 + below(random, 3); changes > 0 && !bytes.empty(); --changes) {
    if (is_text && !one_in(random, 4)) {
      mutate_number(bytes, random);
    } else {
      mutate_range(bytes, 0, bytes.size(), random);
    }
  }
  if (one_in(random, 32)) bytes.resize(below(random, bytes.size() + 1));
  return bytes;
}

bool try_document(const Bytes& bytes, Random& random) {
  std::optional<ModelImage> image;
  try {
    image = read_xgboost({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, "the model");
  } catch (const Error&) {
    return false;
  }
  OpenedModel model(image->section);
  if (!model.status().ok()) {
    std::fprintf(stderr, "fuzz_xgboost: what the importer wrote does not open\n");
    std::abort();
  }
  if (image->feature_names.size() != model.header().num_features) std::abort();
  if (model.header().num_features > 64) return true;  // columns of no value would be made
  const std::vector<double> columns = random_columns(model.header().num_features, random);
  for (const uint32_t num_rows : {1u, 9u, 70u}) (void)model.predict(columns.data(), num_rows);
  return true;
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  using namespace mainspring;
  return run_fuzzer(argc, argv, {seeds, mutant_of, try_document});
}
