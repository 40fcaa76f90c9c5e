// What steps that store many features have in common. Such a step says which features of a row are
// not 0, in one function; here they are written to columns or, when rows are wanted sparse, as
// entries. Nothing of such a step knows which of the two is being made.
//
// Beside the members of StepKernel the step has
//
//   kStores = Stores::kMany; integers[0] of its record is its first feature, integers[1] their
//   number, and verify() sees to both
//
//   static constexpr Repeats kRepeats      what becomes of a feature that a row has several times
//
//   template <class Emit>
//   static void for_each_entry(const StepRecord&, const StepContext&, Emit emit)
//       calls emit(row, feature, value) for each feature that is not 0, feature counted from the
//       step's first. All of a row come together; rows, and the features of one, in any order
//
// and, where a row's values depend on one another (a norm),
//
//   static double row_term(const StepRecord&, const StepContext&, uint64_t feature, double value)
//       what a feature that is not 0 adds to the row's sum; features come in ascending order
//   static double row_value(const StepRecord&, const StepContext&, uint64_t feature, double value,
//                           double sum)
//       what such a feature becomes.
//
// run() is `store_features<ThisStep>(record, context)`.
#pragma once
#include "runtime/core/memory.hpp"
#include "runtime/steps/sparse_tile.hpp"
#include "runtime/steps/step.hpp"

namespace mainspring {
namespace store_internal {

template <class S>
inline constexpr bool kFinishesRows = requires { &S::row_value; };

/// Columns of float32 or float64, of which the compiler knows.
template <class T>
struct Columns {
  using Number = T;
  T* values;

  void clear(uint64_t at, uint32_t count) const { fill_zero(values + at, count * sizeof(T)); }
  void add(uint64_t at, float value) const { values[at] += value; }
  T get(uint64_t at) const { return values[at]; }
  void set(uint64_t at, T value) const { values[at] = value; }
};

/// Columns of either: for a device, one function instead of two. The sum of two floats is exact
/// enough as a double to be rounded as if it had been added in float32 (Figueroa, 1995).
struct EitherColumns {
  using Number = double;
  float* narrow;
  double* wide;

  void clear(uint64_t at, uint32_t count) const {
    for (uint32_t i = 0; i < count; ++i) set(at + i, 0);
  }
  void add(uint64_t at, float value) const { set(at, get(at) + static_cast<double>(value)); }
  double get(uint64_t at) const {
    return narrow != nullptr ? static_cast<double>(narrow[at]) : wide[at];
  }
  void set(uint64_t at, double value) const {
    if (narrow != nullptr) {
      narrow[at] = static_cast<float>(value);
    } else {
      wide[at] = value;
    }
  }
};

template <class S, class C>
void store_columns(const StepRecord& record, const StepContext& context, const C& columns) {
  const uint64_t num_features = record.integers[1];
  for (uint64_t feature = 0; feature < num_features; ++feature) {
    columns.clear(feature * kTileRows, context.num_rows);
  }
  S::for_each_entry(record, context, [&](uint32_t row, uint64_t feature, float value) {
    const uint64_t at = feature * kTileRows + row;
    if constexpr (S::kRepeats == Repeats::kAdded) {
      columns.add(at, value);
    } else {
      columns.set(at, value);
    }
  });
  if constexpr (kFinishesRows<S>) {
    // Feature by feature: each column is read as it lies, and every row's sum is in their order.
    double sums[kTileRows];
    fill_zero(sums, context.num_rows * sizeof(double));
    const auto for_each_value = [&](const auto& use) {
      for (uint64_t feature = 0; feature < num_features; ++feature) {
        for (uint32_t row = 0; row < context.num_rows; ++row) {
          const uint64_t at = feature * kTileRows + row;
          if (columns.get(at) != 0) use(row, feature, at);
        }
      }
    };
    for_each_value([&](uint32_t row, uint64_t feature, uint64_t at) {
      sums[row] += S::row_term(record, context, feature, columns.get(at));
    });
    for_each_value([&](uint32_t row, uint64_t feature, uint64_t at) {
      columns.set(at, static_cast<typename C::Number>(
                          S::row_value(record, context, feature, columns.get(at), sums[row])));
    });
  }
}

/// Entries of a step whose rows may have any number of them, a row at a time.
template <class S>
class RowEntries {
 public:
  RowEntries(const StepRecord& record, const StepContext& context)
      : record_(record), context_(context), first_(context.sparse->num_entries) {}

  void add(uint32_t row, uint64_t feature, float value) {
    if (row != row_) {
      finish();
      row_ = row;
    }
    SparseTile* tile = context_.sparse;
    if (tile->num_entries == tile->capacity && !make_room(tile, 1)) return;
    tile->entries[tile->num_entries++] = {row, static_cast<uint32_t>(record_.integers[0] + feature),
                                          value};
  }

  /// The entries of the last row are all there.
  void finish() {
    SparseTile* tile = context_.sparse;
    combine_row(tile, first_, S::kRepeats);
    if constexpr (kFinishesRows<S>) {
      drop_zeros(tile, first_);
      double sum = 0;
      for (uint64_t i = first_; i < tile->num_entries; ++i) {
        sum += S::row_term(record_, context_, feature_of(tile->entries[i]), tile->entries[i].value);
      }
      for (uint64_t i = first_; i < tile->num_entries; ++i) {
        SparseEntry& entry = tile->entries[i];
        entry.value = static_cast<float>(
            S::row_value(record_, context_, feature_of(entry), entry.value, sum));
      }
    }
    drop_zeros(tile, first_);
    first_ = tile->num_entries;
  }

 private:
  uint64_t feature_of(const SparseEntry& entry) const {
    return entry.feature - record_.integers[0];
  }

  const StepRecord& record_;
  const StepContext& context_;
  uint64_t first_;  // entry of the row that is being written
  uint32_t row_ = kTileRows;
};

template <class S>
void store_entries(const StepRecord& record, const StepContext& context) {
  SparseTile* tile = context.sparse;
  if constexpr (S::kRepeats == Repeats::kNever) {
    if (!make_room(tile, context.num_rows)) return;
    SparseEntry* const entries = tile->entries;
    uint64_t count = tile->num_entries;
    const auto first = static_cast<uint32_t>(record.integers[0]);
    S::for_each_entry(record, context, [&](uint32_t row, uint64_t feature, float value) {
      entries[count] = {row, first + static_cast<uint32_t>(feature), value};
      count += value != 0;
    });
    tile->num_entries = count;
  } else {
    RowEntries<S> rows(record, context);
    S::for_each_entry(record, context, [&](uint32_t row, uint64_t feature, float value) {
      rows.add(row, feature, value);
    });
    rows.finish();
  }
}

}  // namespace store_internal

/// run() of a step that stores many features.
template <class S>
void store_features(const StepRecord& record, const StepContext& context) noexcept {
  using namespace store_internal;
  const uint64_t first = record.integers[0] * kTileRows;
#if defined(MAINSPRING_SMALL)  // where nobody asks for sparse rows
  const bool is_narrow = context.features != nullptr;
  store_columns<S>(record, context,
                   EitherColumns{is_narrow ? context.features + first : nullptr,
                                 is_narrow ? nullptr : context.wide_features + first});
#else
  if (context.sparse != nullptr) {
    store_entries<S>(record, context);
  } else if (context.features != nullptr) {
    store_columns<S>(record, context, Columns<float>{context.features + first});
  } else {
    store_columns<S>(record, context, Columns<double>{context.wide_features + first});
  }
#endif
}

}  // namespace mainspring
