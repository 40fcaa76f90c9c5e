// Lists of ids as they are, however long: what the step store_jagged writes, for embedding tables
// that pool. Nobody reads them but whoever asks for tensors, so no feature of a row stands for
// them.
#pragma once
#include "runtime/steps/record_shape.hpp"
#include "runtime/steps/sparse_tile.hpp"

namespace mainspring {

/// Ids go into SparseEntry::value: a float holds every one of them.
inline constexpr uint64_t kMaxJaggedIds = uint64_t{1} << 24;

/// Lists to the ids of their elements, an entry each in StepContext::jagged: list number `number`,
/// missing elements 0. Data: a lookup table with keys of the lists' elements, or none: 1 + bucket
/// of the hash below cardinality - 1. The name lies in POOL. Lists are numbered from 0 in the order
/// of their steps.
constexpr StepRecord store_jagged_record(uint16_t in, uint32_t number, uint32_t name_offset,
                                         uint32_t name_length, uint32_t cardinality,
                                         uint64_t data_offset, uint64_t data_length) {
  StepRecord record{};
  record.code = static_cast<uint32_t>(StepCode::kStoreJagged);
  record.num_inputs = 1;
  record.inputs[0] = in;
  record.integers[0] = number;
  record.integers[1] = name_offset;
  record.integers[2] = name_length;
  record.integers[kCardinality] = cardinality;
  record.data_offset = data_offset;
  record.data_length = data_length;
  return record;
}

}  // namespace mainspring
