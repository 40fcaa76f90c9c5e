// The instruction set: every step, once, in the order of its code.
#include "runtime/steps/step.hpp"

namespace mainspring {

extern const Step kLoadStep, kStoreStep, kAffineStep, kLog1pStep, kClipStep, kFillStep,
    kCountEdgesStep, kLookupStep, kGatherStep, kDatePartStep, kHashStep, kCombineHashesStep,
    kHashBucketStep, kLocalTimeStep, kIsMissingStep, kStoreOneHotStep, kStoreMultiHotStep,
    kPowerStep, kInterpolateStep, kNormalQuantileStep, kArithmeticStep, kElapsedStep, kCalendarStep,
    kPoolListStep, kSliceListStep, kListElementsStep, kStripStep, kNullIfStep, kParseNumberStep,
    kGatherBytesStep, kParseDatetimeStep, kExtractStep, kTextPartStep, kStoreHashedNgramsStep,
    kStoreKnownNgramsStep, kChangeCaseStep, kStoreJaggedStep, kStoreWordIdsStep;

namespace {

constexpr const Step* kSteps[] = {
    &kLoadStep,
    &kStoreStep,
    &kAffineStep,
    &kLog1pStep,
    &kClipStep,
    &kFillStep,
    &kCountEdgesStep,
    &kLookupStep,
    &kGatherStep,
    &kDatePartStep,
    &kHashStep,
    &kCombineHashesStep,
    &kHashBucketStep,
    &kLocalTimeStep,
    &kIsMissingStep,
    &kStoreOneHotStep,
    &kStoreMultiHotStep,
    &kPowerStep,
    &kInterpolateStep,
    &kNormalQuantileStep,
    &kArithmeticStep,
    &kElapsedStep,
    &kCalendarStep,
    &kPoolListStep,
    &kSliceListStep,
    &kListElementsStep,
    &kStripStep,
    &kNullIfStep,
    &kParseNumberStep,
    &kGatherBytesStep,
    &kParseDatetimeStep,
    &kExtractStep,
    &kTextPartStep,
    &kStoreHashedNgramsStep,
    &kStoreKnownNgramsStep,
    &kChangeCaseStep,
    &kStoreJaggedStep,
    &kStoreWordIdsStep,
};
constexpr uint32_t kNumSteps = sizeof(kSteps) / sizeof(kSteps[0]);

}  // namespace

const Step* const* step_list(uint32_t* count) noexcept {
  *count = kNumSteps;
  return kSteps;
}

// Codes run from 1 without a gap, so that a code is a place in the list; a test holds them to it.
const Step* find_step(uint32_t code) noexcept {
  return code - 1 < kNumSteps ? kSteps[code - 1] : nullptr;
}

}  // namespace mainspring
