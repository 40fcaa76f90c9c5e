// For the tests of steps: parameters that verify() of a step must refuse, of every_step_bundle().
#pragma once
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "runtime/steps/records.hpp"

namespace mainspring {

using Change = std::function<void(StepRecord*)>;

/// A change of one record, the first of its code.
inline std::vector<std::pair<StepCode, Change>> changes_out_of_range() {
  const double inf = std::numeric_limits<double>::infinity();
  return {
      {StepCode::kLoad, [](StepRecord* r) { r->integers[0] = 4; }},
      {StepCode::kLoad, [](StepRecord* r) { r->integers[1] = 2; }},
      {StepCode::kLoad, [](StepRecord* r) { r->outputs[0] = 2; }},
      {StepCode::kLoad, [](StepRecord* r) { r->integers[kKeepsNan] = 2; }},
      {StepCode::kStore, [](StepRecord* r) { r->integers[0] = 1; }},
      {StepCode::kStore, [](StepRecord* r) { r->integers[0] = 1000; }},
      {StepCode::kAffine, [](StepRecord* r) { r->numbers[1] = 0; }},
      {StepCode::kAffine, [=](StepRecord* r) { r->numbers[1] = inf; }},
      {StepCode::kAffine, [=](StepRecord* r) { r->numbers[0] = -inf; }},
      {StepCode::kClip, [](StepRecord* r) { r->numbers[0] = 3; }},
      {StepCode::kCountEdges, [](StepRecord* r) { ++r->integers[kCardinality]; }},
      {StepCode::kCountEdges, [](StepRecord* r) { r->data_length -= 4; }},
      {StepCode::kLookup, [](StepRecord* r) { --r->integers[kCardinality]; }},
      {StepCode::kLookup, [](StepRecord* r) { r->data_length -= 8; }},
      {StepCode::kLookup, [](StepRecord* r) { r->data_length = 8; }},
      {StepCode::kGather, [](StepRecord* r) { --r->integers[kCardinality]; }},
      {StepCode::kGather, [](StepRecord* r) { r->integers[0] = 1; }},
      {StepCode::kGather,
       [](StepRecord* r) {
         --r->integers[kCardinality];
         r->data_length -= 8;
       }},
      {StepCode::kGather,
       [](StepRecord* r) {
         r->integers[kCardinality] = 0;
         r->data_length = 0;
       }},
      {StepCode::kDatePart, [](StepRecord* r) { r->integers[0] = 0; }},
      {StepCode::kDatePart, [](StepRecord* r) { r->integers[0] = 21; }},
      {StepCode::kDatePart, [](StepRecord* r) { r->integers[1] = 0; }},
      {StepCode::kDatePart, [](StepRecord* r) { r->integers[1] = 6; }},
      {StepCode::kDatePart, [](StepRecord* r) { r->data_length = 8; }},
      {StepCode::kHashBucket, [](StepRecord* r) { r->integers[kCardinality] = 0; }},
      {StepCode::kHashBucket, [](StepRecord* r) { r->integers[kCardinality] = 1ull << 31; }},
      {StepCode::kHashBucket, [](StepRecord* r) { r->integers[0] = 2; }},
      {StepCode::kHashBucket, [](StepRecord* r) { r->integers[1] = 2; }},
      {StepCode::kLocalTime, [](StepRecord* r) { r->integers[0] = 5; }},
      {StepCode::kLocalTime, [](StepRecord* r) { r->data_length -= 8; }},
      {StepCode::kChangeCase, [](StepRecord* r) { r->integers[0] = 0; }},
      {StepCode::kChangeCase, [](StepRecord* r) { r->integers[0] = 5; }},
      {StepCode::kChangeCase, [](StepRecord* r) { r->inputs[0] = 0; }},
      {StepCode::kTextPart, [](StepRecord* r) { r->integers[0] = 0; }},
      {StepCode::kTextPart, [](StepRecord* r) { r->integers[0] = 10; }},
      {StepCode::kTextPart, [](StepRecord* r) { r->integers[1] = 1; }},
      {StepCode::kTextPart, [](StepRecord* r) { r->inputs[0] = 0; }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { ++r->integers[0]; }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { r->integers[1] = 0; }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { r->integers[1] = ~uint64_t{0}; }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { r->integers[2] = 0; }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { r->integers[2] += 3; }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { r->integers[2] += 2 << 8; }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { r->integers[2] += 15 << 16; }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { r->integers[2] |= 1ull << 33; }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { r->integers[2] &= ~(255ull << 24); }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { r->integers[3] = 3; }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { r->integers[3] = 3 << 8; }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { r->integers[3] = 1 << 10; }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { r->integers[3] = 1 << 11; }},
      {StepCode::kStoreHashedNgrams, [](StepRecord* r) { r->inputs[0] = 0; }},
      {StepCode::kStoreKnownNgrams, [](StepRecord* r) { r->integers[3] = 1 << 9; }},
      {StepCode::kStoreKnownNgrams, [](StepRecord* r) { r->integers[1] += 8; }},
      {StepCode::kStoreKnownNgrams, [](StepRecord* r) { r->integers[1] -= 8; }},
      {StepCode::kStoreKnownNgrams, [](StepRecord* r) { r->data_length -= 8; }},
      {StepCode::kStoreKnownNgrams, [](StepRecord* r) { r->data_length = 64; }},
      {StepCode::kStoreKnownNgrams, [](StepRecord* r) { r->data_length = 0; }},
      {StepCode::kStoreWordIds, [](StepRecord* r) { ++r->integers[0]; }},
      {StepCode::kStoreWordIds, [](StepRecord* r) { r->integers[1] = 0; }},
      {StepCode::kStoreWordIds, [](StepRecord* r) { --r->integers[1]; }},
      {StepCode::kStoreWordIds, [](StepRecord* r) { r->integers[1] = ~uint64_t{0}; }},
      {StepCode::kStoreWordIds, [](StepRecord* r) { r->integers[2] += 1; }},
      {StepCode::kStoreWordIds, [](StepRecord* r) { r->integers[2] += 1 << 16; }},
      {StepCode::kStoreWordIds, [](StepRecord* r) { r->integers[2] |= 1ull << 33; }},
      {StepCode::kStoreWordIds, [](StepRecord* r) { --r->integers[kCardinality]; }},
      {StepCode::kStoreWordIds, [](StepRecord* r) { ++r->integers[kCardinality]; }},
      {StepCode::kStoreWordIds, [](StepRecord* r) { r->data_length -= 8; }},
      {StepCode::kStoreWordIds, [](StepRecord* r) { r->inputs[0] = 0; }},
      {StepCode::kStoreOneHot, [](StepRecord* r) { ++r->integers[0]; }},
      {StepCode::kStoreOneHot, [](StepRecord* r) { r->integers[0] = ~uint64_t{0}; }},
      {StepCode::kStoreOneHot, [](StepRecord* r) { r->integers[1] = 0; }},
      {StepCode::kStoreOneHot, [](StepRecord* r) { --r->integers[1]; }},
      {StepCode::kStoreOneHot, [](StepRecord* r) { ++r->integers[1]; }},
      {StepCode::kStoreOneHot, [](StepRecord* r) { r->integers[1] = ~uint64_t{0}; }},
      {StepCode::kStoreOneHot, [](StepRecord* r) { ++r->integers[kCardinality]; }},
      {StepCode::kStoreOneHot, [](StepRecord* r) { r->data_length -= 4; }},
      {StepCode::kStoreOneHot,
       [](StepRecord* r) {
         --r->integers[kCardinality];
         r->data_length -= 4;
       }},
      {StepCode::kStoreMultiHot, [](StepRecord* r) { ++r->integers[0]; }},
      {StepCode::kStoreMultiHot, [](StepRecord* r) { r->integers[1] = 0; }},
      {StepCode::kStoreMultiHot, [](StepRecord* r) { r->integers[1] = 3; }},
      {StepCode::kStoreMultiHot, [](StepRecord* r) { r->integers[1] = ~uint64_t{0}; }},
      {StepCode::kStoreMultiHot, [](StepRecord* r) { r->integers[2] = 7; }},
      {StepCode::kStoreMultiHot, [](StepRecord* r) { r->integers[3] = ~uint64_t{0}; }},
      {StepCode::kStoreMultiHot, [](StepRecord* r) { r->data_length -= 8; }},
      {StepCode::kStoreMultiHot, [](StepRecord* r) { r->inputs[0] = 0; }},
      {StepCode::kElapsed, [](StepRecord* r) { r->integers[0] = 0; }},
      {StepCode::kElapsed, [](StepRecord* r) { r->integers[0] = 6; }},
      {StepCode::kElapsed, [](StepRecord* r) { r->integers[1] = 0; }},
      {StepCode::kElapsed, [](StepRecord* r) { r->integers[1] = 6; }},
      {StepCode::kElapsed, [](StepRecord* r) { r->integers[3] = 1; }},
      {StepCode::kElapsed, [](StepRecord* r) { r->numbers[0] = 0; }},
      {StepCode::kElapsed, [](StepRecord* r) { r->numbers[0] = -1; }},
      {StepCode::kElapsed, [=](StepRecord* r) { r->numbers[0] = inf; }},
      {StepCode::kCalendar, [](StepRecord* r) { r->integers[0] = 0; }},
      {StepCode::kCalendar, [](StepRecord* r) { r->integers[0] = 4; }},
      {StepCode::kCalendar, [](StepRecord* r) { r->integers[0] = 5; }},
      {StepCode::kCalendar, [](StepRecord* r) { r->integers[0] = 6; }},
      {StepCode::kCalendar, [](StepRecord* r) { r->integers[1] = 0; }},
      {StepCode::kCalendar, [](StepRecord* r) { r->integers[1] = 6; }},
      {StepCode::kCalendar, [](StepRecord* r) { r->integers[2] = 31; }},
      {StepCode::kCalendar, [](StepRecord* r) { r->integers[3] = 1; }},
      {StepCode::kCalendar, [](StepRecord* r) { r->data_length -= 4; }},
      {StepCode::kStrip, [](StepRecord* r) { r->integers[0] = 0; }},
      {StepCode::kStrip, [](StepRecord* r) { r->integers[0] = 4; }},
      {StepCode::kStrip, [](StepRecord* r) { r->data_length = 12; }},
      {StepCode::kStrip, [](StepRecord* r) { r->data_length -= 2; }},
      {StepCode::kNullIf, [](StepRecord* r) { r->data_length -= 8; }},
      {StepCode::kParseNumber, [](StepRecord* r) { r->integers[0] = 0; }},
      {StepCode::kParseNumber, [](StepRecord* r) { r->integers[0] = '7'; }},
      {StepCode::kParseNumber, [](StepRecord* r) { r->integers[0] = r->integers[1]; }},
      {StepCode::kParseNumber, [](StepRecord* r) { r->integers[1] = 0xd800; }},
      {StepCode::kParseNumber, [](StepRecord* r) { r->integers[1] = 'E'; }},
      {StepCode::kGatherBytes, [](StepRecord* r) { --r->integers[kCardinality]; }},
      {StepCode::kGatherBytes, [](StepRecord* r) { r->integers[kCardinality] = 1ull << 60; }},
      {StepCode::kGatherBytes, [](StepRecord* r) { --r->data_length; }},
      {StepCode::kGatherBytes,
       [](StepRecord* r) {
         r->num_inputs = 1;
         r->inputs[1] = 0;
       }},
      {StepCode::kParseDatetime, [](StepRecord* r) { r->data_length = 0; }},
      {StepCode::kParseDatetime, [](StepRecord* r) { --r->data_length; }},
      {StepCode::kParseDatetime, [](StepRecord* r) { r->integers[0] = r->data_length; }},
      {StepCode::kParseDatetime, [](StepRecord* r) { r->integers[0] = r->data_length + 8; }},
      {StepCode::kParseDatetime, [](StepRecord* r) { r->integers[0] = 8; }},
      {StepCode::kExtract, [](StepRecord* r) { r->data_length -= 4; }},
      {StepCode::kExtract, [](StepRecord* r) { r->data_length = 4; }},
      {StepCode::kStoreJagged, [](StepRecord* r) { ++r->integers[0]; }},
      {StepCode::kStoreJagged, [](StepRecord* r) { r->integers[1] = uint64_t{1} << 32; }},
      {StepCode::kStoreJagged, [](StepRecord* r) { r->integers[2] = 0; }},
      {StepCode::kStoreJagged, [](StepRecord* r) { r->integers[2] = uint64_t{1} << 32; }},
      {StepCode::kStoreJagged, [](StepRecord* r) { ++r->integers[kCardinality]; }},
      {StepCode::kStoreJagged, [](StepRecord* r) { r->data_length -= 8; }},
      {StepCode::kLookup, [](StepRecord* r) { r->outputs[0] = r->inputs[0]; }},
      {StepCode::kHash, [](StepRecord* r) { r->outputs[0] = r->inputs[0]; }},
  };
}

}  // namespace mainspring
