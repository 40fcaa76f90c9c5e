// The one list of checks.
#include <cstdio>

#include "measure/checks/check.hpp"

namespace mainspring {

extern const CheckEntry kConstantLabel, kTargetInFeatures, kLabelPower, kMissingLeak, kTimeTravel,
    kDuplicateRows, kNearDuplicateRows, kConflictingLabels, kRedundantFeatures, kRowOrder,
    kRowNumberPower, kConstantFeature, kMissingValues, kOutliers, kMixedTypes, kNullSpellings,
    kTextVariants, kTextLengths, kSpecialCharacters, kTestColumns, kTestSize, kSplitDuplicates,
    kTimeOverlap, kNewLabels, kNewCategories, kOutOfRange, kGroupLeakage, kIndexLeakage,
    kIdentifierPower, kLabelPowerChange;

namespace {

constexpr std::array kChecks{
    &kConstantLabel,     &kTargetInFeatures, &kLabelPower,        &kMissingLeak,
    &kTimeTravel,        &kDuplicateRows,    &kNearDuplicateRows, &kConflictingLabels,
    &kRedundantFeatures, &kRowOrder,         &kRowNumberPower,    &kConstantFeature,
    &kMissingValues,     &kOutliers,         &kMixedTypes,        &kNullSpellings,
    &kTextVariants,      &kTextLengths,      &kSpecialCharacters, &kTestColumns,
    &kTestSize,          &kSplitDuplicates,  &kTimeOverlap,       &kNewLabels,
    &kNewCategories,     &kOutOfRange,       &kGroupLeakage,      &kIndexLeakage,
    &kIdentifierPower,   &kLabelPowerChange};

}  // namespace

std::span<const CheckEntry* const> check_list() { return kChecks; }

void judge_above(double warn, double fail, Finding* finding) {
  finding->limit = finding->value > fail ? fail : warn;
  finding->severity = finding->value > fail   ? Severity::kFail
                      : finding->value > warn ? Severity::kWarn
                                              : Severity::kPass;
}

std::string short_text(double value) {
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), "%.4g", value);
  return text.data();
}

}  // namespace mainspring
