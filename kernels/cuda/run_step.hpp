// One step of a plan for one row, with the bits of csrc/runtime/steps. Numbers are NaN where they
// are missing; integers and texts have a bit for it.
#pragma once
#include "find_entry.hpp"
#include "read_time.hpp"
#include "time_steps.hpp"

namespace mainspring::gpu {

// Values of `variant`; of a load, the TimeUnit that is wanted.
inline constexpr uint8_t kKeepsNumbers = 1;    // gather: its second input where the payload is NaN
inline constexpr uint8_t kPadsMissing = 1;     // hash bucket: 0 for missing values
inline constexpr uint8_t kSpreadsUnseen = 2;   // hash bucket: of ids, the unseen one alone
inline constexpr uint8_t kTwoColumns = 0;      // arithmetic
inline constexpr uint8_t kSecondIsNumber = 1;  // arithmetic
inline constexpr uint8_t kFirstIsNumber = 2;   // arithmetic
inline constexpr uint8_t kBoxCox = 2;          // power, else Yeo and Johnson's
inline constexpr uint8_t kTwoTimes = 1;        // elapsed, calendar: the second is a column too
inline constexpr uint64_t kHashOfMissing = 0x9E3779B97F4A7C15ull;

/// The words of one row: those of its thread in the block's memory.
struct RowWords {
  TransformShared& shared;
  uint32_t thread;

  MAINSPRING_BOTH uint64_t word(uint32_t at) const { return shared.words[at][thread]; }
  MAINSPRING_BOTH double number(uint32_t at) const { return __builtin_bit_cast(double, word(at)); }
  MAINSPRING_BOTH int64_t integer(uint32_t at) const { return static_cast<int64_t>(word(at)); }
  MAINSPRING_BOTH bool is_valid(uint32_t at) const { return (shared.valid[thread] >> at) & 1; }
  MAINSPRING_BOTH DeviceText text(uint32_t at) const {
    return {reinterpret_cast<const uint8_t*>(static_cast<uintptr_t>(word(at))), word(at + 1)};
  }

