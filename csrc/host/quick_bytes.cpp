// Narrows rows and ranks, and deals out the masks byte by byte.
#include "host/quick_bytes.hpp"

#include "host/made_forms.hpp"

namespace mainspring {

namespace {

/// Trees that the forest does not have never go right, and the steps that a tree does not have.
QuickStep step_of(const QuickView& from, uint32_t number, uint32_t first_tree) {
  constexpr uint8_t kNever = 255;  // no rank is greater
  QuickStep step{};
  for (uint32_t t = 0; t < kByteTrees; ++t) {
    const uint32_t place = place_of_tree(t);
    step.ranks[place] = kNever;
    if (first_tree + t >= from.num_trees) continue;
    const uint64_t at = uint64_t{number} * from.num_trees + first_tree + t;
    step.rows[place] = static_cast<uint8_t>(from.rows[at]);
    step.ranks[place] = from.ranks[at] < kNever ? static_cast<uint8_t>(from.ranks[at]) : kNever;
    for (uint32_t i = 0; i < kMaskBytes; ++i) {
      step.masks[i][place] = static_cast<uint8_t>(from.masks[at] >> 8 * i);
    }
  }
  return step;
}

}  // namespace

std::shared_ptr<const OwnedQuickBytes> make_quick_bytes(const BundleView& bundle) {
  const ForestView forest = view_forest(bundle.model.section);
  if (forest.program == nullptr || quick_bytes_avx512() == nullptr || !looks_up_bytes()) return {};
  const QuickView from = view_sliced(forest.program, *forest.header).quick;
  if (from.num_trees == 0) return {};
  auto made = std::make_shared<OwnedQuickBytes>();
  for (uint32_t first = 0; first < from.num_trees; first += kByteTrees) {
    for (uint32_t i = 0; i < from.num_steps; ++i) made->steps.push_back(step_of(from, i, first));
  }
  made->quick = {from.num_steps, made->steps.data()};
  return made;
}

}  // namespace mainspring
