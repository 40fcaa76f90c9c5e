// A Fitter end to end: every operator on a table made by hand, then its state bytes changed at
// random: what is read back compiles to a sound bundle or is refused, and never touches memory that
// is not its own.
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "check.hpp"
#include "hand_made_table.hpp"
#include "host/bundle_image.hpp"
#include "host/error.hpp"
#include "host/parallel_predict.hpp"

namespace mainspring {
namespace {

Fitter every_operator() {
  using Texts = std::vector<std::string>;
  std::vector<Expression> all{
      expression({"x"}, {{"impute", {}}, {"log1p", {}}, {"standardize", {}}}),
      expression({"n"}, {{"impute", {{"strategy", std::string("mean")}}}}),
      expression({"s"}, {{"impute", {{"strategy", std::string("most_frequent")}}},
                         {"ordinal", {{"min_count", int64_t{2}}}}}),
      expression({"s", "n", "t"}, {{"target_mean", {}}}),
      expression({"t"}, {{"datetime", {{"parts", Texts{"hour", "year"}}}}}),
      expression({"s", "x", "n", "t"}, {{"cross", {}}}),
      expression({"x"}, {{"clip", {{"low", 0.0}}},
                         {"bucketize", {{"edges", std::vector<double>{0, 1, 2}}}},
                         {"target_mean", {}}}),
      expression({"n"}, {{"identity", {}}})};
  all[1].alias = "filled";
  Expression difference = expression({}, {{"arithmetic", {{"symbol", std::string("-")}}}});
  difference.sides = {expression({"x"}, {{"impute", {}}, {"standardize", {}}}),
                      expression({"n"}, {{"min_max", {}}})};
  Expression ratio = expression({}, {{"arithmetic", {}}});
  ratio.sides = {difference, expression({"x"}, {})};
  all.push_back(ratio);
  Fitter fitter(all);
  fitter.add_zone("Europe/Paris", 3600, {1000, 2000}, {7200, 3600});
  return fitter;
}

std::vector<float> features_of(const std::vector<uint8_t>& bundle, const Table& table) {
  const auto image = BundleImage::open(bundle, "the test");
  const uint32_t width = image->view().plan.num_features;
  std::vector<float> features(table.num_rows() * width);
  transform_table(*image, table, features.data(), width);
  return features;
}

std::string_view view_of(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void test_fit(const HandMadeTable& data) {
  Fitter whole = every_operator();
  whole.fit(data.table(), data.target(), /*cross_fit=*/true, nullptr);
  check(whole.num_rounds() == 1, "one pass learns all of it");
  std::vector<float> training(data.table().num_rows() * whole.num_training_features());
  whole.transform_training(data.table(), 0, training.data());
  check(features_of(whole.compile(), data.table()).size() == training.size(), "same features");
}

void test_state_bytes(const HandMadeTable& data) {
  Fitter fitter = every_operator();
  fitter.partial_fit(data.table(), data.target(), nullptr);
  const std::vector<uint8_t> bytes = fitter.state_bytes();
  const Fitter again = Fitter::from_state_bytes(view_of(bytes));
  check(again.state_bytes() == bytes, "state bytes there and back");
  check(again.compile() == fitter.compile(), "the same plan from them");

  std::mt19937_64 random(11);
  int refused = 0;
  constexpr int kTrials = 1500;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::vector<uint8_t> changed = bytes;
    if (trial % 4 == 0) changed.resize(random() % changed.size());
    for (uint64_t i = 0; i <= random() % 3 && !changed.empty(); ++i) {
      // Half of the changes near the beginning, where the expressions and columns are.
      const uint64_t range =
          random() % 2 == 0 ? std::min<uint64_t>(1500, changed.size()) : changed.size();
      changed[random() % range] = static_cast<uint8_t>(random());
    }
    try {
      Fitter other = Fitter::from_state_bytes(view_of(changed));
      (void)features_of(other.compile(), data.table());
      other.partial_fit(data.table(), data.target(), nullptr);
      other.merge(fitter);
      (void)other.compile();
    } catch (const Error&) {
      ++refused;
    }
  }
  check(refused > kTrials / 4, "most changes are refused");
}

}  // namespace
}  // namespace mainspring

int main() {
  const mainspring::HandMadeTable data;
  mainspring::test_fit(data);
  mainspring::test_state_bytes(data);
  return mainspring::finish();
}
