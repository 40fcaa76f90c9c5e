// A Fitter end to end: every operator on a table made by hand, then its state bytes changed at
// random: what is read back compiles to a sound bundle or is refused, and never touches memory that
// is not its own.
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "arrow_column.hpp"
#include "check.hpp"
#include "fit/plan/fitter.hpp"
#include "fit/transforms/transform_list.hpp"
#include "host/bundle_image.hpp"
#include "host/error.hpp"
#include "host/parallel_predict.hpp"

namespace mainspring {
namespace {

void release_nothing(ArrowSchema* schema) { schema->release = nullptr; }
void release_nothing(ArrowArray* array) { array->release = nullptr; }

/// Columns that outlive their table.
class HandMadeTable {
 public:
  HandMadeTable() {
    std::vector<std::optional<double>> numbers;
    std::vector<std::optional<int64_t>> integers, times;
    Strings texts;
    for (int64_t row = 0; row < 700; ++row) {
      numbers.push_back(row % 7 == 0 ? std::nullopt : std::optional(0.25 * (row % 31) - 0.5));
      integers.push_back(row % 13 == 0 ? std::nullopt : std::optional(row % 5));
      times.push_back(row % 11 == 0 ? std::nullopt : std::optional(row * 86'461'000));
      texts.push_back(row % 3 == 0 ? std::nullopt
                                   : std::optional(std::string(row % 29, 'x') + "é"));
      target_.push_back(row % 2 == 0 ? 1.0 : 0.1);
    }
    add("x", number_column<double>("g", numbers, 3, 7.0));
    add("n", number_column<int64_t>("l", integers, 0, -1));
    add("t", number_column<int64_t>("tsm:Europe/Paris", times, 1, 5));
    add("s", offset_strings<int32_t>("u", texts, 2));
    for (auto& column : columns_) {
      schemas_.push_back(&column->schema);
      arrays_.push_back(&column->array);
    }
    schema_.format = "+s";
    schema_.name = "";
    schema_.n_children = static_cast<int64_t>(columns_.size());
    schema_.children = schemas_.data();
    schema_.release = [](ArrowSchema* schema) { release_nothing(schema); };
    array_.length = 700;
    array_.n_buffers = 1;
    array_.buffers = no_buffers_;
    array_.n_children = schema_.n_children;
    array_.children = arrays_.data();
    array_.release = [](ArrowArray* array) { release_nothing(array); };
    table_ = std::make_unique<Table>(Table::from_array(&schema_, &array_));
  }

  const Table& table() const { return *table_; }
  const double* target() const { return target_.data(); }

 private:
  void add(const char* name, std::unique_ptr<ArrowColumn> column) {
    column->schema.name = name;
    column->schema.flags = 2;  // nullable
    column->schema.release = [](ArrowSchema* schema) { release_nothing(schema); };
    column->array.release = [](ArrowArray* array) { release_nothing(array); };
    columns_.push_back(std::move(column));
  }

  std::vector<std::unique_ptr<ArrowColumn>> columns_;
  std::vector<ArrowSchema*> schemas_;
  std::vector<ArrowArray*> arrays_;
  const void* no_buffers_[1] = {nullptr};
  ArrowSchema schema_{};
  ArrowArray array_{};
  std::vector<double> target_;
  std::unique_ptr<Table> table_;
};

Expression expression(std::vector<std::string> columns,
                      std::vector<std::pair<std::string, NamedParams>> operators) {
  Expression made{std::move(columns), {}, ""};
  for (const auto& [name, params] : operators) {
    made.operators.push_back(bind_operator(name, params));
  }
  return made;
}

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
  Fitter fitter(all);
  fitter.add_zone("Europe/Paris", 3600, {1000, 2000}, {7200, 3600});
  return fitter;
}

std::vector<float> features_of(const std::vector<uint8_t>& bundle, const Table& table) {
  const auto image = BundleImage::open(bundle, "the test");
  const uint32_t width = image->view().plan.num_outputs;
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
  whole.transform_training(data.table(), training.data());
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