  MAINSPRING_BOTH void set_number(uint32_t at, double value) const {
    shared.words[at][thread] = __builtin_bit_cast(uint64_t, value);
  }
  MAINSPRING_BOTH void set_integer(uint32_t at, int64_t value, bool valid) const {
    shared.words[at][thread] = static_cast<uint64_t>(value);
    const uint32_t bit = uint32_t{1} << at;
    shared.valid[thread] = valid ? shared.valid[thread] | bit : shared.valid[thread] & ~bit;
  }
  MAINSPRING_BOTH void set_text(uint32_t at, const DeviceText& text, bool valid) const {
    set_integer(at, static_cast<int64_t>(reinterpret_cast<uintptr_t>(text.data)), valid);
    shared.words[at + 1][thread] = text.length;
  }
};

MAINSPRING_BOTH inline double finite_or_missing(double value) {
  return value - value == 0 ? value : kQuietNan;
}

MAINSPRING_BOTH inline double calculate(uint64_t code, double left, double right) {
  switch (code) {
    case 1: return finite_or_missing(left + right);
    case 2: return finite_or_missing(left - right);
    case 3: return finite_or_missing(left * right);
    default: return finite_or_missing(left / right);
  }
}

/// How many of the ascending numbers are <= value; none of NaN.
MAINSPRING_BOTH inline uint64_t count_at_most(const double* numbers, uint64_t count, double value) {
  uint64_t first = 0;
  while (count > 0) {
    const uint64_t half = count / 2;
    const bool up = numbers[first + half] <= value;
    first = up ? first + half + 1 : first;
    count = up ? count - half - 1 : half;
  }
  return first;
}

/// The line through points (steps/interpolate.cpp): arrays of x, y below, at and above the point.
MAINSPRING_BOTH inline double interpolate(const double* x, uint64_t count, double value) {
  const double *below = x + count, *at = below + count, *above = at + count;
  if (!(value == value) || count == 0) return kQuietNan;
  const uint64_t first = count_at_most(x, count, value);
  if (first == 0) return below[0];
  const uint64_t last = first - 1;
  if (x[last] == value) return at[last];
  if (first == count) return above[last];
  const double share = (value - x[last]) / (x[first] - x[last]);
  return above[last] + (below[first] - above[last]) * share;
}

MAINSPRING_BOTH inline bool is_present(const DeviceStep& step, const RowWords& row, uint32_t at) {
  switch (step.type) {
    case WordType::kNumber: return row.number(at) == row.number(at);
    case WordType::kId: return true;
    default: return row.is_valid(at);
  }
}

MAINSPRING_BOTH inline uint64_t hash_word(const DeviceStep& step, const RowWords& row) {
  const uint32_t in = step.inputs[0];
  if (!is_present(step, row, in)) return kHashOfMissing;
  switch (step.type) {
    case WordType::kNumber: return hash_integer(key_of_number(row.number(in)));
    case WordType::kText: return hash_of_bytes(row.text(in).data, row.text(in).length);
    default: return hash_integer(row.word(in));
  }
}

MAINSPRING_BOTH inline int32_t find_id(const DeviceStep& step, const RowWords& row) {
  const uint32_t in = step.inputs[0];
  if (!is_present(step, row, in)) return kMissing;
  if (step.table.is_empty) return kUnseen;
  switch (step.type) {
    case WordType::kText: return find_text(step.table, row.text(in));
    case WordType::kNumber: return find_number(step.table, key_of_number(row.number(in)));
    default: return find_number(step.table, row.word(in));
  }
}

MAINSPRING_BOTH inline int64_t find_bucket(const DeviceStep& step, const RowWords& row) {
  const uint64_t hash = row.word(step.inputs[0]);
  const auto cardinality = static_cast<uint32_t>(step.integers[0]);
  if (step.variant == kPadsMissing) {
    return hash == kHashOfMissing ? 0 : int64_t{bucket_of(hash, cardinality - 1)} + 1;
  }
  if (step.variant != kSpreadsUnseen) return bucket_of(hash, cardinality);
  const auto buckets = static_cast<uint32_t>(step.integers[1]);
  const int64_t id = row.integer(step.inputs[1]);
  if (id == kUnseen) return 1 + int64_t{bucket_of(hash, buckets)};
  if (id == kMissing) return 0;
  const int64_t moved = id + buckets - 1, last = int64_t{cardinality} - 1;
  return moved < last ? moved : last;
}

MAINSPRING_BOTH inline void load_word(const DeviceStep& step, const DeviceColumn& column,
                                      uint64_t row_number, const RowWords& row) {
  if (step.type == WordType::kNumber) {
    row.set_number(step.output, read_number(column, row_number));
  } else if (step.type == WordType::kInteger) {
    int64_t value;
    const auto unit = static_cast<TimeUnit>(step.variant);
    const bool valid = read_time(column, row_number, unit, &value);
    row.set_integer(step.output, value, valid);
  } else {
    DeviceText text;
    const bool valid = read_text(column, row_number, &text);
    row.set_text(step.output, text, valid);
  }
}

MAINSPRING_BOTH inline void fill_word(const DeviceStep& step, const RowWords& row) {
  const uint32_t in = step.inputs[0], out = step.output;
  const bool present = is_present(step, row, in);
  if (step.type == WordType::kNumber) {
    row.set_number(out, present ? row.number(in) : step.numbers[0]);
  } else if (step.type == WordType::kInteger) {
    row.set_integer(out, present ? row.integer(in) : static_cast<int64_t>(step.integers[0]), true);
  } else {
    const DeviceText filler{static_cast<const uint8_t*>(step.data), step.count};
    row.set_text(out, present ? row.text(in) : filler, true);
  }
}

/// What the table holds becomes missing.
MAINSPRING_BOTH inline void null_word(const DeviceStep& step, const RowWords& row) {
  const uint32_t in = step.inputs[0], out = step.output;
  const bool stays = find_id(step, row) == kUnseen;
  if (step.type == WordType::kNumber) {
    row.set_number(out, stays ? row.number(in) : kQuietNan);
  } else if (step.type == WordType::kInteger) {
    row.set_integer(out, stays ? row.integer(in) : 0, stays);
  } else {
    const DeviceText text = row.text(in);
    row.set_text(out, {text.data, stays ? text.length : 0}, stays);
  }
}

MAINSPRING_BOTH inline float narrow_word(const DeviceStep& step, const RowWords& row) {
  if (step.type != WordType::kNumber) {
    return static_cast<float>(static_cast<int32_t>(row.integer(step.inputs[0])));
  }
  const auto narrow = static_cast<float>(row.number(step.inputs[0]));
  return narrow == narrow ? narrow : __builtin_bit_cast(float, uint32_t{0x7FC00000});
}

/// Features [integers[0], integers[0] + integers[1]) of the step, from the stage's column on.
MAINSPRING_BOTH inline void store_one_hot(const DeviceStep& step, const RowWords& row,
                                          float* staged) {
  uint64_t place = row.word(step.inputs[0]) + 1;  // 1 + the feature, or 0: none
  if (step.data != nullptr) place = static_cast<const uint32_t*>(step.data)[place - 1];
  for (uint64_t i = 0; i < step.integers[1]; ++i) {
    staged[i] = place == step.integers[0] + i + 1 ? 1.0f : 0.0f;
  }
}

MAINSPRING_BOTH inline void run_time_step(const DeviceStep& step, const RowWords& row) {
  const uint32_t in = step.inputs[0], out = step.output;
  if (step.code == DeviceCode::kLocalTime) {
    int64_t local;
    const bool fits = local_time(step, row.integer(in), &local);
    const bool valid = fits && row.is_valid(in);
    return row.set_integer(out, valid ? local : 0, valid);
  }
  const bool has_two = step.variant == kTwoTimes;
  if (!row.is_valid(in) || (has_two && !row.is_valid(step.inputs[1]))) {
    return row.set_number(out, kQuietNan);
  }
  const int64_t other =
      has_two ? row.integer(step.inputs[1]) : static_cast<int64_t>(step.integers[1]);
  if (step.code == DeviceCode::kElapsed) {
    return row.set_number(out, elapsed_time(step, row.integer(in), other));
  }
  int64_t day = 0, begin = 0;
  const bool has_day = find_day(small_integer(step, 1), row.integer(in), &day);
  const bool has_begin = !has_two || find_day(small_integer(step, 3), other, &begin);
  row.set_number(out, has_day && has_begin ? calendar_answer(step, day, begin) : kQuietNan);
}

/// `staged` is the row's part of the stage; stores say their column in `output`.
MAINSPRING_BOTH inline void run_step(const DeviceStep& step, const DeviceColumn* columns,
                                     uint64_t row_number, const RowWords& row, float* staged) {
  const uint32_t in = step.inputs[0], out = step.output;
  const auto* data = static_cast<const double*>(step.data);
  switch (step.code) {
    case DeviceCode::kLoad: return load_word(step, columns[step.integers[0]], row_number, row);
    case DeviceCode::kStore: staged[out] = narrow_word(step, row); return;
    case DeviceCode::kStoreOneHot: return store_one_hot(step, row, staged + out);
    case DeviceCode::kAffine:
      return row.set_number(out,
                            canonical_nan((row.number(in) - step.numbers[0]) / step.numbers[1]));
    case DeviceCode::kLog1p: return row.set_number(out, log1p_form(row.number(in)));
    case DeviceCode::kClip: {
      const double value = row.number(in);
      const double raised = value < step.numbers[0] ? step.numbers[0] : value;
      return row.set_number(out,
                            canonical_nan(raised > step.numbers[1] ? step.numbers[1] : raised));
    }
    case DeviceCode::kFill: return fill_word(step, row);
    case DeviceCode::kCountEdges: {
      const double value = row.number(in);
      const auto edges = static_cast<int64_t>(count_at_most(data, step.count, value));
      return row.set_integer(out, value == value ? edges + 1 : kMissing, true);
    }
    case DeviceCode::kLookup: return row.set_integer(out, find_id(step, row), true);
    case DeviceCode::kGather: {
      const double value = data[row.word(in)];
      const bool keeps = step.variant == kKeepsNumbers && value != value;
      return row.set_number(out, keeps ? row.number(step.inputs[1]) : value);
    }
    case DeviceCode::kDatePart:
      return row.set_number(
          out, row.is_valid(in)
                   ? date_part_value(static_cast<DatePart>(step.integers[0]),
                                     static_cast<TimeUnit>(step.integers[1]), row.integer(in), data)
                   : kQuietNan);
    case DeviceCode::kHash:
      return row.set_integer(out, static_cast<int64_t>(hash_word(step, row)), true);
    case DeviceCode::kCombineHashes:
      return row.set_integer(
          out, static_cast<int64_t>(hash_pair(row.word(in), row.word(step.inputs[1]))), true);
    case DeviceCode::kHashBucket: return row.set_integer(out, find_bucket(step, row), true);
    case DeviceCode::kIsMissing: return row.set_number(out, is_present(step, row, in) ? 0.0 : 1.0);
    case DeviceCode::kInterpolate:
      return row.set_number(out, interpolate(data, step.count, row.number(in)));
    case DeviceCode::kArithmetic: {
      const double left = step.variant == kFirstIsNumber ? step.numbers[0] : row.number(in);
      const double right = step.variant == kSecondIsNumber  ? step.numbers[0]
                           : step.variant == kFirstIsNumber ? row.number(in)
                                                            : row.number(step.inputs[1]);
      return row.set_number(out, calculate(step.integers[0], left, right));
    }
    case DeviceCode::kNullIf: return null_word(step, row);
    case DeviceCode::kPower:
      return row.set_number(out,
                            step.variant == kBoxCox
                                ? canonical_nan(box_cox_form(row.number(in), step.numbers[0]))
                                : canonical_nan(yeo_johnson_form(row.number(in), step.numbers[0])));
    case DeviceCode::kLocalTime:
    case DeviceCode::kElapsed:
    case DeviceCode::kCalendar: return run_time_step(step, row);
    case DeviceCode::kNormalQuantile:
      return row.set_number(out, normal_quantile_form(row.number(in)));
  }
}

}  // namespace mainspring::gpu
