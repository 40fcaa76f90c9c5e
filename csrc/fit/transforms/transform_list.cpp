// The one array of operators. A new operator adds its name to the declaration and to the array.
#include "fit/transforms/transform_list.hpp"

#include <array>

#include "host/error.hpp"

namespace mainspring {

extern const Transform kKeepNan, kImpute, kMissingFlag, kStandardize, kMinMax, kMaxAbs,
    kRobustScale, kLog1p, kClip, kWinsorize, kYeoJohnson, kBoxCox, kQuantileTransform, kBucketize,
    kQuantileBucketize, kWidthBucketize, kOrdinal, kOneHot, kOneHotIds, kTargetMean, kLeaveOneOut,
    kOrderedTarget, kJamesStein, kWeightOfEvidence, kCount, kGroupStats, kDatetime, kElapsed,
    kHolidays, kIsBusinessDay, kBusinessDays, kTextLength, kTextPattern, kWordNgrams, kCharNgrams,
    kBagOfWords, kTfIdf, kWordIds, kHash, kCross, kListLength, kListPool, kListSlice, kListPad,
    kArithmetic, kArithmeticNumber, kPolynomial, kStrip, kCase, kNullIf, kParseNumber,
    kParseBoolean, kMapValues, kParseDatetime, kRegexExtract, kOutOfRangeFlag, kIdentity;

namespace {

constexpr std::array kTransforms{&kKeepNan,
                                 &kImpute,
                                 &kMissingFlag,
                                 &kStandardize,
                                 &kMinMax,
                                 &kMaxAbs,
                                 &kRobustScale,
                                 &kLog1p,
                                 &kClip,
                                 &kWinsorize,
                                 &kYeoJohnson,
                                 &kBoxCox,
                                 &kQuantileTransform,
                                 &kBucketize,
                                 &kQuantileBucketize,
                                 &kWidthBucketize,
                                 &kOrdinal,
                                 &kOneHot,
                                 &kOneHotIds,
                                 &kTargetMean,
                                 &kLeaveOneOut,
                                 &kOrderedTarget,
                                 &kJamesStein,
                                 &kWeightOfEvidence,
                                 &kCount,
                                 &kGroupStats,
                                 &kDatetime,
                                 &kElapsed,
                                 &kHolidays,
                                 &kIsBusinessDay,
                                 &kBusinessDays,
                                 &kTextLength,
                                 &kTextPattern,
                                 &kWordNgrams,
                                 &kCharNgrams,
                                 &kBagOfWords,
                                 &kTfIdf,
                                 &kWordIds,
                                 &kHash,
                                 &kCross,
                                 &kListLength,
                                 &kListPool,
                                 &kListSlice,
                                 &kListPad,
                                 &kArithmetic,
                                 &kArithmeticNumber,
                                 &kPolynomial,
                                 &kStrip,
                                 &kCase,
                                 &kNullIf,
                                 &kParseNumber,
                                 &kParseBoolean,
                                 &kMapValues,
                                 &kParseDatetime,
                                 &kRegexExtract,
                                 &kOutOfRangeFlag,
                                 &kIdentity};

}  // namespace

std::span<const Transform* const> transform_list() { return kTransforms; }

std::shared_ptr<const Operator> bind_operator(std::string_view name, const NamedParams& params) {
  std::vector<std::string> known;
  for (const Transform* transform : kTransforms) {
    if (transform->name == name) return transform->bind(*transform, params);
    known.emplace_back(transform->name);
  }
  std::string message = "There is no operator '" + std::string(name) + "'.";
  const std::string match = close_match(name, known);
  if (!match.empty()) message += " Did you mean '" + match + "'?";
  throw Error(ErrorKind::kParameter, message).got(name).hint(match);
}

}  // namespace mainspring
