// A row of bits for each category, then equal rows are merged.
#include "fit/importers/category_classes.hpp"

#include <algorithm>
#include <bit>
#include <string_view>
#include <unordered_map>

#include "runtime/models/forest/sliced.hpp"

namespace mainspring {

namespace {

/// Of one feature, before equal rows are merged.
constexpr uint64_t kMaxBytes = uint64_t{1} << 28;

/// One more than the highest category that the set holds.
uint32_t end_of(std::span<const uint32_t> set) {
  for (size_t i = set.size(); i-- != 0;) {
    if (set[i] != 0)
      return static_cast<uint32_t>(32 * i + static_cast<size_t>(std::bit_width(set[i])));
  }
  return 0;
}

}  // namespace

void CategoryClasses::add_set(const ForestView& forest, const ForestNode& node) {
  const auto number = static_cast<uint32_t>(sets_.size());
  if (numbers_.try_emplace({node.set.first_word, node.set.num_words}, number).second) {
    sets_.emplace_back(forest.set_words + node.set.first_word, node.set.num_words);
  }
}

uint32_t CategoryClasses::number_of(const ForestNode& node) const {
  return numbers_.at({node.set.first_word, node.set.num_words});
}

bool CategoryClasses::make() {
  uint32_t num_categories = 0;
  for (const auto set : sets_) {
    if (set.size() > kMaxSliceCategories / 32) return false;
    num_categories = std::max(num_categories, end_of(set));
  }
  const size_t num_words = (sets_.size() + 63) / 64;
  if ((uint64_t{num_categories} + 1) * num_words * sizeof(uint64_t) > kMaxBytes) return false;

  std::vector<uint64_t> none(num_words, 0);
  for (size_t set = 0; set < sets_.size(); ++set) none[set / 64] |= uint64_t{1} << (set % 64);
  std::vector<uint64_t> rows;
  rows.reserve(num_words * num_categories);
  for (uint32_t i = 0; i < num_categories; ++i) rows.insert(rows.end(), none.begin(), none.end());
  for (size_t set = 0; set < sets_.size(); ++set) {
    for (size_t i = 0; i < sets_[set].size(); ++i) {
      for (uint32_t held = sets_[set][i]; held != 0; held &= held - 1) {
        const size_t category = 32 * i + static_cast<size_t>(std::countr_zero(held));
        rows[category * num_words + set / 64] &= ~(uint64_t{1} << (set % 64));
      }
    }
  }

  const auto bytes_of = [num_words](const uint64_t* row) {
    return std::string_view(reinterpret_cast<const char*>(row), num_words * sizeof(uint64_t));
  };
  std::unordered_map<std::string_view, uint32_t> numbers{{bytes_of(none.data()), 0}};
  words_ = none;
  classes_.clear();
  for (uint32_t category = 0; category < num_categories; ++category) {
    const uint64_t* row = rows.data() + category * num_words;
    const auto [entry, is_new] =
        numbers.try_emplace(bytes_of(row), static_cast<uint32_t>(numbers.size()));
    if (entry->second >= kMaxClasses) return false;
    if (is_new) words_.insert(words_.end(), row, row + num_words);
    classes_.push_back(static_cast<uint16_t>(entry->second));
  }
  num_classes_ = static_cast<uint32_t>(numbers.size());
  return true;
}

}  // namespace mainspring
