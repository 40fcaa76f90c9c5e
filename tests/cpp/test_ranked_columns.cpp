// Forests that get ranks of the plan's inputs in place of features: the bits of features, at every
// number where a rank changes and beside it, on every level.
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "check.hpp"
#include "fit/importers/lightgbm.hpp"
#include "fit/write_bundle.hpp"
#include "forest_texts.hpp"
#include "hand_made_table.hpp"
#include "host/bundle_image.hpp"
#include "host/coded_table.hpp"
#include "host/ranked_forest.hpp"
#include "host/scratch.hpp"
#include "runtime/bundle/format.hpp"
#include "runtime/predictor/predict.hpp"

namespace mainspring {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kNumRows = 2000;  // from 1,024 on ranks are given
constexpr uint32_t kNumFeatures = 11;
constexpr uint32_t kNumFolded = 9;  // of NaN that is kept ranks say too little

using Numbers = std::vector<std::optional<double>>;

HandMadeTable table_of(const Numbers& numbers) {
  return HandMadeTable(number_column<double>("g", numbers, 3, 7.0));
}

/// Steps of every kind that keeps the order, alone and behind each other.
std::vector<Expression> expressions() {
  const std::vector<double> edges{-1, 0, 0.25, 2};
  std::vector<Expression> made{
      expression({"x"}, {{"identity", {}}}),
      expression({"x"}, {{"impute", {}}, {"standardize", {}}}),
      expression({"x"}, {{"log1p", {}}}),
      expression({"x"}, {{"log1p", {}}, {"impute", {}}, {"min_max", {}}}),
      expression({"x"}, {{"clip", {{"low", -1.0}, {"high", 2.5}}}}),
      expression({"x"}, {{"bucketize", {{"edges", edges}}}}),
      expression({"x"}, {{"missing_flag", {}}}),
      expression({"x"}, {{"clip", {{"low", -0.5}, {"high", 2.0}}}, {"log1p", {}}}),
      expression({"x"}, {{"standardize", {}}}),
      expression({"x"}, {{"keep_nan", {}}, {"impute", {}}, {"standardize", {}}}),
      expression({"x"}, {{"keep_nan", {}}, {"missing_flag", {}}})};
  for (Expression& one : made) one.alias = "f" + std::to_string(&one - made.data());
  return made;
}

/// The plan's sections of a file, before another model.
std::vector<uint8_t> with_model(const std::vector<uint8_t>& file, std::vector<uint8_t> model) {
  BundleParts parts;
  BundleHeader header;
  std::memcpy(&header, file.data(), sizeof header);
  for (uint32_t i = 0; i < header.num_sections; ++i) {
    SectionRecord record;
    std::memcpy(&record, file.data() + sizeof header + i * sizeof record, sizeof record);
    const auto section = std::span(file).subspan(record.offset, record.length);
    if (record.type == kSectionPool) parts.pool.assign(section.begin(), section.end());
    if (record.type == kSectionPlan) parts.plan.assign(section.begin(), section.end());
    if (record.type == kSectionData) parts.data.add({section.begin(), section.end()});
  }
  const std::string_view meta = "{}";
  parts.meta.assign(meta.begin(), meta.end());
  parts.model = std::move(model);
  return write_bundle(parts);
}

/// Raw scores of all rows at a level, with or without ranks.
template <class Bundle>
std::vector<double> scores(const Bundle& bundle, const BundleView& view,
                           const std::vector<BatchColumns>& batches, IsaLevel level,
                           bool expects_ranks) {
  CodedTable coded(bundle, batches);
  check(coded.ranked() != nullptr || !expects_ranks, "ranks are given where there are some");
  coded.prepare(0);
  std::vector<double> out(batches[0].num_rows * view.model.header->num_outputs);
  const Status status =
      predict_rows(coded.bundle(), *kernels_for(level), batches[0].columns.data(), 0,
                   batches[0].num_rows, OutputKind::kRaw, thread_scratch(coded.scratch_bytes()),
                   thread_texts(), out.data(), coded.columns(0), coded.ranked());
  check(status.ok(), "rows are scored");
  return out;
}

Numbers random_numbers(Random& random) {
  const Numbers special{
      std::nullopt, kInfinity, -kInfinity, 0.0,      -0.0, -1.0, std::nextafter(-1.0, -2.0),
      1e300,        -1e300,    1e-36,      4.9e-324, 0.25, 3.0,  kNan};
  Numbers numbers;
  for (size_t i = 0; i < kNumRows; ++i) {
    numbers.push_back(below(random, 4) == 0
                          ? special[below(random, special.size())]
                          : static_cast<double>(below(random, 4000)) / 400.0 - 3.0);
  }
  return numbers;
}

void ranks_of_inputs_are_those_of_features() {
  Random random(5);
  std::array<uint32_t, kNumFeatures> num_folded{};
  for (uint32_t round = 0; round < 60; ++round) {
    Numbers numbers = random_numbers(random);
    Numbers plain;  // of which statistics can be learnt
    for (const auto& number : numbers) {
      if (!number || (*number > -1 && *number < 100)) plain.push_back(number);
    }
    const HandMadeTable learnt = table_of(plain);
    Fitter fitter(expressions());
    fitter.fit(learnt.table(), nullptr, /*cross_fit=*/false, nullptr);
    const std::string text = random_model_text(random, 3, kNumFeatures, 1, 7);
    const auto image =
        BundleImage::open(with_model(fitter.compile(), read_lightgbm(text, "Text").section), "it");
    // Sets of categories and zeros that count as missing keep a feature; few nodes have them.
    const bool expects_ranks = !image->ranked_forest()->columns.empty();
    for (const FoldedColumn& column : image->ranked_forest()->columns) {
      ++num_folded[column.column.feature];
      for (uint32_t i = 0; i < column.column.num_thresholds; ++i) {
        const double at = column.thresholds[i];
        for (const double number :
             {at, std::nextafter(at, kInfinity), std::nextafter(at, -kInfinity)}) {
          numbers[below(random, kNumRows)] = number;
        }
      }
    }
    const HandMadeTable data = table_of(numbers);
    const std::vector<BatchColumns> batches = match_columns(*image, data.table());
    for (const IsaLevel level : {IsaLevel::kBaseline, IsaLevel::kAvx2, IsaLevel::kAvx512}) {
      const auto expected = scores(image->view(), image->view(), batches, level, false);
      const auto found = scores(*image, image->view(), batches, level, expects_ranks);
      if (!check(std::memcmp(found.data(), expected.data(), 8 * found.size()) == 0,
                 "ranks give the bits of features")) {
        return;
      }
    }
  }
  for (uint32_t i = 0; i < kNumFeatures; ++i) {
    check((num_folded[i] != 0) == (i < kNumFolded), "chains are folded where they may be");
  }
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::ranks_of_inputs_are_those_of_features();
  return mainspring::finish();
}
