// Contributions of features: every number of rows and every instruction set gives the same bits,
// and base and contributions add up to the raw score.
#include <cmath>
#include <vector>

#include "check.hpp"
#include "fit/importers/lightgbm.hpp"
#include "forest_model.hpp"
#include "forest_texts.hpp"
#include "runtime/models/forest/explain.hpp"

namespace mainspring {
namespace {

constexpr uint32_t kFeatures = 5;
constexpr uint32_t kRows = 150;

std::vector<double> random_rows(Random& random) {
  std::vector<double> rows(kRows * kFeatures);
  for (double& value : rows) {
    value = below(random, 6) == 0 ? NAN : static_cast<double>(below(random, 400)) / 40.0 - 2.0;
  }
  return rows;
}

/// A section opened for explanations, with covers that its text may not have.
class Explained {
 public:
  explicit Explained(std::vector<uint8_t> section, Random& random) : bytes_(section.size()) {
    std::memcpy(bytes_.data(), section.data(), section.size());
    check(open_model(bytes_.data(), bytes_.length(), &view_).ok(), "a random model opens");
    const ForestView forest = view_forest(view_.section);
    auto* covers = const_cast<double*>(forest.covers);
    for (uint32_t i = forest.header->num_nodes; i-- != 0;) {
      const ForestNode& node = forest.nodes[i];
      covers[i] = node.value == 0 ? static_cast<double>(below(random, 4))
                                  : covers[node.left] + covers[node.left + 1];
    }
    points_.resize(forest.header->num_trees);
    check(measure_trees(forest, points_.data(), &needs_), "its trees can be explained");
  }

  const ModelView& view() const { return view_; }
  bool has_covers() const { return needs_.has_covers; }

  std::vector<double> explain(const double* rows, uint32_t num_rows, IsaLevel level, bool pairs,
                              std::vector<double>* bases) const {
    return explain(rows, num_rows, level, pairs, {}, bases);
  }

  std::vector<double> explain(const double* rows, uint32_t num_rows, IsaLevel level, bool pairs,
                              const std::vector<double>& background,
                              std::vector<double>* bases) const {
    const ForestView forest = view_forest(view_.section);
    const auto num_background =
        static_cast<uint32_t>(background.size() / (forest.header->num_slots + 1));
    const ExplainRequest request{view_,          needs_,
                                 points_.data(), background.empty() ? nullptr : background.data(),
                                 num_background, pairs};
    AlignedBytes scratch(explain_scratch_bytes(request));
    const uint32_t num_outputs = view_.header->num_outputs;
    const uint32_t width = num_outputs * kFeatures * (pairs ? kFeatures : 1);
    std::vector<double> out(num_rows * width);
    bases->assign(num_outputs, 0.0);
    explain_forest(request, {nullptr, rows, num_rows, kFeatures, 1}, level, scratch.data(),
                   out.data(), bases->data());
    return out;
  }

  std::vector<double> background_of(const double* rows, uint32_t num_rows) const {
    const ForestView forest = view_forest(view_.section);
    const uint32_t num_values = forest.header->num_slots + 1;
    AlignedBytes group(num_values * 64);
    std::vector<double> values(num_rows * num_values);
    for (uint32_t row = 0; row < num_rows; ++row) {
      background_values(forest, {nullptr, rows, num_rows, kFeatures, 1}, row,
                        reinterpret_cast<double*>(group.data()), values.data() + row * num_values);
    }
    return values;
  }

