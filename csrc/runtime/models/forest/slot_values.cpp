// What each library does with missing values, zeros and categories, once for each row and slot.
#include "runtime/models/forest/slot_values.hpp"

namespace mainspring {

namespace {

constexpr double kInfinity = __builtin_inf();
constexpr double kNan = __builtin_nan("");

bool is_zero(double value) { return value >= -kForestZero && value <= kForestZero; }

constexpr double kCategoryEnd = 2147483648.0;

double category(double value, bool is_known, uint64_t shift) {
  return __builtin_bit_cast(
      double, is_known ? static_cast<uint64_t>(value) + shift : uint64_t{kNoCategory});
}

double treated(ForestTreatment treatment, double value) {
  const bool missing = value != value;
  switch (treatment) {
    case ForestTreatment::kNanIsZero: return missing ? 0.0 : value;
    case ForestTreatment::kNanLeft: return missing ? -kInfinity : value;
    case ForestTreatment::kNanRight: return value;
    case ForestTreatment::kZeroLeft: return missing || is_zero(value) ? -kInfinity : value;
    case ForestTreatment::kZeroRight: return is_zero(value) ? kNan : value;
    case ForestTreatment::kCategory:
      return category(value, value > -1.0 && value < kCategoryEnd, 0);
    case ForestTreatment::kCategoryFromZero:
      return category(value, value >= 0.0 && value < kCategoryEnd, 0);
    case ForestTreatment::kCategoryBehindMissing:
      return missing ? category(0.0, true, 0)
                     : category(value, value >= 0.0 && value < kCategoryEnd, 1);
    case ForestTreatment::kWholeCategory: break;
  }
  const bool in_range = value >= 0.0 && value < kCategoryEnd;
  const bool whole =
      in_range && static_cast<double>(static_cast<uint64_t>(in_range ? value : 0.0)) == value;
  return category(value, whole, 0);
}

#if !defined(MAINSPRING_SMALL)
/// Values of type `Value`: what features of type T are rounded to first.
template <ForestTreatment kTreatment, class Value, class T>
void fill_slot(const Strided<T>& column, uint32_t num_rows, double* values) {
  for (uint32_t row = 0; row < num_rows; ++row) {
    values[row] = treated(kTreatment, static_cast<double>(static_cast<Value>(column.at(row, 0))));
  }
}

/// The loop over rows is inside of the switch.
template <class Value, class T>
void fill_all(const ForestView& forest, const Strided<T>& features, uint32_t num_rows,
              double* values) {
  for (uint32_t row = 0; row < kChains; ++row) values[row] = -kInfinity;
  for (uint32_t i = 0; i < forest.header->num_slots; ++i) {
    const Strided<T> column = features.from(0, forest.slots[i].feature);
    values += kChains;
    switch (static_cast<ForestTreatment>(forest.slots[i].treatment)) {
      case ForestTreatment::kNanIsZero:
        fill_slot<ForestTreatment::kNanIsZero, Value>(column, num_rows, values);
        break;
      case ForestTreatment::kNanLeft:
        fill_slot<ForestTreatment::kNanLeft, Value>(column, num_rows, values);
        break;
      case ForestTreatment::kNanRight:
        fill_slot<ForestTreatment::kNanRight, Value>(column, num_rows, values);
        break;
      case ForestTreatment::kZeroLeft:
        fill_slot<ForestTreatment::kZeroLeft, Value>(column, num_rows, values);
        break;
      case ForestTreatment::kZeroRight:
        fill_slot<ForestTreatment::kZeroRight, Value>(column, num_rows, values);
        break;
      case ForestTreatment::kCategory:
        fill_slot<ForestTreatment::kCategory, Value>(column, num_rows, values);
        break;
      case ForestTreatment::kCategoryFromZero:
        fill_slot<ForestTreatment::kCategoryFromZero, Value>(column, num_rows, values);
        break;
      case ForestTreatment::kCategoryBehindMissing:
        fill_slot<ForestTreatment::kCategoryBehindMissing, Value>(column, num_rows, values);
        break;
      case ForestTreatment::kWholeCategory:
        fill_slot<ForestTreatment::kWholeCategory, Value>(column, num_rows, values);
        break;
    }
  }
}
#endif

}  // namespace

#if defined(MAINSPRING_SMALL)
// One loop for all treatments and types of features, in place of 27.
void fill_group(const ForestView& forest, const FeatureTile& features, uint32_t first_row,
                uint32_t num_rows, double* values) noexcept {
  const bool rounds =
      static_cast<ForestInput>(forest.header->input) == ForestInput::kRoundedToFloat;
  for (uint32_t row = 0; row < kChains; ++row) values[row] = -kInfinity;
  for (uint32_t i = 0; i < forest.header->num_slots; ++i) {
    const ForestSlot slot = forest.slots[i];
    const auto treatment = static_cast<ForestTreatment>(slot.treatment);
    values += kChains;
    for (uint32_t row = 0; row < num_rows; ++row) {
      double value =
          features.narrow != nullptr
              ? static_cast<double>(narrow_of(features).at(first_row + row, slot.feature))
              : wide_of(features).at(first_row + row, slot.feature);
      if (rounds) value = static_cast<double>(static_cast<float>(value));
      // Most are numbers that are there, and stay what they are.
      const bool stays = treatment <= ForestTreatment::kNanRight && value == value;
      values[row] = stays ? value : treated(treatment, value);
    }
  }
}
#else
void fill_group(const ForestView& forest, const FeatureTile& features, uint32_t first_row,
                uint32_t num_rows, double* values) noexcept {
  if (features.narrow != nullptr) {
    fill_all<float>(forest, narrow_of(features).from(first_row, 0), num_rows, values);
  } else if (static_cast<ForestInput>(forest.header->input) == ForestInput::kRoundedToFloat) {
    fill_all<float>(forest, wide_of(features).from(first_row, 0), num_rows, values);
  } else {
    fill_all<double>(forest, wide_of(features).from(first_row, 0), num_rows, values);
  }
}
#endif

}  // namespace mainspring
