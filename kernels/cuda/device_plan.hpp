// A plan as the GPU runs it: steps over words of shared memory, in chunks of the features that they
// store. compile_plan.cpp makes it of a bundle's plan, transform_rows.hpp runs it.
#pragma once
#include "device_column.hpp"

namespace mainspring::gpu {

/// Rows of a block, a thread each; features that a block stages before it writes them as rows; and
/// words of 8 bytes that a row has for values that live at one time. Together 42 KB of shared
/// memory.
inline constexpr uint32_t kBlockRows = 128;
inline constexpr uint32_t kStageFeatures = 32;
inline constexpr uint32_t kMaxWords = 24;

/// What a word holds; a text takes two, its address and its length.
enum class WordType : uint8_t { kNumber, kInteger, kId, kText };

/// Codes are those of the bundle's steps.
enum class DeviceCode : uint32_t {
  kLoad = 1,
  kStore = 2,
  kAffine = 3,
  kLog1p = 4,
  kClip = 5,
  kFill = 6,
  kCountEdges = 7,
  kLookup = 8,
  kGather = 9,
  kDatePart = 10,
  kHash = 11,
  kCombineHashes = 12,
  kHashBucket = 13,
  kLocalTime = 14,
  kIsMissing = 15,
  kStoreOneHot = 16,
  kPower = 18,
  kInterpolate = 19,
  kNormalQuantile = 20,
  kArithmetic = 21,
  kElapsed = 22,
  kCalendar = 23,
  kNullIf = 28,
};

/// A hash table of a vocabulary (runtime/core/key_table.hpp) with the numbers that its header says.
struct DeviceTable {
  const void* entries;  // entries, or the slots of short keys
  const uint32_t* cells;
  const uint8_t* arena;
  uint64_t factor;
  uint64_t mask;
  uint32_t shift;
  uint32_t number_mask;
  bool has_short_keys;
  bool is_empty;
};

struct DeviceStep {
  DeviceCode code;
  WordType type;       // of the first input; of a load, what it gives
  uint8_t variant;     // of steps that have several forms: see run_step.hpp
  uint16_t inputs[2];  // words
  uint16_t output;
  double numbers[2];
  uint64_t integers[2];
  const void* data;
  uint64_t count;  // values in `data`, or bytes of a text
  DeviceTable table;
};

/// Steps [first_step, end_step) store features [first_feature, first_feature + num_features).
struct DeviceChunk {
  uint32_t first_step;
  uint32_t end_step;
  uint32_t first_feature;
  uint32_t num_features;
};

/// Everything that the kernel is told; all pointers are of the device.
struct TransformArgs {
  const DeviceColumn* columns;
  const DeviceStep* steps;
  const DeviceChunk* chunks;
  uint32_t num_chunks;
  uint64_t num_rows;
  float* out;
  uint64_t row_stride;
};

/// A block's memory. The stage has a column more than is used, so that threads that write down a
/// column of it meet different banks.
struct TransformShared {
  uint64_t words[kMaxWords][kBlockRows];
  uint32_t valid[kBlockRows];  // a bit for each word of integers and texts
  float stage[kBlockRows][kStageFeatures + 1];
};

}  // namespace mainspring::gpu
