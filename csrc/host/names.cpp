// Short lists of names and close matches by edit distance, for the messages of every layer above.
#include "host/names.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace mainspring {

namespace {

constexpr size_t kMaxListed = 5;
constexpr size_t kMaxSuggested = 3;
constexpr size_t kMaxCompared = 256;  // bytes: longer names are compared by their beginnings

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

// Edits (insert, delete, replace, swap of neighbours) between two names, letter case ignored
// (optimal string alignment: Damerau 1964, doi:10.1145/363958.363994).
size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, kMaxCompared);
  b = b.substr(0, kMaxCompared);
  std::vector<size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = last[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]) ? 1 : 0);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

std::string quoted(std::string_view name) {
  std::string text(1, '\'');
  text.append(name).push_back('\'');
  return text;
}

}  // namespace

std::string list_names(std::span<const std::string> names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMaxListed); ++i) {
    if (i > 0) text += ", ";
    text += quoted(names[i]);
  }
  if (names.size() > kMaxListed) {
    text += " and " + std::to_string(names.size() - kMaxListed) + " more";
  }
  return text;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates) {
  const size_t allowed = std::max<size_t>(1, name.size() / 3);
  std::vector<std::pair<size_t, std::string_view>> close;
  for (const std::string& candidate : candidates) {
    const size_t longer = std::max(name.size(), candidate.size());
    if (longer - std::min(name.size(), candidate.size()) > allowed) continue;
    const size_t distance = edit_distance(name, candidate);
    if (distance <= allowed && distance < longer) close.emplace_back(distance, candidate);
  }
  if (close.empty()) return "";
  std::stable_sort(close.begin(), close.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  close.resize(std::min(close.size(), kMaxSuggested));
  std::string text = "Did you mean ";
  for (size_t i = 0; i < close.size(); ++i) {
    if (i > 0) text += i + 1 == close.size() ? " or " : ", ";
    text += quoted(close[i].second);
  }
  return text + "?";
}

}  // namespace mainspring
