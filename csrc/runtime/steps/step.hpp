// The contract of a step: one instruction of a plan, a fixed-width record in the bundle and a
// kernel over tiles.
//
// A transform (csrc/fit/transforms) learns and emits steps; a step only runs. Many transforms, few
// steps. To add one: its .cpp here and one line in step_list.cpp. A released code is never given
// another meaning.
#pragma once
#include <concepts>
#include <cstdint>

#include "runtime/arrow/column_view.hpp"
#include "runtime/core/kernels.hpp"
#include "runtime/core/status.hpp"
#include "runtime/core/tile.hpp"

namespace mainspring {

enum class StepCode : uint32_t {
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
  kStoreMultiHot = 17,
  kPower = 18,
  kInterpolate = 19,
  kNormalQuantile = 20,
  kArithmetic = 21,
  kElapsed = 22,
  kCalendar = 23,
  kPoolList = 24,
  kSliceList = 25,
  kListElements = 26,
  kStrip = 27,
  kNullIf = 28,
  kParseNumber = 29,
  kGatherBytes = 30,
  kParseDatetime = 31,
  kExtract = 32,
  kTextPart = 33,
  kStoreHashedNgrams = 34,
  kStoreKnownNgrams = 35,
  kChangeCase = 36,
  kStoreJagged = 37,
  kStoreWordIds = 38,
};

// What a plan may have at most; an upper bound for readers and writers alike.
inline constexpr uint32_t kMaxPlanInputs = 1u << 16;
inline constexpr uint32_t kMaxPlanSlots = 1u << 12;
inline constexpr uint32_t kMaxPlanSteps = 1u << 20;
inline constexpr uint32_t kMaxPlanOutputs = 1u << 20;         // records: names
inline constexpr uint32_t kMaxPlanFeatures = (1u << 31) - 1;  // an int32 numbers them

inline constexpr uint32_t kMaxStepInputs = 4;
inline constexpr uint32_t kMaxStepOutputs = 4;
inline constexpr uint32_t kStepNumbers = 4;
inline constexpr uint32_t kStepIntegers = 4;

/// One instruction as it lies in the bundle: 128 bytes, little-endian, all unused fields zero.
struct StepRecord {
  uint32_t code;
  uint32_t flags;
  uint16_t num_inputs;
  uint16_t num_outputs;
  uint16_t inputs[kMaxStepInputs];    // slots
  uint16_t outputs[kMaxStepOutputs];  // slots
  uint32_t reserved;
  double numbers[kStepNumbers];
  uint64_t integers[kStepIntegers];
  uint64_t data_offset;  // into the DATA section, a multiple of 64
  uint64_t data_length;  // bytes
  uint64_t reserved2[2];
};
static_assert(sizeof(StepRecord) == 128);

/// One column that the plan reads. 64 bytes in the bundle.
struct InputRecord {
  uint32_t name_offset;  // into POOL
  uint32_t name_length;
  uint32_t zone_offset;  // of a timestamp: the zone's name, for people; the transitions lie in DATA
  uint32_t zone_length;
  uint8_t kind;         // InputKind
  uint8_t unit;         // TimeUnit of a timestamp
  uint8_t fitted_type;  // ColumnType seen while fitting, of values or elements, for messages
  uint8_t reserved[45];
};
static_assert(sizeof(InputRecord) == 64);

enum class FeatureKind : uint8_t { kNumber = 1, kId = 2 };

/// One feature that the plan writes, or many that one step stores and a number tells apart: buckets
/// of a hash cost no memory each. 32 bytes in the bundle.
struct OutputRecord {
  uint32_t name_offset;  // into POOL
  uint32_t name_length;
  uint8_t kind;         // FeatureKind
  uint8_t categorical;  // 1: unordered ids, to be named as categorical to a learner
  uint8_t reserved[2];
  uint32_t cardinality;   // of ids: they lie in [0, cardinality)
  uint32_t num_features;  // 0: one, called as the name says; else the features NAME_0, NAME_1, ...
  uint8_t reserved2[12];
};
static_assert(sizeof(OutputRecord) == 32);

constexpr uint32_t num_features_of(const OutputRecord& output) {
  return output.num_features == 0 ? 1 : output.num_features;
}

/// Features that a step stores, from integers[0] of its record on. kMany: integers[1] of them.
/// kJagged: list number integers[0], which is no feature of a row.
enum class Stores : uint8_t { kNone, kOne, kMany, kJagged };

/// A verified plan: pointers into the bundle's bytes.
struct PlanView {
  const InputRecord* inputs;
  uint32_t num_inputs;
  const ValueType* slots;  // the type of each slot
  uint32_t num_slots;
  const StepRecord* steps;
  uint32_t num_steps;
  const OutputRecord* outputs;
  uint32_t num_output_records;
  uint32_t num_features;  // of all output records
  bool wide;              // features are float64 (a model without transforms), else float32
  const uint8_t* data;
  uint64_t data_length;
  const char* pool;
  uint64_t pool_length;
};

struct SparseTile;  // sparse_tile.hpp
struct TextRoom;    // text_room.hpp

/// What a step sees while it runs. Everything in it was verified; nothing in it is checked again.
struct StepContext {
  const Kernels* kernels;
  const ColumnView* columns;  // one for each input of the plan
  uint64_t first_row;         // in `columns`
  uint32_t num_rows;
  uint8_t* scratch;  // num_slots * kSlotBytes, 64-byte aligned
  const ValueType* slots;
  const uint8_t* data;
  float* features;        // [num_features][kTileRows], or null
  double* wide_features;  // the same, of a wide plan, or null
  SparseTile* sparse;     // instead of the two, or null: the features that are not 0
  TextRoom* texts;        // for the strings that steps build; null where no step of the plan does
  SparseTile* jagged = nullptr;  // ids of lists, where somebody wants them
#if !defined(MAINSPRING_SMALL)
  const StepRecord* end = nullptr;  // of the steps that run one after the other, where it is known
#endif

