// Counts both sides on the bins or categories that a plot shows.
#include "measure/drift/shares.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace mainspring {

namespace {

constexpr uint32_t kMaxBins = 32;
constexpr size_t kMaxCategories = 8;

// Whichever are among the first of either list, with their counts on both.
std::vector<CategoryShare> frequent_ones(const CategoryCounts& reference,
                                         const CategoryCounts& current) {
  std::vector<CategoryCounts::Entry> first;
  for (const CategoryCounts* side : {&reference, &current}) {
    for (size_t i = 0; i < std::min(kMaxCategories, side->entries.size()); ++i) {
      const CategoryCounts::Entry& entry = side->entries[i];
      const bool known = std::any_of(first.begin(), first.end(),
                                     [&](const auto& one) { return one.value == entry.value; });
      if (!known) first.push_back(entry);
    }
  }
  const auto count_of = [](const CategoryCounts& side, const CategoryCounts::Entry& wanted) {
    for (const CategoryCounts::Entry& entry : side.entries) {
      if (entry.hash == wanted.hash && entry.value == wanted.value) return entry.count;
    }
    return uint64_t{0};
  };
  std::vector<CategoryShare> shares;
  for (const CategoryCounts::Entry& entry : first) {
    shares.push_back(
        {std::string(entry.value), count_of(reference, entry), count_of(current, entry)});
  }
  const auto total = [](uint64_t rows) { return rows > 0 ? static_cast<double>(rows) : 1.0; };
  const double n = total(reference.total);
  const double m = total(current.total);
  const auto larger_share = [n, m](const CategoryShare& share) {
    return std::max(static_cast<double>(share.reference) / n,
                    static_cast<double>(share.current) / m);
  };
  std::sort(shares.begin(), shares.end(), [&](const CategoryShare& a, const CategoryShare& b) {
    const double first = larger_share(a);
    const double second = larger_share(b);
    return first != second ? first > second : a.value < b.value;
  });
  shares.resize(std::min(kMaxCategories, shares.size()));
  return shares;
}

void add_categories(const ColumnPair& pair, DriftShares* shares) {
  shares->categories = frequent_ones(pair.reference.categories, pair.current.categories);
  shares->reference_rest = pair.reference.categories.total;
  shares->current_rest = pair.current.categories.total;
  shares->current_unseen = static_cast<uint64_t>(pair.match.exact ? pair.match.unseen_total() : 0);
  shares->current_rest -= shares->current_unseen;
  for (const CategoryShare& share : shares->categories) {
    shares->reference_rest -= share.reference;
    // A category that the reference lacks was counted as unseen, unless nothing was.
    const bool unseen = pair.match.exact && share.reference == 0;
    (unseen ? shares->current_unseen : shares->current_rest) -= share.current;
  }
}

}  // namespace

DriftShares shares_of(const ColumnPair& pair) {
  DriftShares shares;
  shares.reference_missing = pair.reference.missing;
  shares.current_missing = pair.current.missing;
  if (pair.numeric()) {
    const std::array sides{&pair.reference.numbers, &pair.current.numbers};
    shares.axis = histogram_axis(sides, kMaxBins);
    shares.reference = count_on(pair.reference.numbers, shares.axis);
    shares.current = count_on(pair.current.numbers, shares.axis);
  } else if (pair.categorical()) {
    add_categories(pair, &shares);
  }
  return shares;
}

}  // namespace mainspring
