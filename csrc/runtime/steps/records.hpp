// How each step's record is filled: which slots it reads and writes, its numbers, integers and
// data. A compiled transform builds its records with these functions; verify() of each step says
// what it refuses.
//
// Ids: a record that writes an i32 slot states in integers[kCardinality] that its ids lie in
// [0, cardinality), and its verify() proves it. A record that reads an i32 slot as an index states
// there how many it can take. verify_plan() proves that what is given fits what is taken, so
// run() needs no clamp and no check.
#pragma once
#include <cstdint>

#include "runtime/arrow/column_view.hpp"
#include "runtime/core/power.hpp"
#include "runtime/steps/arithmetic.hpp"
#include "runtime/steps/calendar.hpp"
#include "runtime/steps/date_part.hpp"
#include "runtime/steps/step.hpp"

namespace mainspring {

/// The integer of a record that bounds the ids it writes, or the index it reads.
inline constexpr uint32_t kCardinality = 3;

/// Ids of a vocabulary: see core/key_table.hpp.
inline constexpr int32_t kMissingId = 0;
inline constexpr int32_t kUnseenId = 1;
inline constexpr int32_t kFirstEntryId = 2;

/// What kPoolList computes of a list. Stored in bundles, never changes.
enum class ListStatistic : uint8_t {
  kLength = 1,
  kMean = 2,
  kSum = 3,
  kMin = 4,
  kMax = 5,
  kStd = 6
};

/// The last place of a list that kListElements can begin at.
inline constexpr uint64_t kMaxListPlace = uint64_t{1} << 32;

constexpr StepRecord unary_record(StepCode code, uint16_t in, uint16_t out) {
  StepRecord record{};
  record.code = static_cast<uint32_t>(code);
  record.num_inputs = 1;
  record.num_outputs = 1;
  record.inputs[0] = in;
  record.outputs[0] = out;
  return record;
}

/// Place among the integers of kLoad: 1 where NaN is a value, of numbers.
inline constexpr uint32_t kKeepsNan = 3;

/// Decodes an input into a slot of value_type_of(kind). kind and unit repeat those of the
/// InputRecord.
constexpr StepRecord load_record(uint32_t input, InputKind kind, TimeUnit unit, uint16_t out,
                                 bool keeps_nan = false) {
  StepRecord record{};
  record.code = static_cast<uint32_t>(StepCode::kLoad);
  record.num_outputs = 1;
  record.outputs[0] = out;
  record.integers[0] = input;
  record.integers[1] = static_cast<uint64_t>(kind);
  record.integers[2] = static_cast<uint64_t>(unit);
  record.integers[kKeepsNan] = keeps_nan ? 1 : 0;
  return record;
}

/// f64, f32 or i32 slot to a feature: rounded once to float32, or float64 in a wide plan. A plan
/// stores its features in their order: 0, 1, 2, ...
constexpr StepRecord store_record(uint16_t in, uint32_t feature) {
  StepRecord record{};
  record.code = static_cast<uint32_t>(StepCode::kStore);
  record.num_inputs = 1;
  record.inputs[0] = in;
  record.integers[0] = feature;
  return record;
}

/// f64 -> f64: (x - center) / scale; both finite, scale not 0. `out` may be `in`.
constexpr StepRecord affine_record(uint16_t in, uint16_t out, double center, double scale) {
  StepRecord record = unary_record(StepCode::kAffine, in, out);
  record.numbers[0] = center;
  record.numbers[1] = scale;
  return record;
}

/// f64 -> f64: log(1 + x); missing where x < -1. `out` may be `in`.
constexpr StepRecord log1p_record(uint16_t in, uint16_t out) {
  return unary_record(StepCode::kLog1p, in, out);
}

/// f64 -> f64: forced into [low, high]; infinities stand for no limit. `out` may be `in`.
constexpr StepRecord clip_record(uint16_t in, uint16_t out, double low, double high) {
  StepRecord record = unary_record(StepCode::kClip, in, out);
  record.numbers[0] = low;
  record.numbers[1] = high;
  return record;
}

/// f64 -> f64: missing values become `value` (not NaN). `out` may be `in`.
constexpr StepRecord fill_number_record(uint16_t in, uint16_t out, double value) {
  StepRecord record = unary_record(StepCode::kFill, in, out);
  record.numbers[0] = value;
  return record;
}

/// i64 -> i64: missing values become `value`. `out` may be `in`.
constexpr StepRecord fill_integer_record(uint16_t in, uint16_t out, int64_t value) {
  StepRecord record = unary_record(StepCode::kFill, in, out);
  record.integers[0] = static_cast<uint64_t>(value);
  return record;
}

/// bytes -> bytes: missing values become the bytes in DATA (length 0: the empty string). `out` may
/// be `in`.
constexpr StepRecord fill_bytes_record(uint16_t in, uint16_t out, uint64_t data_offset,
                                       uint64_t data_length) {
  StepRecord record = unary_record(StepCode::kFill, in, out);
  record.data_offset = data_offset;
  record.data_length = data_length;
  return record;
}

/// f64 -> i32: missing 0, else 1 + number of edges <= x. Data: the edges as f64, finite, strictly
/// ascending. Ids lie in [0, num_edges + 2).
constexpr StepRecord count_edges_record(uint16_t in, uint16_t out, uint64_t data_offset,
                                        uint32_t num_edges) {
  StepRecord record = unary_record(StepCode::kCountEdges, in, out);
  record.integers[kCardinality] = uint64_t{num_edges} + 2;
  record.data_offset = data_offset;
  record.data_length = uint64_t{num_edges} * 8;
  return record;
}

/// bytes | i64 | f64 -> i32: missing 0, not in the table 1, else 2 + entry. Data: a lookup table
/// (core/key_table.hpp, built by fit/plan/lookup_table.hpp) with keys of the slot's type.
constexpr StepRecord lookup_record(uint16_t in, uint16_t out, uint64_t data_offset,
                                   uint64_t data_length, uint64_t num_entries) {
  StepRecord record = unary_record(StepCode::kLookup, in, out);
  record.integers[kCardinality] = num_entries + kFirstEntryId;
  record.data_offset = data_offset;
  record.data_length = data_length;
  return record;
}

/// i32 -> f64: payload[id]; NaN in the payload is missing. Data: num_values f64, at least as many
/// as the step that wrote `in` has ids.
constexpr StepRecord gather_record(uint16_t in, uint16_t out, uint64_t data_offset,
                                   uint64_t num_values) {
  StepRecord record = unary_record(StepCode::kGather, in, out);
  record.integers[kCardinality] = num_values;
  record.data_offset = data_offset;
  record.data_length = num_values * 8;
  return record;
}

/// Place among the integers of kGather: 1 where there is a second input.
inline constexpr uint32_t kKeepsNumbers = 0;

/// The same of (i32, f64): where the payload is NaN, the row's own number.
constexpr StepRecord gather_or_keep_number_record(uint16_t in, uint16_t kept, uint16_t out,
                                                  uint64_t data_offset, uint64_t num_values) {
  StepRecord record = gather_record(in, out, data_offset, num_values);
  record.num_inputs = 2;
  record.inputs[1] = kept;
  record.integers[kKeepsNumbers] = 1;
  return record;
}

/// i64 -> i64: UTC to local time, both in `unit` (not kDay). Data: a zone table
/// (steps/local_time.hpp, built by fit/plan/zone_table.hpp). Missing where the sum leaves int64.
/// One conversion serves every date_part of the column.
constexpr StepRecord local_time_record(uint16_t in, uint16_t out, TimeUnit unit,
                                       uint64_t data_offset, uint64_t data_length) {
  StepRecord record = unary_record(StepCode::kLocalTime, in, out);
  record.integers[0] = static_cast<uint64_t>(unit);
  record.data_offset = data_offset;
  record.data_length = data_length;
  return record;
}

/// i64 (a time in `unit` since 1970-01-01T00:00, kDay for dates) -> f64: the part as a number, in
/// the proleptic Gregorian calendar.
constexpr StepRecord date_part_record(uint16_t in, uint16_t out, DatePart part, TimeUnit unit) {
  StepRecord record = unary_record(StepCode::kDatePart, in, out);
  record.integers[0] = static_cast<uint64_t>(part);
  record.integers[1] = static_cast<uint64_t>(unit);
  return record;
}

/// The same, through a payload of date_part_count(part) f64: payload[value - date_part_first(part)]
/// (sines and cosines). Not for a part without a count. NaN in the payload is missing.
constexpr StepRecord date_part_payload_record(uint16_t in, uint16_t out, DatePart part,
                                              TimeUnit unit, uint64_t data_offset) {
  StepRecord record = date_part_record(in, out, part, unit);
  record.data_offset = data_offset;
  record.data_length = uint64_t{date_part_count(part)} * 8;
  return record;
}

/// Any type but lists -> i64: the bits of hash_bytes or hash_u64; missing gives kMissingHash, so
/// every row is valid. Integers hash as int64, numbers as the bits of float64 with -0 as 0.
constexpr StepRecord hash_record(uint16_t in, uint16_t out) {
  return unary_record(StepCode::kHash, in, out);
}

/// Any type -> f64: 1 where missing, else 0.
constexpr StepRecord is_missing_record(uint16_t in, uint16_t out) {
  return unary_record(StepCode::kIsMissing, in, out);
}

/// f64 -> f64: a power transform; lambda finite. Box-Cox is missing where x is not above 0. `out`
/// may be `in`.
constexpr StepRecord power_record(uint16_t in, uint16_t out, PowerFamily family, double lambda) {
  StepRecord record = unary_record(StepCode::kPower, in, out);
  record.numbers[0] = lambda;
  record.integers[0] = static_cast<uint64_t>(family);
  return record;
}

/// f64 -> f64: the line through points. Data: num_points f64 each of x, finite, strictly ascending,
/// and y below, at and above the point, finite. Before the first point y below it, after the last
/// one y above it; without points missing. `out` may be `in`.
constexpr StepRecord interpolate_record(uint16_t in, uint16_t out, uint64_t data_offset,
                                        uint64_t num_points) {
  StepRecord record = unary_record(StepCode::kInterpolate, in, out);
  record.data_offset = data_offset;
  record.data_length = num_points * 4 * sizeof(double);
  return record;
}

/// f64 -> f64: the standard normal quantile; missing outside [0, 1]. `out` may be `in`.
constexpr StepRecord normal_quantile_record(uint16_t in, uint16_t out) {
  return unary_record(StepCode::kNormalQuantile, in, out);
}

/// (f64, f64) -> f64: missing where one of them is, and where the result is not finite. `out` may
/// be an input.
constexpr StepRecord arithmetic_record(ArithmeticCode code, uint16_t first, uint16_t second,
                                       uint16_t out) {
  StepRecord record = unary_record(StepCode::kArithmetic, first, out);
  record.num_inputs = 2;
  record.inputs[1] = second;
  record.integers[0] = static_cast<uint64_t>(code);
  return record;
}

/// The same of a column and a finite number.
constexpr StepRecord arithmetic_number_record(ArithmeticCode code, uint16_t in, uint16_t out,
                                              double number, bool number_first) {
  StepRecord record = unary_record(StepCode::kArithmetic, in, out);
  record.numbers[0] = number;
  record.integers[0] = static_cast<uint64_t>(code);
  record.integers[1] = number_first ? kNumberFirst : kNumberSecond;
  return record;
}

/// (i64, i64) -> f64: the time from the second to the first, in ticks of the finest of their units
/// and the second, divided by `divisor`, which is above 0. Missing where one of them is, and where
/// the ticks leave int64.
constexpr StepRecord elapsed_record(uint16_t end, TimeUnit end_unit, uint16_t begin,
                                    TimeUnit begin_unit, uint16_t out, double divisor) {
  StepRecord record = unary_record(StepCode::kElapsed, end, out);
  record.num_inputs = 2;
  record.inputs[1] = begin;
  record.numbers[0] = divisor;
  record.integers[0] = static_cast<uint64_t>(end_unit);
  record.integers[1] = static_cast<uint64_t>(begin_unit);
  return record;
}

/// The same since one moment, in ticks of its unit.
constexpr StepRecord elapsed_moment_record(uint16_t end, TimeUnit end_unit, int64_t moment,
                                           TimeUnit moment_unit, uint16_t out, double divisor) {
  StepRecord record = unary_record(StepCode::kElapsed, end, out);
  record.numbers[0] = divisor;
  record.integers[0] = static_cast<uint64_t>(end_unit);
  record.integers[1] = static_cast<uint64_t>(moment_unit);
  record.integers[3] = static_cast<uint64_t>(moment);
  return record;
}

/// i64 (a time) -> f64: what a list of days says of its day. Data: the days since 1970-01-01 as
/// i64, strictly ascending; empty at offset 0. For kIsBusinessDay `week` has the bits of its days
/// with business, Monday's the lowest, and the list has none but such days; else it is 0.
constexpr StepRecord calendar_record(uint16_t in, uint16_t out, CalendarQuestion question,
                                     TimeUnit unit, uint32_t week, uint64_t data_offset,
                                     uint64_t data_length) {
  StepRecord record = unary_record(StepCode::kCalendar, in, out);
  record.integers[0] = static_cast<uint64_t>(question);
  record.integers[1] = static_cast<uint64_t>(unit);
  record.integers[2] = week;
  record.data_offset = data_offset;
  record.data_length = data_length;
  return record;
}

/// (i64, i64) -> f64: kBusinessDays of [second, first), negative and of (first, second] where the
/// first is earlier.
constexpr StepRecord business_days_record(uint16_t end, TimeUnit end_unit, uint16_t begin,
                                          TimeUnit begin_unit, uint16_t out, uint32_t week,
                                          uint64_t data_offset, uint64_t data_length) {
  StepRecord record = calendar_record(end, out, CalendarQuestion::kBusinessDays, end_unit, week,
                                      data_offset, data_length);
  record.num_inputs = 2;
  record.inputs[1] = begin;
  record.integers[3] = static_cast<uint64_t>(begin_unit);
  return record;
}

/// i32 slot to num_features features from `first` on: 1 in the feature of the row's id, else 0.
/// Data: for each of num_ids ids a u32, 1 + its feature, or 0: none; without data an id is its
/// feature. Stores features in their
/// order, as kStore does.
constexpr StepRecord store_one_hot_record(uint16_t in, uint32_t first, uint32_t num_features,
                                          uint64_t num_ids, bool has_data, uint64_t data_offset) {
  StepRecord record = store_record(in, first);
  record.code = static_cast<uint32_t>(StepCode::kStoreOneHot);
  record.integers[1] = num_features;
  record.integers[kCardinality] = num_ids;
  record.data_offset = has_data ? data_offset : 0;
  record.data_length = has_data ? num_ids * sizeof(uint32_t) : 0;
  return record;
}

/// Lists -> f64: kLength, the number of elements, missing ones too, of lists of any type; else, of
/// f64 lists, the statistic of the elements that are there, added up in their order. Missing where
/// the list is missing, where the result is NaN, and without elements (kSum: 0); kStd, of a sample,
/// below two.
constexpr StepRecord pool_list_record(uint16_t in, uint16_t out, ListStatistic statistic) {
  StepRecord record = unary_record(StepCode::kPoolList, in, out);
  record.integers[0] = static_cast<uint64_t>(statistic);
  return record;
}

/// Lists -> lists of the same type: the elements at places [offset, offset + length), an offset
/// below 0 counted from the end of the list. `out` may be `in`.
constexpr StepRecord slice_list_record(uint16_t in, uint16_t out, int64_t offset, uint64_t length) {
  StepRecord record = unary_record(StepCode::kSliceList, in, out);
  record.integers[0] = static_cast<uint64_t>(offset);
  record.integers[1] = length;
  return record;
}

/// Lists -> 1 to 4 slots of their elements' type, added by the caller as outputs: the elements at
/// places first_place, first_place + 1, ... Missing where the list is missing or shorter, and where
/// the element is missing.
constexpr StepRecord list_elements_record(uint16_t in, uint64_t first_place) {
  StepRecord record = unary_record(StepCode::kListElements, in, 0);
  record.num_outputs = 0;
  record.integers[0] = first_place;
  return record;
}

/// Lists to num_features features from `first` on: 1 in the feature of each entry that is in the
/// row's list, entry i in feature i, else 0. unseen, missing: 1 + the feature of elements that the
/// table does not have, and of missing lists, or 0: none. Data: a lookup table with keys of the
/// lists' elements. Stores features in their order, as kStore does.
constexpr StepRecord store_multi_hot_record(uint16_t in, uint32_t first, uint32_t num_features,
                                            uint32_t unseen, uint32_t missing, uint64_t data_offset,
                                            uint64_t data_length) {
  StepRecord record = store_record(in, first);
  record.code = static_cast<uint32_t>(StepCode::kStoreMultiHot);
  record.integers[1] = num_features;
  record.integers[2] = unseen;
  record.integers[3] = missing;
  record.data_offset = data_offset;
  record.data_length = data_length;
  return record;
}

}  // namespace mainspring