 private:
  AlignedBytes bytes_;
  ModelView view_{};
  ExplainNeeds needs_{};
  std::vector<uint8_t> points_;
};

bool same_numbers(const std::vector<double>& some, const double* all) {
  for (size_t i = 0; i < some.size(); ++i) {
    if (some[i] != all[i]) return false;
  }
  return true;
}

void contributions_add_up(const Explained& model, const std::vector<double>& rows,
                          const std::vector<double>& all, const std::vector<double>& bases) {
  const uint32_t num_outputs = model.view().header->num_outputs;
  AlignedBytes scratch(model.view().model->scratch_bytes(model.view()));
  std::vector<double> raw(kRows * num_outputs);
  model.view().model->predict_raw(model.view(), {nullptr, rows.data(), kRows, kFeatures, 1},
                                  *kernels_for(IsaLevel::kBaseline), scratch.data(), raw.data());
  for (size_t i = 0; i < raw.size(); ++i) {
    double sum = bases[i % num_outputs], size = std::fabs(sum);
    for (uint32_t k = 0; k < kFeatures; ++k) {
      sum += all[i * kFeatures + k];
      size += std::fabs(all[i * kFeatures + k]);
    }
    if (!check(std::fabs(sum - raw[i]) <= 1e-12 * (1 + size), "contributions add up")) return;
  }
}

void rows_do_not_depend_on_the_batch() {
  Random random(7);
  for (uint32_t round = 0; round < 40; ++round) {
    const uint32_t num_outputs = round % 3 == 2 ? 3 : 1;
    const auto num_trees = static_cast<uint32_t>(below(random, 8)) * num_outputs;
    const std::string text = random_model_text(random, num_trees, kFeatures, num_outputs, 60);
    const Explained model(read_lightgbm(text, "Text").section, random);
    const std::vector<double> rows = random_rows(random);
    const std::vector<double> background = model.background_of(rows.data() + 20 * kFeatures, 3);
    for (uint32_t kind = 0; kind < 4; ++kind) {
      const bool pairs = kind % 2 == 1;
      const std::vector<double> against = kind < 2 ? std::vector<double>{} : background;
      std::vector<double> bases, others;
      const auto all =
          model.explain(rows.data(), kRows, IsaLevel::kBaseline, pairs, against, &bases);
      if (!pairs) contributions_add_up(model, rows, all, bases);
      const uint64_t width = all.size() / kRows;
      for (const uint32_t count : {1u, 2u, 8u, 9u, 65u, 128u, 129u, 150u}) {
        for (const IsaLevel level : {IsaLevel::kBaseline, IsaLevel::kAvx2, IsaLevel::kAvx512}) {
          if (level > detect_isa()) continue;
          const uint32_t first = count == 150 ? 0 : 3;
          const auto some =
              model.explain(rows.data() + first * kFeatures, count, level, pairs, against, &others);
          check(same_numbers(some, all.data() + first * width), "the same numbers in any batch");
          check(bases == others, "the same bases in any batch");
        }
      }
    }
  }
}

/// A chain of nodes, one below the other.
std::string chain_text(uint32_t num_levels) {
  const uint32_t num_leaves = num_levels + 1;
  std::string text =
      "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
      "max_feature_idx=4\nobjective=regression\nfeature_names=a b c d e\n"
      "feature_infos=none none none none none\n\nTree=0\nnum_leaves=" +
      std::to_string(num_leaves) + "\nnum_cat=0";
  const auto line = [&](const char* name, uint32_t count, auto value) {
    text += std::string("\n") + name + "=";
    for (uint32_t i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + std::to_string(value(i));
  };
  line("split_feature", num_levels, [](uint32_t i) { return i % kFeatures; });
  line("threshold", num_levels, [](uint32_t i) { return i * 0.5; });
  line("decision_type", num_levels, [](uint32_t) { return 2; });
  line("left_child", num_levels, [](uint32_t i) { return -1 - static_cast<int>(i); });
  line("right_child", num_levels, [&](uint32_t i) {
    return i + 1 < num_levels ? static_cast<int>(i + 1) : -1 - static_cast<int>(num_levels);
  });
  line("leaf_value", num_leaves, [](uint32_t i) { return i; });
  line("leaf_count", num_leaves, [](uint32_t) { return 1; });
  line("internal_count", num_levels, [&](uint32_t i) { return num_leaves - i; });
  return text + "\nshrinkage=1\n\n\nend of trees\n";
}

void trees_may_be_deep_but_not_endless() {
  for (const uint32_t num_levels : {kMaxExplainLevels, kMaxExplainLevels + 1}) {
    const auto section = read_lightgbm(chain_text(num_levels), "Text").section;
    AlignedBytes bytes(section.size());
    std::memcpy(bytes.data(), section.data(), section.size());
    ModelView view{};
    if (!check(open_model(bytes.data(), bytes.length(), &view).ok(), "a chain opens")) return;
    ExplainNeeds needs{};
    const bool fits = measure_trees(view_forest(view.section), nullptr, &needs);
    check(fits == (num_levels == kMaxExplainLevels), "one level too many is refused");
    if (fits) check(needs.num_levels == num_levels && needs.num_points == 4, "needs are counted");
  }
  Random random(3);
  const Explained model(read_lightgbm(chain_text(kMaxExplainLevels), "Text").section, random);
  const std::vector<double> rows = random_rows(random);
  std::vector<double> bases;
  const auto all = model.explain(rows.data(), kRows, IsaLevel::kBaseline, false, &bases);
  contributions_add_up(model, rows, all, bases);
}

}  // namespace
}  // namespace mainspring

int main() {
  mainspring::rows_do_not_depend_on_the_batch();
  mainspring::trees_may_be_deep_but_not_endless();
  return mainspring::finish();
}
