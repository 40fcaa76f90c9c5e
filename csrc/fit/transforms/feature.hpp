// What flows between the operators of an expression: tiles to learn from, and streams of values in
// a plan that is being compiled.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fit/plan/plan_builder.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

class KeyIndex;

/// One tile to learn from: as many inputs as the operator joins, all with num_rows rows.
struct FitTile {
  std::span<const Tile> inputs;
  const double* target;  // of the same rows, never missing; null when the fit has none
  uint64_t first_row;    // number of the first row over the whole input: decides folds
  uint32_t num_rows;
  bool cross_fit;  // fit_transform: learn per fold too
  /// The keys of inputs[0] and the number of each row's, where several operators count them; null
  /// where one does by itself.
  const std::shared_ptr<KeyIndex>* keys;
  const uint32_t* numbers;
  uint64_t max_keys = UINT64_MAX;    // see LearntState::limit_keys
  uint64_t max_values = UINT64_MAX;  // see LearntState::limit_values
  uint64_t rows_to_come = 0;         // of the part that is read, these among them; 0: not known
};

/// Ids, or the elements of lists, that become one feature each when they are stored.
struct OneHotColumns {
  /// For each id 1 + its feature, or 0; none: the ids are the features; of lists, for those that
  /// are missing and for elements that `table` does not have. Its entries are the first features.
  std::vector<uint32_t> places;
  DataRange table{};
  std::vector<FeatureInfo> infos;
};

/// How the elements of lists become ids (fit/transforms/element_ids.hpp).
struct ElementIds {
  std::optional<DataRange> table;  // a lookup table in DATA; none: by hashing
  uint32_t cardinality = 0;
};

/// Texts that become one feature for each n-gram, or bucket of them, when they are stored.
struct NgramColumns {
  StepRecord record;  // that stores them, but for the slot and the first feature
  std::vector<FeatureInfo> infos;
};

/// A stream of values behind some operators: the slot that holds its tile, and what is known of it.
struct Feature {
  Slot slot;
  FeatureInfo info;
  std::string column;               // where it comes from, for messages
  std::string expression;           // "col('x').log1p()", for messages
  TimeUnit unit = TimeUnit::kNone;  // of times, in a kI64 slot
  std::string time_zone;            // of times: they are UTC, shown in it; "": as they are written
  /// Of ids behind one_hot; null: the stream is one feature.
  std::shared_ptr<const OneHotColumns> one_hot;
  /// Of lists behind ordinal or hash; null: the elements are values.
  std::shared_ptr<const ElementIds> element_ids;
  /// Of texts behind an operator over n-grams; null: the stream is one feature.
  std::shared_ptr<const NgramColumns> ngrams;

  /// Whether it becomes several features when it is stored, and nothing can be done with it before.
  bool is_many() const { return one_hot != nullptr || ngrams != nullptr; }
};

}  // namespace mainspring
