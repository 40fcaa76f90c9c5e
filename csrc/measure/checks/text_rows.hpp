// Rows of a feature of strings by what its distinct strings are like.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "measure/checks/check.hpp"

namespace mainspring {

/// Without ASCII spaces around, in lower case.
std::string folded(std::string_view text);

/// Rows of each code; 0: missing. Of a feature without strings: empty.
std::vector<uint64_t> code_counts(const RowColumn& feature);

struct TextRows {
  uint64_t present = 0, matching = 0;
  std::vector<uint64_t> rows;  // the first that match
};

TextRows text_rows(const RowColumn& feature, bool (*matches)(std::string_view));

/// The share of strings that match: warns above the limit.
Finding judge_texts(std::string_view check, const RowColumn& feature, double limit,
                    bool (*matches)(std::string_view), std::string_view what);

}  // namespace mainspring
