// Categories of one feature, told apart by the sets that hold them.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "runtime/models/forest/forest.hpp"

namespace mainspring {

/// Collects the sets that the nodes of a forest test on one feature, then makes the classes of its
/// categories: those that are in the same sets are one. Most features have far more categories
/// than sets that tell them apart; what is in no set is class 0.
class CategoryClasses {
 public:
  void add_set(const ForestView& forest, const ForestNode& node);
  /// The number of a set that was added; one that lies at the same words has the same.
  uint32_t number_of(const ForestNode& node) const;

  /// False when there are too many categories, classes or words for a table.
  bool make();

  uint32_t num_sets() const { return static_cast<uint32_t>(sets_.size()); }
  uint32_t num_classes() const { return num_classes_; }
  /// By category.
  std::span<const uint16_t> classes() const { return classes_; }
  /// By class, (num_sets() + 63) / 64 words each: bit s is 1 where set s does not hold it.
  std::span<const uint64_t> words() const { return words_; }

 private:
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> numbers_;  // first word, number of words
  std::vector<std::span<const uint32_t>> sets_;
  std::vector<uint16_t> classes_;
  std::vector<uint64_t> words_;
  uint32_t num_classes_ = 0;
};

}  // namespace mainspring
