// Brings the categories of both sides together.
#include <algorithm>
#include <bit>

#include "measure/drift/frequencies.hpp"

namespace mainspring {

namespace {

// Counts that are known only as [count, count + error] move towards equal shares.
CategoryMatch::Pair most_alike(double reference, double reference_error, double reference_total,
                               double current, double current_error, double current_total) {
  if (reference_error == 0 && current_error == 0) return {reference, current};
  if (reference_total == 0 || current_total == 0) return {reference, current};
  const double low = std::max(reference / reference_total, current / current_total);
  const double high = std::min((reference + reference_error) / reference_total,
                               (current + current_error) / current_total);
  if (low <= high) return {low * reference_total, low * current_total};
  // The intervals do not meet: the nearest ends.
  if (reference / reference_total > current / current_total) {
    return {reference, current + current_error};
  }
  return {reference + reference_error, current};
}

// Finds entries of one side by their hashes.
class EntryIndex {
 public:
  static constexpr uint32_t kNone = ~0u;

  explicit EntryIndex(const CategoryCounts& counts)
      : entries_(counts.entries), slots_(std::bit_ceil(2 * entries_.size() + 1), kNone) {
    for (uint32_t i = 0; i < entries_.size(); ++i) {
      uint64_t slot = entries_[i].hash & mask();
      while (slots_[slot] != kNone) slot = (slot + 1) & mask();
      slots_[slot] = i;
    }
  }
  uint32_t find(const CategoryCounts::Entry& entry) const {
    for (uint64_t slot = entry.hash & mask(); slots_[slot] != kNone; slot = (slot + 1) & mask()) {
      const CategoryCounts::Entry& there = entries_[slots_[slot]];
      if (there.hash == entry.hash && there.value == entry.value) return slots_[slot];
    }
    return kNone;
  }

 private:
  uint64_t mask() const { return slots_.size() - 1; }

  const std::vector<CategoryCounts::Entry>& entries_;
  std::vector<uint32_t> slots_;  // a power of two, at most half full
};

}  // namespace

double CategoryMatch::unseen_total() const {
  double total = 0;
  for (const Pair& pair : unseen) total += pair.current;
  return total;
}

CategoryMatch match_categories(const CategoryCounts& reference, const CategoryCounts& current) {
  const EntryIndex now(current);
  std::vector<bool> matched(current.entries.size());

  CategoryMatch match;
  match.exact = reference.exact && current.exact;
  const auto n = static_cast<double>(reference.total);
  const auto m = static_cast<double>(current.total);
  const auto n_error = static_cast<double>(reference.error);
  const auto m_error = static_cast<double>(current.error);
  double known = 0, known_most = 0;
  for (const CategoryCounts::Entry& entry : reference.entries) {
    const uint32_t found = now.find(entry);
    double count = 0;
    if (found != EntryIndex::kNone) {
      count = static_cast<double>(current.entries[found].count);
      matched[found] = true;
    }
    known += count;
    known_most += count + m_error;
    match.seen.push_back(
        most_alike(static_cast<double>(entry.count), n_error, n, count, m_error, m));
    if (entry.count == 1) ++match.reference_singletons;
  }
  match.reference_exact = reference.exact;
  match.unseen_most = m - known;
  double listed = 0;
  for (size_t i = 0; i < current.entries.size(); ++i) {
    if (matched[i]) continue;
    const auto count = static_cast<double>(current.entries[i].count);
    listed += count;
    match.unseen.push_back(most_alike(0, n_error, n, count, m_error, m));
  }
  match.unseen_least = std::max(listed, m - known_most);
  if (!match.exact) {
    match.rest = {n, m};
    for (const auto* pairs : {&match.seen, &match.unseen}) {
      for (const CategoryMatch::Pair& pair : *pairs) {
        match.rest.reference -= pair.reference;
        match.rest.current -= pair.current;
      }
    }
    match.rest.reference = std::max(match.rest.reference, 0.0);
    match.rest.current = std::max(match.rest.current, 0.0);
  }
  return match;
}

Frequencies category_frequencies(const CategoryMatch& match, uint64_t reference_missing,
                                 uint64_t current_missing) {
  Frequencies result;
  for (const CategoryMatch::Pair& pair : match.seen) result.add(pair.reference, pair.current);
  double unseen_reference = match.rest.reference;
  double unseen_current = match.rest.current;
  for (const CategoryMatch::Pair& pair : match.unseen) {
    unseen_reference += pair.reference;
    unseen_current += pair.current;
  }
  result.add(unseen_reference, unseen_current);
  result.add(static_cast<double>(reference_missing), static_cast<double>(current_missing));
  return result;
}

Frequencies folded_frequencies(const CategoryMatch& match, uint64_t reference_missing,
                               uint64_t current_missing, double rows_per_bin) {
  constexpr double kMinExpected = 5;
  std::vector<CategoryMatch::Pair> classes = match.seen;
  classes.insert(classes.end(), match.unseen.begin(), match.unseen.end());
  classes.push_back({static_cast<double>(reference_missing), static_cast<double>(current_missing)});
  double n = match.rest.reference;
  double m = match.rest.current;
  for (const CategoryMatch::Pair& pair : classes) {
    n += pair.reference;
    m += pair.current;
  }
  const auto pooled = [](const CategoryMatch::Pair& pair) { return pair.reference + pair.current; };
  std::stable_sort(classes.begin(), classes.end(),
                   [&](const auto& a, const auto& b) { return pooled(a) > pooled(b); });
  const double smaller_share = n + m > 0 ? std::min(n, m) / (n + m) : 0;
  const double room = std::max(2.0, std::min(n, m) / rows_per_bin);
  Frequencies result;
  CategoryMatch::Pair rest = match.rest;
  for (size_t i = 0; i < classes.size(); ++i) {
    const bool kept =
        pooled(classes[i]) * smaller_share >= kMinExpected && static_cast<double>(i) + 1 < room;
    if (kept) {
      result.add(classes[i].reference, classes[i].current);
    } else {
      rest.reference += classes[i].reference;
      rest.current += classes[i].current;
    }
  }
  // A rest that is rare itself joins the rarest class that is kept.
  if (pooled(rest) * smaller_share < kMinExpected && result.size() > 1) {
    result.reference.back() += rest.reference;
    result.current.back() += rest.current;
    result.reference_total += rest.reference;
    result.current_total += rest.current;
  } else {
    result.add(rest.reference, rest.current);
  }
  return result;
}

}  // namespace mainspring
