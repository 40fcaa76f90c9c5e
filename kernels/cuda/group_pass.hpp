// Rows grouped by a value, a string or a time of a column. A key is as many bits of the value's
// hash as a row's number leaves; sorted, rows of one value lie one behind the other, in their
// order, and a group begins where a row's value is not that of the row before: values are compared,
// hashes are not trusted. Where two values share these bits, their rows may lie in more groups than
// two.
#pragma once
#include "chosen_rows.hpp"
#include "shared_sums.hpp"

namespace mainspring::gpu {

enum class GroupBy : uint32_t { kValue = 0, kPeriod = 1, kMonths = 2 };

struct Grouping {
  GroupBy by;
  int64_t length;  // of periods, in seconds or months
  int64_t origin;  // where a period begins, in seconds
  uint64_t seed;   // another one has other values share their bits
};

struct KeyRowArgs {
  ChosenRows column;
  uint64_t num_rows;
  Grouping grouping;
  uint64_t row_mask;
  uint64_t* keys;
};

struct FindGroupArgs {
  DeviceColumn column;
  uint64_t num_rows;
  Grouping grouping;
  uint64_t row_mask;
  const uint64_t* sorted;
  uint64_t* heads;  // positions, in no order
  uint64_t* num_groups;
};

/// The values of some rows; of strings, how long they are.
struct ReadGroupArgs {
  ChosenRows column;
  uint64_t num_rows;
  const uint64_t* wanted;  // numbers among the chosen ones
  Grouping grouping;
  int64_t* values;
  uint8_t* present;
};

struct CopyTextArgs {
  ChosenRows column;
  uint64_t num_rows;
  const uint64_t* wanted;
  const uint64_t* offsets;
  uint8_t* bytes;
};

MAINSPRING_BOTH inline bool holds_texts(const DeviceColumn& column) {
  return column.type == DeviceType::kUtf8 || column.type == DeviceType::kLargeUtf8 ||
         column.type == DeviceType::kBinary || column.type == DeviceType::kLargeBinary;
}

/// A value as its bits; every NaN is the same.
MAINSPRING_BOTH inline bool read_bits(const DeviceColumn& column, uint64_t row, int64_t* bits) {
  uint64_t at;
  *bits = 0;
  if (!find_row(column, row, &at)) return false;
  if (column.type == DeviceType::kF32) {
    const float value = value_at<float>(column.values, at);
    *bits = value != value ? 0x7FC00000 : int64_t{__builtin_bit_cast(uint32_t, value)};
  } else if (column.type == DeviceType::kF64) {
    *bits = __builtin_bit_cast(int64_t, canonical_nan(value_at<double>(column.values, at)));
  } else {
    *bits = integer_bits(column.type, column.values, at);
  }
  return true;
}

/// Months since January of the year 0.
MAINSPRING_BOTH inline int64_t months_of(int64_t days) {
  const bool near = days >= -kNearDays && days <= kNearDays;
  const int64_t cycles = near ? 0 : floor_divide(days, kCycleDays);
  const auto rest = static_cast<int32_t>(days - cycles * kCycleDays);
  const int64_t year = part_of<DatePart::kYear>(rest, 0) + cycles * kCycleYears;
  return year * 12 + part_of<DatePart::kMonth>(rest, 0) - 1;
}

/// What a row has in common with others of its group, unless that is a string; false where missing.
MAINSPRING_BOTH inline bool group_value(const DeviceColumn& column, const Grouping& grouping,
                                        uint64_t row, int64_t* value) {
  if (grouping.by == GroupBy::kValue) return read_bits(column, row, value);
  constexpr int64_t kMaxSeconds = INT64_MAX / 1000000;  // as many as microseconds can say
  int64_t seconds;
  const bool present = read_time(column, row, TimeUnit::kSecond, &seconds) &&
                       seconds >= -kMaxSeconds && seconds <= kMaxSeconds;
  *value = 0;
  if (!present) return false;
  const int64_t length = grouping.length;
  *value = grouping.by == GroupBy::kPeriod
               ? floor_divide(seconds - grouping.origin, length) * length + grouping.origin
               : floor_divide(months_of(floor_divide(seconds, kSecondsPerDay)), length) * length;
  return true;
}

MAINSPRING_BOTH inline void key_row(const KeyRowArgs& args, uint64_t i) {
  const DeviceColumn& column = args.column.column;
  const uint64_t row = row_at(args.column, i);
  uint64_t hash;
  bool present;
  if (holds_texts(column)) {
    DeviceText text;
    present = read_text(column, row, &text);
    hash = present ? hash_of_bytes(text.data, text.length) : 0;
  } else {
    int64_t value;
    present = group_value(column, args.grouping, row, &value);
    hash = hash_integer(static_cast<uint64_t>(value));
  }
  hash = present ? hash_integer(hash + args.grouping.seed) : ~uint64_t{0};
  args.keys[i] = (hash & ~args.row_mask) | row;
}

MAINSPRING_BOTH inline bool same_bytes_of(const DeviceText& a, const DeviceText& b) {
  if (a.length != b.length) return false;
  uint64_t i = 0;
  for (; i + 8 <= a.length; i += 8) {
    if (load<uint64_t>(a.data + i) != load<uint64_t>(b.data + i)) return false;
  }
  for (; i < a.length; ++i) {
    if (a.data[i] != b.data[i]) return false;
  }
  return true;
}

MAINSPRING_BOTH inline bool same_group(const FindGroupArgs& args, uint64_t a, uint64_t b) {
  if (holds_texts(args.column)) {
    DeviceText one, other;
    const bool present = read_text(args.column, a, &one);
    return present == read_text(args.column, b, &other) && same_bytes_of(one, other);
  }
  int64_t one, other;
  const bool present = group_value(args.column, args.grouping, a, &one);
  return present == group_value(args.column, args.grouping, b, &other) && one == other;
}

MAINSPRING_BOTH inline void find_group(const FindGroupArgs& args, uint64_t position) {
  if (position != 0) {
    const uint64_t before = args.sorted[position - 1], here = args.sorted[position];
    const bool may_be_same = ((before ^ here) & ~args.row_mask) == 0;
    if (may_be_same && same_group(args, before & args.row_mask, here & args.row_mask)) return;
  }
  args.heads[add_to(args.num_groups, uint64_t{1})] = position;
}

MAINSPRING_BOTH inline void read_group(const ReadGroupArgs& args, uint64_t i) {
  const DeviceColumn& column = args.column.column;
  const uint64_t row = row_at(args.column, args.wanted[i]);
  bool present;
  if (holds_texts(column)) {
    DeviceText text;
    present = read_text(column, row, &text);
    args.values[i] = static_cast<int64_t>(text.length);
  } else {
    present = group_value(column, args.grouping, row, &args.values[i]);
  }
  args.present[i] = present ? 1 : 0;
}

/// A lane of the warp that copies a text.
MAINSPRING_BOTH inline void copy_text(const CopyTextArgs& args, uint64_t i, uint32_t lane,
                                      uint32_t num_lanes) {
  DeviceText text;
  (void)read_text(args.column.column, row_at(args.column, args.wanted[i]), &text);
  uint8_t* to = args.bytes + args.offsets[i];
  for (uint64_t at = lane; at < text.length; at += num_lanes) to[at] = text.data[at];
}

}  // namespace mainspring::gpu
