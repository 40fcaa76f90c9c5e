// Tables and matrices through the pool from several threads at once, all sharing one bundle and one
// table: the bits of one thread, and no race (built with the thread sanitizer too).
#include <cmath>
#include <cstring>
#include <thread>

#include "check.hpp"
#include "hand_made_table.hpp"
#include "host/bundle_image.hpp"
#include "host/parallel_predict.hpp"
#include "host/thread_pool.hpp"

namespace mainspring {
namespace {

constexpr int64_t kNumRows = 9000;
constexpr uint32_t kNumCallers = 3;

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// What `call` gives on one thread, and then to several callers at once.
template <class T, class Call>
void check_callers(const char* what, Call call) {
  set_num_threads(1);
  const std::vector<T> expected = call();
  set_num_threads(3);
  std::vector<std::vector<T>> results(kNumCallers);
  std::vector<std::thread> callers;
  for (std::vector<T>& result : results) callers.emplace_back([&] { result = call(); });
  for (std::thread& caller : callers) caller.join();
  for (const std::vector<T>& result : results) check(same_bits(result, expected), what);
}

void test_tables() {
  const HandMadeTable once(kNumRows);
  Fitter fitter({expression({"x"}, {{"impute", {}}, {"standardize", {}}}),
                 expression({"s"}, {{"ordinal", {}}}), expression({"s", "n"}, {{"cross", {}}}),
                 expression({"n"}, {{"target_mean", {}}})});
  fitter.fit(once.table(), once.target(), /*cross_fit=*/false, nullptr);
  const auto image = BundleImage::open(fitter.compile(), "the test");
  const uint32_t width = image->view().plan.num_features;
  // A table of its own, which nobody has verified yet: the callers do, all at once.
  const HandMadeTable data(kNumRows);
  check_callers<float>("features of a shared table", [&] {
    std::vector<float> features(data.table().num_rows() * width);
    transform_table(*image, data.table(), features.data(), width);
    return features;
  });
}

void test_matrices() {
  const auto image = BundleImage::load(MAINSPRING_GOLDEN "/0.1-three-classes.spring");
  const uint32_t num_features = image->view().plan.num_features;
  std::vector<double> matrix(uint64_t{kNumRows} * num_features);
  for (size_t i = 0; i < matrix.size(); ++i) {
    matrix[i] = i % 17 == 0 ? NAN : static_cast<double>(i * 2654435761u % 1000) / 100.0 - 5.0;
  }
  const uint32_t width = output_width(image->view(), OutputKind::kRaw);
  check_callers<double>("scores of a shared matrix", [&] {
    std::vector<double> scores(uint64_t{kNumRows} * width);
    predict_matrix_parallel(*image, nullptr, matrix.data(), num_features, 1, kNumRows,
                            OutputKind::kRaw, scores.data());
    return scores;
  });
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::test_tables();
  mainspring::test_matrices();
  return mainspring::finish();
}
