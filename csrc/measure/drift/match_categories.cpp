// Brings the categories of both sides together.
#include <algorithm>
#include <string_view>
#include <unordered_map>

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

}  // namespace

double CategoryMatch::unseen_total() const {
  double total = 0;
  for (const Pair& pair : unseen) total += pair.current;
  return total;
}

CategoryMatch match_categories(const CategoryCounts& reference, const CategoryCounts& current) {
  std::unordered_map<std::string_view, uint64_t> now;
  now.reserve(current.entries.size());
  for (const CategoryCounts::Entry& entry : current.entries) now.emplace(entry.value, entry.count);

  CategoryMatch match;
  match.exact = reference.exact && current.exact;
  const auto n = static_cast<double>(reference.total);
  const auto m = static_cast<double>(current.total);
  const auto n_error = static_cast<double>(reference.error);
  const auto m_error = static_cast<double>(current.error);
  for (const CategoryCounts::Entry& entry : reference.entries) {
    const auto found = now.find(entry.value);
    const double count = found == now.end() ? 0 : static_cast<double>(found->second);
    match.seen.push_back(
        most_alike(static_cast<double>(entry.count), n_error, n, count, m_error, m));
    if (entry.count == 1) ++match.reference_singletons;
    if (found != now.end()) now.erase(found);
  }
  // In the order of the current data: a hash table's order must not decide how sums are rounded.
  for (const CategoryCounts::Entry& entry : current.entries) {
    if (now.find(entry.value) == now.end()) continue;
    match.unseen.push_back(most_alike(0, n_error, n, static_cast<double>(entry.count), m_error, m));
  }
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