  Tile input(const StepRecord& record, uint32_t i) const {
    return slot_tile(scratch, record.inputs[i], slots[record.inputs[i]], num_rows);
  }
  Tile output(const StepRecord& record, uint32_t i) const {
    return slot_tile(scratch, record.outputs[i], slots[record.outputs[i]], num_rows);
  }
};

/// What every step of the instruction set is: a struct with these four static members and no state.
/// verify() has checked before it is called: slot numbers and counts in range, inputs written by an
/// earlier step, data_offset aligned and data inside the section. It checks the rest: number of
/// slots, their types, parameters, and every index and offset inside its data. run() writes values
/// and validity of all its outputs. A step that stores features says so in a fifth, kStores, and
/// writes them to the place of the context that is not null (store_features.hpp: many of them). One
/// that builds strings says so in kBuildsTexts, and takes the memory from the context's room.
template <class S>
concept StepKernel =
    requires(const StepRecord& record, const PlanView& plan, const StepContext& context) {
      { S::kCode } -> std::convertible_to<StepCode>;
      { S::kName } -> std::convertible_to<const char*>;
      { S::verify(record, plan) } noexcept -> std::same_as<Status>;
      { S::run(record, context) } noexcept -> std::same_as<void>;
    };

/// A row of the list of steps.
struct Step {
  StepCode code;
  Stores stores;      // S::kStores of a step that has it
  bool builds_texts;  // S::kBuildsTexts
  Status (*verify)(const StepRecord&, const PlanView&) noexcept;
  void (*run)(const StepRecord&, const StepContext&) noexcept;
#if !defined(MAINSPRING_SMALL)
  const char* name;  // for people, whom a device does not tell
#endif
};

template <StepKernel S>
consteval Step step_of() {
  Step step{};
  step.code = S::kCode;
  if constexpr (requires { S::kStores; }) step.stores = S::kStores;
  if constexpr (requires { S::kBuildsTexts; }) step.builds_texts = S::kBuildsTexts;
  step.verify = &S::verify;
  step.run = &S::run;
#if !defined(MAINSPRING_SMALL)
  step.name = S::kName;
#endif
  return step;
}

/// The instruction set, in ascending order of codes (step_list.cpp).
const Step* const* step_list(uint32_t* count) noexcept;
const Step* find_step(uint32_t code) noexcept;

/// Verifies a plan whose records lie in memory: names inside the pool and not empty, known codes,
/// slots written before they are read, every step's own verify(), ids inside what reads them (see
/// records.hpp), every feature stored exactly once and in order. The index says the step or record.
Status verify_plan(const PlanView& plan) noexcept;

/// Whether a step of the plan takes memory for strings.
bool builds_texts(const PlanView& plan) noexcept;

/// Runs all steps over one tile. Where the room for strings says that it is incomplete, what the
/// tile became is worth nothing.
void run_plan(const PlanView& plan, const StepContext& context) noexcept;

}  // namespace mainspring
