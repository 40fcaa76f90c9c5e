// Records of the steps that read strings and give strings, numbers or times; as in records.hpp.
#pragma once
#include <cstdint>

#include "runtime/core/letter_case.hpp"
#include "runtime/steps/records.hpp"

namespace mainspring {

/// bytes -> bytes: without the characters of a set at the ends that `sides` names
/// (steps/strip.hpp). Data: the set: 128 bits of ASCII, then the other characters as ascending u32.
/// `out` may be `in`.
constexpr StepRecord strip_record(uint16_t in, uint16_t out, uint64_t sides, uint64_t data_offset,
                                  uint64_t data_length) {
  StepRecord record = unary_record(StepCode::kStrip, in, out);
  record.integers[0] = sides;
  record.data_offset = data_offset;
  record.data_length = data_length;
  return record;
}

/// bytes | i64 | f64 -> the same: missing where the value is a key of the lookup table in DATA.
/// `out` may be `in`.
constexpr StepRecord null_if_record(uint16_t in, uint16_t out, uint64_t data_offset,
                                    uint64_t data_length) {
  StepRecord record = unary_record(StepCode::kNullIf, in, out);
  record.data_offset = data_offset;
  record.data_length = data_length;
  return record;
}

/// bytes -> f64: the nearest float64; missing where the text is no number. The marks are
/// characters; `thousands` 0: none.
constexpr StepRecord parse_number_record(uint16_t in, uint16_t out, uint32_t decimal,
                                         uint32_t thousands) {
  StepRecord record = unary_record(StepCode::kParseNumber, in, out);
  record.integers[0] = decimal;
  record.integers[1] = thousands;
  return record;
}

/// i32 -> bytes: views of texts in DATA (steps/gather_bytes.hpp), num_values of them, at least as
/// many as the step that wrote `in` has ids.
constexpr StepRecord gather_bytes_record(uint16_t in, uint16_t out, uint64_t data_offset,
                                         uint64_t data_length, uint64_t num_values) {
  StepRecord record = unary_record(StepCode::kGatherBytes, in, out);
  record.integers[kCardinality] = num_values;
  record.data_offset = data_offset;
  record.data_length = data_length;
  return record;
}

/// The same of (i32, bytes), where an id may stand for the row's own bytes.
constexpr StepRecord gather_or_keep_record(uint16_t in, uint16_t kept, uint16_t out,
                                           uint64_t data_offset, uint64_t data_length,
                                           uint64_t num_values) {
  StepRecord record = gather_bytes_record(in, out, data_offset, data_length, num_values);
  record.num_inputs = 2;
  record.inputs[1] = kept;
  return record;
}

/// bytes -> i64: microseconds since 1970-01-01T00:00 by the first format in DATA
/// (steps/time_format.hpp) that the text fits; missing where none does. Before the formats lie
/// `zone_bytes` of a zone table (steps/local_time.hpp): local time that says no offset becomes UTC.
constexpr StepRecord parse_datetime_record(uint16_t in, uint16_t out, uint64_t data_offset,
                                           uint64_t data_length, uint64_t zone_bytes) {
  StepRecord record = unary_record(StepCode::kParseDatetime, in, out);
  record.integers[0] = zone_bytes;
  record.data_offset = data_offset;
  record.data_length = data_length;
  return record;
}

/// bytes -> bytes: what the group of the program in DATA matches (steps/pattern.hpp), missing where
/// it does not. `out` may be `in`.
constexpr StepRecord extract_record(uint16_t in, uint16_t out, uint64_t data_offset,
                                    uint64_t data_length) {
  StepRecord record = unary_record(StepCode::kExtract, in, out);
  record.data_offset = data_offset;
  record.data_length = data_length;
  return record;
}

/// bytes -> bytes: in another case, by the characters of Unicode 14.0. `out` may be `in`.
constexpr StepRecord change_case_record(uint16_t in, uint16_t out, LetterCase to) {
  StepRecord record = unary_record(StepCode::kChangeCase, in, out);
  record.integers[0] = static_cast<uint64_t>(to);
  return record;
}

}  // namespace mainspring
