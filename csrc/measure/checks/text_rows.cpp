// Looks at each distinct string once, and at its rows by their codes.
#include "measure/checks/text_rows.hpp"

namespace mainspring {

std::string folded(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n\v\f";
  const size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  std::string found(text.substr(first, text.find_last_not_of(kSpaces) - first + 1));
  for (char& letter : found) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
  }
  return found;
}

std::vector<uint64_t> code_counts(const RowColumn& feature) {
  if (!feature.has_codes()) return {};
  std::vector<uint64_t> counts(feature.num_codes, 0);
  for (const uint32_t code : feature.codes) ++counts[code];
  return counts;
}

TextRows text_rows(const RowColumn& feature, bool (*matches)(std::string_view)) {
  TextRows found;
  const std::vector<uint64_t> counts = code_counts(feature);
  std::vector<bool> matching(counts.size(), false);
  for (uint32_t code = 1; code < counts.size(); ++code) {
    if (counts[code] == 0) continue;
    matching[code] = matches(feature.texts[code - 1]);
    found.present += counts[code];
    found.matching += matching[code] ? counts[code] : 0;
  }
  for (uint64_t row = 0; row < feature.codes.size() && found.rows.size() < kShownRows; ++row) {
    if (matching[feature.codes[row]]) found.rows.push_back(row);
  }
  return found;
}

Finding judge_texts(std::string_view check, const RowColumn& feature, double limit,
                    bool (*matches)(std::string_view), std::string_view what) {
  Finding finding{check, feature.name};
  const TextRows rows = text_rows(feature, matches);
  finding.rows = rows.rows;
  finding.num_rows = rows.matching;
  finding.value = rows.present == 0
                      ? 0
                      : static_cast<double>(rows.matching) / static_cast<double>(rows.present);
  judge_above(limit, 2, &finding);
  finding.sentence = short_text(100 * finding.value) + " % " + std::string(what);
  return finding;
}

}  // namespace mainspring
