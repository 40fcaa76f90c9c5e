// The hash is that of Pike and Alakuijala's CityHash, in its first versions; texts of whole numbers
// below 2^20 need only what it does with 1 to 16 bytes.
#include "fit/importers/catboost_categories.hpp"

#include <bit>
#include <charconv>
#include <cstring>

#include "fit/importers/text_fields.hpp"

namespace mainspring {

namespace {

constexpr uint64_t kLong = 0x9ae16a3b2f90404f, kShort = 0xc949d7c7509e6557,
                   kPair = 0x9ddfea08eb382d69;

template <class T>
T load_as(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

uint64_t folded(uint64_t value) { return value ^ value >> 47; }

uint64_t hash_pair(uint64_t low, uint64_t high) {
  const uint64_t first = folded((low ^ high) * kPair);
  return folded((high ^ first) * kPair) * kPair;
}

}  // namespace

uint64_t hash_category(std::string_view text) noexcept {
  const char* bytes = text.data();
  const uint64_t length = text.size();
  if (length > 8) {
    const uint64_t last = load_as<uint64_t>(bytes + length - 8);
    const uint64_t turned = std::rotr(last + length, static_cast<int>(length));
    return hash_pair(load_as<uint64_t>(bytes), turned) ^ last;
  }
  if (length >= 4) {
    const uint64_t first = load_as<uint32_t>(bytes);
    return hash_pair(length + (first << 3), load_as<uint32_t>(bytes + length - 4));
  }
  if (length == 0) return kLong;
  const auto at = [&](uint64_t i) { return uint64_t{static_cast<uint8_t>(bytes[i])}; };
  const uint64_t front = at(0) + (at(length / 2) << 8), back = length + (at(length - 1) << 2);
  return folded(front * kLong ^ back * kShort) * kLong;
}

void CatboostCategories::find_numbers() {
  if (numbers_.empty()) return;
  // A filter: nearly all hashes are none of these.
  constexpr uint32_t kBits = 1u << 16;
  std::vector<bool> ends(kBits);
  for (const auto& [hash, numbers] : numbers_) ends[hash % kBits] = true;
  char text[16];
  for (uint32_t number = 0; number < kNumCatboostCategories; ++number) {
    const char* end = std::to_chars(text, text + sizeof text, number).ptr;
    const std::string_view digits(text, static_cast<size_t>(end - text));
    const auto hash = static_cast<uint32_t>(hash_category(digits));
    if (!ends[hash % kBits]) continue;
    const auto found = numbers_.find(hash);
    if (found != numbers_.end()) found->second.push_back(number);
  }
}

const std::vector<uint32_t>& CatboostCategories::numbers_of(uint32_t hash) const {
  static const std::vector<uint32_t> kNone;
  const auto found = numbers_.find(hash);
  return found == numbers_.end() ? kNone : found->second;
}

std::string CatboostCategories::describe(uint32_t hash) const {
  const auto found = texts_.find(hash);
  if (found != texts_.end()) return "the category " + quoted(found->second);
  return "the category of the hash " + std::to_string(hash);
}

bool CatboostCategories::set_test(uint32_t hash, SourceForest* forest, SourceNode* node) {
  const std::vector<uint32_t>& numbers = numbers_of(hash);
  const uint32_t num_words = numbers.back() / 32 + 1;
  const uint64_t end = forest->set_words.size();
  const auto [entry, is_new] = first_words_.try_emplace(hash, static_cast<uint32_t>(end));
  if (is_new) {
    if (end + num_words > kMaxForestSetWords) return false;
    forest->set_words.resize(end + num_words, 0);
    for (const uint32_t number : numbers) {
      forest->set_words[end + number / 32] |= 1u << number % 32;
    }
  }
  node->has_set = true;
  node->treatment = ForestTreatment::kWholeCategory;
  node->first_word = entry->second;
  node->num_words = num_words;
  return true;
}

}  // namespace mainspring
