// Mutants of XGBoost's models in both forms: each is refused with an Error, or becomes a model that
// opens and predicts.

#include "fit/importers/xgboost.hpp"
#include "mutate_bytes.hpp"
#include "try_model.hpp"
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
  return try_model(bytes, random, &read_xgboost);
}

}  // namespace
}  // namespace mainspring

int main(int argc, char** argv) {
  using namespace mainspring;
  return run_fuzzer(argc, argv, {seeds, mutant_of, try_document});
}
