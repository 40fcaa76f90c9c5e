// Leaves out the steps that lead to leaves alone, and numbers the masks of the others anew.
#include "host/block_trees.hpp"

#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

namespace {

constexpr uint32_t kNone = 0xFFFFFFFFu;
constexpr uint32_t kMostListed = 0xFFFE;  // masks, and ends, of a plane: even, of 16 bits

class BlockTreeMaker {
 public:
  BlockTreeMaker(const SlicedView& program, OwnedBlockTrees& made)
      : program_(program), made_(made) {}

  /// False where a mask is written twice, or read and not written, and where the block would have
  /// no room for a mask or a list.
  bool add_tree(const SlicedTree& tree) {
    BlockTree record{};
    if (!is_symmetric(tree)) {
      record.first_step = static_cast<uint32_t>(made_.steps.size());
      record.first_plane = static_cast<uint32_t>(made_.planes.size());
      record.first_end = static_cast<uint32_t>(made_.ends.size());
      steps_ = program_.steps + tree.first_step;
      num_steps_ = tree.num_steps;
      if (!add_steps() || !add_planes(tree)) return false;
      record.num_steps = static_cast<uint32_t>(made_.steps.size()) - record.first_step;
    }
    made_.trees.push_back(record);
    return true;
  }

 private:
  bool is_leaf(uint32_t mask) const { return mask >= num_steps_; }

  bool write(uint32_t mask, uint32_t number) {
    const bool is_first = numbers_[mask] == kNone;
    numbers_[mask] = number;
    return is_first;
  }

  /// Numbers what the steps write that stay.
  bool add_steps() {
    const uint32_t num_masks = program_.header->num_masks;
    numbers_.assign(num_masks, kNone);
    ends_.assign(num_masks, kNone);
    numbers_[0] = kAllRows;
    uint32_t next = kFirstWritten;
    for (uint32_t k = 0; k < num_steps_; ++k) {
      const SlicedStep& step = steps_[k];
      if (numbers_[k] == kNone) return false;
      if (is_leaf(step.left) && is_leaf(step.right)) {
        ends_[step.right] = k;
        if (!write(step.right, 0)) return false;
        continue;
      }
      if (next + 2 > num_masks) return false;  // the step writes both
      const uint16_t num_kept = is_leaf(step.left) ? 1 : 2;
      made_.steps.push_back({step.condition, static_cast<uint16_t>(numbers_[k]), num_kept});
      if (!write(step.right, next)) return false;
      if (num_kept == 2 && !write(step.left, next + 1)) return false;
      next += num_kept;
    }
    return true;
  }

  bool add_planes(const SlicedTree& tree) {
    const uint16_t* list = program_.planes + tree.first_plane;
    for (uint32_t plane = 0; plane < tree.num_planes; ++plane) {
      const uint32_t count = *list++;
      if (count > kMostListed) return false;
      const size_t counts = made_.planes.size(), first_end = made_.ends.size();
      made_.planes.resize(counts + 2);
      for (uint32_t i = 0; i < count; ++i) {
        const uint32_t mask = list[i];
        if (numbers_[mask] == kNone) return false;
        if (ends_[mask] == kNone) {
          made_.planes.push_back(static_cast<uint16_t>(numbers_[mask]));
        } else {
          made_.ends.push_back({steps_[ends_[mask]].condition, numbers_[ends_[mask]]});
        }
      }
      list += count;
      if ((made_.planes.size() - counts) % 2 != 0) made_.planes.push_back(kNoRows);
      if ((made_.ends.size() - first_end) % 2 != 0) made_.ends.push_back({0, kNoRows});
      made_.planes[counts] = static_cast<uint16_t>(made_.planes.size() - counts - 2);
      made_.planes[counts + 1] = static_cast<uint16_t>(made_.ends.size() - first_end);
    }
    return made_.planes.size() <= kNone;
  }

  const SlicedView& program_;
  OwnedBlockTrees& made_;
  const SlicedStep* steps_ = nullptr;
  uint32_t num_steps_ = 0;
  // By the numbers of masks in the program.
  std::vector<uint32_t> numbers_;
  std::vector<uint32_t> ends_;  // the step that would write the mask, if it is left out
};

}  // namespace

std::shared_ptr<const OwnedBlockTrees> make_block_trees(const BundleView& bundle) {
  const ForestView forest = view_forest(bundle.model.section);
  if (forest.program == nullptr) return {};
  const SlicedView program = view_sliced(forest.program, *forest.header);
  if (program.header->num_masks < kFirstWritten) return {};
  auto made = std::make_shared<OwnedBlockTrees>();
  const uint64_t num_trees = forest.header->num_trees;
  // Room at most, but for ends; what is not written takes up no memory.
  made->trees.reserve(num_trees);
  made->steps.reserve(program.header->num_steps);
  made->planes.reserve(program.header->num_planes + 2 * kMaxPlanes * num_trees);
  made->ends.reserve(program.header->num_planes / 2);
  BlockTreeMaker maker(program, *made);
  for (uint32_t i = 0; i < num_trees; ++i) {
    if (!maker.add_tree(program.trees[i])) return {};
  }
  if (made->planes.empty()) return {};
  made->view = {made->trees.data(), made->steps.data(), made->planes.data(), made->ends.data()};
  return made;
}

}  // namespace mainspring
