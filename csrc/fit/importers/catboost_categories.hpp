// Categories of CatBoost's splits: it keeps hashes of their texts, here they are whole numbers.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fit/importers/write_forest.hpp"

namespace mainspring {

/// Numbers from 0 on that a feature of categories may be.
inline constexpr uint32_t kNumCatboostCategories = 1u << 20;

/// As CatBoost hashes the text of a category of at most 16 bytes; it keeps the lower half.
uint64_t hash_category(std::string_view text) noexcept;

/// Sets of the whole numbers whose text has a hash. Hashes of two numbers may be equal, and then
/// CatBoost cannot tell these apart either.
class CatboostCategories {
 public:
  /// Before the first set_of(). Texts are for messages, where the document has them.
  void expect(uint32_t hash) { numbers_.try_emplace(hash); }
  void name(uint32_t hash, std::string text) { texts_.insert_or_assign(hash, std::move(text)); }
  /// Hashes all numbers that categories may be, once.
  void find_numbers();

  /// Empty: the hash was not expected, or is that of no number.
  const std::vector<uint32_t>& numbers_of(uint32_t hash) const;
  /// "the category 'x'", or its hash.
  std::string describe(uint32_t hash) const;
  /// Makes the node's test membership in these numbers, whose words are the forest's; false where
  /// the forest could not hold them.
  bool set_test(uint32_t hash, SourceForest* forest, SourceNode* node);

 private:
  std::unordered_map<uint32_t, std::vector<uint32_t>> numbers_;
  std::unordered_map<uint32_t, uint32_t> first_words_;  // of the hashes that were asked for
  std::unordered_map<uint32_t, std::string> texts_;
};

}  // namespace mainspring
